"""What an engine carries, and what stands on the board about it: shared by gates and workers."""

from enum import StrEnum

import msgspec


class Work(msgspec.Struct, frozen=True):
    """One piece of work for a pool: what the engine keeps durable until a worker has taken it to its end.

    *id* is the same for every attempt to hand over the same call; *spec* is plain JSON, and never holds an
    environment. *once* says that it must not be started a second time; a lower *priority* (1 to 1000) goes first.
    """

    id: str
    pool: str
    spec: dict[str, object]
    once: bool = True
    priority: int = 100


class WorkState(StrEnum):
    """Where the engine has a piece of work; what became of it stands on the board."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Standing(msgspec.Struct, frozen=True):
    """What the engine says of a piece of work; *process* is the worker process that claimed it (empty: none yet)."""

    id: str
    pool: str
    state: WorkState
    process: str = ""


class LeaseState(StrEnum):
    """How far started work is known to have come."""

    STARTED = "started"
    RUNNING = "running"
    ENDED = "ended"
    LOST = "lost"


class Lease(msgspec.Struct, frozen=True):
    """The start marker of a piece of work, kept fresh by whoever runs it.

    *fence* grows with every takeover and must come with every write. *age* is the seconds since the last sign of life
    and *started* when it started (seconds since 1970), both by the clock of the database. *end* is how it ended, as
    the shim wrote it; *late* says that this came after the work had been given up for lost.
    """

    work: str
    worker: str
    fence: int
    state: LeaseState
    once: bool
    started: float
    age: float
    end: dict[str, object] | None = None
    progress: dict[str, object] | None = None
    output: int = 0
    late: bool = False


class Slot(msgspec.Struct, frozen=True):
    """Something of which one piece of work at a time may have hold: a *kind* (`machine`, `environment`) and a *name*.

    *quarantined* says that *work* was lost, and may still be doing something there.
    """

    kind: str
    name: str
    work: str
    quarantined: bool = False


class WorkerInfo(msgspec.Struct, frozen=True):
    """A worker as it registered; *reaches* are patterns of machines, *places* how many jobs it runs at once.

    *age* is the seconds since its last sign of life; *id* stays the same over restarts, *process* does not.
    """

    id: str
    process: str
    host: str
    pools: tuple[str, ...]
    labels: tuple[str, ...] = ()
    reaches: tuple[str, ...] = ()
    places: int = 16
    running: int = 0
    draining: bool = False
    version: str = ""
    age: float = 0.0
