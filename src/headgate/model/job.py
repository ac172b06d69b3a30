"""A delegated job and its legal changes of state."""

import hashlib
from enum import StrEnum

import msgspec

from headgate.model.action import Caller
from headgate.model.facts import Script
from headgate.model.plan import Plan


class JobState(StrEnum):
    """Where a job stands; the last six are ends."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    STARTED = "started"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    LOST = "lost"
    REFUSED = "refused"

    @property
    def ended(self) -> bool:
        """Whether nothing more is expected to happen to the job."""
        return self not in OPEN


OPEN = (JobState.QUEUED, JobState.CLAIMED, JobState.STARTED, JobState.RUNNING)
"""The states of a job that has not ended."""

_ENDS = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.TIMED_OUT, JobState.CANCELLED})

NEXT: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset(
        {JobState.CLAIMED, JobState.CANCELLED, JobState.FAILED, JobState.LOST, JobState.REFUSED}
    ),
    JobState.CLAIMED: frozenset(
        {JobState.STARTED, JobState.QUEUED, JobState.CANCELLED, JobState.FAILED, JobState.LOST, JobState.REFUSED}
    ),
    JobState.STARTED: frozenset(
        {JobState.RUNNING, JobState.QUEUED, JobState.FAILED, JobState.CANCELLED, JobState.LOST}
    ),
    JobState.RUNNING: _ENDS | {JobState.QUEUED, JobState.LOST},
    JobState.LOST: _ENDS,  # its keeper came back: it had ended, and this is told late
    **dict.fromkeys(_ENDS, frozenset()),
    JobState.REFUSED: frozenset(),
}
"""The arrows: every change of state that may happen."""


HERE = "this machine"
"""Stands in a lease for the machine that a job runs on, where it reaches no other."""

UNNAMED = "?"
"""Stands in a lease for a machine or an environment that nobody can name."""


class JobKind(StrEnum):
    """What a job is: a command for a worker, a task for an agent, or a call that outlived its budget."""

    COMMAND = "command"
    AGENT = "agent"
    HANDED_OVER = "handed-over"


class Job(msgspec.Struct, frozen=True):
    """One piece of delegated work.

    *command* is the text without secrets, for people; times are seconds since 1970; *decision* is the
    hash of the journal's entry that admitted it; *pid* is that of its shim, *pid_started* what tells it
    from a later process of the same number; *routine* is the name under which its duration is kept, where it has one.
    *lease* says what it has for itself while it runs: its machines, its *environment*. *work* is its name at the
    engine, *call* that of the tool use it comes from, *run* that of the allowed call that it was. *once* says that it
    is never started again; a lower *priority* goes first. *worker* runs it. *remote* says whether the end of what it
    had started on other machines is `confirmed` or `remote unconfirmed`; *late* that its end was heard of after it was
    given up. *shown* is how many bytes of its output the main thread saw before it was handed over. *depth* counts the
    agents above it, itself among them; *agent* is the template of the one that it is, *asked* are calls of it that a
    person would have to approve. *news* is what the main thread was not told yet, *digest* what is kept of its output,
    *progress* what a worker elsewhere said last, *attempts* how often it was begun anew. *leave* says by which person's
    leave it runs (empty: by the policy alone).
    """

    id: int
    session: str
    decision: str
    command: str
    cwd: str
    created: float
    state: JobState = JobState.QUEUED
    pool: str = "local"
    workloads: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()
    estimate: float | None = None
    max_run: float | None = None
    started: float | None = None
    ended: float | None = None
    exit_code: int | None = None
    pid: int | None = None
    pid_started: str = ""
    note: str = ""
    announced: bool = False
    routine: str = ""
    lease: tuple[str, ...] = ()
    environment: str = "local"
    work: str = ""
    call: str = ""
    kind: JobKind = JobKind.COMMAND
    once: bool = True
    priority: int = 100
    plan: Plan = ()
    worker: str = ""
    remote: str = ""
    late: bool = False
    shown: int = 0
    depth: int = 0
    agent: str = ""
    task: str = ""
    news: tuple[str, ...] = ()
    digest: dict[str, object] | None = None
    progress: dict[str, object] | None = None
    attempts: int = 0
    cancelling: bool = False
    run: str = ""
    asked: tuple[str, ...] = ()
    leave: str = ""

    @property
    def leases(self) -> frozenset[tuple[str, str]]:
        """What the job has for itself while it runs: pairs of a kind and a name; `UNNAMED` may be any of that kind."""
        environment = UNNAMED if self.environment == "unknown" else self.environment
        nowhere = (HERE,) if self.environment == "local" else (UNNAMED,)
        names = {"machine": self.machines or nowhere, "environment": (environment,)}
        return frozenset((kind, name) for kind in self.lease for name in names.get(kind, ()))

    def moved(self, state: JobState, **fields: object) -> "Job":
        """Return the job in *state*; raises `ValueError` for an arrow that does not exist."""
        if state not in NEXT[self.state]:
            raise ValueError(f"a job that is {self.state} cannot become {state}")
        return msgspec.structs.replace(self, state=state, **fields)

    @property
    def exit_status(self) -> int:
        """The exit status that tells how it ended: its own, where it has one."""
        if self.exit_code is not None:
            return self.exit_code
        return 0 if self.state is JobState.SUCCEEDED else 1

    @property
    def seconds(self) -> float:
        """How long it ran, once it has ended."""
        return (self.ended or 0.0) - (self.started or 0.0) if self.started and self.ended else 0.0


class Ticket(msgspec.Struct, frozen=True):
    """The right to start one decided action as a job, once, before *expires* (seconds since 1970).

    *caller* asked for it, *scripts* are the files the decision rests on, as they were read, *policy* the digest of the
    policy that decided. *run* marks the ticket of an allowed call: it only lets that call become a job, alive.
    *approval* is the number of the question that is answered where this ticket comes back (0: none), *leave* what the
    receipt says of a person's leave, *requester* the user who asks.
    """

    id: str
    session: str
    call_id: str
    decision: str
    command: str
    cwd: str
    expires: float
    pool: str = "local"
    max_run: float | None = None
    quick_wait: float = 3.0
    workloads: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()
    estimate: float | None = None
    endless: bool = False
    caller: Caller | None = None
    detached: bool = False
    scripts: tuple[Script, ...] = ()
    routine: str = ""
    lease: tuple[str, ...] = ()
    environment: str = "local"
    policy: str = ""
    run: bool = False
    once: bool = True
    priority: int = 100
    plan: Plan = ()
    agent: str = ""
    task: str = ""
    depth: int = 0
    leave: str = ""
    approval: int = 0
    requester: str = ""


class Origin(msgspec.Struct, frozen=True):
    """The moment of the caller's shell: what a job needs to run as the command would have run there.

    Where *words* are there, they are what runs, and not the command: a program's path, and its arguments with its name
    for itself first. *streams* are the folder and the name of the socket at which a stub waits with its streams.
    """

    cwd: str
    shell: str
    umask: int
    environment: dict[str, str]
    words: tuple[str, ...] = ()
    streams: tuple[str, str] = ("", "")


def work_of(ticket: Ticket, gate: str) -> str:
    """Return the name of the work that *ticket* stands for: the same for every attempt of *gate* to admit that call."""
    parts = (gate, ticket.session, ticket.call_id, ticket.command, ticket.task)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def admitted(ticket: Ticket, gate: str, command: str, cwd: str, now: float) -> Job:
    """Return the job that *ticket* admits, still without a number; *command* is what people see of it."""
    return Job(
        id=0,
        session=ticket.session,
        decision=ticket.decision,
        command=command,
        cwd=cwd,
        created=now,
        pool=ticket.pool,
        workloads=ticket.workloads,
        machines=ticket.machines,
        estimate=ticket.estimate,
        max_run=ticket.max_run,
        routine=ticket.routine,
        lease=ticket.lease,
        environment=ticket.environment,
        work=work_of(ticket, gate),
        call=ticket.call_id,
        kind=_kind(ticket),
        once=ticket.once,
        priority=ticket.priority,
        plan=ticket.plan,
        agent=ticket.agent,
        task=ticket.task,
        depth=ticket.depth,
        leave=ticket.leave,
    )


def _kind(ticket: Ticket) -> JobKind:
    if ticket.run:
        return JobKind.HANDED_OVER
    return JobKind.AGENT if ticket.agent else JobKind.COMMAND
