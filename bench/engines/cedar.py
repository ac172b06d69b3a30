"""Cedar through cedarpy, every rule as one `permit`, denials too: an answer then names all rules that match.

Cedar decides allow or forbid, so our four answers and the obligations stay outside: a rule's id is its annotation, and
what the ids mean is not measured. (The faithful way, one request for each answer, costs three times as much.)
Cedar cannot test patterns on the elements of a set: those tests are made outside the measured time, and those that hold
are in the context as the set `held`. Tests of plain words on sets are Cedar's own (`containsAny`, `containsAll`).
Policies and entities are parsed before, no schema is given, the context is JSON: the fastest that cedarpy offers.
"""

from collections.abc import Collection

import cedarpy
import msgspec

from engines.calls import Call
from engines.engine import Engine, Reader, Tests, flag, infix, measured, quoted
from headgate.decide.conditions import Condition, Operator
from headgate.decide.policy import Policy
from headgate.decide.schema import Kind, values


class Cedar(Engine):
    """`cedarpy.is_authorized`."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy)
        self.reader = Reader(policy)
        self.tests = Tests(policy.rules)
        text = "\n".join(
            f'@id("{rule.id}") permit(principal, action, resource) when {{ {infix(rule, self._test, " && ", "!")} }};'
            for rule in policy.rules
        )
        self.policies = cedarpy.PolicySet.from_str(text)
        self.entities = cedarpy.Entities.from_json_str("[]")
        self.outside = [(f"t{number}", item) for item, number in self.tests.numbers.items() if self._is_outside(item)]
        tested = {item.fact for rule in policy.rules for item in (*rule.when, *rule.unless) if not _patterns(item)}
        self.unused = [name for name in self.reader.of_kind(Kind.NAMES) if name not in tested]

    def asked(self, call: Call) -> tuple[object, ...]:
        """Return *call* with the tests that hold and that Cedar cannot make."""
        found = values(*call)
        return (*call, [name for name, item in self.outside if _positive(item).holds(found[item.fact], may=False)])

    def matching(self, *asked: object) -> Collection[object]:
        """Return the ids of the policies that are satisfied."""
        facts, situation, held = asked
        context = self.reader.values(facts, situation)  # type: ignore[arg-type]
        for name in self.unused:
            del context[name]
        context["held"] = held
        request = {
            "principal": 'Agent::"a"',
            "action": 'Action::"call"',
            "resource": 'Gate::"g"',
            "context": msgspec.json.encode(context).decode(),
        }
        answer = cedarpy.is_authorized(request, self.policies, self.entities)
        return answer.diagnostics.id_annotations_by_reason.values()

    def _is_outside(self, item: Condition) -> bool:
        return self.reader.kinds[item.fact] is Kind.NAMES and _patterns(item)

    def _test(self, item: Condition) -> str:
        name = f"context.{item.fact}"
        words = "[" + ", ".join(map(quoted, item.words)) + "]"
        match self.reader.kinds[item.fact]:
            case Kind.FLAG:
                return name if flag(item) else f"!{name}"
            case Kind.CHOICE:
                return f"{words}.contains({name})" if len(item.words) > 1 else f"{name} == {quoted(item.words[0])}"
            case Kind.TEXT:
                return "(" + " || ".join(f"{name} like {quoted(word)}" for word in item.words) + ")"
            case Kind.NAMES if _patterns(item):
                no = "!" if item.operator is Operator.NONE else ""
                return f'{no}context.held.contains("t{self.tests.numbers[item]}")'
            case Kind.NAMES:
                return {
                    Operator.ANY: f"{name}.containsAny({words})",
                    Operator.ONLY: f"!{name}.isEmpty() && {words}.containsAll({name})",
                    Operator.NONE: f"!{name}.containsAny({words})",
                }[item.operator]
            case _:
                return measured(item, name)


def _patterns(item: Condition) -> bool:
    return any("*" in word for word in item.words)


def _positive(item: Condition) -> Condition:
    """Return *item*, or for `none` its opposite: that some name fits, which holds more seldom."""
    return Condition(item.fact, Operator.ANY, item.words) if item.operator is Operator.NONE else item
