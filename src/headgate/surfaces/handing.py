"""Work that someone hands over outright: a command, or a task for an agent. It is decided like any other."""

from collections.abc import AsyncIterator, Callable
from secrets import token_hex

import msgspec

from headgate.enforce.delegate import MAX_DEPTH, TICKET_LIFE
from headgate.host.processes import Peer
from headgate.model.action import Action, Caller, ShellAction, ToolAction
from headgate.model.errors import HeadgateError
from headgate.model.job import Job, Ticket
from headgate.model.outcome import Ask, Outcome, Refuse, Rewrite, Run
from headgate.pipeline import Asked, handle
from headgate.record.redact import MARK
from headgate.surfaces.admission import Admission, Moment
from headgate.surfaces.callers import Callers, asked_below

FOREVER = 10 * 86_400.0
"""Seconds that `--wait` waits."""

_OTHERWISE = "tell the user what you wanted to hand over, and why"


class DelegateRequest(Moment, kw_only=True):
    """What `headgate delegate` sends: a command, or a task for an agent; *max_run* is in seconds."""

    command: str = ""
    task: str = ""
    pool: str = ""
    agent: str = ""
    machines: tuple[str, ...] = ()
    max_run: float | None = None
    priority: int = 100
    wait: bool = False


class Handing:
    """Decides what is handed over, and has it started.

    *inherit* puts a worker's session under what holds for the one that started it; *requester* is the user who asks.
    """

    def __init__(
        self, admission: Admission, callers: Callers, inherit: Callable[[str, str], None], requester: str
    ) -> None:
        self.inherit = inherit
        self.requester = requester
        self.admission = admission
        self.callers = callers
        self.ports = admission.ports

    async def delegate(self, request: DelegateRequest, peer: Peer) -> AsyncIterator[dict[str, object]]:
        """Start what *request* asks for as a job; yield the receipt, and with `wait` the result.

        Raises `HeadgateError` where nobody grants it: HG407, HG408, HG410, HG411.
        """
        job = self.admission.submit(self._granted(request, peer), request, peer)
        async for answer in self.admission.receipt(job, FOREVER if request.wait else 0.0):
            yield answer

    async def rerun(
        self, job: Job, request: DelegateRequest, peer: Peer, *, confirmed: bool
    ) -> AsyncIterator[dict[str, object]]:
        """Start what *job* ran once more, as a new job; raises `HeadgateError` HG412 where that is not to be done."""
        if job.once and not confirmed:
            raise HeadgateError(
                "HG412", f"job {job.id} changes something, so it is not run again by itself", "say `--confirm`"
            )
        if not job.state.ended:
            raise HeadgateError("HG412", f"job {job.id} has not ended", f"see `headgate job {job.id}`")
        if MARK in job.command or MARK in job.task:
            raise HeadgateError(
                "HG412", f"the text of job {job.id} held a secret, which is not kept", "hand it over again"
            )
        request.command, request.task = (job.command, "") if not job.task else ("", job.task)
        request.cwd, request.pool, request.agent = job.cwd, job.pool, job.agent
        async for answer in self.delegate(request, peer):
            yield answer

    def _granted(self, request: DelegateRequest, peer: Peer) -> Ticket:
        """Return the right to start what *request* asks for."""
        above = self.callers.agent_above(peer.pid)
        caller = self.callers.placed(self.callers.of_command(peer.pid, f"delegate-{token_hex(8)}"), above)
        asked = asked_below(above, self.requester, self.ports.clock.now(), hands_over=True)
        self._check(request, asked.depth)
        if above is not None:
            self.inherit(caller.session, above.session)
        policy = self.admission.rules(caller.session, request.cwd)
        outcome = handle(_action(request), caller, policy, self.ports, asked)
        return self._as_asked(self._ticket(outcome, request, caller), request, asked)

    def _check(self, request: DelegateRequest, depth: int) -> None:
        """Raise what is wrong with *request* before anything is decided."""
        staff = self.ports.staff()
        if bool(request.task) == bool(request.command):
            raise HeadgateError(
                "HG130", "a command or a task is needed, and not both", "see `headgate delegate --help`"
            )
        if request.pool and request.pool not in staff.pools:
            raise HeadgateError(
                "HG407", f"no worker here serves the pool `{request.pool}`", "`headgate pools` lists them"
            )
        if not request.task:
            return
        name = request.agent or next(iter(staff.agents), "")
        if name not in staff.agents:
            known = ", ".join(staff.agents) or "none is configured"
            raise HeadgateError(
                "HG411", f"there is no agent `{name or 'at all'}` ({known})", "see docs/configuration.md"
            )
        if depth + 1 >= MAX_DEPTH:
            raise HeadgateError("HG408", "an agent that was started by an agent starts none", "do it in smaller steps")

    def _ticket(self, outcome: Outcome, request: DelegateRequest, caller: Caller) -> Ticket:
        """Return what *outcome* grants; raises `HeadgateError` HG410 where it grants nothing."""
        match outcome:
            case Rewrite(ticket):
                return self.admission.store.take(ticket.id, self.ports.clock.now()) or ticket
            case Run(decision=decision) if request.task:
                expires = self.ports.clock.now() + TICKET_LIFE
                return Ticket("", caller.session, caller.call_id, decision, "", request.cwd, expires, caller=caller)
            case Refuse(words, number) | Ask(words, number=number) if number:
                self.admission.approvals.asked(number)
                hint = f"once question {number} is approved, hand it over again"
                raise HeadgateError("HG410", f"a person must approve this first. {words}", hint)
            case Refuse(words):
                raise HeadgateError("HG410", f"this is not handed over: {words}", _OTHERWISE)
            case _:
                raise HeadgateError("HG410", "the policy only observes, so it delegates nothing", _OTHERWISE)

    def _as_asked(self, ticket: Ticket, request: DelegateRequest, asked: Asked) -> Ticket:
        """Return *ticket* with what a request may choose: the pool, the agent, a shorter time, the priority."""
        if request.pool and ticket.pool not in {"local", request.pool}:
            raise HeadgateError(
                "HG410", f"the policy sends this to pool `{ticket.pool}`", "leave the pool to the policy"
            )
        agent = (request.agent or self.ports.staff().agents[0]) if request.task else ticket.agent
        limits = [limit for limit in (ticket.max_run, request.max_run, asked.left) if limit is not None]
        return msgspec.structs.replace(
            ticket,
            pool=request.pool or ticket.pool,
            command=request.command or request.task,
            task=request.task,
            agent=agent,
            depth=asked.depth + bool(agent),
            max_run=min(limits, default=None),
            machines=(request.machines or ticket.machines) if request.task else ticket.machines,
            priority=min(max(request.priority, 1), 1000),
        )


def _action(request: DelegateRequest) -> Action:
    """Return what is decided: the command itself, or that an agent is started."""
    if request.command:
        return ShellAction(request.command, request.cwd)
    return ToolAction("Agent", {"prompt": request.task, "description": "a task for a worker agent"}, request.cwd)
