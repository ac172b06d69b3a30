"""Where things stand in a TOML text: the line of every key, for messages and for the formatter.

The standard library's parser keeps no places; this scanner only runs on text that it accepted.
"""

import re
import tomllib
from collections.abc import Iterator

import msgspec

Path = tuple[str | int, ...]

_KEY = re.compile(r"""\s*(?:([A-Za-z0-9_-]+)|"((?:[^"\\]|\\.)*)"|'([^']*)')\s*""")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)+")
_VALUE = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""(?:"{0,2})'
    r"|'''(?:[^']|'(?!''))*'''(?:'{0,2})"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*|[\[{]|[\]}]|\n|[^\"'#\[\]{}\n]+",
    re.DOTALL,
)


class Statement(msgspec.Struct, frozen=True):
    """A table's head or a key with its value: its place in the document, its lines (from 1), the text of its value.

    *head* is `[`, `[[` or empty.
    """

    path: Path
    first: int
    last: int
    value: str = ""
    head: str = ""


def statements(text: str) -> tuple[Statement, ...]:
    """Return the statements of *text*, which is valid TOML, in order."""
    return tuple(_Scanner(text).all())


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.at = 0
        self.seen = (0, 1)
        self.table: Path = ()
        self.counts: dict[Path, int] = {}

    def all(self) -> Iterator[Statement]:
        while True:
            blank = _BLANK.match(self.text, self.at)
            self.at = blank.end() if blank else self.at
            if self.at >= len(self.text):
                return
            yield self.head() if self.text[self.at] == "[" else self.pair()

    def line(self, at: int) -> int:
        """Return the line of the place *at*; counted on from the place that was asked for before."""
        before, line = self.seen
        line += self.text.count("\n", before, at) if at >= before else -self.text.count("\n", at, before)
        self.seen = (at, line)
        return line

    def head(self) -> Statement:
        begin, marks = self.at, "[[" if self.text.startswith("[[", self.at) else "["
        self.at += len(marks)
        path = self.path(())
        self.at += len(marks)
        if marks == "[[":
            number = self.counts[path] = self.counts.get(path, -1) + 1
            path = (*path, number)
        self.table = path
        return Statement(path, self.line(begin), self.line(begin), "", marks)

    def path(self, path: Path) -> Path:
        """Read a dotted key, in the last element of an array that an earlier part names."""
        while found := _KEY.match(self.text, self.at):
            if path in self.counts:
                path = (*path, self.counts[path])
            bare, quoted, literal = found.groups()
            path = (*path, tomllib.loads(f'key = "{quoted}"')["key"] if quoted else bare or literal or "")
            self.at = found.end()
            if self.text[self.at : self.at + 1] != ".":
                break
            self.at += 1
        return path

    def pair(self) -> Statement:
        begin = self.at
        path = self.path(self.table)
        self.at += 1  # the equals sign
        first, depth = self.at, 0
        while found := _VALUE.match(self.text, self.at):
            piece = found[0]
            if piece == "\n" and not depth:
                break
            depth += (piece in "[{") - (piece in "]}") if len(piece) == 1 else 0
            self.at = found.end()
        value = self.text[first : self.at]
        return Statement(path, self.line(begin), self.line(self.at - 1), value.strip())
