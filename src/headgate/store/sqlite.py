"""The ports, on one SQLite file (WAL, synchronous FULL: what is committed survives a crash and a power cut)."""

import sqlite3
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.resources import files
from operator import attrgetter
from pathlib import Path
from secrets import token_hex

import msgspec

from headgate.decide.ledger import LONGEST_WINDOW
from headgate.decide.ledger import Entry as LedgerEntry
from headgate.model.job import Job, JobState, Ticket, admitted
from headgate.model.runs import KEPT
from headgate.ports import Signer
from headgate.record.chain import Entry
from headgate.record.events import Event
from headgate.record.tree import Tree
from headgate.store.faults import durably, lengthen_log
from headgate.store.grants import SqliteGrants
from headgate.store.journal import SCHEMA, SqliteJournal

SEGMENTS = "journal"
"""The folder beside the file that has the older entries of the journal."""

MAX_SESSIONS = 256
"""Sessions whose ledger is kept at hand; the table has them all."""

MAX_ROUTINES = 5000
"""Routines whose durations are kept: the latest that ran."""

_LEDGER = msgspec.json.Decoder(LedgerEntry)
_TICKET = msgspec.json.Decoder(Ticket)
_JOB = msgspec.json.Decoder(Job)
_DURATIONS = msgspec.json.Decoder(tuple[float, ...])


