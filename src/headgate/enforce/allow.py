"""Let it run, within its terms."""

import msgspec

from headgate.enforce.delegate import TICKET_LIFE, ticket_for
from headgate.enforce.ruling import Ruling
from headgate.enforce.short import may_start, surely_short
from headgate.model.action import ShellAction
from headgate.model.decision import Confirm
from headgate.model.outcome import Run
from headgate.ports import Tickets

LEAST = 5.0
"""Seconds that a call may hold its thread even where the session has used up what it had."""

DAY = 86_400.0
"""Seconds in which a person may take their time with the client's own prompt before an allowed call runs."""


def carry_out(ruling: Ruling, tickets: Tickets, now: float) -> Run:
    """Return leave to run under the comfort budget; what may outlive it gets a ticket to become a job then."""
    action = ruling.action
    granted = ruling.facts.commands if ruling.leave or isinstance(ruling.decision, Confirm) else ()
    run = Run(budget(ruling), routine(ruling), ruling.leave, decision=ruling.decision_id, granted=granted)
    if not isinstance(action, ShellAction) or action.detached or run.budget is None:
        return run
    if surely_short(ruling.facts, run.budget) and not (ruling.gated and may_start(ruling.facts)):
        return run
    ticket = tickets.issue(ticket_for(ruling, action, now + max(DAY, TICKET_LIFE), run=True))
    return msgspec.structs.replace(run, ticket=ticket)


def routine(ruling: Ruling) -> str:
    """Return the name under which the time of the call is kept; empty for one whose end is not that of what it runs."""
    detached = isinstance(ruling.action, ShellAction) and ruling.action.detached
    return "" if detached else ruling.facts.routine


def budget(ruling: Ruling) -> float | None:
    """Return the seconds that the call may hold its thread: its own budget, or what its session has left of its own."""
    own = ruling.decision.terms.budget
    return None if own is None else min(own, max(LEAST, ruling.session_budget - ruling.used))
