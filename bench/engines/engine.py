"""What an engine of the comparison is, and what the encodings of our rules in other languages share."""

import json
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from operator import attrgetter

from engines.calls import Call
from headgate.decide.conditions import Condition, Operator
from headgate.decide.names import Value
from headgate.decide.policy import Policy
from headgate.decide.rules import Rule
from headgate.decide.schema import Kind, Situation
from headgate.model.facts import Facts

SLICE = 20
"""Calls between two looks at the clock."""


class Engine:
    """One engine that holds the rules of a policy.

    `asked` turns a call into what `matching` is given: what the engine cannot do itself is done there, outside the
    measured time. Everything else, and the reading of the facts too, is inside.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def asked(self, call: Call) -> tuple[object, ...]:
        """Return what `matching` is given for *call*."""
        return call

    def matching(self, *asked: object) -> Collection[object]:
        """Return the ids of all matching rules."""
        raise NotImplementedError

    def sweep(self, calls: Sequence[Call], seconds: float) -> float:
        """Return the mean seconds of a decision over *calls*, or over as many of the first as fit in *seconds*."""
        given = [self.asked(call) for call in calls]
        matching, taken, done = self.matching, 0.0, 0
        while done < len(given) and taken < seconds:
            part = given[done : done + SLICE]
            began = time.perf_counter()
            for asked in part:
                matching(*asked)
            taken += time.perf_counter() - began
            done += len(part)
        return taken / done


class Reader:
    """Reads the facts that the rules of *policy* test, and no others: sets as they are, or as *lists*."""

    def __init__(self, policy: Policy, *, lists: bool = False) -> None:
        used = dict.fromkeys(item.fact for rule in policy.rules for item in (*rule.when, *rule.unless))
        self.kinds = {name: policy.schema[name].kind for name in used}
        facts = {name: policy.schema[name] for name in used}
        alone = [(name, fact) for name, fact in facts.items() if len(fact.action) + len(fact.call) == 1]
        self.action = [(name, fact.read, attrgetter(*fact.action)) for name, fact in alone if fact.action]
        self.call = [(name, fact.read, attrgetter(*fact.call)) for name, fact in alone if fact.call]
        self.made = [
            (name, fact.read, tuple(map(attrgetter, fact.action)), tuple(map(attrgetter, fact.call)))
            for name, fact in facts.items()
            if len(fact.action) + len(fact.call) > 1
        ]
        self.names = [name for name, *_ in (*self.action, *self.call, *self.made)]
        self.sets = self.of_kind(Kind.NAMES) if lists else []

    def of_kind(self, kind: Kind) -> list[str]:
        """Return the facts of one kind."""
        return [name for name, found in self.kinds.items() if found is kind]

    def values(self, facts: Facts, situation: Situation) -> dict[str, object]:
        """Return the value of each fact that is used."""
        found: dict[str, object] = {name: read(get(facts)) for name, read, get in self.action}
        for name, read, get in self.call:
            found[name] = read(get(situation))
        for name, read, action, call in self.made:
            found[name] = read(*[get(facts) for get in action], *[get(situation) for get in call])
        for name in self.sets:
            found[name] = list(found[name])  # type: ignore[call-overload]
        return found


class Tests:
    """Every distinct test of the rules, numbered."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.numbers: dict[Condition, int] = {}
        for rule in rules:
            for item in (*rule.when, *rule.unless):
                self.numbers.setdefault(item, len(self.numbers))


def infix(rule: Rule, test: Callable[[Condition], str], both: str, no: str) -> str:
    """Return *rule* as one expression: its tests joined by *both*, and *no* before its exceptions."""
    parts = [test(item) for item in rule.when]
    if rule.unless:
        parts.append(f"{no}({both.join(test(item) for item in rule.unless)})")
    return both.join(parts)


def pattern(word: str, name: str, forms: dict[str, str]) -> str:
    """Return the test of a text called *name* against the pattern *word*, in the *forms* of a language.

    The forms are `is`, `head`, `tail`, `inner` and `size`; a pattern has two pieces, or one between two stars.
    """
    pieces = word.split("*")
    if len(pieces) == 1:
        return forms["is"].format(name, quoted(word))
    if len(pieces) == 3 and not pieces[0] and not pieces[2]:
        return forms["inner"].format(name, quoted(pieces[1]))
    if len(pieces) != 2 or word == "*":
        raise ValueError(f"no encoding for the pattern {word}")
    head, tail = pieces
    parts = [forms["head"].format(name, quoted(head))] if head else []
    parts += [forms["tail"].format(name, quoted(tail))] if tail else []
    parts += [forms["size"].format(name, len(head) + len(tail))] if head and tail else []
    return parts[0] if len(parts) == 1 else forms["bracket"].format(forms["both"].join(parts))


def whole(bound: float) -> int:
    """Return *bound* as a whole number, so that no language has to mix numbers."""
    if bound != int(bound):
        raise ValueError(f"no encoding for the bound {bound}")
    return int(bound)


def quoted(text: str) -> str:
    """Return *text* as it is written in every one of the languages."""
    return json.dumps(text)


def flag(item: Condition) -> bool:
    """Return what a test of a flag wants."""
    return item.words == ("true",)


def measured(item: Condition, name: str) -> str:
    """Return a test of a number."""
    return f"{name} {'>=' if item.operator is Operator.AT_LEAST else '<'} {whole(item.bound)}"


def reference(policy: Policy, values: dict[str, Value]) -> set[str]:
    """Return the ids of the rules that match, as the slow interpreter sees it."""
    return {rule.id for rule in policy.rules if rule.matches(values)}
