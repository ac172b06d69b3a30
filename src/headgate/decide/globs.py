"""Names and patterns: `*` stands for any text, every other character for itself."""

from collections.abc import Iterable

from headgate.decide.schema import HOLE


def fits(pattern: str, text: str) -> bool:
    """Whether *pattern* fits all of *text*; in time proportional to both, whatever the pattern."""
    head, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    if not text.startswith(head):
        return False
    *inner, tail = rest
    at, end = len(head), len(text) - len(tail)
    if at > end or not text.endswith(tail):
        return False
    for piece in inner:
        found = text.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def may_fit(pattern: str, text: str) -> bool:
    """Whether *pattern* may fit *text*, whose holes stand for any text: whether two patterns have a word in common."""
    other = text.replace(HOLE, "*")
    here = {0}
    for mark in pattern:
        here = _through(other, here)
        if mark == "*":
            here = {place for first in here for place in range(first, len(other) + 1)}
        else:
            here = {
                place + (other[place] != "*") for place in here if place < len(other) and other[place] in (mark, "*")
            }
        if not here:
            return False
    return len(other) in _through(other, here)


def _through(other: str, places: set[int]) -> set[int]:
    """Return *places* and those behind the stars of *other* that may stand for nothing."""
    found = set(places)
    for first in places:
        place = first
        while place < len(other) and other[place] == "*":
            place += 1
            found.add(place)
    return found


class Index:
    """Patterns, each with a set of bits; asked for a text, it returns the bits of all that fit.

    Plain names, `x*` and `*x` are looked up; other patterns are tried one by one.
    """

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._heads: dict[int, dict[str, int]] = {}
        self._tails: dict[int, dict[str, int]] = {}
        self._others: dict[str, int] = {}
        self._every: dict[str, int] = {}

    def add(self, patterns: Iterable[str], bits: int) -> None:
        """Give *bits* to every text that one of *patterns* fits."""
        for pattern in patterns:
            self._every[pattern] = self._every.get(pattern, 0) | bits
            place, key = self._place(pattern)
            place[key] = place.get(key, 0) | bits

    def _place(self, pattern: str) -> tuple[dict[str, int], str]:
        stars = pattern.count("*")
        if not stars:
            return self._names, pattern
        if stars == 1 and pattern.endswith("*"):
            return self._heads.setdefault(len(pattern) - 1, {}), pattern[:-1]
        if stars == 1 and pattern.startswith("*"):
            return self._tails.setdefault(len(pattern) - 1, {}), pattern[1:]
        return self._others, pattern

    def find(self, text: str) -> int:
        """Return the bits of the patterns that fit *text*; what a hole stands for is not known, so only `*` fits it."""
        bits = self._names.get(text, 0)
        for length, heads in self._heads.items():
            bits |= heads.get(text[:length], 0)
        for length, tails in self._tails.items():
            bits |= tails.get(text[-length:] if length else "", 0) if len(text) >= length else 0
        for pattern, more in self._others.items():
            if bits | more != bits and fits(pattern, text):
                bits |= more
        return bits

    def may(self, text: str) -> int:
        """Return the bits of the patterns that may fit *text*, whatever its holes stand for."""
        bits = 0
        for pattern, more in self._every.items():
            if bits | more != bits and may_fit(pattern, text):
                bits |= more
        return bits
