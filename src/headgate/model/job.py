"""A delegated job and its legal changes of state."""

from enum import StrEnum

import msgspec

from headgate.model.action import Caller
from headgate.model.facts import Script


class JobState(StrEnum):
    """Where a job stands; the last five are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    LOST = "lost"

    @property
    def ended(self) -> bool:
        """Whether nothing more can happen to the job."""
        return self not in {JobState.QUEUED, JobState.RUNNING}


NEXT: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED, JobState.FAILED, JobState.LOST}),
    JobState.RUNNING: frozenset(
        {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED, JobState.EXPIRED, JobState.LOST}
    ),
    JobState.SUCCEEDED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
    JobState.EXPIRED: frozenset(),
    JobState.LOST: frozenset(),
}
"""The arrows: every change of state that may happen."""


UNNAMED = "?"
"""Stands in a lease for a machine or an environment that nobody can name."""


class Job(msgspec.Struct, frozen=True):
    """One delegated command.

    *command* is the text without secrets, for people; times are seconds since 1970; *decision* is the
    hash of the journal's entry that admitted it; *pid* is that of its shim, *pid_started* what tells it
    from a later process of the same number; *routine* is the name under which its duration is kept, where it has one.
    *lease* says what it has for itself while it runs: its machines, its *environment*.
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

    @property
    def leases(self) -> frozenset[tuple[str, str]]:
        """What the job has for itself while it runs: pairs of a kind and a name; `UNNAMED` may be any of that kind."""
        environment = UNNAMED if self.environment == "unknown" else self.environment
        names = {"machine": self.machines or (UNNAMED,), "environment": (environment,)}
        return frozenset((kind, name) for kind in self.lease for name in names.get(kind, ()))

    def disputes(self, other: "Job") -> tuple[str, str] | None:
        """Return a lease of this job that *other* has too, or may have; `None` where they do not meet."""
        for kind, name in sorted(self.leases):
            for their_kind, theirs in other.leases:
                if kind == their_kind and (name == theirs or UNNAMED in {name, theirs}):
                    return kind, theirs if name == UNNAMED else name
        return None

    def moved(self, state: JobState, **fields: object) -> "Job":
        """Return the job in *state*; raises `ValueError` for an arrow that does not exist."""
        if state not in NEXT[self.state]:
            raise ValueError(f"a job that is {self.state} cannot become {state}")
        return msgspec.structs.replace(self, state=state, **fields)

    @property
    def seconds(self) -> float:
        """How long it ran, once it has ended."""
        return (self.ended or 0.0) - (self.started or 0.0) if self.started and self.ended else 0.0


class Ticket(msgspec.Struct, frozen=True):
    """The right to start one decided action as a job, once, before *expires* (seconds since 1970).

    *caller* asked for it, *scripts* are the files the decision rests on, as they were read, *policy* the digest of the
    policy that decided.
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


class Origin(msgspec.Struct, frozen=True):
    """The moment of the caller's shell: what a job needs to run as the command would have run there."""

    cwd: str
    shell: str
    umask: int
    environment: dict[str, str]
