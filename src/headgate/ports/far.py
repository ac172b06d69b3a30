"""What gates and workers share, on one machine or on many."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from headgate.model.work import Lease, Slot, Standing, Work, WorkerInfo, WorkState

Body = Callable[[Work], Awaitable[None]]
"""What a worker does with one piece of work; it may be called again for the same work, and must find out itself."""


class Running(Protocol):
    """A worker that takes work."""

    async def drain(self) -> None:
        """Take no more work, and return once no body runs any more."""
        ...

    async def stop(self) -> None:
        """Take no more work, and let go of what runs: bodies are cancelled, their work stays claimed."""
        ...


class Engine(Protocol):
    """Durable work between whoever hands it over and the workers of its pool.

    Raises `HeadgateError` HG510 where its database cannot be used. Safe to call from any thread.
    """

    def enqueue(self, work: Work) -> None:
        """Keep *work* until a worker has taken it; durable once this returns. The same id again changes nothing."""
        ...

    def cancel(self, work: str) -> None:
        """Have *work* not taken any more; a body that runs is cancelled within about a second."""
        ...

    def resume(self, work: str, process: str = "") -> None:
        """Offer claimed *work* to the workers of its pool again, where *process*, if given, still has it.

        Work that waits, is over or was cancelled stays as it is.
        """
        ...

    def get(self, work: str) -> Standing | None:
        """Return where *work* is; `None` where the engine never had it."""
        ...

    def list(
        self, *, pools: Sequence[str] = (), states: Sequence[WorkState] = (), limit: int = 10_000
    ) -> Sequence[Standing]:
        """Return work of *pools* and in *states*, where given, oldest first."""
        ...

    async def run_worker(self, pools: Sequence[str], body: Body, places: int) -> Running:
        """Take work of *pools* from now on, at most *places* at once; *body* runs in the caller's event loop."""
        ...

    def close(self) -> None:
        """Let the database go."""
        ...


class Board(Protocol):
    """What gates and workers tell each other about work, beside the engine: start markers, leases, slots, output.

    Every write of a worker comes with its fence, and does nothing (returns false) where that is not the latest any
    more. All times are those of the database. Raises `HeadgateError` HG510 where the database cannot be used.
    Safe to call from any thread.
    """

    def start(self, work: str, worker: str, *, once: bool, ttl: float) -> int | None:
        """Set the start marker and return the fence; `None` where *work* was started already, and may not be again.

        Work that may be repeated (*once* is false) is taken over when its last sign of life is older than *ttl*.
        """
        ...

    def readopt(self, work: str, worker: str) -> int | None:
        """Return a new fence for work that an earlier process of the same *worker* had started and that has not ended.

        `None` where *work* is another worker's, has ended, or was given up for lost: only `late` tells of that then.
        """
        ...

    def beat(self, work: str, fence: int, progress: dict[str, object] | None = None) -> bool:
        """Give a sign of life, with the *progress* where there is some."""
        ...

    def running(self, work: str, fence: int) -> bool:
        """Note that the process of *work* exists."""
        ...

    def end(self, work: str, fence: int, end: dict[str, object]) -> bool:
        """Note how *work* ended."""
        ...

    def lose(self, work: str, ttl: float) -> bool:
        """Give up *work* that was to run once and whose last sign of life is older than *ttl*; its fence grows."""
        ...

    def late(self, work: str, worker: str, end: dict[str, object]) -> bool:
        """Note how *work* ended that had been given up for lost, by the very *worker* that had started it."""
        ...

    def lease(self, work: str) -> Lease | None:
        """Return the lease of *work*; `None` where it was never started."""
        ...

    def leases(self, works: Sequence[str]) -> dict[str, Lease]:
        """Return the leases of those of *works* that were started."""
        ...

    def take(self, work: str, names: Sequence[tuple[str, str]]) -> Slot | None:
        """Take all of *names* (kind and name) for *work*, or none: then return a slot that is in the way.

        The name `?` stands for one that nobody can name: it is in the way of every name of its kind, and they of it.
        Taking what *work* has already changes nothing.
        """
        ...

    def free(self, work: str) -> None:
        """Give back all slots of *work*, but those in quarantine."""
        ...

    def quarantine(self, work: str) -> None:
        """Keep the slots of *work* taken until a person releases them."""
        ...

    def release(self, kind: str, name: str) -> bool:
        """Give back a slot in quarantine; false where there is none of that name."""
        ...

    def slots(self) -> Sequence[Slot]:
        """Return all slots that are taken, by kind and name."""
        ...

    def register(self, worker: WorkerInfo) -> None:
        """Note that *worker* is there, or still is."""
        ...

    def leave(self, worker: str, process: str) -> None:
        """Note that this process of *worker* is gone."""
        ...

    def drain(self, worker: str, *, draining: bool = True) -> bool:
        """Ask *worker* to take no more work; false where there is none. `register` does not change this."""
        ...

    def workers(self) -> Sequence[WorkerInfo]:
        """Return the workers that registered, by id."""
        ...

    def put(self, work: str, fence: int, offset: int, data: bytes) -> bool:
        """Keep *data* as the output of *work* from byte *offset* on; the same bytes again change nothing."""
        ...

    def forget(self, older_than_seconds: float) -> int:
        """Remove what ended longer ago than this, with its output; return how much work that was."""
        ...

    def output(self, work: str, offset: int, most: int) -> bytes:
        """Return at most *most* bytes of the output of *work* from byte *offset* on."""
        ...

    def close(self) -> None:
        """Let the database go."""
        ...
