"""The strictest answer wins."""

from collections.abc import Mapping

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
    engine = policy.engine
    bits = engine.start
    for key, table in engine.action:
        bits &= table[key(facts)]
    for key, table in engine.call:
        bits &= table[key(situation)]
    for key, other, table in engine.both:
        bits &= table[key(facts), other(situation)]
    matching = bits & ~(bits >> engine.count) & engine.mask
    if situation.thread is _WORKER:
        return policy.decisions[matching, situation.pool]
    return policy.decisions[matching]


def decide_values(values: Mapping[str, Value], policy: Policy) -> Decision:
    """Return the decision about a call whose facts have these *values*, all of them."""
    matching = policy.engine.matching(values)
    if values["thread"] == Thread.WORKER:
        return policy.decisions[matching, str(values["pool"] or "")]
    return policy.decisions[matching]


def matching_rules(values: Mapping[str, Value], policy: Policy) -> list[Rule]:
    """Return the rules that match a call with these *values*."""
    return rules_of(policy.engine.matching(values), policy.rules)
