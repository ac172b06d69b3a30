"""Secrets go, prose stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.record.redact import MARK, MOST, redact, secrets_in, without


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("DB_PASSWORD=hunter2 ./run", f"DB_PASSWORD={MARK} ./run"),
        ("export API_KEY='a b c'", f"export API_KEY={MARK}"),
        ('SECRET_TOKEN="x y" ls', f"SECRET_TOKEN={MARK} ls"),
        ("AWS_SECRET_ACCESS_KEY=abc/def aws s3 ls", f"AWS_SECRET_ACCESS_KEY={MARK} aws s3 ls"),
        ("bearer passwd00 PASSWD=hunter2", f"bearer {MARK} PASSWD={MARK}"),
        ("mysql --password=hunter2 -h db", f"mysql --password={MARK} -h db"),
        ("vault login --token s.abc", f"vault login --token {MARK}"),
        ("tool --api-key k1 run", f"tool --api-key {MARK} run"),
        ("curl -d 'password: \"x\"'", f"curl -d 'password: {MARK}'"),
        ("psql postgres://bob:hunter2@db/x", f"psql postgres://bob:{MARK}@db/x"),
        ("git clone https://oauth2:abc@example.com/r", f"git clone https://oauth2:{MARK}@example.com/r"),
        ("curl -H 'Authorization: Bearer abcdef123456'", f"curl -H 'Authorization: Bearer {MARK}'"),
        ("curl -H 'Authorization: Basic dXNlcjpwYXNz'", f"curl -H 'Authorization: Basic {MARK}'"),
        ("echo AKIAIOSFODNN7EXAMPLE", f"echo {MARK}"),
        ("echo ghp_" + "a" * 36, f"echo {MARK}"),
        ("echo github_pat_" + "a" * 30, f"echo {MARK}"),
        ("echo sk-ant-" + "a" * 30, f"echo {MARK}"),
        ("echo xoxb-1234567890-abc", f"echo {MARK}"),
        ("echo eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abcdefgh", f"echo {MARK}"),
    ],
)
def test_a_secret_is_replaced_and_nothing_else(text: str, found: str) -> None:
    assert found == redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "the token is in the vault",
        "reset the password of bob",
        "ssh web1 'systemctl restart app'",
        "https://example.com:8080/path",
        "git commit -m 'rotate secrets weekly'",
        "ls keys/ --color=auto",
        "basic usage",
        "",
    ],
)
def test_prose_is_untouched(text: str) -> None:
    assert text == redact(text)


PIECES = st.sampled_from(
    [
        "password",
        "token",
        "=",
        ":",
        " ",
        "'",
        '"',
        "--",
        "bearer ",
        "basic ",
        "://",
        "@",
        "a1b2c3d4e5",
        "ghp_",
        "x",
        "\n",
        "AKIA",
    ]
)


@given(st.text() | st.lists(PIECES, max_size=12).map("".join))
def test_redaction_is_idempotent(text: str) -> None:
    assert redact(text) == redact(redact(text))


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("MY_PASSWORD=Sekret99; mycli -x $MY_PASSWORD", ("Sekret99",)),
        ("mysql --password 'correct horse S'", ("correct horse S",)),
        ("curl -H 'token: hunter2hunter2' https://u:pw123@x.example", ("hunter2hunter2", "pw123")),
        ("git status", ()),
        ("PIN_TOKEN=abc run", ()),
    ],
)
def test_what_is_taken_out_can_be_looked_for_elsewhere(command: str, found: tuple[str, ...]) -> None:
    assert found == secrets_in(command)


def test_a_secret_is_taken_out_wherever_it_stands() -> None:
    assert f"mycli -x {MARK}" == without("mycli -x Sekret99", ("Sekret99",))


@pytest.mark.timeout(60)  # each of these took minutes once
@pytest.mark.parametrize("piece", ["a-", "password-", "a.", "-eyJ", "TOKEN=abcd ", "://a"])
def test_a_hostile_text_is_read_in_proportional_time(piece: str) -> None:
    text = "key " + piece * (100_000 // len(piece))

    assert len(secrets_in(text)) <= MOST + 1
    assert redact(redact(text)) == redact(text)
