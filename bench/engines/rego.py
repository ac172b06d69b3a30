"""Rego in regorus, through opa-eval: a partial set of the ids of the rules that match, asked for as parsed objects.

Where one of several words must fit, a rule has a body for each: measured faster than a helper rule for each test. Only
`only` and `none` have helpers. The input is JSON.
"""

import itertools
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec
import opa_eval

from engines.engine import Engine, Reader, Tests, flag, measured, pattern, quoted
from headgate.decide.conditions import Condition, Operator
from headgate.decide.policy import Policy
from headgate.decide.rules import Rule
from headgate.decide.schema import Kind

FORMS = {
    "is": "{0} == {1}",
    "head": "startswith({0}, {1})",
    "tail": "endswith({0}, {1})",
    "inner": "contains({0}, {1})",
    "size": "count({0}) >= {1}",
    "both": "; ",
    "bracket": "{0}",
}


class Rego(Engine):
    """`OpaEval.evaluate_parsed`."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy)
        self.reader = Reader(policy)
        self.tests = Tests(policy.rules)
        for rule in policy.rules:
            for item in rule.unless:
                if item.operator is Operator.ANY or self.reader.kinds[item.fact] is Kind.TEXT:
                    raise ValueError(f"no encoding for the exception of {rule.id}")
        lines = ["package gate", "import rego.v1", *self._helpers()]
        for rule in policy.rules:
            lines += self._rule(rule)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "gate.rego"
            path.write_text("\n".join(lines))
            self.engine = opa_eval.OpaEval(str(path), query="data.gate.matching")

    def matching(self, *asked: object) -> Collection[object]:
        """Return the ids in the set."""
        found: list[str] = self.engine.evaluate_parsed(
            msgspec.json.encode(self.reader.values(*asked)).decode()  # type: ignore[arg-type]
        )
        return found

    def _rule(self, rule: Rule) -> Iterator[str]:
        exception = ""
        if rule.unless:
            name = f"except_{rule.id.replace('-', '_')}"
            yield f"{name} if {{ {'; '.join(self._test(item) for item in rule.unless)} }}"
            exception = f"; not {name}"
        for bodies in itertools.product(*(self._bodies(item, f"x{at}") for at, item in enumerate(rule.when))):
            yield f"matching contains {quoted(rule.id)} if {{ {'; '.join(bodies)}{exception} }}"

    def _bodies(self, item: Condition, name: str) -> list[str]:
        """Return the ways in which *item* can hold; *name* is free."""
        fact, kind = f"input.{item.fact}", self.reader.kinds[item.fact]
        if kind is Kind.NAMES and item.operator is Operator.ANY:
            return [f"some {name} in {fact}; {pattern(word, name, FORMS)}" for word in item.words]
        if kind is Kind.TEXT:
            return [pattern(word, fact, FORMS) for word in item.words]
        return [self._test(item)]

    def _test(self, item: Condition) -> str:
        name = f"input.{item.fact}"
        match self.reader.kinds[item.fact]:
            case Kind.FLAG:
                return name if flag(item) else f"not {name}"
            case Kind.CHOICE if len(item.words) == 1:
                return f"{name} == {quoted(item.words[0])}"
            case Kind.CHOICE:
                return f"{name} in [{', '.join(map(quoted, item.words))}]"
            case Kind.NAMES:
                return f"{'not ' if item.operator is Operator.NONE else ''}t{self.tests.numbers[item]}"
            case _:
                return measured(item, name)

    def _helpers(self) -> Iterator[str]:
        """Yield a rule for each test that is not written out where it stands."""
        for item, number in self.tests.numbers.items():
            test, fact = f"t{number}", f"input.{item.fact}"
            if item.operator is Operator.ONLY:
                yield from (f"{test}_of(x) if {{ {pattern(word, 'x', FORMS)} }}" for word in item.words)
                yield f"{test} if {{ count({fact}) > 0; every x in {fact} {{ {test}_of(x) }} }}"
            elif item.operator is Operator.NONE:
                yield from (f"{test} if {{ {body} }}" for body in self._bodies(_some(item), "x"))


def _some(item: Condition) -> Condition:
    return Condition(item.fact, Operator.ANY, item.words)
