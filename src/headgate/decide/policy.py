"""A loaded policy: rules compiled to tests on values, and the settings that go with them."""

from collections.abc import Callable

import msgspec

from headgate.decide.schema import Value
from headgate.model.decision import Strictness, Terms

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
    reason: str
    hint: str = ""
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
    pattern; *comfort* and *quick_wait* are seconds.
    """

    rules: tuple[Rule, ...]
    default: Strictness
    digest: str
    inventory: tuple[tuple[str, str], ...] = ()
    comfort: float = 30.0
    quick_wait: float = 3.0
