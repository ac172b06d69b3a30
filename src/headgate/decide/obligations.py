"""Obligations of all matching rules, joined: what comes with an answer."""

from collections.abc import Iterable, Sequence

from headgate.decide.rules import Rule
from headgate.model.decision import NO_TERMS, Terms

HERE = "local"
"""The pool of the gate's own machine; it is taken where the rules leave the choice."""


def joined(matching: Sequence[Rule]) -> tuple[Terms, str]:
    """Return limits by minimum, approvers and leases by union, pools and kinds of worker by intersection.

    Of numbers of people the greatest counts, and nobody approves their own request where one rule forbids it.

    The second is why no worker can do it, where an intersection is empty; else it is empty.
    """
    found = [rule.terms for rule in matching if rule.terms is not NO_TERMS]
    pools, workers = common(rule.pools for rule in matching), common(rule.workers for rule in matching)
    conflict = _parted("pool", pools) or _parted("kind of worker", workers)
    if not found and pools is None and workers is None:
        return NO_TERMS, ""
    terms = Terms(
        budget=min((terms.budget for terms in found if terms.budget is not None), default=None),
        max_run=min((terms.max_run for terms in found if terms.max_run is not None), default=None),
        pool=min(pools) if pools and HERE not in pools else HERE,
        approvers=tuple(sorted({name for terms in found for name in terms.approvers})),
        worker=_first_choice(workers),
        lease=tuple(sorted({name for terms in found for name in terms.lease})),
        approvals=max((terms.approvals for terms in found), default=1),
        not_requester=any(terms.not_requester for terms in found),
    )
    return terms, conflict


def common(accepted: Iterable[tuple[str, ...]]) -> frozenset[str] | None:
    """Return what all of *accepted* have in common; `None` where none of them names any."""
    named = [frozenset(names) for names in accepted if names]
    return frozenset.intersection(*named) if named else None


def _parted(what: str, names: frozenset[str] | None) -> str:
    return f"no {what} is accepted by all the rules that match" if names is not None and not names else ""


def _first_choice(workers: frozenset[str] | None) -> str:
    """Prefer the command itself: an agent in its place is for where the rules ask for one."""
    return "command" if workers is None or "command" in workers or not workers else min(workers)
