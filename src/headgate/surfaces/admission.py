"""How decided work becomes a job: a ticket comes back, an allowed call outlives its budget, someone hands work over."""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import msgspec

from headgate.classify.plan import plan
from headgate.host.home import Home
from headgate.host.processes import Peer, shell_of
from headgate.model.action import ShellAction
from headgate.model.errors import HeadgateError
from headgate.model.job import OPEN, Job, JobKind, JobState, Origin, Ticket
from headgate.model.plan import Plan
from headgate.pipeline import Ports
from headgate.record.events import JobHandedOver, JobStarted
from headgate.record.redact import redact
from headgate.surfaces.approvals import Approvals
from headgate.surfaces.redeem import PolicyFor, redeem
from headgate.workers import digest
from headgate.workers.dispatch import Dispatcher
from headgate.workers.hand_over import Runs

WAITS = 0.08
"""Seconds that a receipt waits to learn whether its job has to wait."""

HANDED_MAX_RUN = 6 * 3600.0
"""Seconds that a call may run as a job after it was handed over, where the policy says nothing."""

MAX_LOG = 200_000
"""Bytes of a job's log that one answer looks at, from its end."""


class Moment(msgspec.Struct, kw_only=True):
    """The moment of the shell that one of our commands runs in."""

    cwd: str
    umask: int
    environment: dict[str, str]


class AttachRequest(Moment, kw_only=True):
    """What `headgate attach` sends: its ticket, and the moment of its shell."""

    ticket: str


