"""Rules compiled to one table of bits a fact: looking a call's values up and joining the bits finds all that match.

Rule *r* of *n* has bit *r* for "its `when` holds" and bit *n + r* for "its `unless` holds" (bitmap intersection, as
in packet classifiers). A table remembers what it computed, so values that come again cost one look.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from headgate.decide.conditions import Condition, Operator, Schema
from headgate.decide.globs import Index
from headgate.decide.names import HOLE, Value
from headgate.decide.rules import Rule
from headgate.decide.schema import MEASURES, Fact, Kind

REMEMBERED = 4096
"""Values that one table remembers; then it begins anew."""

LONGEST = 2048
"""Characters of a value that is remembered; a longer one is looked up each time."""

Key = Callable[[Any], Any]


class Use(msgspec.Struct, frozen=True):
    """One condition, the bit of its rule, and whether it may hold where something is unknown."""

    condition: Condition
    bit: int
    may: bool


class Engine(msgspec.Struct, frozen=True):
    """The tables of a policy of *count* rules: those of facts of the action, of the call, and of both.

    *start* are the bits before any look, *mask* those of the rules. *by_name* finds the bits of a value by its fact.
    """

    count: int = 0
    start: int = 0
    mask: int = 0
    action: tuple[tuple[Key, "Table"], ...] = ()
    call: tuple[tuple[Key, "Table"], ...] = ()
    both: tuple[tuple[Key, Key, "Table"], ...] = ()
    by_name: tuple[tuple[str, Callable[[Value], int]], ...] = ()

    def matching(self, values: Mapping[str, Value]) -> int:
        """Return the bits of the rules that match a call with these *values*."""
        bits = self.start
        for name, find in self.by_name:
            bits &= find(values[name])
        return bits & ~(bits >> self.count) & self.mask


def compiled(rules: Sequence[Rule], schema: Schema) -> Engine:
    """Return the tables of *rules*; in time proportional to their tests."""
    count = len(rules)
    uses: dict[str, list[Use]] = {}
    start = (1 << count) - 1
    for number, rule in enumerate(rules):
        for item in rule.when:
            uses.setdefault(item.fact, []).append(Use(item, number, rule.tightens))
        for item in rule.unless:
            uses.setdefault(item.fact, []).append(Use(item, count + number, not rule.tightens))
        if rule.unless:
            start |= 1 << (count + number)
    every = (1 << 2 * count) - 1
    finders = {name: Finder(schema[name], uses[name], every).bits for name in schema if name in uses}
    return Engine(
        count,
        start,
        (1 << count) - 1,
        tuple(_tables([(schema[name], find) for name, find in finders.items() if not schema[name].call], "action")),
        tuple(_tables([(schema[name], find) for name, find in finders.items() if not schema[name].action], "call")),
        tuple(
            _joint(schema[name], find) for name, find in finders.items() if schema[name].action and schema[name].call
        ),
        tuple(finders.items()),
    )


Bits = Callable[[Any], int]
"""From a value, or from the raw attributes that it is made of, to bits."""


def _tables(found: Sequence[tuple[Fact, Bits]], side: str) -> Iterable[tuple[Key, "Table"]]:
    """Yield tables with their keys: facts that have few values are looked up together, others one by one."""
    few = [(fact, find) for fact, find in found if fact.few]
    if few:
        names = tuple(dict.fromkeys(name for fact, _find in few for name in getattr(fact, side)))
        places = [tuple(names.index(name) for name in getattr(fact, side)) for fact, _find in few]
        yield attrgetter(*names), Table(_together(few, places, single=len(names) == 1))
    for fact, find in found:
        if not fact.few:
            names = getattr(fact, side)
            yield (
                attrgetter(*names),
                Table(_alone(fact, find, single=len(names) == 1), _SIZES[len(names) == 1, fact.kind]),
            )


def _joint(fact: Fact, find: Bits) -> tuple[Key, Key, "Table"]:
    """Return the table of a *fact* that is made of the action and the call, one attribute of each."""
    return attrgetter(*fact.action), attrgetter(*fact.call), Table(_alone(fact, find, single=False), _first_size)


def _alone(fact: Fact, find: Bits, *, single: bool) -> Bits:
    read = fact.read
    return (lambda raw: find(read(raw))) if single else (lambda raw: find(read(*raw)))


def _together(few: Sequence[tuple[Fact, Bits]], places: Sequence[tuple[int, ...]], *, single: bool) -> Bits:
    parts = [(fact.read, where, find) for (fact, find), where in zip(few, places, strict=True)]

    def bits(key: Any) -> int:  # noqa: ANN401 whatever the attributes hold
        raw = (key,) if single else key
        found = -1
        for read, where, find in parts:
            found &= find(read(*[raw[place] for place in where]))
        return found

    return bits


def _first_size(key: tuple[Sequence[object], ...]) -> int:
    first = key[0]
    return sum(map(len, first)) if isinstance(first, tuple) else 0


_SIZES: dict[tuple[bool, Kind], Callable[[Any], int] | None] = {
    (single, kind): None for single in (True, False) for kind in Kind
} | {
    (False, Kind.NAMES): _first_size,
    (True, Kind.NAMES): lambda names: sum(map(len, names)),
    (True, Kind.TEXT): len,
}
"""How many characters a key has: by whether it is one attribute, and the kind of the fact."""


class Table(dict[Any, int]):
    """From the raw attributes of some facts to bits; *compute* is asked once for each that is not of great *size*."""

    def __init__(self, compute: Bits, size: Callable[[Any], int] | None = None) -> None:
        super().__init__()
        self.compute, self.size = compute, size

    def __missing__(self, key: Any) -> int:  # noqa: ANN401 whatever the attributes hold
        bits = self.compute(key)
        if self.size is None or self.size(key) <= LONGEST:
            if len(self) >= REMEMBERED:
                self.clear()
            self[key] = bits
        return bits


class Finder:
    """The bits of the rules whose tests on one fact hold of a value."""

    def __init__(self, fact: Fact, uses: list[Use], every: int) -> None:
        self.uses, self.every = uses, every
        self.points = sorted({use.condition.bound for use in uses}) if fact.kind in MEASURES else []
        self.intervals: dict[int, int] = {}
        self.names = _Names(uses, every) if fact.kind in {Kind.NAMES, Kind.TEXT} else None
        self.unknown = self._slowly(None)

    def bits(self, value: Value) -> int:
        """Return the bits of *value*."""
        if value is None:
            return self.unknown
        if self.names is not None:
            return self.names.bits(value if isinstance(value, tuple) else (value,))  # type: ignore[arg-type]  # a text
        if not self.points or not isinstance(value, int | float):
            return self._slowly(value)
        place = bisect_right(self.points, value)
        if place not in self.intervals:
            self.intervals[place] = self._slowly(value)
        return self.intervals[place]

    def _slowly(self, value: Value) -> int:
        """Return the bits of every rule but those of which some use does not hold."""
        bits = self.every
        for use in self.uses:
            if not use.condition.holds(value, may=use.may):
                bits &= ~(1 << use.bit)
        return bits


class _Names:
    """Tests on names: a bit for each, so that one look a name is enough.

    Further tests of a rule on the same fact have their bits in lanes of their own, which are joined by *and*. A text
    is a set of one name.
    """

    def __init__(self, uses: list[Use], every: int) -> None:
        self.every = every
        width = every.bit_length()
        lanes: list[int] = []
        taken: dict[int, int] = {}
        of = dict.fromkeys((Operator.ANY, Operator.ONLY, Operator.NONE), 0)
        self.loose = 0
        patterns: list[tuple[str, int]] = []
        for use in uses:
            lane = taken[use.bit] = taken.get(use.bit, -1) + 1
            lanes += [0] * (lane + 1 - len(lanes))
            lanes[lane] |= 1 << use.bit
            bit = 1 << (lane * width + use.bit)
            operator = Operator.ANY if use.condition.operator is Operator.GLOB else use.condition.operator
            of[operator] |= bit
            self.loose |= bit if use.may is not (operator is Operator.NONE) else 0
            patterns += [(word, bit) for word in use.condition.words]
        self.index = Index(patterns)
        self.any, self.only, self.none = of.values()
        self.lanes = [(lane * width, every & ~tested) for lane, tested in enumerate(lanes)]

    def bits(self, names: tuple[str, ...]) -> int:
        """Return the bits of the rules all of whose tests hold of the set of *names*."""
        some, common = 0, -1 if names else 0
        for name in names:
            hits = self.index.find(name) if HOLE not in name else self._hits(name)
            some |= hits
            common &= hits
        holds = (some & self.any) | (common & self.only) | (self.none & ~some)
        found = self.every
        for shift, free in self.lanes:
            found &= holds >> shift | free
        return found

    def _hits(self, name: str) -> int:
        """Return the bits of the tests that *name*, with its holes, counts for: loosely those in `loose`."""
        if name == HOLE:  # a name that nobody knows, or none at all
            return self.loose
        return (self.index.may(name) & self.loose) | (self.index.find(name) & ~self.loose)
