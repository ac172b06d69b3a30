"""The strictest answer wins."""

from collections.abc import Mapping

import msgspec

from headgate.decide.answers import rules_of
from headgate.decide.names import Value
from headgate.decide.policy import Policy
from headgate.decide.rules import Rule
from headgate.decide.schema import Situation
from headgate.model.action import Thread
from headgate.model.decision import Decision
from headgate.model.facts import Facts

_WORKER = Thread.WORKER  # an enumeration is slow to ask for its members


def decide(facts: Facts, situation: Situation, policy: Policy) -> Decision:
    """Return the strictest answer that a matching rule gives, with the joined obligations of all of them.

    The base is `allow` where some `allow` rule matches, else the policy's default; every other rule can only tighten
    it. A worker in a pool that a `delegate` rule accepts has met that rule. Raises nothing.
    """
    return _decision(_matching(facts, situation, policy), situation, policy)


def decide_lifted(facts: Facts, situation: Situation, policy: Policy, rules: tuple[str, ...] = ()) -> Decision:
    """Return the decision under a person's override; where *rules* are named, it lifts none but these.

    A rule that speaks, or keeps quiet, only because of the override does so where it is one of *rules*.
    """
    after = _matching(facts, msgspec.structs.replace(situation, override=True), policy)
    if rules:
        before = _matching(facts, msgspec.structs.replace(situation, override=False), policy)
        after = _only(rules, before, after, policy)
    return _decision(after, situation, policy)


def _only(rules: tuple[str, ...], before: int, after: int, policy: Policy) -> int:
    """Return the bits of *after* where they are those of *rules*, and of *before* elsewhere."""
    named = sum(1 << place for place, rule in enumerate(policy.rules) if rule.name in rules)
    return (before & ~named) | (after & named)


def _matching(facts: Facts, situation: Situation, policy: Policy) -> int:
    """Return the bits of the rules that match."""
    engine = policy.engine
    bits = engine.start
    for key, table in engine.action:
        bits &= table[key(facts)]
    for key, table in engine.call:
        bits &= table[key(situation)]
    for key, other, table in engine.both:
        bits &= table[key(facts), other(situation)]
    return bits & ~(bits >> engine.count) & engine.mask


def _decision(matching: int, situation: Situation, policy: Policy) -> Decision:
    return policy.decisions[(matching, situation.pool) if situation.thread is _WORKER else matching]


def decide_values(values: Mapping[str, Value], policy: Policy, lifts: tuple[str, ...] = ()) -> Decision:
    """Return the decision about a call whose facts have these *values*, all of them.

    Where a person's override covers it, and *lifts* names rules, it lifts none but these: see `decide_lifted`.
    """
    matching = policy.engine.matching(values)
    if lifts and values["override"]:
        before = policy.engine.matching({**values, "override": False})
        matching = _only(lifts, before, matching, policy)
    if values["thread"] == Thread.WORKER:
        return policy.decisions[matching, str(values["pool"] or "")]
    return policy.decisions[matching]


def matching_rules(values: Mapping[str, Value], policy: Policy) -> list[Rule]:
    """Return the rules that match a call with these *values*."""
    return rules_of(policy.engine.matching(values), policy.rules)
