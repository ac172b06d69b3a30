"""Entries of the journal as other programs read them: JSON lines, OTLP logs, a table of decisions."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice

import msgspec

from headgate import __version__
from headgate.record.chain import Entry
from headgate.record.events import Decided, Event, Refused
from headgate.record.reading import Unread, read

Said = tuple[Entry, Event | Unread]

BATCH = 200
"""Records of one line of OTLP, which a collector takes as one request."""

_MASK = frozenset("=+-@\t\r")
"""With these a spreadsheet begins a formula; such a cell gets a `'` before it."""


def during(entries: Iterable[Entry], since: float, until: float) -> Iterator[Said]:
    """Yield the entries of a time from *since* up to *until*, with what they say; those without a time count always."""
    for entry in entries:
        event = read(entry.body)
        if since <= event.at < until or (isinstance(event, Unread) and not event.at):
            yield entry, event


def jsonl(said: Iterable[Said]) -> Iterator[str]:
    """Yield one object a line: `seq`, `prev`, `hash`, and `event` as it was recorded; what is none is `null`."""
    for entry, event in said:
        body = "null" if isinstance(event, Unread) and not event.v else entry.body.decode()
        yield f'{{"seq":{entry.seq},"prev":"{entry.prev.hex()}","hash":"{entry.hash.hex()}","event":{body}}}\n'


# -- OTLP -----------------------------------------------------------------------------------------


def otlp(said: Iterable[Said], gate: str) -> Iterator[str]:
    """Yield requests with log records, one a line, in the JSON encoding of OTLP (opentelemetry-proto 1.x)."""
    resource = {"attributes": [_pair("service.name", "headgate"), _pair("service.instance.id", gate)]}
    scope = {"name": "headgate", "version": __version__}
    rest = iter(said)
    while records := [_record(entry, event) for entry, event in islice(rest, BATCH)]:
        logs = [{"scope": scope, "logRecords": records}]
        yield msgspec.json.encode({"resourceLogs": [{"resource": resource, "scopeLogs": logs}]}).decode() + "\n"


def _record(entry: Entry, event: Event | Unread) -> dict[str, object]:
    told = {} if isinstance(event, Unread) else msgspec.to_builtins(event)
    kind = event.kind if isinstance(event, Unread) else told.pop("type", "")
    number, word = _severity(event)
    nanoseconds = str(max(round(event.at * 1e9), 0))
    chain = {"headgate.seq": entry.seq, "headgate.hash": entry.hash.hex()}
    return {
        "timeUnixNano": nanoseconds,
        "observedTimeUnixNano": nanoseconds,
        "severityNumber": number,
        "severityText": word,
        "eventName": f"headgate.{kind or 'unread'}",
        "body": {"stringValue": _body(event)},
        "attributes": [_pair(key, value) for key, value in (chain | _flat(told)).items()],
    }


def _severity(event: Event | Unread) -> tuple[int, str]:
    """Return the number and name of how serious it is: what was denied or refused is a warning."""
    denied = isinstance(event, Refused | Unread) or (isinstance(event, Decided) and event.decision == "deny")
    return (13, "WARN") if denied else (9, "INFO")


def _body(event: Event | Unread) -> str:
    match event:
        case Decided():
            return f"{event.decision}: {event.command}"
        case Unread(why=why):
            return f"not read: {why}"
        case _:
            return type(event).__name__


def _flat(told: dict[str, object]) -> dict[str, object]:
    """Return the fields of an event as attributes: those of the caller by their own names, what is empty left out."""
    caller = told.pop("caller", {})
    assert isinstance(caller, dict)  # noqa: S101 every caller is a struct
    every = {f"headgate.{key}": value for key, value in (told | caller).items() if value not in ("", None, [], {})}
    every.pop("headgate.at", None)
    return every


def _pair(key: str, value: object) -> dict[str, object]:
    return {"key": key, "value": _value(value)}


_SIMPLE = {str: "stringValue", bool: "boolValue", float: "doubleValue"}


def _value(value: object) -> dict[str, object]:
    """Return *value* as the JSON encoding of `AnyValue` has it: whole numbers are texts there."""
    match value:
        case bool() | float() | str():
            return {_SIMPLE[type(value)]: value}
        case int():
            return {"intValue": str(value)}
        case list() | tuple():
            return {"arrayValue": {"values": [_value(item) for item in value]}}
        case dict():
            return {"kvlistValue": {"values": [_pair(str(key), item) for key, item in value.items()]}}
        case _:
            return {}


# -- a table --------------------------------------------------------------------------------------

COLUMNS = (
    "seq", "id", "time", "client", "session", "thread", "tool", "command", "cwd", "decision", "then", "enforced",
    "workloads", "machines", "environment", "rules", "budget", "estimate", "policy", "mode", "override", "without",
    "approval",
)  # fmt: skip


def table(said: Iterable[Said]) -> Iterator[str]:
    """Yield the decisions as lines of CSV (RFC 4180), names first; what a set holds is parted by blanks."""
    yield _row(COLUMNS)
    for entry, event in said:
        if isinstance(event, Decided):
            yield _row([_cell(entry, event, name) for name in COLUMNS])


def _cell(entry: Entry, event: Decided, name: str) -> str:
    match name:
        case "seq":
            return str(entry.seq)
        case "id":
            return entry.hash.hex()[:12]
        case "time":
            return datetime.fromtimestamp(event.at, UTC).isoformat()
        case "client" | "session" | "thread":
            return _text(str(getattr(event.caller, name)))
        case _:
            value = getattr(event, name)
    if isinstance(value, tuple):
        return _text(" ".join(value))
    return "" if value is None else _text(value) if isinstance(value, str) else str(value)


def _text(text: str) -> str:
    return f"'{text}" if text[:1] in _MASK and text else text


def _row(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
