"""The `[telemetry]` table: what it says, and every mistake in it."""

import pytest

from headgate.configure import joined, load
from headgate.configure.telemetry import TelemetryTerms
from headgate.host.named_files import named
from headgate.model.errors import HeadgateError

WHOLE = """
schema = 1
[telemetry]
endpoint = "https://otel.example.com:4318/base/"
headers_file = "/etc/headgate/otlp-headers"
ca_file = "/etc/headgate/ca.pem"
service_name = "headgate-ci"
arguments = true
"""


def test_the_table_is_read() -> None:
    assert (
        TelemetryTerms(
            "https://otel.example.com:4318/base",
            "/etc/headgate/otlp-headers",
            "/etc/headgate/ca.pem",
            "headgate-ci",
            arguments=True,
        )
        == load(WHOLE).telemetry
    )


def test_without_the_table_nothing_is_told() -> None:
    assert load("schema = 1").telemetry is None


def test_the_first_file_that_has_the_table_counts() -> None:
    other = load('schema = 1\n[telemetry]\nendpoint = "http://[::1]:4318"')

    assert "http://[::1]:4318" == getattr(joined([load("schema = 1"), other, load(WHOLE)]).telemetry, "endpoint", None)


def test_agents_may_neither_read_the_headers_nor_change_the_certificates() -> None:
    found = named(load(WHOLE))

    assert (("/etc/headgate/otlp-headers",), ("/etc/headgate/ca.pem",)) == (found.secrets, found.files)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "`endpoint` is an address"),
        ('endpoint = "collector:4318"', "`endpoint` is an address"),
        ('endpoint = "http://"', "`endpoint` is an address"),
        ('endpoint = "ftp://x"', "`endpoint` is an address"),
        ('endpoint = "http://user:pw@x"', "`endpoint` is an address"),
        ('endpoint = "http://x:99999"', "`endpoint` is an address"),
        ('endpoint = "http://x/v1/traces"', "`endpoint` is an address"),
        ('endpoint = "http://x?a=b"', "`endpoint` is an address"),
        ('endpoint = "http://x\\n"', "`endpoint` is an address"),
        ("endpoint = 4318", "`endpoint` is an address"),
        ('endpoint = "http://x"\nheaders_file = "headers"', "`headers_file` is the absolute path"),
        ('endpoint = "http://x"\nca_file = 1', "`ca_file` is the absolute path"),
        ('endpoint = "http://x"\nservice_name = ""', "`service_name` is a name"),
        ('endpoint = "http://x"\narguments = "yes"', "`arguments` is `true` or `false`"),
        ('endpoint = "http://x"\nendpont = "x"', "did you mean `endpoint`?"),
    ],
)
def test_a_mistake_is_told_with_its_line(line: str, said: str) -> None:
    with pytest.raises(HeadgateError, match="HG111") as caught:
        load(f"schema = 1\n[telemetry]\nx = 1\n{line}\n".replace("x = 1\n", "" if line else "service_name = 'x'\n"))

    assert said in caught.value.message
    assert caught.value.message.splitlines()[1].startswith("headgate.toml:")


def test_telemetry_is_a_table() -> None:
    with pytest.raises(HeadgateError, match="`telemetry` is a table"):
        load('schema = 1\ntelemetry = "http://x"')
