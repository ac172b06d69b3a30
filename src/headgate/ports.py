"""What we need from the world, as protocols; each method states the promise it keeps."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from headgate.classify.surroundings import Surroundings
from headgate.decide.ledger import Entry as LedgerEntry
from headgate.decide.schema import Moment
from headgate.model.action import Action
from headgate.model.job import Job, JobState, Origin, Ticket
from headgate.model.work import Lease, Slot, Standing, Work, WorkerInfo, WorkState
from headgate.record.chain import Entry
from headgate.record.events import Event


class Clock(Protocol):
    """The time of day."""

    def now(self) -> float:
        """Return seconds since 1970."""
        ...

    def moment(self, at: float) -> Moment:
        """Return the local time at *at*, as policies may test it."""
        ...


class Journal(Protocol):
    """The append-only record; raises `HeadgateError` HG501 where it cannot be written."""

    def append(self, event: Event) -> Entry:
        """Add *event*; once this returns, the entry is durable."""
        ...

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Yield the entries with a number above *after*, in order."""
        ...

    def find(self, prefix: str) -> Entry | None:
        """Return the latest entry whose hash starts with the hexadecimal *prefix*."""
        ...


class Ledger(Protocol):
    """What each session did lately."""

    def recent(self, session: str, since: float) -> Sequence[LedgerEntry]:
        """Return the entries of *session* later than *since*, oldest first."""
        ...

    def add_to_ledger(self, session: str, entry: LedgerEntry) -> None:
        """Count *entry*; it survives a crash."""
        ...

    def folders(self, session: str) -> Sequence[str]:
        """Return the folders that *session* was seen to work in, the first one first."""
        ...

    def add_folder(self, session: str, folder: str) -> None:
        """Remember that *session* works in *folder*; it survives a crash, and doing it twice changes nothing."""
        ...


class Tickets(Protocol):
    """Rights to start one decided action as a job."""

    def issue(self, ticket: Ticket) -> Ticket:
        """Give *ticket* an id that nobody can guess, and keep it until it is taken or expires."""
        ...

    def take(self, ticket: str, now: float) -> Ticket | None:
        """Return the ticket and void it; `None` where it is unknown, used or expired."""
        ...


class Jobs(Protocol):
    """The jobs, durable before anything is done about them."""

    def add(self, ticket: Ticket, command: str, cwd: str, now: float) -> Job:
        """Return a new queued job for *ticket*, shown as *command* (without secrets)."""
        ...

    def get(self, job: int) -> Job | None:
        """Return the job with this number."""
        ...

    def save(self, job: Job) -> None:
        """Replace what is kept of *job*."""
        ...

    def select(self, *, session: str | None = None, states: Sequence[JobState] = (), limit: int = 100) -> list[Job]:
        """Return the latest jobs first, of *session* and in *states* where given."""
        ...

    def unannounced(self, session: str) -> list[Job]:
        """Return the ended jobs of *session* that its main thread was not told about, oldest first."""
        ...


class Durations(Protocol):
    """How long commands took, by the name of their routine."""

    def durations(self, routine: str) -> Sequence[float]:
        """Return the seconds that the latest runs of *routine* took (at most `model.runs.KEPT`), oldest first."""
        ...

    def add_duration(self, routine: str, seconds: float) -> None:
        """Keep that a run of *routine* took *seconds*."""
        ...


class Store(Journal, Ledger, Tickets, Jobs, Durations, Protocol):
    """All that is remembered, in one place, so that several changes can become durable at once."""

    def together(self) -> AbstractContextManager[None]:
        """Make everything inside durable at once, or not at all."""
        ...

    def close(self) -> None:
        """Let the store go."""
        ...


class World(Protocol):
    """Facts about this machine that classification needs."""

    def surroundings(self, comfort: float) -> Surroundings:
        """Return what the classifier may know, with its port to files."""
        ...

    def client_rule(self, action: Action) -> str:
        """Return what the client's own permission rules say of *action*: `none`, `ask` or `deny`."""
        ...


class Workers(Protocol):
    """Whoever runs jobs."""

    def submit(self, job: Job, command: str, origin: Origin) -> None:
        """Take over *job*, which is durable; returns at once, whatever becomes of it."""
        ...

    def cancel(self, job: Job) -> None:
        """End the whole process tree of *job*: asked first, then killed; returns at once."""
        ...


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

    def resume(self, work: str) -> None:
        """Offer *work* to the workers of its pool again, whoever had claimed it."""
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

        `None` where *work* is another worker's, or has ended. Work that was given up for lost stays lost, with its
        fence unchanged: only `late` tells of it then.
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

    def output(self, work: str, offset: int, most: int) -> bytes:
        """Return at most *most* bytes of the output of *work* from byte *offset* on."""
        ...

    def close(self) -> None:
        """Let the database go."""
        ...
