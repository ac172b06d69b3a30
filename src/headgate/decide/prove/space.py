"""All calls, told apart as far as a policy can: a finite number of classes for each fact.

A scalar fact is in one of its classes; unknown is one of them. A set holds names of some kinds (`atoms`), and may have
a hole, which stands for names that nobody knows. What is required of a call is a conjunction of `Literal`s.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil

import msgspec

from headgate.decide.conditions import Condition, Schema
from headgate.decide.globs import Index, sum_of
from headgate.decide.names import Value
from headgate.decide.prove.atoms import atoms, signature
from headgate.decide.prove.literals import ABSENT, FAILS, HOLDS, HOLED, ONE_OF, SOME, Clause, Literal, Option
from headgate.decide.rules import Rule
from headgate.decide.schema import Fact, Kind
from headgate.model.action import Thread
from headgate.model.facts import HEAVY_WORKLOADS, Workload


class Scalar(msgspec.Struct, frozen=True):
    """The classes of a scalar fact, a value each."""

    values: tuple[Value, ...]

    @property
    def every(self) -> int:
        """The mask of all classes."""
        return (1 << len(self.values)) - 1

    def accepted(self, condition: Condition, *, may: bool) -> int:
        """Return the mask of the classes in which *condition* holds."""
        return sum(1 << place for place, value in enumerate(self.values) if condition.holds(value, may=may))


class Names(msgspec.Struct, frozen=True):
    """The kinds of names that a set may hold, a name each; *holes* says whether something may be unknown in it.

    *masks* are the kinds that each pattern fits.
    """

    names: tuple[str, ...]
    holes: bool
    masks: dict[str, int] = {}

    @property
    def every(self) -> int:
        """The mask of all kinds."""
        return (1 << len(self.names)) - 1

    def fitting(self, condition: Condition) -> int:
        """Return the mask of the kinds that a pattern of *condition* fits."""
        return sum_of(self.masks[word] for word in condition.words)


class Space:
    """The calls that *conditions* can tell apart, over the facts of *schema*."""

    def __init__(self, conditions: Iterable[Condition], schema: Schema) -> None:
        self.schema = schema
        by_fact: dict[str, list[Condition]] = {}
        for item in conditions:
            by_fact.setdefault(item.fact, []).append(item)
        for one, others in _GO_TOGETHER.items():
            if one in by_fact:
                for other in others:
                    by_fact.setdefault(other, [])
        bounds = _shared_bounds(by_fact)
        self.facts = {name: _classes(schema[name], found, bounds.get(name, ())) for name, found in by_fact.items()}
        self._literals: dict[tuple[Condition, bool, bool], Clause] = {}
        self.axioms = tuple(self._axioms())

    # -- what is required --------------------------------------------------------------------

    def holds(self, condition: Condition, *, may: bool) -> Clause:
        """Return what makes *condition* hold (with *may*: perhaps hold)."""
        return self._made(condition, may=may, positive=True)

    def fails(self, condition: Condition, *, may: bool) -> Clause:
        """Return what makes `holds` false."""
        return self._made(condition, may=may, positive=False)

    def matched(self, rule: Rule) -> Iterator[Clause]:
        """Yield what makes *rule* match."""
        for item in rule.when:
            yield self.holds(item, may=rule.tightens)
        if rule.unless:
            yield self._excused(rule.unless, may=not rule.tightens)

    def _excused(self, unless: Sequence[Condition], *, may: bool) -> Clause:
        return tuple(option for item in unless for option in self.fails(item, may=may))

    def unmatched(self, rule: Rule) -> Clause:
        """Return what makes *rule* not match."""
        found = [option for item in rule.when for option in self.fails(item, may=rule.tightens)]
        if rule.unless:
            found += self.product(self.holds(item, may=not rule.tightens) for item in rule.unless)
        return tuple(found)

    def product(self, clauses: Iterable[Clause]) -> list[Option]:
        """Return the conjunctions that make all of *clauses* hold."""
        found: list[Option] = [()]
        for clause in clauses:
            found = [(*option, *more) for option in found for more in clause]
        return found

    def _made(self, condition: Condition, *, may: bool, positive: bool) -> Clause:
        key = (condition, may, positive)
        if key not in self._literals:
            fact = self.facts[condition.fact]
            if isinstance(fact, Scalar):
                mask = fact.accepted(condition, may=may)
                self._literals[key] = ((((condition.fact, ONE_OF, mask if positive else fact.every & ~mask)),),)
            else:
                make = HOLDS if positive else FAILS
                made = make[condition.operator](condition.fact, fact.fitting(condition), fact.every, may)
                self._literals[key] = made
        return self._literals[key]

    # -- what is true of every call ----------------------------------------------------------

    def _axioms(self) -> Iterator[Clause]:
        """Yield what every call fulfils, by the way facts are made: the classes make it heavy, and so on."""
        classes = self.facts.get("workload")
        if isinstance(classes, Names):
            yield from self._follows_from_classes(classes)
        if "machines" in self.facts and "remote" in self.facts:
            hosts = self.facts["machines"]
            yield (("machines", ABSENT, hosts.every),), (self._is("remote", value=True),)
        if "remote" in self.facts and "environment" in self.facts:
            local = self._is("environment", value="local")
            other = ("environment", ONE_OF, self.facts["environment"].every & ~local[2])
            yield (self._is("remote", value=False), local), (self._is("remote", value=True), other)
        if "thread" in self.facts and "pool" in self.facts:
            yield (self._is("thread", value=str(Thread.WORKER)),), (self._is("pool", value=""),)
        for name, counted in _COUNTS.items():
            yield from self._counted(name, counted)

    def _follows_from_classes(self, classes: Names) -> Iterator[Clause]:
        for fact, makes in _MADE_BY.items():
            mask = sum(1 << place for place, name in enumerate(classes.names) if name in makes)
            if fact in self.facts and mask:
                yield (("workload", ABSENT, mask),), (self._is(fact, value=True),)
                if fact == "heavy":
                    yield (("workload", SOME, mask),), (self._is(fact, value=False),)
            elif fact == "heavy" and fact in self.facts:
                yield ((self._is(fact, value=False),),)
        opaque = sum(1 << place for place, name in enumerate(classes.names) if name == Workload.OPAQUE)
        for fact in _HOLED_BY_OPAQUE:
            if fact in self.facts and opaque:
                yield (("workload", ABSENT, opaque),), ((fact, HOLED, 1),)

    def _counted(self, name: str, counted: str) -> Iterator[Clause]:
        """Yield that the count *name* includes this call."""
        counts = self.facts.get(name)
        if not isinstance(counts, Scalar):
            return
        some = _at_least(counts, 1.0)
        for nothing in self._nothing(counted):
            yield nothing, ((name, ONE_OF, some),)
        probes = self.facts.get(counted)
        if isinstance(probes, Scalar) and counted == "probes":
            for place, value in enumerate(probes.values):
                enough = _at_least(counts, value)
                yield (("probes", ONE_OF, probes.every & ~(1 << place)),), ((name, ONE_OF, enough),)

    def _nothing(self, counted: str) -> Iterator[Option]:
        """Yield what makes this call not count as *counted*."""
        classes = self.facts.get("workload")
        if counted == "machines" and "machines" in self.facts:
            yield (("machines", ABSENT, self.facts["machines"].every),)
        elif counted == "remote" and "remote" in self.facts:
            yield (self._is("remote", value=False),)
        elif counted in tuple(Workload) and isinstance(classes, Names):
            yield (
                ("workload", ABSENT, sum(1 << place for place, name in enumerate(classes.names) if name == counted)),
            )

    def _is(self, fact: str, *, value: Value) -> Literal:
        found = self.facts[fact]
        assert isinstance(found, Scalar)  # noqa: S101 the caller names a scalar
        return fact, ONE_OF, sum(1 << place for place, item in enumerate(found.values) if item == value)


def _at_least(counts: Scalar, least: Value) -> int:
    """Return the mask of the classes of *counts* in which it is *least* or more."""
    number = float(least) if isinstance(least, int | float) else 0.0
    return sum(
        1 << place for place, count in enumerate(counts.values) if isinstance(count, int | float) and count >= number
    )


_MADE_BY = {
    "heavy": frozenset(map(str, HEAVY_WORKLOADS)),
    "destroys": frozenset({str(Workload.DESTRUCTIVE)}),
    "follows": frozenset({str(Workload.LOG_TAIL)}),
}
_HOLED_BY_OPAQUE = ("machines", "programs", "commands", "writes_files")
_COUNTS = {
    "machines_recent": "machines",
    "probes_recent": "probes",
    "remote_calls_recent": "remote",
    "restarts_recent": str(Workload.RESTART),
    "log_reads_recent": str(Workload.LOG_TAIL),
}
_GO_TOGETHER = {"heavy": ("workload",), "destroys": ("workload",), "follows": ("workload",), "environment": ("remote",)}
"""Facts that are made from others: a witness should have both."""


def _shared_bounds(by_fact: Mapping[str, Sequence[Condition]]) -> dict[str, set[float]]:
    """Return the bounds at which counts must be told apart beside their own: 1, and those of what they include."""
    found = {name: {1.0} for name in _COUNTS if name in by_fact}
    if "probes" in by_fact and "probes_recent" in by_fact:
        both = {item.bound for name in ("probes", "probes_recent") for item in by_fact[name]} | {1.0}
        found |= {"probes": both, "probes_recent": both}
    return found


def _classes(fact: Fact, conditions: Sequence[Condition], bounds: Iterable[float]) -> Scalar | Names:
    words = tuple(dict.fromkeys(word for item in conditions for word in item.words))
    unknown: tuple[Value, ...] = () if fact.sure else (None,)
    if fact.kind is Kind.NAMES:
        names = _told_apart(fact, words)
        return Names(names, not fact.sure, _masks(words, names))
    if fact.kind is Kind.TEXT:
        kinds = atoms(words)
        kinds[signature(words, str(fact.usual))] = str(fact.usual)
        return Scalar((*_usual_first(kinds.values(), fact.usual), *unknown))
    if fact.kind is Kind.FLAG:
        return Scalar((False, True, *unknown))
    if fact.kind is Kind.CHOICE:
        return Scalar((*_usual_first(fact.words, fact.usual), *unknown))
    return Scalar((*_intervals(fact, sorted({*bounds, *(item.bound for item in conditions)})), *unknown))


def _told_apart(fact: Fact, words: tuple[str, ...]) -> tuple[str, ...]:
    """Return a name of each kind; where the list is closed, kinds that follow from others need each word apart."""
    return tuple(fact.words) if fact.words else tuple(atoms(words).values())


def _masks(words: Sequence[str], names: Sequence[str]) -> dict[str, int]:
    """Return for each of *words* the mask of the *names* that it fits."""
    index = Index((word, 1 << place) for place, word in enumerate(words))
    masks = dict.fromkeys(words, 0)
    for place, name in enumerate(names):
        bits = index.find(name)
        while bits:
            low = bits & -bits
            masks[words[low.bit_length() - 1]] |= 1 << place
            bits ^= low
    return masks


def _usual_first(values: Iterable[Value], usual: Value) -> list[Value]:
    return sorted(values, key=lambda value: value != usual)


def _intervals(fact: Fact, bounds: Sequence[float]) -> Iterator[float]:
    """Yield one value from each interval between *bounds* that has any, the usual value from its own."""
    whole = fact.kind is not Kind.DURATION
    least, most = (1.0, float("inf")) if fact.kind is Kind.DATE else (0.0, fact.most)
    edges = [least, *(bound for bound in bounds if bound > least)]
    usual = fact.usual if isinstance(fact.usual, int | float) else None
    for low, high in zip(edges, [*edges[1:], float("inf")], strict=True):
        first = float(ceil(low)) if whole else low
        if first >= high or first > most:
            continue
        yield float(usual) if usual is not None and low <= usual < high else first
