"""The text of an allowed call, made one that can become a job, and that has the exec gate around it."""

import msgspec

from headgate.decide.policy import Policy
from headgate.host.world import HostWorld
from headgate.intercept import claude_code
from headgate.intercept.event import CallProposed
from headgate.model.action import Caller, ShellAction, Thread
from headgate.model.errors import HeadgateError
from headgate.model.outcome import Outcome, Refuse, Run
from headgate.surfaces.admission import HANDED_MAX_RUN
from headgate.surfaces.fences import Fences
from headgate.surfaces.guarded import Around, Guarded
from headgate.workers.hand_over import Runs, Terms

_HELD = frozenset({Thread.MAIN, Thread.BACKGROUND})


class Wrapping:
    """Wraps the calls that may be wrapped: those that their client would surely not ask about."""

    def __init__(self, world: HostWorld, runs: Runs, fences: Fences) -> None:
        self.world = world
        self.runs = runs
        self.fences = fences

    def around(self, event: CallProposed, caller: Caller, policy: Policy, *, inside: bool) -> Around | None:
        """Return the exec gate that can be put around a call of the main thread; `None`: there is none for it.

        A client that is *inside* of one, as under `headgate guard`, has that one around its calls already.

        What the classifier is told of the rights under it is that of this call from here on. Raises `HeadgateError`
        HG703 where the policy wants the strong one, and there is none.
        """
        around = None
        if isinstance(event.action, ShellAction) and caller.thread in _HELD and not inside:
            found = self.fences.around(policy)
            around = found if self._may(event) else None
        self.world.no_new_privs = around is not None and around.no_new_privs
        return around

    def _may(self, event: CallProposed) -> bool:
        """Whether a call may have another text: where its client would surely not ask about it."""
        claude = event.caller.client == claude_code.NAME
        sure = event.unasked or (claude and self.world.client_allows(event.action))
        return sure and self.runs.available

    def wrapped(self, outcome: Outcome, event: CallProposed, caller: Caller, around: Around | None) -> Outcome:
        """Return *outcome* with the command that lets an allowed call become a job, and that has the gate around it."""
        if not isinstance(outcome, Run) or outcome.ticket is None or outcome.budget is None:
            return outcome
        action, ticket = event.action, outcome.ticket
        if not isinstance(action, ShellAction) or not self._may(event):
            return outcome
        seconds = outcome.budget if action.budget is None else min(outcome.budget, action.budget)
        try:
            self.runs.open(ticket.id)
            before = ""
            if around is not None:
                call = Guarded(ticket.id, caller, outcome.decision, action.cwd, reads=not ticket.once, around=around)
                before = self.fences.put(call)
        except OSError as error:
            return _unwrapped(outcome, around, error)
        terms = Terms(seconds, ticket.max_run or HANDED_MAX_RUN)
        return msgspec.structs.replace(outcome, wrapped=self.runs.wrapped(action.command, ticket.id, terms, before))


def _unwrapped(outcome: Run, around: Around | None, error: OSError) -> Outcome:
    """Return what becomes of a call that cannot be wrapped: the disk is full."""
    if around is None:  # the client's own time-out holds
        return outcome
    why = f"the exec gate cannot be put around this call ({error.strerror})"
    return Refuse(str(HeadgateError("HG703", why, "free space, then make the call again")))
