"""`[api]` and `[webhook]`: what they say, and every mistake at its line."""

import pytest

from headgate.configure import joined, load
from headgate.configure.network import Api, Token, is_secure_url
from headgate.configure.webhook import Webhook
from headgate.model.errors import HeadgateError

HASH = "ab" * 32

GOOD = f"""\
schema = 1
[api]
listen = "127.0.0.1:8787"
public_url = "https://Gate.example.com/"
[api.tokens.phone]
sha256 = "{HASH}"
person = "alice"
expires = 2027-01-31
[api.tokens.bot]
sha256 = "{"cd" * 32}"
person = "bob@example.com"
expires = 2027-01-31T10:00:00+02:00
[webhook]
url = "https://chat.example.com/hook?room=7"
secret_file = "/etc/headgate/webhook.secret"
person = "alice"
events = ["approval-asked", "approval-expired"]
attempts = 7
"""

WRONG = f"""\
schema = 1
[api]
listen = "192.168.1.9:8787"
public_url = "http://gate.example.com"
certificate = "cert.pem"
lisen = 1
[api.tokens.one]
sha256 = "abc"
person = "a b"
expires = "soon"
persn = "x"
[api.tokens.two]
sha256 = "{HASH}"
person = "alice"
[api.tokens.three]
sha256 = "{HASH}"
person = "bob"
[webhook]
url = "http://chat.example.com"
secret_file = "secret"
person = 3
events = ["approval-askd"]
attempts = 0
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(HeadgateError) as raised:
        load(text, "h.toml")
    return raised.value.message.splitlines()[1:]


def test_the_tables_are_read() -> None:
    found = load(GOOD)

    tokens = (Token("phone", HASH, "alice", 1801353600.0), Token("bot", "cd" * 32, "bob@example.com", 1801382400.0))
    assert found.api == Api("127.0.0.1", 8787, "https://gate.example.com", tokens=tokens)
    events = ("approval-asked", "approval-expired")
    url = "https://chat.example.com/hook?room=7"
    assert found.webhook == Webhook(url, "/etc/headgate/webhook.secret", "", "alice", events, 7)


def test_without_the_tables_nothing_listens_and_nothing_is_sent() -> None:
    found = load("schema = 1\n")

    assert (found.api, found.webhook) == (None, None)


def test_every_mistake_stands_at_its_line_in_one_pass() -> None:
    found = [(int(line.split(":")[1]), line.split(": ", 1)[1]) for line in mistakes(WRONG)]

    assert [(number, word) for number, what in found for word in [what.split("`")[1]]] == [
        (6, "lisen"), (4, "public_url"), (5, "certificate"), (11, "one"), (8, "one"), (9, "one"), (10, "one"),
        (16, "three"), (5, "certificate"), (3, "listen"),
        (19, "url"), (20, "secret_file"), (21, "person"), (22, "events"), (23, "attempts"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "listen", ["127.0.0.1", "gate.example.com:80", "127.0.0.1:0", "127.0.0.1:70000", "300.1.1.1:80", "/run/gate.sock"]
)
def test_an_address_is_one_of_tcp(listen: str) -> None:
    assert ["h.toml:3"] == [line.partition(": ")[0] for line in mistakes(f'schema = 1\n[api]\nlisten = "{listen}"\n')]


@pytest.mark.parametrize("listen", ["127.0.0.1:1", "127.9.0.1:80", "[::1]:8787", "localhost:8787"])
def test_loopback_needs_no_certificate(listen: str) -> None:
    found = load(f'schema = 1\n[api]\nlisten = "{listen}"\n').api

    assert found is not None
    assert found.host == listen.rpartition(":")[0].strip("[]")


@pytest.mark.parametrize("listen", ["0.0.0.0:443", "[::]:443", "10.0.0.1:443"])
def test_beyond_loopback_there_is_no_api_without_tls(listen: str) -> None:
    assert any("it needs TLS" in line for line in mistakes(f'schema = 1\n[api]\nlisten = "{listen}"\n'))


def test_whoever_listens_everywhere_says_how_it_is_reached() -> None:
    text = 'schema = 1\n[api]\nlisten = "0.0.0.0:443"\ncertificate = "/c"\nkey = "/k"\n'

    assert "`public_url`" in mistakes(text)[0]
    assert load(f'{text}public_url = "https://gate.example.com:443"\n').api is not None


def test_what_is_missing_is_told_at_the_table() -> None:
    found = mistakes("schema = 1\n[api]\ntokens = {}\n[webhook]\nattempts = 3\n")

    assert [line.partition(": ")[0] for line in found] == ["h.toml:2", "h.toml:4", "h.toml:4"]


@pytest.mark.parametrize("text", ["api = 1", "webhook = []", "[api]\nlisten = '127.0.0.1:1'\ntokens = 3"])
def test_what_is_no_table_is_a_mistake(text: str) -> None:
    assert len(mistakes(f"schema = 1\n{text}\n")) == 1


@pytest.mark.parametrize(
    ("url", "secure"),
    [
        ("https://a.example", True), ("http://127.0.0.1:8/x", True), ("http://[::1]/x", True),
        ("http://localhost", True), ("http://a.example", False), ("https://me:pw@a.example", False),
        ("https://", False), ("ftp://a.example", False), ("https://a b", False), ("https://a:99999", False),
        ("http://127.0.0.1.evil.example", False), ("http://127.0.0.1@evil.example", False), ("https://[::1", False),
    ],
)  # fmt: skip
def test_what_leaves_the_machine_is_encrypted(url: str, *, secure: bool) -> None:
    assert is_secure_url(url) is secure


def test_of_two_files_the_first_counts() -> None:
    other = GOOD.replace("8787", "9999").replace("room=7", "room=8")

    found = joined([load("schema = 1\n"), load(GOOD), load(other)])

    assert found.api is not None
    assert found.webhook is not None
    assert (found.api.port, found.webhook.url[-1]) == (8787, "7")
