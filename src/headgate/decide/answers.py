"""From the rules that match to the decision, made once for each set of them."""

from typing import Any

from headgate.decide.obligations import joined
from headgate.decide.rules import Rule
from headgate.model.decision import Allow, Confirm, Decision, Delegate, Deny, Reason, Strictness

REMEMBERED = 4096
"""Decisions that a policy remembers, by the set of rules that match; more are made each time."""


_NOBODY = Reason("default", "no rule of the policy speaks about this call", "ask the operator of the gate")
_PARTED = "the operator's rules contradict each other here: `headgate policy prove` shows where"


class Decisions(dict[Any, Decision]):
    """From the bits of the matching rules (and the pool of a worker that asks) to the decision."""

    def __init__(self, rules: tuple[Rule, ...] = (), default: Strictness = Strictness.DENY) -> None:
        super().__init__()
        self.rules, self.default = rules, default

    def __missing__(self, key: int | tuple[int, str]) -> Decision:
        matching, pool = key if isinstance(key, tuple) else (key, None)
        decision = self._decision(rules_of(matching, self.rules), pool)
        if len(self) < REMEMBERED:
            self[key] = decision
        return decision

    def _decision(self, matching: list[Rule], pool: str | None) -> Decision:
        asking = [rule for rule in matching if rule.answer is not Strictness.DELEGATE or not met(rule, pool)]
        base = Strictness.ALLOW if any(not rule.tightens for rule in matching) else self.default
        answer = max([base, *(rule.answer for rule in asking)])
        terms, conflict = joined(matching)
        if conflict:
            answer = Strictness.DENY
        said = tuple(rule.said for rule in asking if rule.answer is answer)
        said = (*said, Reason("default", conflict, _PARTED)) if conflict else said or (_NOBODY,)
        names = tuple(rule.name for rule in matching)
        match answer:
            case Strictness.ALLOW:
                return Allow(terms, said, names)
            case Strictness.DELEGATE:
                return Delegate(terms, said, names)
            case Strictness.CONFIRM:
                delegates = base is Strictness.DELEGATE or any(places(rule) and not met(rule, pool) for rule in asking)
                then = Delegate(terms, rules=names) if delegates else Allow(terms, rules=names)
                return Confirm(then, terms, said, names)
            case Strictness.DENY:
                return Deny(said, terms, names)


def rules_of(matching: int, rules: tuple[Rule, ...]) -> list[Rule]:
    """Return the rules whose bits are in *matching*."""
    found = []
    while matching:
        low = matching & -matching
        found.append(rules[low.bit_length() - 1])
        matching ^= low
    return found


def places(rule: Rule) -> bool:
    """Whether *rule* says where the work runs: it delegates, or asks and names a pool, a kind of worker, or a lease."""
    named = bool(rule.pools or rule.workers or rule.terms.lease)
    return rule.answer is Strictness.DELEGATE or (rule.answer is Strictness.CONFIRM and named)


def met(rule: Rule, pool: str | None) -> bool:
    """Whether what *rule* says of the place is so for a worker in *pool* (`None`: whoever asks is no worker)."""
    return pool is not None and places(rule) and (not rule.pools or pool in rule.pools)
