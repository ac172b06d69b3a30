"""One `match` over the four answers; each is carried out in a file of its own."""

from headgate.enforce import allow, confirm, delegate, deny
from headgate.enforce.ruling import Ruling
from headgate.enforce.words import observed
from headgate.model.action import Action, ShellAction
from headgate.model.decision import Allow, Confirm, Decision, Delegate, Deny
from headgate.model.outcome import Outcome, Run
from headgate.model.pool import Staff
from headgate.ports import Tickets

__all__ = ["Ruling", "enforce", "manner", "observe"]


def enforce(ruling: Ruling, tickets: Tickets, now: float) -> Outcome:
    """Carry the decision of *ruling* out, as far as that is done before the caller goes on.

    *tickets* keeps the right to start work; an approval that is used now was taken before.
    """
    match ruling.decision:
        case Allow():
            return allow.carry_out(ruling, tickets, now)
        case Delegate():
            return delegate.carry_out(ruling, tickets, now)
        case Confirm():
            return confirm.carry_out(ruling, tickets, now)
        case Deny():
            return deny.carry_out(ruling)


def observe(ruling: Ruling) -> Outcome:
    """Return leave for whatever was decided: for a policy that enforces nothing, and says so."""
    return Run(None, allow.routine(ruling), observed(ruling))


def manner(decision: Decision, action: Action, staff: Staff) -> str:
    """Return how *decision* will be carried out: `run`, `rewrite`, `ask` or `refuse`."""
    match decision:
        case Allow():
            return "run"
        case Delegate():
            return "rewrite" if isinstance(action, ShellAction) and delegate.served(decision.terms, staff) else "refuse"
        case Confirm(then, terms):
            jobs = isinstance(action, ShellAction) and delegate.served(terms, staff)
            return "ask" if jobs or isinstance(then, Allow) else "refuse"
        case Deny():
            return "refuse"
