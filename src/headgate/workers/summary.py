"""What is kept of a job's output: ends, errors, counts and files made; bounded, whatever the output is."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from headgate.record.redact import redact
from headgate.workers.hints import made, told
from headgate.workers.lines import STEMS, looks_wrong, narrow, plain, size

CHUNK = 1 << 20
END = 64 * 1024
"""Bytes at both ends of the output in which summaries of test runs and files made are looked for."""

FIRST, LAST, WRONG = 3, 6, 4
"""Lines of each kind that are kept."""

_LONGEST = 8192
_MAX_STRANGE = 0.1

_STEMS = tuple(stem.encode() for stem in STEMS)
_WARNING = re.compile(r"(?i)\bwarn(?:ing)?s?\b")
_NO_WARNING = re.compile(r"(?i)\b(?:0|no)\s+warn(?:ing)?s?\b|\bwarn(?:ing)?s?\s*[=:]\s*0\b")
_STRANGE = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
_NUMBERS = re.compile(r"\d+")


class Digest(msgspec.Struct, frozen=True):
    """A job's output in at most 8 KiB of JSON, or 4 KiB of text; without secrets and control sequences.

    *size* is in bytes, of which *lost* were given up as too many; *errors* and *warnings* count lines that look like
    one; *wrong* are the first different lines that look like errors, with their numbers; *first* and *last* are lines,
    none of a *binary* output; *told* is what programs said of themselves (`12 passed`), *made* files that were written.
    """

    size: int = 0
    lines: int = 0
    errors: int = 0
    warnings: int = 0
    wrong: tuple[tuple[int, str], ...] = ()
    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    lost: int = 0
    binary: bool = False

    def plain(self) -> dict[str, object]:
        """Return the digest as JSON can hold it."""
        found: dict[str, object] = msgspec.to_builtins(self)
        return found

    def shown(self) -> list[str]:
        """Return the digest as lines for people and models."""
        kept = (*self.first, *self.last)
        lines = [f"  output    {self._counts()}"]
        lines += [f"  {'summary':<9} {line}" for line in self.told]
        lines += [f"  wrote     {', '.join(self.made)}"] if self.made else []
        lines += [f"  error     line {number}: {line}" for number, line in self.wrong if line not in kept]
        left = self.lines - len(kept)
        between = [f"  | … {left} more lines …"] if left > 0 and kept else []
        return [*lines, *(f"  | {line}" for line in self.first), *between, *(f"  | {line}" for line in self.last)]

    def _counts(self) -> str:
        parts = [size(self.size), f"{self.lines} lines"] if self.size else ["none"]
        parts += [f"{self.errors} with errors"] if self.errors else []
        parts += [f"{self.warnings} with warnings"] if self.warnings else []
        parts += [f"{size(self.lost)} in the middle were given up"] if self.lost else []
        return ", ".join([*parts, "not text"] if self.binary else parts)


def read_digest(found: object) -> Digest:
    """Return a digest from what JSON held; an empty one where that is none."""
    try:
        return msgspec.convert(found, Digest)
    except msgspec.ValidationError:
        return Digest()


def summarise(path: Path) -> Digest:
    """Return the digest of the output at *path*, read once in bounded memory; an empty one where there is none."""
    try:
        with path.open("rb") as file:
            return _summarised(file)
    except OSError:
        return Digest()


def _summarised(file: BinaryIO) -> Digest:
    count = _Count()
    for chunk in _chunks(file):
        count.take(chunk)
    count.close()
    whole = file.seek(0, os.SEEK_END)
    head, tail = _part(file, 0, END), _part(file, max(0, whole - END), END)
    binary = _strange(head) or _strange(tail)
    lines = count.lines
    first, last = ([], []) if binary else _ends(head, tail, whole)
    ends = [] if binary else [*_lines(head), *(_lines(tail) if whole > END else ())]
    return Digest(
        whole,
        lines,
        count.errors,
        count.warnings,
        () if binary else tuple(count.wrong),
        tuple(first),
        tuple(last),
        told(ends),
        made(ends),
        count.lost,
        binary,
    )


class _Count:
    """Counts over chunks; a line that goes over chunks is put together, and a very long one loses its middle."""

    def __init__(self) -> None:
        self.lines = self.errors = self.warnings = self.lost = 0
        self.wrong: list[tuple[int, str]] = []
        self._known: set[str] = set()
        self._begun = b""

    def take(self, chunk: bytes | int) -> None:
        """Count what is in *chunk*; a number stands for so many bytes that were given up."""
        if isinstance(chunk, int):
            self.lost += chunk
            return
        whole, newline, rest = chunk.rpartition(b"\n")
        if not newline:
            self._begun = _shortened(self._begun + rest)
            return
        begun, self._begun = self._begun, _shortened(rest)
        self._lines(begun + whole + newline)

    def close(self) -> None:
        """Count the last line, where no newline ends it."""
        if self._begun:
            self._lines(self._begun)
            self._begun = b""
            self.lines += 1

    def _lines(self, text: bytes) -> None:
        low = text.lower()
        starts = {low.rfind(b"\n", 0, at) + 1 for stem in _STEMS for at in _found(low, stem)}
        for start in sorted(starts):
            self._error(text, start)
        for start in sorted({low.rfind(b"\n", 0, at) + 1 for at in _found(low, b"warn")}):
            line = _shown(_line_at(text, start))
            self.warnings += bool(_WARNING.search(line)) and bool(_WARNING.search(_NO_WARNING.sub("", line)))
        self.lines += text.count(b"\n")

    def _error(self, text: bytes, start: int) -> None:
        pieces = plain(_text(_line_at(text, start))).split("\n")
        line = next((piece for piece in pieces if looks_wrong(piece)), None)
        if line is None:
            return
        self.errors += 1
        if len(self.wrong) == WRONG:
            return
        kind = _NUMBERS.sub("0", line)[:240]
        if kind not in self._known:
            self._known.add(kind)
            self.wrong.append((self.lines + text.count(b"\n", 0, start) + 1, narrow(redact(line))))


def _found(text: bytes, stem: bytes) -> Iterator[int]:
    """Yield a place in each line of *text* that holds *stem*."""
    at = text.find(stem)
    while at >= 0:
        yield at
        end = text.find(b"\n", at)
        at = text.find(stem, end) if end >= 0 else -1


def _line_at(text: bytes, start: int) -> bytes:
    end = text.find(b"\n", start)
    return _shortened(text[start : end if end >= 0 else len(text)])


def _shortened(line: bytes) -> bytes:
    return line if len(line) <= 2 * _LONGEST else line[:_LONGEST] + line[-_LONGEST:]


def _chunks(file: BinaryIO) -> Iterator[bytes | int]:
    """Yield the bytes of *file* in parts; a hole, where nothing is kept, as its length."""
    whole = file.seek(0, os.SEEK_END)
    at = 0
    while at < whole:
        data = _next_data(file, at, whole)
        if data > at:
            yield data - at
            at = data
            continue
        file.seek(at)
        chunk = file.read(min(CHUNK, whole - at))
        if not chunk:
            return
        at += len(chunk)
        yield chunk if chunk.strip(b"\0") else len(chunk)


def _next_data(file: BinaryIO, at: int, whole: int) -> int:
    """Return where data begins, from *at* on; *at* itself where the system does not tell."""
    try:
        return os.lseek(file.fileno(), at, os.SEEK_DATA)
    except AttributeError:
        return at
    except OSError as error:
        return whole if error.errno == 6 else at  # noqa: PLR2004 ENXIO: there is none


def _part(file: BinaryIO, at: int, most: int) -> bytes:
    file.seek(at)
    return file.read(most)


def _strange(data: bytes) -> bool:
    """Whether *data* is not text: many control characters, or many bytes that are no UTF-8."""
    bare = data.replace(b"\0", b"") if data.count(b"\0") > len(data) // 2 else data  # a hole is not strange
    bad = len(_STRANGE.findall(bare)) + bare.decode("utf-8", "replace").count("\ufffd")
    return bool(bare) and bad > _MAX_STRANGE * len(bare)


def _ends(head: bytes, tail: bytes, whole: int) -> tuple[list[str], list[str]]:
    """Return the first and the last lines of the output; of a short one, all are first."""
    lines = list(_lines(head))
    if whole <= END and len(lines) <= FIRST + LAST:
        return lines, []
    last = list(_lines(tail))[-LAST:]
    return lines[:FIRST], last if whole > END else lines[FIRST:][-LAST:]


def _lines(data: bytes) -> list[str]:
    """Return the lines of *data* as they are shown."""
    text = data.strip(b"\0")
    return [narrow(redact(line)) for line in map(_shown, text.split(b"\n")) if line]


def _shown(line: bytes) -> str:
    """Return *line* as a terminal shows it in the end: of what was written over itself, the last."""
    pieces = plain(_text(_shortened(line))).rstrip("\n").split("\n")
    return next((piece for piece in reversed(pieces) if piece.strip()), "").rstrip()


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace")
