"""Where a scan stands: a text, a place in it, and what all scans over one text share."""

import re

import msgspec

from headgate.classify.shell.syntax import Node, Redirect, Word

MAX_DEPTH = 60
"""Deeper nesting is not followed; a person writes fewer than ten levels."""

LEAST_READ_AGAIN = 64
"""What a place that has to be read twice costs at least, in characters: `((` that was no arithmetic."""

_BLANK = re.compile(r"(?:[ \t]|\\\n)*(?:#[^\n]*)?")


class UnsureError(Exception):
    """The scan does not know how the shell would read on from *at*; never leaves the parser."""

    def __init__(self, at: int, why: str) -> None:
        super().__init__(why)
        self.at = at
        self.why = why


class Pending(msgspec.Struct):
    """A here-document whose body starts behind the next line's end."""

    redirect: Redirect
    mark: str
    quoted: bool
    strips: bool


class Shared(msgspec.Struct):
    """What the scans over one text share: what was found where, and how often one may try again.

    *starts* are the places of the commands' first words, *regions* those that were read in another form than they
    stand in (backticks), *again* how many characters may still be read a second time, *zsh* why another shell would
    read the text in its own way.
    """

    starts: set[int] = set()
    regions: list[tuple[int, int]] = []
    again: int = 4096
    zsh: str = ""


class Cursor:
    """A place in *text*; in a text that was derived from another one, all that is found stands at *place* of that."""

    def __init__(self, text: str, shared: Shared, *, depth: int = 0, place: tuple[int, int] | None = None) -> None:
        self.text = text
        self.size = len(text)
        self.at = 0
        self.depth = depth
        self.shared = shared
        self.place = place
        self.pending: list[Pending] = []

    def block(self, closers: frozenset[str]) -> Node:
        """Read commands up to one of *closers*, which is left to read."""
        raise NotImplementedError

    def derived(self, text: str, start: int, end: int) -> Node:
        """Read *text*, which stands in another form between *start* and *end*."""
        raise NotImplementedError

    def word(self) -> Word:
        """Read one word."""
        raise NotImplementedError

    def unsure(self, why: str) -> UnsureError:
        """Say that the rest cannot be read, and *why*."""
        return UnsureError(self.place[0] if self.place else self.at, why)

    def only_zsh(self, why: str) -> None:
        """Note *why* zsh reads the text in its own way."""
        self.shared.zsh = self.shared.zsh or why

    def peek(self, offset: int = 0) -> str:
        """Return the character that many places on, or nothing behind the end."""
        at = self.at + offset
        return self.text[at] if at < self.size else ""

    def blank(self) -> None:
        """Pass over blanks, broken line ends and a comment."""
        if self.at < self.size and self.text[self.at] in " \t\\#":
            match = _BLANK.match(self.text, self.at)
            self.at = match.end() if match else self.at

    def deeper(self) -> None:
        """Go one level down; the reader of the level goes up again."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.unsure("nested too deep")

    def where(self, start: int, end: int) -> tuple[int, int]:
        """Return the span to show for what stands from *start* to *end*."""
        return self.place or (start, end)
