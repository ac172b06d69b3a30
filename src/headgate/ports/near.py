"""What one gate needs from its machine."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from headgate.classify.surroundings import Surroundings
from headgate.decide.ledger import Entry as LedgerEntry
from headgate.decide.schema import Moment
from headgate.model.action import Action
from headgate.model.job import Job, JobState, Origin, Ticket
from headgate.model.steady import Steady
from headgate.ports.grants import Grants
from headgate.record.chain import Entry
from headgate.record.events import Event
from headgate.record.tree import Tree


class Clock(Protocol):
    """The time of day."""

    def now(self) -> float:
        """Return seconds since 1970."""
        ...

    def moment(self, at: float) -> Moment:
        """Return the local time at *at*, as policies may test it."""
        ...

    def steady(self) -> Steady:
        """Return how long this machine has run, which nobody can set back."""
        ...


class Signer(Protocol):
    """The gate's own key: Ed25519 (RFC 8032)."""

    name: str
    """The first sixteen hexadecimal digits of the SHA-256 of the public key."""

    public: bytes
    """The public key, 32 bytes."""

    def sign(self, data: bytes) -> bytes:
        """Return the signature (64 bytes) over *data*."""
        ...


class Journal(Protocol):
    """The append-only record; raises `HeadgateError` HG501 where it cannot be written."""

    def append(self, event: Event) -> Entry:
        """Add *event*; once this returns, the entry is durable."""
        ...

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Yield the entries with a number above *after*, in order."""
        ...

    def length(self) -> int:
        """Return how many entries there are."""
        ...

    def find(self, prefix: str) -> Entry | None:
        """Return the latest entry whose hash starts with the hexadecimal *prefix*."""
        ...

    def leaves(self, after: int = 0) -> Iterator[bytes]:
        """Yield the leaves of the tree (`record/tree.py`) behind the first *after*."""
        ...

    def tree(self) -> Tree:
        """Return the tree over all entries; fast where `keep_tree` kept one lately."""
        ...

    def keep_tree(self, tree: Tree) -> None:
        """Keep *tree*, which is over the first entries, for the next start."""
        ...

    def flaw(self) -> str:
        """Return how the end of the journal is not what was signed last, when it was opened; empty where it is."""
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

    gate: str
    """The name of this gate among others, which it keeps for life."""

    def add(self, ticket: Ticket, command: str, cwd: str, now: float) -> tuple[Job, bool]:
        """Return the job for *ticket*, shown as *command* (without secrets), and whether it is new.

        The same call is admitted once: a second ticket for it gives the job that is there.
        """
        ...

    def by_work(self, work: str) -> Job | None:
        """Return the job with this name at the engine."""
        ...

    def counts(self) -> dict[JobState, int]:
        """Return how many jobs are in each state that any is in."""
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
        """Return the jobs of *session* with something that its main thread was not told, oldest first."""
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

    @property
    def grants(self) -> Grants:
        """What people granted, and what they are asked."""
        ...

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
