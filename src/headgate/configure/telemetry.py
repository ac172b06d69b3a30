"""`[telemetry]`: the OpenTelemetry collector that is told of decisions, jobs, approvals and overrides."""

from urllib.parse import urlsplit

import msgspec

from headgate.configure.network import file_at
from headgate.decide.mistakes import Mistakes

KEYS = ("endpoint", "headers_file", "ca_file", "service_name", "arguments")
LONGEST_NAME = 255


class TelemetryTerms(msgspec.Struct, frozen=True):
    """Where spans and metrics go: the base of an OTLP/HTTP *endpoint*, without its `/v1/…`.

    *headers_file* holds lines `name: value` that go with each request, *ca_file* the certificates (PEM) by which the
    collector is known; empty: none, and the usual ones. *arguments* adds the commands of calls, without secrets.
    """

    endpoint: str
    headers_file: str = ""
    ca_file: str = ""
    service_name: str = "headgate"
    arguments: bool = False


def telemetry(value: object, mistakes: Mistakes) -> TelemetryTerms | None:
    """Return what the table `telemetry` says, `None` where it is empty; what is wrong goes to *mistakes*."""
    if not isinstance(value, dict):
        what = '`telemetry` is a table: `[telemetry]`, then `endpoint = "http://127.0.0.1:4318"`'
        mistakes.add(0, "telemetry", what)
        return None
    if not value:
        return None
    mistakes.enter_at(("telemetry",), "table", "telemetry")
    mistakes.unknown_keys(value, KEYS, "`[telemetry]`")
    return TelemetryTerms(
        _endpoint(value.get("endpoint"), mistakes),
        file_at(value, "telemetry", "headers_file", mistakes),
        file_at(value, "telemetry", "ca_file", mistakes),
        _name(value.get("service_name", "headgate"), mistakes),
        _switch(value.get("arguments", False), mistakes),
    )


def _endpoint(value: object, mistakes: Mistakes) -> str:
    if isinstance(value, str) and _is_address(value):
        return value.rstrip("/")
    what = '`endpoint` is an address such as `"http://127.0.0.1:4318"`, without a user, a query or `/v1/traces`'
    mistakes.add_here("endpoint", what)
    return ""


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    plain = text.isascii() and text.isprintable() and " " not in text
    whole = parts.scheme in {"http", "https"} and bool(host) and "@" not in parts.netloc
    return plain and whole and not parts.query and not parts.fragment and "/v1/" not in f"{parts.path}/"


def _name(value: object, mistakes: Mistakes) -> str:
    if isinstance(value, str) and value.isprintable() and 0 < len(value) <= LONGEST_NAME:
        return value
    mistakes.add_here("service_name", "`service_name` is a name such as `headgate-ci`")
    return "headgate"


def _switch(value: object, mistakes: Mistakes) -> bool:
    if isinstance(value, bool):
        return value
    mistakes.add_here("arguments", "`arguments` is `true` or `false`")
    return False
