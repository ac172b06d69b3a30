"""Every kind of secret is taken out, of commands as people write them; a library of detectors is the second opinion."""

import re
from collections.abc import Iterator

import pytest
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.plugins.base import RegexBasedDetector
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from headgate.record.redact import MARK, MOST, redact, secrets_in
from headgate.record.secret_kinds import KINDS

S, P = "hunter2", "PRIVATE"
HEX, MIXED = "0123456789abcdef" * 4, "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cD3fG6iJ9lM2oP5rS8uV1yZ4bC7eF0hI3kL6nO9qR2tU5wX8"


PARTS = [
    "AK·IAIOSFODNN7EXAMPLE",
    "AS·IAIOSFODNN7EXAMPLE",
    "AI·zaSyA" + MIXED[:34],
    "ya·29." + MIXED[:40],
    "GOC·SPX-" + MIXED[:28],
    "abc8·Q~" + MIXED[:34],
    "gh·p_" + MIXED[:36],
    "gh·s_" + MIXED[:36],
    "github·_pat_" + MIXED[:60],
    "gl·pat-" + MIXED[:20],
    "gl·rt-" + MIXED[:20],
    "GR·1348941" + MIXED[:20],
    "xo·xb-123456789012-" + MIXED[:24],
    "xa·pp-1-" + MIXED[:40],
    "sk·_live_" + MIXED[:24],
    "rk·_test_" + MIXED[:24],
    "wh·sec_" + MIXED[:32],
    "sk·-proj-" + MIXED[:48],
    "sk·-ant-api03-" + MIXED[:60],
    "ey·JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "np·m_" + MIXED[:36],
    "py·pi-AgEIcHlwaS5vcmc" + MIXED[:40],
    "S·G." + MIXED[:22] + "." + MIXED[:43],
    "h·f_" + MIXED[:34],
    "gs·k_" + MIXED[:50],
    "r·8_" + MIXED[:37],
    "do·p_v1_" + HEX,
    "da·pi" + HEX[:32],
    "hv·s." + MIXED[:24],
    "dp·.pt." + MIXED[:43],
    "li·n_api_" + MIXED[:40],
    "sh·pat_" + HEX[:32],
    "NR·AK-" + "A1B2C3D4E5F6G7H8I9J0K1L2M3N",
    "gl·sa_" + MIXED[:41],
    MIXED[:14] + ".at·lasv1." + MIXED[:65],
    "sn·trys_" + MIXED[:60],
    "dc·kr_pat_" + MIXED[:27],
    "AT·ATT3" + MIXED[:60],
    "AGE-SE·CRET-KEY-1" + "Q" * 58,
    "ts·key-auth-" + MIXED[:20],
    "nt·n_" + MIXED[:46],
    "PM·AK-" + HEX[:24] + "-" + HEX[:34],
    "pu·l-" + HEX[:40],
    "sb·p_" + HEX[:40],
    "sq·0csp-" + MIXED[:43],
    "AK·C" + MIXED[:20],
    "S·K" + HEX[:32],
    HEX[:32] + "-u·s12",
    "123456789·:AA" + MIXED[:33],
    "M" + MIXED[:23] + "." + MIXED[:6] + "." + MIXED[:27],
]  # fmt: skip
TOKENS = [part.replace("·", "") for part in PARTS]
"""Put together here: a scanner of repositories should find none in this file."""


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token[:8])
def test_a_token_goes_wherever_it_stands(token: str) -> None:
    for text in (f"tool {token} x", f"x='{token}'", f'{{"a":"{token}"}}', f"https://h.example/?t={token}&b=c", token):
        assert token not in redact(text), text
        assert MARK in redact(text)
    assert f"tool {MARK} x" == redact(f"tool {token} x")
    assert (token,) == secrets_in(f"tool {token} x")


