"""The kinds of names that a set of patterns can tell apart, each with one name of that kind: exact, no approximation.

"Atomic predicates" (Yang and Lam, ICNP 2013): two names that the same patterns fit cannot be told apart by any rule.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, combinations

from headgate.decide.globs import Index, fits

MOST = 4096
"""Kinds of names of one fact; patterns that tell more apart cannot be proved about."""

MOST_STATES = 50_000
"""Names that are tried, and states of the automaton, before giving up."""

_FILLERS = "xyzqwkjvb0123456789~" + "".join(map(chr, range(0xE000, 0xE010)))


class TooManyError(Exception):
    """The patterns tell too many kinds of names apart."""


def atoms(patterns: Sequence[str], words: Sequence[str] = ()) -> dict[int, str]:
    """Return a name for every set of *patterns* (as bits) that fits some name while no other pattern does.

    Where the fact has a closed list, the names are those *words*. Raises `TooManyError`.
    """
    index = Index((pattern, 1 << place) for place, pattern in enumerate(patterns))
    if words:
        return _told_apart((index.find(name), name) for name in words)
    filler = next((mark for mark in _FILLERS if not any(mark in pattern for pattern in patterns)), None)
    if filler is None:
        raise TooManyError
    if all(map(_simple, patterns)):
        return _told_apart((index.find(name), name) for name in _candidates(patterns, filler))
    return _told_apart(walked(patterns, filler))


def signature(patterns: Sequence[str], name: str) -> int:
    """Return the bits of the *patterns* that fit *name*."""
    return sum(1 << place for place, pattern in enumerate(patterns) if fits(pattern, name))


def _told_apart(names: Iterable[tuple[int, str]]) -> dict[int, str]:
    found: dict[int, str] = {}
    for bits, name in names:
        found.setdefault(bits, name)
        if len(found) > MOST:
            raise TooManyError
    return found


def _simple(pattern: str) -> bool:
    """Whether the pattern has one of the shapes `x`, `x*`, `*x`, `a*b`, `*x*`."""
    stars = pattern.count("*")
    return stars <= 1 or (stars == 2 and pattern[0] == pattern[-1] == "*")  # noqa: PLR2004 one at each end


def _candidates(patterns: Sequence[str], filler: str) -> Iterator[str]:
    """Yield names of every kind that simple *patterns* tell apart.

    Which of them fit is decided by the longest head, the longest tail and the pieces inside, all kept apart by a
    *filler* that no pattern has. Beside such names there are only the plain ones, and those in which a head and a
    tail overlap or touch.
    """
    split = [pattern.split("*") for pattern in dict.fromkeys(patterns)]
    heads = list(dict.fromkeys(["", *(parts[0] for parts in split if len(parts) > 1)]))
    tails = list(dict.fromkeys(["", *(parts[-1] for parts in split if len(parts) > 1)]))
    inside = list(dict.fromkeys(parts[1] for parts in split if parts[1:-1] and parts[1]))
    if 2 ** len(inside) * len(heads) * len(tails) > MOST_STATES:
        raise TooManyError
    yield from (parts[0] for parts in split if len(parts) == 1)
    for chosen in chain.from_iterable(combinations(inside, size) for size in range(len(inside) + 1)):
        middle = filler.join(["", *chosen, ""]) or filler
        yield from (head + middle + tail for head in heads for tail in tails)
    for head in heads:
        for tail in tails:
            yield from (
                head + tail[size:] for size in range(min(len(head), len(tail)) + 1) if head.endswith(tail[:size])
            )


def walked(patterns: Sequence[str], filler: str) -> Iterator[tuple[int, str]]:
    """Yield a name for every state of the automaton that reads all *patterns* at once, with the bits that fit it.

    A state is a set of places in the patterns, one bit each, so that a step is a few operations on one number.
    """
    text = "\0".join([*patterns, ""])  # a place behind each pattern stands for its end
    starts = [0, *(place + 1 for place, mark in enumerate(text[:-1]) if mark == "\0")]
    ends = [place for place, mark in enumerate(text) if mark == "\0"]
    places: dict[str, int] = {}
    for place, mark in enumerate(text):
        places[mark] = places.get(mark, 0) | 1 << place
    stars = places.get("*", 0)
    begin = _behind_stars(sum(1 << start for start in starts), stars)
    marks = (filler, *sorted(set(text) - {"\0", "*"}))
    seen, waiting = {begin}, [(begin, "")]
    for state, name in waiting:
        yield sum(1 << number for number, end in enumerate(ends) if state >> end & 1), name
        for mark in marks:
            after = _behind_stars((state & places.get(mark, 0)) << 1 | state & stars, stars)
            if after not in seen:
                seen.add(after)
                waiting.append((after, name + mark))
        if len(seen) > MOST_STATES:
            raise TooManyError


def _behind_stars(state: int, stars: int) -> int:
    """Return *state* with the places behind stars that may stand for nothing."""
    while True:
        wider = state | (state & stars) << 1
        if wider == state:
            return state
        state = wider