class Admission:
    """Makes jobs of decided work; every way in ends in `Dispatcher.submit` or `Dispatcher.adopt`."""

    def __init__(  # noqa: PLR0913, PLR0917 all that work comes from and goes to
        self, home: Home, ports: Ports, workers: Dispatcher, rules: PolicyFor, runs: Runs, approvals: Approvals
    ) -> None:
        self.approvals = approvals
        self.on_handed: Callable[[str, int], None] = lambda _name, _job: None
        self.home = home
        self.ports = ports
        self.store = ports.store
        self.workers = workers
        self.rules = rules
        self.runs = runs

    # -- tickets -----------------------------------------------------------------------------

    async def attach(self, request: AttachRequest, peer: Peer) -> AsyncIterator[dict[str, object]]:
        """Redeem a ticket: start the job, then yield the receipt, and the result where it comes quickly."""
        try:
            ticket = redeem(request.ticket, self.rules, self.ports)
            if ticket.approval:  # its coming back is the person's yes, in the prompt of their client
                self.approvals.used_in_client(ticket.approval, ticket.decision, ticket.call_id)
        except HeadgateError as error:
            yield {"print": str(error), "error": True, "exit": 2}
            return
        job = self.submit(ticket, request, peer)
        async for answer in self.receipt(job, ticket.quick_wait):
            yield answer

    def submit(self, ticket: Ticket, request: Moment, peer: Peer) -> Job:
        """Return the job of *ticket*, taken over by the workers; a call that was admitted before has its job."""
        shell = shell_of(peer.pid, request.environment.get("SHELL", ""))
        return self.submit_from(ticket, Origin(request.cwd, shell, request.umask & 0o777, request.environment))

    def submit_from(self, ticket: Ticket, origin: Origin) -> Job:
        """Return the job of *ticket* at the moment *origin*, as `submit` does."""
        ticket = self._completed(ticket)
        job, new = self.store.add(ticket, redact(ticket.command), _printable(origin.cwd), self.ports.clock.now())
        if new:
            self.workers.submit(job, ticket.command, origin)
        return job

    async def receipt(self, job: Job, quick_wait: float) -> AsyncIterator[dict[str, object]]:
        """Yield the receipt of *job*, then its result where that comes within *quick_wait* seconds."""
        await self.workers.offered(job.id, WAITS)
        yield {"print": digest.receipt(self.store.get(job.id) or job, "headgate"), "job": job.id}
        if quick_wait and await self.workers.ended(job.id, quick_wait):
            done = self.store.get(job.id) or job
            self.store.save(msgspec.structs.replace(done, announced=True, news=()))
            yield {"print": digest.result(done, self.log_of(done)), "exit": done.exit_status, "job": job.id}
            return
        yield {"exit": 0, "job": job.id}

    def _completed(self, ticket: Ticket) -> Ticket:
        """Return *ticket* with its plan; an agent plans by itself, and has its own time, which no command tells.

        Raises `HeadgateError` HG407 where its agent is not there any more.
        """
        if not ticket.agent:
            return msgspec.structs.replace(ticket, plan=self._plan(ticket))
        limit = self.workers.preparer.agents.limit(ticket.agent, ticket.max_run)
        return msgspec.structs.replace(ticket, max_run=limit, estimate=None, routine="")

    def _plan(self, ticket: Ticket) -> Plan:
        action = ShellAction(ticket.command, ticket.cwd)
        return plan(action, self.ports.world.surroundings(0.0), ticket.estimate, redact)

    # -- calls that outlive their budget -----------------------------------------------------

    def handed(self, name: str) -> tuple[int, str]:
        """Make the call *name* a job, alive; return an exit status, and the receipt or why there is none."""
        try:
            job = self._handed(name)
        except HeadgateError as error:
            return 2, str(error)
        return 0, digest.receipt(job, "headgate")

    def _handed(self, name: str) -> Job:
        now = self.ports.clock.now()
        with self.store.together():
            ticket = self.store.take(name, now)
            if ticket is None or not ticket.run:
                raise HeadgateError("HG401", "this call is not known, or is a job already", "make the call again")
            limit = ticket.max_run or HANDED_MAX_RUN
            ticket = msgspec.structs.replace(ticket, plan=self._plan(ticket), max_run=limit)
            job, _ = self.store.add(ticket, redact(ticket.command), ticket.cwd, now)
            job = self._on_its_way(job, name, now)
            self.store.append(JobStarted(now, job.id, job.session, job.decision))
            self.store.save(job)
        with suppress(OSError):  # gone: its end tells
            shown = self.runs.take(name, job.id)
            job = msgspec.structs.replace(job, shown=shown)
            self.store.save(job)
        self.on_handed(name, job.id)
        self.store.append(JobHandedOver(now, job.id, job.session, job.decision, job.shown))
        self.workers.adopt(job)
        return self.store.get(job.id) or job

    def _on_its_way(self, job: Job, name: str, now: float) -> Job:
        """Return *job* as one that runs: it does."""
        for state in (JobState.CLAIMED, JobState.STARTED, JobState.RUNNING):
            job = job.moved(state)
        return msgspec.structs.replace(job, started=now, run=name, worker=f"gate-{self.store.gate}")

    def tidy(self) -> None:
        """Remove what calls left that ended unseen, and what nobody looks at any more."""
        self.runs.clean()
        self.workers.tidy()

    def adopt_left(self) -> None:
        """Make jobs of the calls that were handed over while no daemon was there, or whose daemon died over it."""
        for job in self.store.select(states=OPEN, limit=1_000_000):
            if job.kind is JobKind.HANDED_OVER and not self.home.job(job.id).exists():
                with suppress(OSError):
                    shown = self.runs.take(job.run, job.id)
                    self.store.save(msgspec.structs.replace(job, shown=shown))
        for name in self.runs.handed():
            with suppress(HeadgateError):
                self._handed(name)
        self.runs.clean()

    def log_of(self, job: Job, most: int = MAX_LOG) -> str:
        """Return the end of a job's output, as far as it is on this machine."""
        with suppress(HeadgateError):
            return self.workers.output(job, -most, most)[0].decode("utf-8", "replace")
        return ""


def _printable(path: str) -> str:
    """Return *path* as the journal can hold it."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