PLACES = [
    (f"curl -u bob:{S} https://x.example", f"curl -u bob:{MARK} https://x.example"),
    (f"curl -sSubob:{S} https://x.example", f"curl -sSubob:{MARK} https://x.example"),
    (f"curl -s --user 'bob:{S} x' https://x", f"curl -s --user 'bob:{MARK}' https://x"),
    (f'curl --proxy-user="bob:{S}" https://x', f'curl --proxy-user="bob:{MARK}" https://x'),
    (f"curl -H 'Authorization: token {S}' x", f"curl -H 'Authorization: token {MARK}' x"),
    (f"curl -H 'authorization:{S}' x", f"curl -H 'authorization:{MARK}' x"),
    (f"curl -H 'Cookie: sid={S}; a=b' x", f"curl -H 'Cookie: {MARK}' x"),
    (f"http -a bob:{S} x.example", f"http -a bob:{MARK} x.example"),
    (f"mysql -u root -p{S} -h db", f"mysql -u root -p{MARK} -h db"),
    (f"mysqldump -p'{S} x' db", f"mysqldump -p{MARK} db"),
    (f"PGPASSWORD={S} psql -h db", f"PGPASSWORD={MARK} psql -h db"),
    (f"MYSQL_PWD={S} mysql", f"MYSQL_PWD={MARK} mysql"),
    (f"export DB_PASS='{S}'", f"export DB_PASS={MARK}"),
    (f"sshpass -p {S} ssh web1", f"sshpass -p {MARK} ssh web1"),
    (f"sshpass -p{S} ssh web1", f"sshpass -p{MARK} ssh web1"),
    (f"SSHPASS={S} sshpass -e ssh web1", f"SSHPASS={MARK} sshpass -e ssh web1"),
    (f"redis-cli -h c1 -a {S} ping", f"redis-cli -h c1 -a {MARK} ping"),
    (f"mongosh -u a -p {S} db", f"mongosh -u a -p {MARK} db"),
    (f"docker login -u me -p {S} r.example", f"docker login -u me -p {MARK} r.example"),
    (f"az login --service-principal -u a -p {S}", f"az login --service-principal -u a -p {MARK}"),
    (f"ldapsearch -D cn=a -w {S} -b x", f"ldapsearch -D cn=a -w {MARK} -b x"),
    (f"sqlcmd -S db -P {S} -Q x", f"sqlcmd -S db -P {MARK} -Q x"),
    (f"7z x -p{S} a.7z", f"7z x -p{MARK} a.7z"),
    (f"zip -P {S} a.zip a", f"zip -P {MARK} a.zip a"),
    (f"smbclient -U bob%{S} //h/s", f"smbclient -U bob%{MARK} //h/s"),
    (f"openssl rsa -passin pass:{S} -in k", f"openssl rsa -passin pass:{MARK} -in k"),
    (f"gpg --batch --passphrase {S} -d f", f"gpg --batch --passphrase {MARK} -d f"),
    (f"kubectl create secret generic --from-literal=pw={S}", f"kubectl create secret generic --from-literal=pw={MARK}"),
    (f"aws configure set aws_secret_access_key {S}", f"aws configure set aws_secret_access_key {MARK}"),
    (f"npm config set //r.example/:_authToken={S}", f"npm config set //r.example/:_authToken={MARK}"),
    (f"psql postgresql://bob:{S}@db/x", f"psql postgresql://bob:{MARK}@db/x"),
    (f"psql postgresql://bob:{S}@x@db/x", f"psql postgresql://bob:{MARK}@db/x"),
    (f"psql 'host=db password={S} dbname=x'", f"psql 'host=db password={MARK} dbname=x'"),
    (f"AccountName=a;AccountKey={S}==;EndpointSuffix=x", f"AccountName=a;AccountKey={MARK};EndpointSuffix=x"),
    (f"azcopy 'https://a.example/c?sv=1&sig={MIXED[:30]}&se=2'", f"azcopy 'https://a.example/c?sv=1&sig={MARK}&se=2'"),
    (f"curl -d '{{\"user\":\"a\",\"password\": \"{S}\"}}' x", f"curl -d '{{\"user\":\"a\",\"password\": {MARK}}}' x"),
    (f"python -c 'cfg[\"api_key\"] = \"{S}\"'", f"python -c 'cfg[\"api_key\"] = {MARK}'"),
    (f"X_SIGNING_KEY={HEX[:40]} run", f"X_SIGNING_KEY={MARK} run"),
    (f'{{"session": "{MIXED[:32]}"}}', f'{{"session": "{MARK}"}}'),
    (f"curl https://hooks.slack.com/services/T0/B0/{MIXED[:24]}", f"curl https://hooks.slack.com/services/{MARK}"),
    (f"echo '-----BEGIN RSA {P} KEY-----\n{MIXED}\n-----END RSA {P} KEY-----' > k", f"echo '{MARK}' > k"),
    (f"echo '-----BEGIN {P} KEY-----\n{MIXED}", f"echo '{MARK}"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "found"), PLACES)
