"""What an entry of the journal says, where this version of the gate knows it."""

from functools import lru_cache

import msgspec

from headgate.record.events import Event, decode
from headgate.record.versioned import VERSION


class Unread(msgspec.Struct, frozen=True):
    """An entry that this version cannot read, and *why*; *at* and *kind* are what it says of itself, if anything."""

    at: float
    kind: str
    v: int
    why: str


class _Outside(msgspec.Struct):
    """What every event has, whatever else it says."""

    at: float = 0.0
    type: str = ""
    v: int = 1


_OUTSIDE = msgspec.json.Decoder(_Outside)


def read(body: bytes) -> Event | Unread:
    """Return the event in *body*, or what can be said of one that is newer than this version, or none; never raises."""
    try:
        event = decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return _unread(body, error)
    if event.v == VERSION:
        return event
    return Unread(event.at, _kind(type(event)), event.v, f"it is of version {event.v}, and {VERSION} is read here")


def _unread(body: bytes, error: Exception) -> Unread:
    try:
        outside = _OUTSIDE.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return Unread(0.0, "", 0, "it is no event")
    return Unread(outside.at, outside.type[:40], outside.v, f"this version does not know it ({str(error)[:200]})")


@lru_cache
def _kind(event: type[Event]) -> str:
    return str(event.__struct_config__.tag)
