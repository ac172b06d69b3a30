"""Parts of a long journal, which other processes look at ahead of the walk: only what is whole is taken from them."""

import hashlib
import os
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import msgspec

from headgate.model.errors import HeadgateError
from headgate.store.segments import HASH
from headgate.store.sqlite import SqliteStore

PART = 10_000
"""Entries of the table that are one part."""

WORTH = 50_000
"""Entries from which other processes are worth their start."""

MARKS = (b'"type":"daemon-started"', b'"type":"journal-flawed"')
"""Stand in the canonical bytes of such an event, and of no other: quotes within a text are escaped."""


class Part(msgspec.Struct, frozen=True):
    """A part that is whole in itself: it follows *prev*, ends with *last*, has these *leaves*, one behind another.

    *heard* are the bodies of entries that tell of the journal itself.
    """

    prev: bytes
    last: bytes
    leaves: bytes
    heard: tuple[bytes, ...]


def table_part(path: str, first: int, last: int) -> Part | None:
    """Return the entries from *first* to *last* of the table at *path*; `None` where they are not all whole."""
    leaves, heard = bytearray(), list[bytes]()
    begun = prev = b""
    expected, sha256 = first, hashlib.sha256
    with closing(SqliteStore(Path(path), writable=False)) as reader:
        for seq, before, found, body in reader.journal.rows(first - 1):
            begun = begun or before
            if seq != expected or before != (prev or begun) or found != sha256(before + body).digest():
                return None
            leaves += sha256(b"\0" + body).digest()
            if MARKS[0] in body or MARKS[1] in body:
                heard.append(body)
            if seq == last:
                return Part(begun, found, bytes(leaves), tuple(heard))
            expected, prev = seq + 1, found
    return None


def segment_part(path: str, first: int) -> Part | None:
    """Return the entries of the segment that begins with *first*; `None` where they are not what its files say."""
    with closing(SqliteStore(Path(path), writable=False)) as reader:
        segments = reader.journal.segments
        manifest, index = segments.manifest(first), segments.index(first)
        begun = prev = bytes.fromhex(manifest.prev)
        heard, leaves, at = list[bytes](), bytearray(), 0
        for body in () if manifest.forgotten else segments.bodies(first):
            prev = hashlib.sha256(prev + body).digest()
            leaf = hashlib.sha256(b"\0" + body).digest()
            if index[at : at + 2 * HASH] != leaf + prev:
                return None
            leaves += leaf
            if MARKS[0] in body or MARKS[1] in body:
                heard.append(body)
            at += 2 * HASH
        whole = at == len(index) and segments.digest(first) == manifest.bodies
        return Part(begun, prev, bytes(leaves), tuple(heard)) if whole else None


class Ahead:
    """Looks at the parts of the journal at *path*, a few ahead of whoever takes them."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)

    def parts(self, segments: list[int], first: int, last: int) -> Generator[Part | None, None, None]:
        """Yield each of *segments*, then the table from *first* to *last* in parts of `PART`.

        `None` is a part that has to be looked at by the caller itself.
        """
        tasks: list[tuple[Callable[..., Part | None], tuple[int, ...]]] = [(segment_part, (one,)) for one in segments]
        tasks += [(table_part, (at, min(at + PART - 1, last))) for at in range(first, last + 1, PART)]
        workers = os.cpu_count() or 1
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            waiting: deque[Future[Part | None]] = deque()
            for number, (look, where) in enumerate(tasks):
                waiting.append(pool.submit(look, self._path, *where))
                if number >= workers + 1:
                    yield _found(waiting.popleft())
            while waiting:
                yield _found(waiting.popleft())


def _found(told: "Future[Part | None]") -> Part | None:
    try:
        return told.result()
    except (HeadgateError, OSError, msgspec.DecodeError, BrokenProcessPool):
        return None