def test_what_stands_in_a_secrets_place_goes_and_nothing_else(text: str, found: str) -> None:
    assert found == redact(text)
    assert found == redact(found)


@pytest.mark.parametrize(
    "text",
    [
        "ls -la && git status",
        "mysql -u root -p db",
        "curl -k https://a.example:8443/x",
        "curl -fsSL https://a.example/install.sh | sh",
        "docker run -p 8080:80 nginx",
        "docker login r.example",
        "PWD=/tmp OLDPWD=/ make",
        "git log --author=key=value",
        "sed -i s/key=src\\/a.py/x/ f",
        "sort --key=2 f",
        "grep -rn 'session = requests.Session()' src",
        "unzip -p a.zip | head",
        "git show 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "sha256sum x # 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "pip install sk-learn task-runner",
        "kubectl -n sk-prod get pods",
        "ssh -i ~/.ssh/id_ed25519 -p 2222 web1",
        "cat a-us1 b-us12",
        "echo 'press any key: enter'",
        "tar xf a.tar -C /srv && systemctl restart app.service",
        "the cookie jar is empty",
    ],
)
def test_commands_without_secrets_stay(text: str) -> None:
    assert text == redact(text)
    assert () == secrets_in(text)


def detectors() -> Iterator[tuple[str, RegexBasedDetector]]:
    """Yield the library's detectors of one vendor's secrets each.

    Left out: addresses; the head of a key file without the key; two with patterns that fit words and other hosts; and
    three that go by a name of IBM before the value alone, with any quotes and blanks between (names are tested above).
    """
    no_oracle = {f"{name}Detector" for name in ("IPPublic", "PrivateKey", "Artifactory", "Softlayer")}
    no_oracle |= {f"{name}Detector" for name in ("Cloudant", "IbmCloudIam", "IbmCosHmac")}
    for kind in get_mapping_from_secret_type_to_class().values():
        if issubclass(kind, RegexBasedDetector) and kind.__name__ not in no_oracle:
            yield kind.__name__, kind()


DETECTORS = dict(detectors())


@pytest.mark.parametrize("name", sorted(DETECTORS))
@settings(max_examples=40, phases=[Phase.generate])
@given(data=st.data())
def test_what_the_library_finds_is_taken_out(name: str, data: st.DataObject) -> None:
    detector = DETECTORS[name]
    pattern = data.draw(st.sampled_from(list(detector.denylist)))
    ascii_only = re.compile(pattern.pattern, pattern.flags & ~re.UNICODE | re.ASCII)
    text = "x " + data.draw(st.from_regex(ascii_only, fullmatch=True)) + " y"
    left = [value for value in detector.analyze_string(redact(text)) if MARK not in value and len(value) >= 8]

    assert not left, text


PIECES = st.sampled_from(
    [*TOKENS, *(text for text, _ in PLACES), "curl -u a:", "mysql -p", " ", "'", '"', MARK, "sig=", ":", "@", "\n", "="]
)


@given(st.lists(PIECES, max_size=5).map("".join))
def test_redaction_is_idempotent(text: str) -> None:
    assert redact(text) == redact(redact(text))


MARKS = sorted({mark for kind in KINDS for mark in kind.marks})


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "piece", [*(f"{mark} -u a:" for mark in MARKS), "-----BEGIN PRIVATE KEY-----", "curl -u", "key="]
)
def test_a_hostile_text_is_read_in_proportional_time(piece: str) -> None:
    text = piece * (20_000 // len(piece))

    assert len(secrets_in(text)) <= MOST + 1
    redact(text)
