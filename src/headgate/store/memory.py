"""The same ports in memory: for tests, and for runs that must leave nothing behind."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from secrets import token_hex

import msgspec

from headgate.decide.ledger import Entry as LedgerEntry
from headgate.model.job import Job, JobState, Ticket, admitted
from headgate.model.runs import KEPT
from headgate.record.chain import GENESIS, Entry, link
from headgate.record.events import Event, encode
from headgate.record.tree import Tree, leaf
from headgate.store.memory_grants import MemoryGrants


class MemoryStore:
    """Journal, ledger, tickets, jobs and durations, gone with the process."""

    gate = "memory"

    def __init__(self) -> None:
        self._journal: list[Entry] = []
        self._ledger: dict[str, list[LedgerEntry]] = {}
        self._tickets: dict[str, Ticket] = {}
        self._jobs: dict[int, Job] = {}
        self._durations: dict[str, tuple[float, ...]] = {}
        self._folders: dict[str, list[str]] = {}
        self.grants = MemoryGrants()

    def close(self) -> None:
        """Let everything go."""

    @contextmanager
    def together(self) -> Iterator[None]:
        """Do everything inside, or nothing."""
        journal, ledger = list(self._journal), {name: list(items) for name, items in self._ledger.items()}
        tickets, jobs, durations = dict(self._tickets), dict(self._jobs), dict(self._durations)
        folders = {name: list(items) for name, items in self._folders.items()}
        grants = self.grants.copy()
        try:
            yield
        except BaseException:
            self.grants.restore(grants)
            self._journal, self._ledger, self._tickets, self._jobs = journal, ledger, tickets, jobs
            self._durations, self._folders = durations, folders
            raise

    def append(self, event: Event) -> Entry:
        """Add *event*."""
        prev = self._journal[-1].hash if self._journal else GENESIS
        body = encode(event)
        self._journal.append(Entry(len(self._journal) + 1, prev, link(prev, body), body))
        return self._journal[-1]

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Yield the entries with a number above *after*, in order."""
        yield from self._journal[after:]

    def length(self) -> int:
        """Return how many entries there are."""
        return len(self._journal)

    def find(self, prefix: str) -> Entry | None:
        """Return the latest entry whose hash starts with the hexadecimal *prefix*."""
        return next((entry for entry in reversed(self._journal) if entry.hash.hex().startswith(prefix.lower())), None)

    def leaves(self, after: int = 0) -> Iterator[bytes]:
        """Yield the leaves of the tree behind the first *after*."""
        for entry in self._journal[after:]:
            yield leaf(entry.body)

    def tree(self) -> Tree:
        """Return the tree over all entries."""
        found = Tree()
        for one in self.leaves():
            found.add(one)
        return found

    def keep_tree(self, tree: Tree) -> None:
        """Keep nothing: there is no next start."""

    def flaw(self) -> str:
        """Return that nothing is wrong: nobody else writes here."""
        return ""

    def recent(self, session: str, since: float) -> Sequence[LedgerEntry]:
        """Return the entries of *session* later than *since*, oldest first."""
        return [entry for entry in self._ledger.get(session, ()) if entry.at > since]

    def add_to_ledger(self, session: str, entry: LedgerEntry) -> None:
        """Count *entry*."""
        self._ledger.setdefault(session, []).append(entry)

    def folders(self, session: str) -> Sequence[str]:
        """Return the folders that *session* was seen to work in, the first one first."""
        return list(self._folders.get(session, ()))

    def add_folder(self, session: str, folder: str) -> None:
        """Remember that *session* works in *folder*."""
        known = self._folders.setdefault(session, [])
        if folder not in known:
            known.append(folder)

    def issue(self, ticket: Ticket) -> Ticket:
        """Give *ticket* an id that nobody can guess, and keep it until it is taken or expires."""
        ticket = msgspec.structs.replace(ticket, id=f"tk_{token_hex(16)}")
        self._tickets[ticket.id] = ticket
        return ticket

    def take(self, ticket: str, now: float) -> Ticket | None:
        """Return the ticket and void it; `None` where it is unknown, used or expired."""
        found = self._tickets.pop(ticket, None)
        return found if found and found.expires >= now else None

    def add(self, ticket: Ticket, command: str, cwd: str, now: float) -> tuple[Job, bool]:
        """Return the job for *ticket*, shown as *command*, and whether it is new."""
        job = admitted(ticket, self.gate, command, cwd, now)
        known = self.by_work(job.work)
        if known is not None:
            return known, False
        job = msgspec.structs.replace(job, id=len(self._jobs) + 1)
        self._jobs[job.id] = job
        return job, True

    def by_work(self, work: str) -> Job | None:
        """Return the job with this name at the engine."""
        return next((job for job in self._jobs.values() if job.work == work), None)

    def counts(self) -> dict[JobState, int]:
        """Return how many jobs are in each state."""
        return dict(Counter(job.state for job in self._jobs.values()))

    def get(self, job: int) -> Job | None:
        """Return the job with this number."""
        return self._jobs.get(job)

    def save(self, job: Job) -> None:
        """Replace what is kept of *job*."""
        if job.id in self._jobs:
            self._jobs[job.id] = job

    def select(self, *, session: str | None = None, states: Sequence[JobState] = (), limit: int = 100) -> list[Job]:
        """Return the latest jobs first, of *session* and in *states* where given."""
        found = [
            job
            for job in reversed(self._jobs.values())
            if session in {None, job.session} and (not states or job.state in states)
        ]
        return found[:limit]

    def unannounced(self, session: str) -> list[Job]:
        """Return the jobs of *session* with something that its main thread was not told, oldest first."""
        mine = [job for job in self._jobs.values() if job.session == session]
        return [job for job in mine if job.news or (job.state.ended and not job.announced)]

    def durations(self, routine: str) -> Sequence[float]:
        """Return the seconds that the latest runs of *routine* took, oldest first."""
        return self._durations.get(routine, ())

    def add_duration(self, routine: str, seconds: float) -> None:
        """Keep that a run of *routine* took *seconds*."""
        self._durations[routine] = (*self._durations.get(routine, ()), seconds)[-KEPT:]