class SqliteStore:
    """Journal, ledger, tickets, jobs and durations of one home; used by one thread of one daemon.

    Every method raises `HeadgateError` HG501 where the file cannot be read or written.
    """

    def __init__(self, path: Path, *, writable: bool = True, quiet: bool = False, signer: Signer | None = None) -> None:
        """Open the file at *path*; a writable one is made, with mode 0600, where there is none.

        *quiet* says that nobody writes now: then reading leaves no files beside it. *signer* has the gate's own key.
        """
        self.path = path
        with durably():
            if writable:
                path.touch(mode=0o600, exist_ok=True)
                self.database = sqlite3.connect(path, isolation_level=None, timeout=2.0)
                self.database.execute("PRAGMA journal_mode=WAL")
                self.database.execute("PRAGMA synchronous=FULL")
                self.database.execute("PRAGMA cache_size=-512")
                self.database.executescript(files("headgate.store").joinpath("schema.sql").read_text() + SCHEMA)
                self._migrate()
                lengthen_log(self.database)
            else:
                mode = "mode=ro&immutable=1" if quiet else "mode=ro"
                self.database = sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True, timeout=2.0)
            there = self.database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'gate'").fetchone()[0]
            self.gate: str = self.database.execute("SELECT name FROM gate").fetchone()[0] if there else ""
            self.journal = SqliteJournal(self.database, path.with_name(SEGMENTS), self.gate, signer)
        self._sessions: dict[str, list[LedgerEntry]] = {}
        self.grants = SqliteGrants(self.database, durably, signer)
        if writable:
            self.grants.make()

    def _migrate(self) -> None:
        """Bring the jobs of an earlier version into today's form."""
        if "work" not in {row[1] for row in self.database.execute("PRAGMA table_info(jobs)")}:
            self.database.execute("ALTER TABLE jobs ADD COLUMN work TEXT")
        self.database.execute("CREATE UNIQUE INDEX IF NOT EXISTS jobs_work ON jobs (work)")
        self.database.execute(
            "UPDATE jobs SET state = 'timed_out', body = replace(CAST(body AS TEXT), '\"expired\"', '\"timed_out\"')"
            " WHERE state = 'expired'"
        )

    def close(self) -> None:
        """Let the file go."""
        self.database.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make everything inside durable at once, or not at all."""
        with durably():
            self.database.execute("BEGIN IMMEDIATE")
            head = self.journal.head
            try:
                yield
                if self.journal.head != head:
                    self.journal.sign()
                self.database.execute("COMMIT")
            except BaseException:
                self.journal.head = head
                self._sessions.clear()
                self.grants.forget()
                if self.database.in_transaction:
                    self.database.execute("ROLLBACK")
                raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read one state of the file within, whatever somebody else writes meanwhile."""
        with durably():
            self.database.execute("BEGIN")
            try:
                yield
            finally:
                self.database.execute("ROLLBACK")

    def _whole(self) -> AbstractContextManager[None]:
        """Return the transaction that is open, or one of its own."""
        return nullcontext() if self.database.in_transaction else self.together()

    # -- journal -----------------------------------------------------------------------------

    def append(self, event: Event) -> Entry:
        """Add *event*; once this returns, the entry is durable (or, inside `together`, once that ends)."""
        with self._whole(), durably():
            return self.journal.append(event)

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Yield the entries with a number above *after*, in order; those that are no longer kept are left out."""
        return self.journal.entries(after)

    def find(self, prefix: str) -> Entry | None:
        """Return the latest entry whose hash starts with the hexadecimal *prefix*."""
        return self.journal.find(prefix)

    def length(self) -> int:
        """Return how many entries there are."""
        return self.journal.head[0]

    def tree(self) -> Tree:
        """Return the tree over all entries; fast where `keep_tree` kept one lately."""
        return self.journal.tree()

    def leaves(self, after: int = 0) -> Iterator[bytes]:
        """Yield the leaves of the tree behind the first *after*."""
        return self.journal.leaves(after)

    def flaw(self) -> str:
        """Return how the end of the journal is not what was signed last, when it was opened; empty where it is."""
        return self.journal.flaw

    def keep_tree(self, tree: Tree) -> None:
        """Keep *tree*, which is over the first entries, for the next start."""
        self.journal.keep_tree(tree)

    # -- ledger ------------------------------------------------------------------------------

    def recent(self, session: str, since: float) -> Sequence[LedgerEntry]:
        """Return the entries of *session* later than *since*, oldest first."""
        known = self._sessions.get(session)
        if known is None:
            with durably():
                rows = self.database.execute(
                    "SELECT body FROM ledger WHERE session = ? ORDER BY at, rowid", (session,)
                ).fetchall()
                known = [_LEDGER.decode(row[0]) for row in rows]
            if len(self._sessions) >= MAX_SESSIONS:
                self._sessions.clear()
            self._sessions[session] = known
        return known[bisect_right(known, since, key=attrgetter("at")) :]

    def add_to_ledger(self, session: str, entry: LedgerEntry) -> None:
        """Count *entry*, and forget what no window reaches any more."""
        oldest = entry.at - LONGEST_WINDOW
        with durably():
            self.database.execute(
                "INSERT INTO ledger VALUES (?, ?, ?)", (session, entry.at, msgspec.json.encode(entry))
            )
            self.database.execute("DELETE FROM ledger WHERE session = ? AND at < ?", (session, oldest))
        known = self._sessions.pop(session, None)
        if known and known[-1].at <= entry.at and self.database.in_transaction:  # a transaction that fails clears all
            self._sessions[session] = [*known[bisect_left(known, oldest, key=attrgetter("at")) :], entry]

    def folders(self, session: str) -> Sequence[str]:
        """Return the folders that *session* was seen to work in, the first one first."""
        with durably():
            rows = self.database.execute("SELECT folder FROM folders WHERE session = ? ORDER BY rowid", (session,))
            return [row[0] for row in rows]

    def add_folder(self, session: str, folder: str) -> None:
        """Remember that *session* works in *folder*."""
        with durably():
            self.database.execute("INSERT OR IGNORE INTO folders VALUES (?, ?)", (session, folder))

    # -- tickets -----------------------------------------------------------------------------

    def issue(self, ticket: Ticket) -> Ticket:
        """Give *ticket* an id that nobody can guess, and keep it until it is taken or expires."""
        ticket = msgspec.structs.replace(ticket, id=f"tk_{token_hex(16)}")
        with durably():
            row = (ticket.id, ticket.expires, msgspec.json.encode(ticket))
            self.database.execute("INSERT INTO tickets VALUES (?, ?, ?)", row)
        return ticket

    def take(self, ticket: str, now: float) -> Ticket | None:
        """Return the ticket and void it; `None` where it is unknown, used or expired."""
        with durably():
            taken = self.database.execute("DELETE FROM tickets WHERE id = ? RETURNING expires, body", (ticket,))
            row = taken.fetchone()
            self.database.execute("DELETE FROM tickets WHERE expires < ?", (now,))
        return _TICKET.decode(row[1]) if row and row[0] >= now else None

    # -- jobs --------------------------------------------------------------------------------

    def add(self, ticket: Ticket, command: str, cwd: str, now: float) -> tuple[Job, bool]:
        """Return the job for *ticket*, shown as *command* (without secrets), and whether it is new."""
        job = admitted(ticket, self.gate, command, cwd, now)
        with self._whole(), durably():  # a job never stands there without its number
            known = self.database.execute("SELECT body FROM jobs WHERE work = ?", (job.work,)).fetchone()
            if known:
                return _JOB.decode(known[0]), False
            row = (job.session, job.state, 0, msgspec.json.encode(job), job.work)
            cursor = self.database.execute(
                "INSERT INTO jobs (session, state, announced, body, work) VALUES (?, ?, ?, ?, ?)", row
            )
            job = msgspec.structs.replace(job, id=cursor.lastrowid or 0)
            self.save(job)
        return job, True

    def get(self, job: int) -> Job | None:
        """Return the job with this number."""
        with durably():
            row = self.database.execute("SELECT body FROM jobs WHERE id = ?", (job,)).fetchone()
        return _JOB.decode(row[0]) if row else None

    def save(self, job: Job) -> None:
        """Replace what is kept of *job*."""
        with durably():
            self.database.execute(
                "UPDATE jobs SET state = ?, announced = ?, body = ? WHERE id = ?",
                (job.state, int(job.announced and not job.news), msgspec.json.encode(job), job.id),
            )

    def by_work(self, work: str) -> Job | None:
        """Return the job with this name at the engine."""
        with durably():
            row = self.database.execute("SELECT body FROM jobs WHERE work = ?", (work,)).fetchone()
        return _JOB.decode(row[0]) if row else None

    def select(self, *, session: str | None = None, states: Sequence[JobState] = (), limit: int = 100) -> list[Job]:
        """Return the latest jobs first, of *session* and in *states* where given."""
        query = "SELECT body FROM jobs WHERE (?1 IS NULL OR session = ?1)"
        if states:
            query += f" AND state IN ({', '.join('?' for _ in states)})"
        with durably():
            rows = self.database.execute(f"{query} ORDER BY id DESC LIMIT {int(limit)}", (session, *states)).fetchall()
        return [_JOB.decode(row[0]) for row in rows]

    def counts(self) -> dict[JobState, int]:
        """Return how many jobs are in each state."""
        with durably():
            rows = self.database.execute("SELECT state, count(*) FROM jobs GROUP BY state").fetchall()
        return {JobState(state): count for state, count in rows}

    def unannounced(self, session: str) -> list[Job]:
        """Return the jobs of *session* with something that its main thread was not told, oldest first."""
        with durably():
            rows = self.database.execute(
                "SELECT body FROM jobs WHERE session = ? AND announced = 0 ORDER BY id", (session,)
            ).fetchall()
        return [job for job in (_JOB.decode(row[0]) for row in rows) if job.state.ended or job.news]

    # -- durations ---------------------------------------------------------------------------

    def durations(self, routine: str) -> Sequence[float]:
        """Return the seconds that the latest runs of *routine* took, oldest first."""
        with durably():
            row = self.database.execute("SELECT body FROM durations WHERE routine = ?", (routine,)).fetchone()
        return _DURATIONS.decode(row[0]) if row else ()

    def add_duration(self, routine: str, seconds: float) -> None:
        """Keep that a run of *routine* took *seconds*, and forget the routines that have not run for long."""
        kept = (*self.durations(routine), seconds)[-KEPT:]
        with durably():
            cursor = self.database.execute(
                "INSERT OR REPLACE INTO durations (routine, body) VALUES (?, ?)", (routine, msgspec.json.encode(kept))
            )
            self.database.execute("DELETE FROM durations WHERE id <= ?", ((cursor.lastrowid or 0) - MAX_ROUTINES,))
