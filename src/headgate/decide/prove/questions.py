"""Questions about one policy: which calls get an answer, by which rules; each is asked of the solver."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import msgspec

from headgate.decide.answers import places
from headgate.decide.conditions import Condition, Operator
from headgate.decide.evaluate import decide_values, matching_rules
from headgate.decide.names import Value
from headgate.decide.obligations import common
from headgate.decide.policy import Policy
from headgate.decide.prove.literals import ONE_OF, Clause, Option
from headgate.decide.prove.solver import MOST_STEPS, solve, witness
from headgate.decide.prove.space import Space
from headgate.decide.rules import Rule
from headgate.model.action import Thread
from headgate.model.decision import Confirm, Decision, Strictness


class Call(msgspec.Struct, frozen=True):
    """A concrete call, all its facts, and what the engine decides about it."""

    values: dict[str, Value]
    decision: Decision


class Questions:
    """What can be asked about *policy*; *also* are further conditions that must be told apart."""

    def __init__(self, policy: Policy, also: Iterable[Condition] = (), space: Space | None = None) -> None:
        self.policy = policy
        self.fuel = [MOST_STEPS]
        self.space = space or Space([*conditions_of(policy), *also], policy.schema)
        self.allowing = [rule for rule in policy.rules if not rule.tightens]
        self.tightening = [rule for rule in policy.rules if rule.tightens]

    # -- clauses -----------------------------------------------------------------------------

    def given(self, conditions: Sequence[Condition], unless: Sequence[Condition] = ()) -> list[Clause]:
        """Return what makes all *conditions* surely hold, and not surely all of *unless*."""
        found = [self.space.holds(item, may=False) for item in conditions]
        if unless:
            found.append(tuple(option for item in unless for option in self.space.fails(item, may=False)))
        return found

    def silent(self, rule: Rule) -> Clause:
        """Return what keeps a tightening *rule* from counting: it does not match, or a worker has met it."""
        return self._elsewhere(rule) if rule.answer is Strictness.DELEGATE else self.space.unmatched(rule)

    def _elsewhere(self, rule: Rule) -> Clause:
        """Return what keeps *rule* from sending the work to a worker: it does not match, or a worker has met it."""
        return (*self.space.unmatched(rule), *self._met(rule))

    def _met(self, rule: Rule) -> Iterator[Option]:
        if "thread" not in self.space.facts:
            return
        worker = self._is("thread", Thread.WORKER)
        if not rule.pools:
            yield (worker,)
        elif "pool" in self.space.facts:
            yield from ((worker, self._is("pool", pool)) for pool in rule.pools)

    def _is(self, fact: str, value: str) -> tuple[str, int, int]:
        found = self.space.facts[fact]
        places = [place for place, item in enumerate(getattr(found, "values", ())) if item == value]
        return fact, ONE_OF, sum(1 << place for place in places)

    def some_allow(self) -> Clause:
        """Return what makes some `allow` rule match."""
        return tuple(option for rule in self.allowing for option in self.space.product(self.space.matched(rule)))

    def speaks(self, rule: Rule) -> list[Clause]:
        """Return what makes *rule* match, and count."""
        return self.sends(rule) if rule.answer is Strictness.DELEGATE else list(self.space.matched(rule))

    def sends(self, rule: Rule) -> list[Clause]:
        """Return what makes *rule*, which says where the work runs, match and send it there."""
        found = list(self.space.matched(rule))
        if "thread" in self.space.facts:
            found.append(self._not_met(rule))
        return found

    def _not_met(self, rule: Rule) -> Clause:
        thread = self.space.facts["thread"]
        other = (("thread", ONE_OF, thread.every & ~self._is("thread", Thread.WORKER)[2]),)
        if not rule.pools or "pool" not in self.space.facts:
            return (other,)
        mine = sum(self._is("pool", pool)[2] for pool in rule.pools)
        return (other, (("pool", ONE_OF, self.space.facts["pool"].every & ~mine),))

    def at_most(self, answer: Strictness) -> list[Clause]:
        """Return what keeps the answer from being stricter than *answer*, but for pools that part."""
        found = [self.silent(rule) for rule in self.tightening if rule.answer > answer]
        if self.policy.default > answer:
            found.append(self.some_allow())
        return found

    # -- answers -----------------------------------------------------------------------------

    def find(self, clauses: Iterable[Clause], *, below: Strictness | None = None) -> Call | None:
        """Return a call that fulfils *clauses*; `None` is a proof that there is none.

        With *below*, the engine's own answer must be less strict: a call that is denied only because pools part is
        none, and neither is any other call in which those rules meet.
        """
        wanted = list(clauses)
        while (state := solve(self.space, wanted, self.fuel)) is not None:
            values = witness(self.space, state)
            decision = decide_values(values, self.policy)
            if below is None or decision.strictness < below:
                return Call(values, decision)
            parted = self.parted(values)
            if parted is None:
                raise AssertionError(f"the prover and the engine disagree about {values}")
            wanted.append(parted)
        return None

    def parted(self, values: dict[str, Value]) -> Clause | None:
        """Return what keeps the rules that part at this call from meeting again; `None` where none do."""
        group = [rule for rule in matching_rules(values, self.policy) if rule.pools or rule.workers]
        if not parts(group):
            return None
        for rule in list(group):  # leave out whatever need not be there
            rest = [other for other in group if other is not rule]
            group = rest if parts(rest) else group
        return tuple(option for rule in group for option in self.space.unmatched(rule))

    def deciding(self, answer: Strictness, given: Sequence[Clause] = ()) -> Iterator[tuple[Rule | None, Call]]:
        """Yield a call for each rule (`None`: the default) by which some call gets exactly *answer*."""
        limit = [*given, *self.at_most(answer)]
        for rule in self.policy.rules:
            if rule.answer is answer and (call := self._exactly([*limit, *self.speaks(rule)], answer)):
                yield rule, call
        if self.policy.default is answer and answer is not Strictness.ALLOW:
            nobody = [self.space.unmatched(rule) for rule in self.allowing]
            others = [self.silent(rule) for rule in self.tightening if rule.answer is answer]
            if call := self._exactly([*limit, *nobody, *others], answer):
                yield None, call

    def _exactly(self, clauses: Sequence[Clause], answer: Strictness) -> Call | None:
        below = None if answer is Strictness.DENY else Strictness(answer + 1)
        return self.find(clauses, below=below)

    def grants_runs(self, apart_from: Rule | None = None) -> list[Clause]:
        """Return what keeps a yes from granting a job: nothing delegates but *apart_from*, the default neither."""
        found = [self._elsewhere(rule) for rule in self.tightening if places(rule) and rule is not apart_from]
        return [*found, self.some_allow()] if self.policy.default is Strictness.DELEGATE else found

    def grants_less(self, given: Sequence[Clause], then: Strictness) -> Call | None:
        """Return a call whose answer is `confirm`, and where a yes grants less than *then*."""
        if then is not Strictness.DELEGATE:
            return None
        for _rule, call in self.deciding(Strictness.CONFIRM, [*given, *self.grants_runs()]):
            if isinstance(call.decision, Confirm) and call.decision.then.strictness < then:
                return call
        return None


def parts(group: Iterable[Rule]) -> bool:
    """Whether no worker can do what all rules of *group* accept."""
    rules = list(group)
    found = (common(rule.pools for rule in rules), common(rule.workers for rule in rules))
    return any(names is not None and not names for names in found)


MOST_IN_THREES = 100
"""Rules that name pools or workers; of more, only pairs are looked at."""


def parting(policy: Policy) -> Iterator[tuple[Rule, ...]]:
    """Yield the smallest groups of two or three rules of *policy* that no worker can serve together; of many, two."""
    demanding = [rule for rule in policy.rules if rule.pools or rule.workers]
    found: list[frozenset[str]] = []
    for size in (2, 3) if len(demanding) <= MOST_IN_THREES else (2,):
        for group in combinations(demanding, size):
            names = frozenset(rule.name for rule in group)
            if parts(group) and not any(known <= names for known in found):
                found.append(names)
                yield group


def conditions_of(policy: Policy) -> Iterator[Condition]:
    """Yield every condition of the rules of *policy*, and those that the meaning of `delegate` for workers adds."""
    for rule in policy.rules:
        yield from rule.when
        yield from rule.unless
    pools = tuple(dict.fromkeys(pool for rule in policy.rules for pool in rule.pools))
    if any(map(places, policy.rules)):
        yield Condition("thread", Operator.IS, (str(Thread.WORKER),))
        if pools:
            yield from (Condition("pool", Operator.GLOB, (pool,)) for pool in pools)
