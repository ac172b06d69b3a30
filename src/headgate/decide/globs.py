"""Names and patterns: `*` stands for any text, every other character for itself."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import or_

from headgate.decide.names import HOLE


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
    """Whether *pattern* may fit *text*, whose holes stand for any text: whether two patterns have a word in common.

    In time proportional to the product of both.
    """
    here = _through(text, {0})
    for mark in pattern:
        if mark == "*":
            here = set(range(min(here), len(text) + 1))
        else:
            here = {
                place + (text[place] != HOLE) for place in here if place < len(text) and text[place] in (mark, HOLE)
            }
        here = _through(text, here)
        if not here:
            return False
    return len(text) in here


def _through(text: str, places: set[int]) -> set[int]:
    """Return *places* and those behind holes of *text* that may stand for nothing."""
    found = set(places)
    for first in places:
        place = first
        while place < len(text) and text[place] == HOLE:
            place += 1
            found.add(place)
    return found


class Index:
    """Patterns, each with a set of bits; asked for a text, it returns the bits of all that fit.

    Plain names are looked up. A pattern hangs at the text before its first star, or else at that behind its last; only
    those with stars at both ends are tried one by one.
    """

    def __init__(self, patterns: Iterable[tuple[str, int]]) -> None:
        self._names: dict[str, int] = {}
        self._every: dict[str, int] = {}
        for pattern, bits in patterns:
            place = self._every if "*" in pattern else self._names
            place[pattern] = place.get(pattern, 0) | bits
        heads: dict[str, list[tuple[str, int]]] = {}
        tails: dict[str, list[tuple[str, int]]] = {}
        self._others: list[tuple[str, str, int]] = []
        for pattern, bits in self._every.items():
            head, *inner, tail = pattern.split("*")
            if head or not (tail or any(inner)):
                heads.setdefault(head, []).append((pattern, bits))
            elif tail:
                tails.setdefault(tail[::-1], []).append((pattern, bits))
            else:
                self._others.append((max(inner, key=len), pattern, bits))
        self._heads = _Beginnings(heads) if heads else None
        self._tails = _Beginnings(tails) if tails else None

    def find(self, text: str) -> int:
        """Return the bits of the patterns that fit *text*; what a hole stands for is not known, so only `*` fits it."""
        bits = self._names.get(text, 0)
        if self._heads is not None:
            bits |= self._heads.find(text, text)
        if self._tails is not None:
            bits |= self._tails.find(text[::-1], text)
        for piece, pattern, more in self._others:
            if piece in text and bits | more != bits and fits(pattern, text):
                bits |= more
        return bits

    def may(self, text: str) -> int:
        """Return the bits of the patterns that may fit *text*, whatever its holes stand for."""
        bits = 0
        for known in (self._names, self._every):
            for pattern, more in known.items():
                if bits | more != bits and may_fit(pattern, text):
                    bits |= more
        return bits


class _Beginnings:
    """Patterns by how a text must begin: the longest beginning of a text leads to all the others.

    *patterns* are in reverse, with their beginnings, where they hang at the end of a text.
    """

    def __init__(self, patterns: Mapping[str, Sequence[tuple[str, int]]]) -> None:
        self._keys = sorted(patterns)
        self._shorter: list[int] = []
        self._sure: list[int] = []
        self._tried: list[tuple[tuple[str, int], ...]] = []
        above: list[int] = []
        for place, key in enumerate(self._keys):
            while above and not key.startswith(self._keys[above[-1]]):
                above.pop()
            shorter = above[-1] if above else -1
            own = [(pattern, bits) for pattern, bits in patterns[key] if len(pattern) > len(key) + 1]
            sure = sum_of(bits for pattern, bits in patterns[key] if len(pattern) <= len(key) + 1)
            self._shorter.append(shorter)
            self._sure.append(sure | (self._sure[shorter] if above else 0))
            self._tried.append((*own, *(self._tried[shorter] if above else ())))
            above.append(place)

    def find(self, text: str, whole: str) -> int:
        """Return the bits of the patterns that fit *whole*, which begins as *text* does (or, reversed, ends so)."""
        keys = self._keys
        place = bisect_right(keys, text) - 1
        while place >= 0 and not text.startswith(keys[place]):
            place = self._shorter[place]
        if place < 0:
            return 0
        bits = self._sure[place]
        for pattern, more in self._tried[place]:
            if bits | more != bits and fits(pattern, whole):
                bits |= more
        return bits


def sum_of(masks: Iterable[int]) -> int:
    """Return all bits of *masks*."""
    return reduce(or_, masks, 0)
