"""Rules compiled to one table of bits a fact: looking a call's values up and joining the bits finds all that match.

Rule *r* of *n* has bit *r* for "its `when` holds" and bit *n + r* for "its `unless` holds" (bitmap intersection, as
in packet classifiers). A table remembers what it computed, so values that come again cost one look.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from headgate.decide.conditions import Condition, Operator, Schema
from headgate.decide.globs import Index
from headgate.decide.rules import Rule
from headgate.decide.schema import HOLE, MEASURES, Fact, Kind, Value

REMEMBERED = 4096
"""Values that one table remembers; more are computed each time."""

Find = Callable[[Any], int]


class Use(msgspec.Struct, frozen=True):
    """One condition, the bit of its rule, and whether it may hold where something is unknown."""

    condition: Condition
    bit: int
    may: bool


class Engine(msgspec.Struct, frozen=True):
    """The tables of a policy of *count* rules: those of facts of the action, of the call, and of both.

    *start* are the bits before any look, *mask* those of the rules. *by_name* finds a table by its fact.
    """

    count: int = 0
    start: int = 0
    mask: int = 0
    action: tuple[tuple[Callable[[Any], Value], Find], ...] = ()
    call: tuple[tuple[Callable[[Any], Value], Find], ...] = ()
    both: tuple[tuple[Callable[[Any, Any], Value], Find], ...] = ()
    by_name: tuple[tuple[str, Find], ...] = ()

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
    tables = {name: _table(schema[name], uses[name], every) for name in schema if name in uses}
    of: dict[str, list[tuple[Any, Find]]] = {"action": [], "call": [], "both": []}
    for name, table in tables.items():
        of[schema[name].of].append((schema[name].read, table.__getitem__))
    by_name = tuple((name, table.__getitem__) for name, table in tables.items())
    return Engine(count, start, (1 << count) - 1, tuple(of["action"]), tuple(of["call"]), tuple(of["both"]), by_name)


class _Table(dict[Any, int]):
    """From a value to bits; *compute* is asked once a value."""

    def __init__(self, compute: Find) -> None:
        super().__init__()
        self.compute = compute

    def __missing__(self, value: Value) -> int:
        bits = self.compute(value)
        if len(self) < REMEMBERED:
            self[value] = bits
        return bits


def _table(fact: Fact, uses: list[Use], every: int) -> _Table:
    if fact.kind is Kind.NAMES:
        found = _Names(uses, every)
        table = _Table(found.bits)
    elif fact.kind in MEASURES:
        table = _Table(_Measures(uses, every).bits)
    elif fact.kind is Kind.TEXT:
        table = _Table(_Names([_as_set(use) for use in uses], every).text)
    else:
        table = _Table(lambda value: _slowly(uses, every, value))
    table[None] = _slowly(uses, every, None)
    return table


def _slowly(uses: Iterable[Use], every: int, value: Value) -> int:
    """Return the bits of *every* rule but those of which some use does not hold."""
    for use in uses:
        if not use.condition.holds(value, may=use.may):
            every &= ~(1 << use.bit)
    return every


class _Measures:
    """Numbers: the bits of each interval between the bounds that are named."""

    def __init__(self, uses: list[Use], every: int) -> None:
        self.uses, self.every = uses, every
        self.points = sorted({use.condition.bound for use in uses})
        self.known: dict[int, int] = {}

    def bits(self, value: float) -> int:
        place = bisect_right(self.points, value)
        if place not in self.known:
            self.known[place] = _slowly(self.uses, self.every, value)
        return self.known[place]


def _as_set(use: Use) -> Use:
    condition = msgspec.structs.replace(use.condition, operator=Operator.ANY)
    return msgspec.structs.replace(use, condition=condition)


class _Names:
    """Sets: tests of one rule on one fact go to lanes of their own, so that they are joined by *and*."""

    def __init__(self, uses: list[Use], every: int) -> None:
        self.every = every
        self.lanes: list[_Lane] = []
        for use in uses:
            lane = next((lane for lane in self.lanes if not lane.tested >> use.bit & 1), None)
            if lane is None:
                lane = _Lane()
                self.lanes.append(lane)
            lane.add(use)

    def bits(self, names: tuple[str, ...]) -> int:
        found = self.every
        for lane in self.lanes:
            found &= lane.bits(names) | ~lane.tested
        return found

    def text(self, text: str) -> int:
        return self.bits((text,))


class _Lane:
    """At most one test a rule: patterns to bits, for each operator."""

    def __init__(self) -> None:
        self.tested = self.may = 0
        self.index = {operator: Index() for operator in (Operator.ANY, Operator.ONLY, Operator.NONE)}
        self.of = dict.fromkeys(self.index, 0)

    def add(self, use: Use) -> None:
        bit, operator = 1 << use.bit, use.condition.operator
        self.tested |= bit
        self.may |= bit if use.may else 0
        self.of[operator] |= bit
        self.index[operator].add(use.condition.words, bit)

    def bits(self, names: tuple[str, ...]) -> int:
        some, all_, none = 0, self.of[Operator.ONLY] if names else 0, 0
        for name in names:
            some |= self.hits(Operator.ANY, name, self.may)
            if all_:
                all_ &= self.hits(Operator.ONLY, name, self.may)
            none |= self.hits(Operator.NONE, name, ~self.may)
        return some | all_ | (self.of[Operator.NONE] & ~none)

    def hits(self, operator: Operator, name: str, may: int) -> int:
        """Return the bits whose patterns fit *name*; for those in *may*, that may fit it."""
        if not self.of[operator]:
            return 0
        index = self.index[operator]
        if HOLE not in name:
            return index.find(name)
        return (index.may(name) & may) | (index.find(name) & ~may)
