"""What a runner tells of work: to the gate in the same process at once, to others through the board."""

import msgspec

from headgate.model.job import JobState
from headgate.model.plan import Plan
from headgate.model.work import Lease, LeaseState


class Claimed(msgspec.Struct, frozen=True):
    """A worker took the work."""

    work: str
    worker: str


class Started(msgspec.Struct, frozen=True):
    """The start marker is durable; from now on once-work is never started again. Its process does not exist yet."""

    work: str
    worker: str
    fence: int


class Exists(msgspec.Struct, frozen=True):
    """The process of the work exists; *pid* is its keeper's, *since* tells that from a later one of the same number."""

    work: str
    pid: int
    since: str


class Said(msgspec.Struct, frozen=True):
    """Something that the main thread should hear of work that goes on: *kind* is one word, *text* what was seen."""

    work: str
    kind: str
    text: str


class Planned(msgspec.Struct, frozen=True):
    """What an agent plans, by its own word, as far as that is known."""

    work: str
    plan: Plan


class Again(msgspec.Struct, frozen=True):
    """Work that may be repeated is back in the queue, and why."""

    work: str
    why: str


class Ended(msgspec.Struct, frozen=True):
    """How work ended. *started* and *ended* are seconds since 1970; *output* is the SHA-256 of the log.

    *remote* says whether the end of what ran elsewhere is `confirmed` or `remote unconfirmed` (empty: nothing did).
    """

    work: str
    state: JobState
    exit_code: int | None = None
    note: str = ""
    started: float | None = None
    ended: float | None = None
    output: str = ""
    remote: str = ""
    late: bool = False
    digest: dict[str, object] | None = None


Report = Claimed | Started | Exists | Said | Planned | Again | Ended


def kept(report: Ended) -> dict[str, object]:
    """Return *report* as the board keeps it."""
    plain: dict[str, object] = msgspec.to_builtins(report)
    return plain


def ended_by(lease: Lease) -> Ended | None:
    """Return how the work of *lease* ended; `None` where that is not known yet."""
    if lease.state is LeaseState.LOST:
        return Ended(lease.work, JobState.LOST, note="its worker went silent; whether it finished is not known")
    if lease.state is not LeaseState.ENDED or lease.end is None:
        return None
    try:
        found = msgspec.convert(lease.end, Ended)
    except msgspec.ValidationError:
        return Ended(lease.work, JobState.LOST, note="what its worker wrote of its end cannot be read")
    return msgspec.structs.replace(found, work=lease.work, late=lease.late)
