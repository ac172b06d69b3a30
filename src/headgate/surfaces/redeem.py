"""A ticket comes back: what it was decided on must still be true, or it is decided again."""

from collections.abc import Callable

from headgate.decide.policy import Policy
from headgate.host.world import changed
from headgate.model.action import ShellAction
from headgate.model.errors import HeadgateError
from headgate.model.job import Ticket
from headgate.model.outcome import Ask, Refuse, Rewrite
from headgate.pipeline import Asked, Ports, handle

MAX_DECISIONS = 3
"""A file that changes while it is being judged, as often as this, is not run."""


PolicyFor = Callable[[str, str], Policy]
"""Gives the policy for a call of a session in a directory."""


def redeem(ticket: str, policy: PolicyFor, ports: Ports) -> Ticket:
    """Return the ticket with this id, or that of a new decision where a file or the policy has changed; it is void now.

    Raises `HeadgateError` HG401 where there is no such ticket, HG406 where the new decision does not let it run.
    """
    found = ports.store.take(ticket, ports.clock.now())
    if found is None or found.run:
        raise HeadgateError("HG401", "the ticket is unknown, used or too old", "make the original call again")
    for _ in range(MAX_DECISIONS):
        if not any(map(changed, found.scripts)) and policy(found.session, found.cwd).digest == found.policy:
            return found
        found = _decided_again(found, policy, ports)
    raise HeadgateError("HG406", "a script of this call changes while it is being judged", "make the call again later")


def _decided_again(ticket: Ticket, policy: PolicyFor, ports: Ports) -> Ticket:
    """Return what a new decision grants, at most a job; a person's yes was to the files as they were."""
    if ticket.caller is None:
        raise HeadgateError("HG406", _CHANGED, _AGAIN)
    action = ShellAction(ticket.command, ticket.cwd, ticket.detached)
    outcome = handle(action, ticket.caller, policy(ticket.session, ticket.cwd), ports, _asked(ticket))
    match outcome:
        case Rewrite(granted):
            return ports.store.take(granted.id, ports.clock.now()) or ticket
        case Refuse(words):
            raise HeadgateError("HG406", f"{_CHANGED}, and now: {words}", _AGAIN)
        case Ask():
            raise HeadgateError("HG406", f"{_CHANGED}, and now a person must agree", _AGAIN)
        case _:
            raise HeadgateError("HG406", f"{_CHANGED}, and now it is light", _AGAIN)


def _asked(ticket: Ticket) -> Asked:
    """Return how the call of *ticket* was asked for: by the same user, no deeper, and for no longer."""
    return Asked(ticket.depth - bool(ticket.agent), left=ticket.max_run, requester=ticket.requester)


_CHANGED = "a script or the policy changed since this was decided"
_AGAIN = "make the original call again"
