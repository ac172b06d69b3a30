"""The strictest answer wins."""

from headgate.decide.policy import Policy, Rule
from headgate.decide.schema import Situation, values
from headgate.model.decision import Allow, Confirm, Decision, Delegate, Deny, Reason, Strictness, Terms
from headgate.model.facts import Facts


def decide(facts: Facts, situation: Situation, policy: Policy) -> Decision:
    """Return the strictest answer that a matching rule gives, with the joined terms of all of them.

    The base is `allow` where some `allow` rule matches, else the policy's default; every other rule can
    only tighten it. Raises nothing.
    """
    known = values(facts, situation)
    matching = [rule for rule in policy.rules if rule.matches(known)]
    base = policy.default
    strictest = Strictness.ALLOW
    for rule in matching:
        if rule.answer is Strictness.ALLOW:
            base = Strictness.ALLOW
        elif rule.answer > strictest:
            strictest = rule.answer
    answer = max(base, strictest)
    pools = _pools(matching)
    if pools is not None and not pools and answer < Strictness.DENY:
        answer = Strictness.DENY
    speaking = [rule for rule in matching if rule.answer is answer]
    return _decision(answer, matching, speaking, _terms(matching, pools))


def _decision(answer: Strictness, matching: list[Rule], speaking: list[Rule], terms: Terms) -> Decision:
    reasons = tuple(Reason(rule.id, rule.reason, rule.hint) for rule in speaking) or (
        Reason("default", "no rule of the policy speaks about this call", "ask the operator of the gate"),
    )
    rules = tuple(rule.id for rule in matching)
    match answer:
        case Strictness.ALLOW:
            return Allow(terms, reasons, rules)
        case Strictness.DELEGATE:
            return Delegate(terms, reasons, rules)
        case Strictness.CONFIRM:
            delegates = [rule for rule in matching if rule.answer is Strictness.DELEGATE]
            then: Allow | Delegate = Delegate(terms, rules=rules) if delegates else Allow(terms, rules=rules)
            return Confirm(then, terms, reasons, rules)
        case Strictness.DENY:
            return Deny(reasons, terms, rules)


def _terms(matching: list[Rule], pools: frozenset[str] | None) -> Terms:
    """Join the obligations of all matching rules: limits by minimum, approvers by union, pools by intersection."""
    budgets = [rule.terms.budget for rule in matching if rule.terms.budget is not None]
    limits = [rule.terms.max_run for rule in matching if rule.terms.max_run is not None]
    approvers = sorted({name for rule in matching for name in rule.terms.approvers})
    return Terms(
        budget=min(budgets, default=None),
        max_run=min(limits, default=None),
        pool=min(pools) if pools else "local",
        approvers=tuple(approvers),
    )


def _pools(matching: list[Rule]) -> frozenset[str] | None:
    """Return the pools that every matching rule accepts; `None` where none of them names any."""
    named = [frozenset(rule.pools) for rule in matching if rule.pools]
    return frozenset.intersection(*named) if named else None
