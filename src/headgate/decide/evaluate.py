"""The strictest answer wins."""

from headgate.decide.policy import Policy, Rule
from headgate.decide.schema import Situation, values
from headgate.model.decision import NO_TERMS, Allow, Confirm, Decision, Delegate, Deny, Reason, Strictness, Terms
from headgate.model.facts import Facts


def decide(facts: Facts, situation: Situation, policy: Policy) -> Decision:
    """Return the strictest answer that a matching rule gives, with the joined terms of all of them.

    The base is `allow` where some `allow` rule matches, else the policy's default; every other rule can
    only tighten it. Raises nothing.
    """
    known = values(facts, situation)
    matching = [rule for rule in policy.shortlist(known) if rule.matches(known)]
    base = policy.default
    strictest = _ALLOW
    for rule in matching:
        if rule.answer is _ALLOW:
            base = _ALLOW
        elif rule.answer > strictest:
            strictest = rule.answer
    pools = _pools(matching)
    answer = Strictness.DENY if pools is not None and not pools else max(base, strictest)
    said = tuple([rule.said for rule in matching if rule.answer is answer]) or _NOBODY
    return _decision(answer, matching, said, _terms(matching, pools))


_ALLOW = Strictness.ALLOW
_NOBODY = (Reason("default", "no rule of the policy speaks about this call", "ask the operator of the gate"),)


def _decision(answer: Strictness, matching: list[Rule], reasons: tuple[Reason, ...], terms: Terms) -> Decision:
    rules = tuple([rule.id for rule in matching])
    match answer:
        case Strictness.ALLOW:
            return Allow(terms, reasons, rules)
        case Strictness.DELEGATE:
            return Delegate(terms, reasons, rules)
        case Strictness.CONFIRM:
            delegates = any(rule.answer is Strictness.DELEGATE for rule in matching)
            return Confirm(
                Delegate(terms, rules=rules) if delegates else Allow(terms, rules=rules), terms, reasons, rules
            )
        case Strictness.DENY:
            return Deny(reasons, terms, rules)


def _terms(matching: list[Rule], pools: frozenset[str] | None) -> Terms:
    """Join the obligations of all matching rules: limits by minimum, approvers by union, pools by intersection."""
    found = [rule.terms for rule in matching if rule.terms is not NO_TERMS]
    if not found:
        return NO_TERMS if not pools else Terms(pool=min(pools))
    if len(found) == 1 and not pools:
        return found[0]
    budgets = [terms.budget for terms in found if terms.budget is not None]
    limits = [terms.max_run for terms in found if terms.max_run is not None]
    approvers = sorted({name for terms in found for name in terms.approvers})
    return Terms(
        min(budgets, default=None), min(limits, default=None), min(pools) if pools else "local", tuple(approvers)
    )


def _pools(matching: list[Rule]) -> frozenset[str] | None:
    """Return the pools that every matching rule accepts; `None` where none of them names any."""
    named = [frozenset(rule.pools) for rule in matching if rule.pools]
    return frozenset.intersection(*named) if named else None
