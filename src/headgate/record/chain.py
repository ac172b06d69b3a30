"""Each entry names the hash of the one before it, so a gap or an edit shows."""

import hashlib
from collections.abc import Iterable

import msgspec

GENESIS = bytes(32)
"""What the first entry names as the one before it."""


class Entry(msgspec.Struct, frozen=True):
    """One line of the journal; *seq* counts from 1 without a gap, *hash* is that of *prev* and *body*."""

    seq: int
    prev: bytes
    hash: bytes
    body: bytes


class Break(msgspec.Struct, frozen=True):
    """The first place where a journal is not what was written, and why."""

    seq: int
    why: str


def link(prev: bytes, body: bytes) -> bytes:
    """Return the SHA-256 of *prev* (32 bytes) and *body*."""
    return hashlib.sha256(prev + body).digest()


def head_text(gate: str, seq: int, last: bytes) -> bytes:
    """Return what is signed to say that the journal of *gate* ends with entry *seq*, whose hash is *last*."""
    return f"headgate-head/1\n{gate}\n{seq}\n{last.hex()}\n".encode()


def first_break(entries: Iterable[Entry]) -> Break | None:
    """Return the first broken place in *entries*, read from the beginning; `None` where they are whole.

    A chain proves that nothing inside was changed, not that its end was not cut off.
    """
    prev = GENESIS
    expected = 1
    for entry in entries:
        if entry.seq != expected:
            return Break(expected, "an entry is missing")
        if entry.prev != prev:
            return Break(entry.seq, "it does not follow the entry before it")
        if entry.hash != link(prev, entry.body):
            return Break(entry.seq, "its content was changed")
        prev = entry.hash
        expected += 1
    return None
