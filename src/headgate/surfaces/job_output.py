"""A job's output, read by offset through the daemon, wherever its worker is."""

import base64
import binascii
import time
from collections.abc import Callable

import msgspec

from headgate.host.home import Home
from headgate.model.errors import HeadgateError
from headgate.model.job import JobState
from headgate.record.redact import redact
from headgate.surfaces.client import ask
from headgate.workers.lines import plain

MOST = 1 << 20
"""Bytes of output that are read, and printed, at once."""

PATIENCE = 10.0
"""Seconds that a command which has begun waits for a daemon that went away, before it starts one."""

_POLL = 0.1
_AWAY = frozenset({"HG010", "HG016"})


class Piece(msgspec.Struct, frozen=True):
    """A part of a job's output: *data* from byte *offset* on, of the *size* that there was; *state* was read before."""

    data: bytes
    offset: int
    size: int
    state: JobState

    @property
    def end(self) -> int:
        """The offset of what comes behind."""
        return self.offset + len(self.data)

    @property
    def last(self) -> bool:
        """Whether nothing comes behind, now and later."""
        return self.state.ended and self.end >= self.size


class Text(msgspec.Struct, frozen=True):
    """Lines of output without control sequences and secrets: from byte *start* up to byte *end* of *size*."""

    lines: tuple[str, ...]
    start: int
    end: int
    size: int


def ask_on(home: Home, request: dict[str, object]) -> dict[str, object]:
    """Return the daemon's answer; one that goes away meanwhile is waited for, then started."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            return ask(home, request, start=False)
        except HeadgateError as error:
            if error.code not in _AWAY:
                raise
        time.sleep(_POLL)
    return ask(home, request)


def piece(home: Home, job: int, offset: int, most: int = MOST) -> Piece:
    """Return at most *most* bytes of the output of *job* from byte *offset* on; raises `HeadgateError`."""
    answer = ask_on(home, {"op": "output", "job": job, "offset": offset, "most": most})
    try:
        data = base64.b64decode(str(answer["data"]), validate=True)
        return Piece(data, offset, int(str(answer["size"])), JobState(str(answer["state"])))
    except (KeyError, ValueError, binascii.Error) as error:
        raise HeadgateError("HG016", f"the daemon's answer is broken ({error})", "restart it") from None


def tail(home: Home, job: int, most: int = MOST) -> Text:
    """Return the last lines of the output of *job*, of at most *most* bytes."""
    size = piece(home, job, 0, 1).size
    found = piece(home, job, max(0, size - most), most)
    start, data = found.offset, found.data
    if start:
        _half, newline, whole = data.partition(b"\n")  # the rest of a line may be the rest of a secret
        data = whole if newline else data
    while (over := _length(lines := _lines(data)) - most) > 0:
        rest = data[min(over, len(data) // 2) :]
        data = rest.partition(b"\n")[2] or rest
    return Text(lines, found.end - len(data), found.end, found.size)


def since(home: Home, job: int, offset: int, most: int = MOST) -> Text:
    """Return the lines of the output of *job* from byte *offset* on, of at most *most* bytes.

    Only whole lines, as long as there may be more: so a secret is never torn, and nothing is told twice.
    """
    found = piece(home, job, offset, most)
    data = found.data
    if not found.last:
        data = data[: data.rfind(b"\n") + 1] or (data if len(data) == most else b"")
    while (over := _length(lines := _lines(data)) - most) > 0:
        rest = data[: -min(over, len(data) // 2)]
        data = rest[: rest.rfind(b"\n") + 1] or rest
    return Text(lines, offset, offset + len(data), found.size)


def follow(home: Home, job: int, offset: int, write: Callable[[bytes], None]) -> None:
    """Give the raw output of *job* from byte *offset* on to *write* as it comes, until it has ended."""
    while True:
        found = piece(home, job, offset)
        if found.data:
            write(found.data)
            offset = found.end
        if found.last:
            return
        if found.end >= found.size:
            time.sleep(_POLL)


def _lines(data: bytes) -> tuple[str, ...]:
    text = redact(plain(data.decode("utf-8", "replace")))
    return tuple(text.removesuffix("\n").split("\n")) if text else ()


def _length(lines: tuple[str, ...]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)
