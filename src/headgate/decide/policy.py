"""A loaded policy: rules compiled to tests on values, and the settings that go with them."""

from collections.abc import Callable

import msgspec

from headgate.decide.schema import PLACES, Value
from headgate.model.action import Thread
from headgate.model.decision import Reason, Strictness, Terms

Test = Callable[[Value], bool]


class Rule(msgspec.Struct, frozen=True):
    """A conjunction of tests, minus one conjunction of exceptions; each test has the place of its fact.

    How a test answers for an unknown value was fixed when the rule was loaded: a tightening rule
    matches if it may, an `allow` rule only if it must, and exceptions the other way round.
    """

    id: str
    answer: Strictness
    when: tuple[tuple[int, Test], ...]
    unless: tuple[tuple[int, Test], ...]
    terms: Terms
    said: Reason
    line: int = 0
    pools: tuple[str, ...] = ()

    def matches(self, values: tuple[Value, ...]) -> bool:
        """Whether the rule speaks about a call with these *values*."""
        for place, test in self.when:
            if not test(values[place]):
                return False
        if not self.unless:
            return True
        return not all(test(values[place]) for place, test in self.unless)


class Policy(msgspec.Struct, frozen=True):
    """Rules in the order of (strictness, id), so that no other order can matter.

    *digest* is the SHA-256 of the text it was loaded from; *inventory* are pairs of an environment and a
    pattern; *comfort* and *quick_wait* are seconds. *shortlists* are an index (see `shortlist`).
    """

    rules: tuple[Rule, ...]
    default: Strictness
    digest: str
    inventory: tuple[tuple[str, str], ...] = ()
    comfort: float = 30.0
    quick_wait: float = 3.0
    shortlists: dict[tuple[str, bool], tuple[Rule, ...]] = {}

    def shortlist(self, values: tuple[Value, ...]) -> tuple[Rule, ...]:
        """Return the rules that could match *values*: the index only leaves out what the tests would refuse."""
        thread, workloads = values[THREAD], values[WORKLOAD]
        return self.shortlists.get((str(thread), bool(workloads)), self.rules)


THREAD, WORKLOAD = PLACES["thread"], PLACES["workload"]


def shortlists(rules: tuple[Rule, ...]) -> dict[tuple[str, bool], tuple[Rule, ...]]:
    """Return *rules* by thread, and by whether the action has any class of work."""
    return {
        (str(thread), classed): tuple(rule for rule in rules if _could_match(rule, str(thread), classed=classed))
        for thread in Thread
        for classed in (False, True)
    }


def _could_match(rule: Rule, thread: str, *, classed: bool) -> bool:
    if not all(test(thread) for place, test in rule.when if place == THREAD):
        return False
    return classed or all(test(()) for place, test in rule.when if place == WORKLOAD)
