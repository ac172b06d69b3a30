"""The workers of one gate: jobs go out through it, and what becomes of them is written down."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping

import msgspec

from headgate.model.errors import HeadgateError
from headgate.model.job import OPEN, Job, JobKind, JobState, Origin
from headgate.model.pool import Pool
from headgate.ports import Clock, Store
from headgate.record.events import JobCancelled
from headgate.workers import keeper as keepers
from headgate.workers.carrier import Bench
from headgate.workers.exchange import Exchange
from headgate.workers.logbook import Logbook
from headgate.workers.offers import Offers
from headgate.workers.preparing import Preparer
from headgate.workers.reports import Claimed, Ended, Exists, Report, Said
from headgate.workers.runner import Runner

KEPT = 7 * 86_400.0
"""Seconds for which the gate's own database of work keeps what has ended."""


GIVEN_UP = 7 * 86_400.0
"""Seconds for which the worker of a lost job may still come back and tell how it ended."""

MAX_LOST = 1000
"""Lost jobs, the latest, whose workers may still come back."""


OPENING = 5.0
"""Seconds that a look at the pools waits for their databases."""


class Dispatcher:
    """The workers of one gate, near and far; lives in the daemon's event loop.

    *pools* gives the operator's pools by name; one without a store is served here, from the database *embedded*.
    """

    def __init__(  # noqa: PLR0913, PLR0917 one gate's adapters
        self,
        store: Store,
        clock: Clock,
        preparer: Preparer,
        pools: Callable[[], Mapping[str, Pool]],
        embedded: str,
        program: str = "",
    ) -> None:
        self.store = store
        self.clock = clock
        self.preparer = preparer
        self.pools = pools
        self._book = Logbook(store, clock, self._changed)
        bench = Bench(f"gate-{store.gate}", None, self._book.tell, program)
        self.runner = Runner(bench, preparer.folder_of, lambda _work, _folder: None)
        self.offers = Offers(store, self.runner, preparer, pools, self._book.tell, embedded)
        self.draining = False
        self._kinds: dict[str, JobKind] = {}  # of the work that is carried here
        self._ended: dict[int, asyncio.Event] = {}
        self._offered: dict[int, asyncio.Event] = {}
        self._on_news: Callable[[Job], None] = lambda _job: None

    # -- the port ----------------------------------------------------------------------------

    def submit(self, job: Job, command: str, origin: Origin) -> None:
        """Take over *job*, which is durable; returns at once. Raises `HeadgateError` where it cannot be prepared."""
        try:
            self.preparer.prepare(job, command, origin, far=self.offers.far(job))
        except OSError as error:
            self.preparer.folder(job.id).forget()
            self._book.tell(Ended(job.work, JobState.FAILED, note=f"it cannot be prepared: {error.strerror}"))
            raise HeadgateError(
                "HG403", f"the job cannot be prepared ({error.strerror})", "free space, and try again"
            ) from None
        self._offered[job.id] = asyncio.Event()
        self.offers.offer(job, self._offered[job.id])

    async def offered(self, job: int, seconds: float) -> None:
        """Wait up to *seconds* until it is known whether *job* has to wait."""
        event = self._offered.pop(job, None)
        if event is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), seconds)

    def cancel(self, job: Job, by: str = "command") -> None:
        """End the whole process tree of *job*, on other machines too: asked first, then killed; returns at once."""
        with self.store.together():
            self.store.append(JobCancelled(self.clock.now(), job.id, by))
            self.store.save(msgspec.structs.replace(job, cancelling=True))
        self.runner.cancel(job.work)
        if job.kind is not JobKind.HANDED_OVER:
            self.offers.cancel(job)

    async def ended(self, job: int, seconds: float) -> bool:
        """Wait up to *seconds* for *job* to end, and say whether it did."""
        event = self._ended.setdefault(job, asyncio.Event())
        found = self.store.get(job)
        if found is not None and not found.state.ended:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), seconds)
        self._ended.pop(job, None)
        return found is None or found.state.ended or event.is_set()

    def on_news(self, told: Callable[[Job], None]) -> None:
        """Call *told* with every job that ends, and every job of which there is news."""
        self._on_news = told

    def adopt(self, job: Job) -> None:
        """Carry *job*, an allowed call that became a job: it may be alive, have ended, or have lost its keeper."""
        folder = self.preparer.folder(job.id)
        keeper = keepers.found(folder)
        if keeper is not None:
            self._book.tell(Exists(job.work, keeper.pid, keeper.since))
        self.runner.adopt(self.preparer.work(job, far=False), folder, keeper)
        if job.cancelling:
            self.runner.cancel(job.work)

    def pids(self) -> tuple[int, ...]:
        """Return the keepers that run here."""
        return tuple(self.runner.keepers())

    def job_of_keeper(self, pid: int) -> Job | None:
        """Return the job whose keeper is the process *pid*."""
        work = self.runner.kept_by(pid)
        return self.store.by_work(work) if work else None

    def agents_run(self) -> bool:
        """Whether any agent runs here."""
        return any(kind is JobKind.AGENT for kind in self._kinds.values())

    def say(self, job: Job, kind: str, text: str) -> None:
        """Let the main thread hear *text* of *job*."""
        self._book.tell(Said(job.work, kind, text))

    def output(self, job: Job, offset: int, most: int) -> tuple[bytes, int]:
        """Return a part of the output of *job*, wherever its worker is, and how much there is; see `Folder.read`.

        Raises `HeadgateError` HG510 where the database that holds it cannot be used.
        """
        folder = self.preparer.folder(job.id)
        if not self.offers.far(job):
            return folder.read(offset, most), folder.size()
        exchange = self.offers.exchanges().get(self.pools()[job.pool].store)
        lease = exchange.board.lease(job.work) if exchange else None
        if exchange is None or lease is None:
            return b"", 0
        start = max(0, lease.output + offset) if offset < 0 else offset
        return exchange.board.output(job.work, start, most), lease.output

    def release(self, kind: str, name: str) -> bool:
        """Give back what a lost job still has for itself; false where there is no such thing."""
        return any(exchange.board.release(kind, name) for exchange in self.offers.exchanges().values())

    def tidy(self) -> None:
        """Remove from the gate's own database what ended long ago; its jobs and the journal stay."""
        exchange = self.offers.exchanges().get("")
        if exchange is not None:
            exchange.board.forget(KEPT)

    def drain(self, worker: str, *, draining: bool) -> bool:
        """Have *worker* take no more work, or take work again; false where there is no such worker."""
        if worker in {"", self.runner.bench.worker}:
            self.draining = draining
            self.offers.drain(draining=draining)
            return True
        return any(found.board.drain(worker, draining=draining) for found in self.offers.exchanges().values())

    # -- a daemon's life ---------------------------------------------------------------------

    def resume(self) -> None:
        """Take up what an earlier daemon left: adopt what lives, write down what ended, admit what is lost."""
        for job in reversed(self.store.select(states=OPEN, limit=1_000_000)):
            if job.kind is JobKind.HANDED_OVER:
                self.adopt(job)
            elif job.state is JobState.QUEUED and not self.preparer.prepared(job.id):
                note = "the daemon ended before the job was prepared"
                self._book.tell(Ended(job.work, JobState.LOST, note=note))
            else:
                self.offers.resume(job)
        for job in self.store.select(states=(JobState.LOST,), limit=MAX_LOST):
            if self.offers.far(job) and self.clock.now() - (job.ended or 0.0) < GIVEN_UP:
                self.offers.resume(job)

    def warm(self) -> None:
        """Open the gate's own database of work now, so that the first job need not wait for it."""
        self.offers.exchange()

    def exchanges(self) -> dict[str, Exchange]:
        """Return the open databases of work, by address."""
        return self.offers.exchanges()

    async def open_all(self) -> None:
        """Open the databases of all pools, as far as they are there within `OPENING` seconds."""
        opening = [self.offers.exchange(pool.store) for pool in self.pools().values()]
        await asyncio.wait(opening, timeout=OPENING)

    async def close(self) -> None:
        """Stop watching; the jobs go on."""
        self.runner.let_go()
        await self.offers.close()
        await self.runner.close()

    # -- what is told ------------------------------------------------------------------------

    def _changed(self, job: Job, report: Report) -> None:
        """Act on what became of *job*, which is saved."""
        if isinstance(report, Claimed) and job.cancelling:
            self.runner.cancel(job.work)
        if isinstance(report, Exists) and report.pid:
            self._kinds[job.work] = job.kind
        if isinstance(report, Ended):
            if job.id in self._ended:
                self._ended[job.id].set()
            self._offered.pop(job.id, None)
            self._kinds.pop(job.work, None)
            self.offers.settle(job)
        if job.state.ended or job.news:
            self._on_news(job)
