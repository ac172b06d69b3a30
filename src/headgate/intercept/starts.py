"""The wire of the exec gate: frames of a supervisor or a stub, read and answered (csrc/headgate_shim_gate_wire.c).

A frame is a u32 with the length of the rest, a u8 that is its kind, a u64 that is its id, and fields, each a u32
length and bytes; all of it is little-endian.
"""

import struct

import msgspec

from headgate.model.errors import HeadgateError
from headgate.model.start import Input, Reply, Start, Verdict

MOST = 4 << 20
"""Bytes of one frame; the words of a start are cut at 64 KiB, a whole environment may come with a ticket."""

_HEAD = struct.Struct("<IBQ")
_LENGTH = struct.Struct("<I")
_FORM = "use one version of the gate and of its programs"


class Frame(msgspec.Struct, frozen=True):
    """One frame: what it is, which start it is about, and its fields."""

    kind: str
    id: int
    fields: tuple[bytes, ...] = ()

    def text(self, at: int) -> str:
        """Return a field as text, with bytes that are none kept apart; empty where it is not there."""
        return self.fields[at].decode("utf-8", "surrogateescape") if at < len(self.fields) else ""


class Relayed(msgspec.Struct, frozen=True):
    """The moment of a program that a worker is to start: directory, mask, variables, and where its streams are."""

    cwd: str
    umask: int
    environment: dict[str, str]
    streams: str = ""


def frames(heard: bytearray) -> list[Frame]:
    """Take the whole frames out of *heard*; raises `HeadgateError` HG705 where it holds none that are ours."""
    found: list[Frame] = []
    at = 0
    while len(heard) - at >= _HEAD.size:
        length, kind, number = _HEAD.unpack_from(heard, at)
        if length > MOST or length < _HEAD.size - _LENGTH.size:
            raise HeadgateError("HG705", "a frame of the exec gate is in no known form", _FORM)
        if len(heard) - at < length + _LENGTH.size:
            break
        end = at + length + _LENGTH.size
        found.append(Frame(chr(kind), number, _fields(bytes(heard[at + _HEAD.size : end]))))
        at = end
    del heard[:at]
    return found


def _fields(body: bytes) -> tuple[bytes, ...]:
    found: list[bytes] = []
    at = 0
    while at < len(body):
        end = at + _LENGTH.size
        size = _LENGTH.unpack_from(body, at)[0] if end <= len(body) else MOST
        if end + size > len(body):
            raise HeadgateError("HG705", "a frame of the exec gate is cut short", _FORM)
        found.append(body[end : end + size])
        at = end + size
    return tuple(found)


def start_of(frame: Frame) -> Start:
    """Return the start that *frame* tells of; raises `HeadgateError` HG705."""
    try:
        thread, parent, where, flags = frame.text(5).split(" ")
        owner, _, number = where.partition(":")
        return Start(
            path=frame.text(0),
            real=frame.text(1),
            words=tuple(frame.text(2).split("\0")[:-1]),
            cwd=frame.text(3),
            variables=tuple(_variable(item) for item in frame.text(4).split("\0")[:-1]),
            input=Input(flags[0]),
            file=f"/proc/{int(owner)}/fd/{int(number)}",
            thread=int(thread),
            parent=int(parent),
            loses_rights="s" in flags,
            cut="c" in flags,
            script="x" in flags,
        )
    except (ValueError, IndexError):
        raise HeadgateError("HG705", "a start of the exec gate is in no known form", _FORM) from None


def _variable(item: str) -> tuple[str, str | None]:
    name, sign, value = item.partition("=")
    return name, value if sign else None


def relayed(frame: Frame) -> Relayed:
    """Return what a stub, or a supervisor whose call is moved, says of its moment; raises `HeadgateError` HG705."""
    try:
        pairs = (item.partition("=") for item in frame.text(2).split("\0"))
        environment = {name: value for name, sign, value in pairs if sign}
        return Relayed(frame.text(0), int(frame.text(1), 8), environment, frame.text(3))
    except ValueError:
        raise HeadgateError("HG705", "the moment of a start is in no known form", _FORM) from None


def written(number: int, reply: Reply) -> bytes:
    """Return the frame of *reply* to the start *number* (0: to its whole call)."""
    match reply.verdict:
        case Verdict.REFUSE | Verdict.END:
            fields = [reply.words.encode("utf-8", "replace"), str(reply.status).encode()]
        case Verdict.RELAY | Verdict.MOVE:
            fields = [reply.ticket.encode()]
        case _:
            fields = []
    return frame_of(reply.verdict.value, number, fields)


def told(words: str, status: int) -> bytes:
    """Return the frame that ends a stub: what it says, and its exit status."""
    return frame_of("T", 0, [words.encode("utf-8", "replace"), str(status).encode()])


def frame_of(kind: str, number: int, fields: list[bytes]) -> bytes:
    """Return one frame."""
    body = b"".join(_LENGTH.pack(len(field)) + field for field in fields)
    return _HEAD.pack(len(body) + _HEAD.size - _LENGTH.size, ord(kind), number) + body
