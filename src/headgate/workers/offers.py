"""From a job that is durable to work that some worker takes: slots, the right engine, a look at what is elsewhere."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping

import msgspec

from headgate.model.errors import HeadgateError
from headgate.model.job import Job, JobState
from headgate.model.pool import LOCAL, Pool
from headgate.model.work import Slot, Standing, WorkState
from headgate.ports import Store
from headgate.workers.elsewhere import Elsewhere
from headgate.workers.exchange import Exchange, opened, swept, there, untaken
from headgate.workers.preparing import Preparer
from headgate.workers.reports import Ended, Report
from headgate.workers.routes import route
from headgate.workers.runner import Runner
from headgate.workers.taken import NO_PLACE, NOT_STARTED, Taken, unserved

LOOK = 1.0
"""Seconds between looks at what nobody tells: work elsewhere, slots that others have, a database that is away."""

LATE = 15.0
"""Seconds between looks where only work is left that was given up: its worker may come back, and tell how it ended."""


class Offers:
    """Offers jobs to engines, from the daemon's event loop; *embedded* is the address of the gate's own database."""

    def __init__(  # noqa: PLR0913, PLR0917 all that offering needs
        self,
        store: Store,
        runner: Runner,
        preparer: Preparer,
        pools: Callable[[], Mapping[str, Pool]],
        tell: Callable[[Report], None],
        embedded: str,
    ) -> None:
        self._store = store
        self._runner = runner
        self._preparer = preparer
        self._pools = pools
        self._tell = tell
        self._embedded = embedded
        self._exchanges: dict[str, asyncio.Task[Exchange]] = {}
        self._waiting: dict[int, Job] = {}
        self._elsewhere = Elsewhere(store, tell)
        self._offering: dict[int, asyncio.Event] = {}
        self._left: dict[int, Job] = {}  # by an earlier process, and the database was away since
        self._slots, self._away = Taken(store), set[str]()
        self._errands: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    # -- what the dispatcher asks for --------------------------------------------------------

    def offer(self, job: Job, done: asyncio.Event | None = None) -> None:
        """Offer *job* to the workers of its pool, as soon as it has its slots; *done* is set once that is known."""
        self._errand(self._first_offer(job, done))

    def resume(self, job: Job) -> None:
        """Take up *job*, which an earlier process of this gate had offered, or had not come to offer."""
        self._errand(self._resume(job))

    def cancel(self, job: Job) -> None:
        """Have *job* not taken any more, and its body ended where it was taken."""
        self._errand(self._cancel(job))

    def settle(self, job: Job) -> None:
        """Give back what *job* had for itself; of a lost one it stays taken, until a person releases it."""
        self._elsewhere.settle(job)
        if job.lease:
            self._errand(self._settle(job))

    def far(self, job: Job) -> bool:
        """Whether *job* goes to workers elsewhere."""
        return bool(self._pool(job).store)

    def exchange(self, store: str = "") -> asyncio.Task[Exchange]:
        """Return the database at *store* (empty: the gate's own), opened once; what failed is tried again."""
        known = self._exchanges.get(store)
        if known is None or (known.done() and not known.cancelled() and known.exception() is not None):
            known = asyncio.get_running_loop().create_task(self._open(store))
            self._exchanges[store] = known
        return known

    def exchanges(self) -> dict[str, Exchange]:
        """Return the databases that are open, by address."""
        over = {store: task for store, task in self._exchanges.items() if task.done() and not task.cancelled()}
        return {store: task.result() for store, task in over.items() if task.exception() is None}

    @property
    def away(self) -> dict[str, str]:
        """The databases that could not be opened, by address, and why."""
        over = {store: task for store, task in self._exchanges.items() if task.done() and not task.cancelled()}
        return {store: str(error) for store, task in over.items() if (error := task.exception()) is not None}

    def drain(self, *, draining: bool) -> None:
        """Offer no more work to this gate's own pools, or offer it again."""
        self._draining = draining
        self._wake.set()
        self._look()

    _draining = False
    _served: tuple[str, ...] = ()

    async def close(self) -> None:
        """Stop offering and looking; nothing is lost."""
        tasks = [*self._errands, *([self._pump] if self._pump else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for opening in self._exchanges.values():
            with contextlib.suppress(HeadgateError, asyncio.CancelledError):
                await (await opening).close()

    # -- one job -----------------------------------------------------------------------------

    async def _first_offer(self, job: Job, done: asyncio.Event | None) -> None:
        if any(not other.leases.isdisjoint(job.leases) for other in self._waiting.values()):
            self._waiting[job.id] = job  # whoever came first has the slot first
        else:
            await self._offer(job)
        if done is not None:
            done.set()
        self._look()

    async def _offer(self, job: Job) -> Slot | None:
        """Offer *job*, or let it wait; return the slot that is in its way."""
        offering = self._offering[job.id] = asyncio.Event()
        try:
            now = self._store.get(job.id) or job
            return await self._offered(job) if now.state is JobState.QUEUED and not now.cancelling else None
        finally:
            del self._offering[job.id]
            offering.set()

    async def _offered(self, job: Job) -> Slot | None:
        pool = self._pool(job)
        nobody = unserved(job, self._pools(), self._served, draining=self._draining)
        nobody = nobody or self._preparer.agents.seats.take(job)
        if nobody:
            self._wait(job, nobody)
            return None
        try:
            exchange = await self.exchange(pool.store)
            slot = await asyncio.to_thread(exchange.board.take, job.work, sorted(job.leases)) if job.leases else None
            if slot is not None:
                self._wait(job, self._slots.named(slot))
                return slot
            queue = route(job.pool, job.machines, await there(exchange)) if pool.store else job.pool
            work = msgspec.structs.replace(self._preparer.work(job, far=bool(pool.store)), pool=queue)
            await asyncio.to_thread(exchange.engine.enqueue, work)
        except HeadgateError as error:
            self._away |= {pool.store} if error.code == "HG510" else set()
            self._wait(job, f"it waits: {error.message}")
            return None
        self._waiting.pop(job.id, None)
        if pool.store:
            self._elsewhere.jobs[job.work] = job
        elif self._runner.running >= pool.places:
            self._slots.note(job, NO_PLACE)
        return None

    def _wait(self, job: Job, note: str) -> None:
        self._waiting[job.id] = job
        self._preparer.agents.seats.leave(job)
        self._slots.note(job, note)

    async def _resume(self, job: Job) -> None:
        """Offer *job* again where the engine does not have it; have it taken up where a process that is gone had it."""
        pool = self._pool(job)
        self._left.pop(job.id, None)
        try:
            exchange = await self.exchange(pool.store)
            standing = await asyncio.to_thread(exchange.engine.get, job.work)
            if standing is None and job.cancelling:
                self._tell(Ended(job.work, JobState.CANCELLED, note=NOT_STARTED))
            elif standing is None and not job.state.ended:
                await self._first_offer(job, None)
            elif pool.store:
                self._elsewhere.jobs[job.work] = job
            elif standing is not None:
                await self._take_up(job, exchange, standing)
        except HeadgateError:
            self._left[job.id] = job
            self._away.add(pool.store)
        self._look()

    async def _take_up(self, job: Job, exchange: Exchange, standing: Standing) -> None:
        """Go on with *job* of this gate's own pools, which the engine has."""
        if job.cancelling:
            await asyncio.to_thread(exchange.engine.cancel, job.work)
        lease = await asyncio.to_thread(exchange.board.lease, job.work)
        if lease is not None and self._elsewhere.heard(job, lease):
            return
        if job.cancelling and lease is None:
            self._tell(Ended(job.work, JobState.CANCELLED, note=NOT_STARTED))
        elif job.cancelling or standing.state not in {WorkState.QUEUED, WorkState.CLAIMED}:
            self._runner.take_up(self._preparer.work(job, far=False), cancelled=job.cancelling)
        else:
            await asyncio.to_thread(exchange.engine.resume, job.work)

    async def _cancel(self, job: Job) -> None:
        while (offering := self._offering.get(job.id)) is not None:  # or the offer would come after the cancellation
            await offering.wait()
        if self._waiting.pop(job.id, None) is not None:
            self._tell(Ended(job.work, JobState.CANCELLED, note=NOT_STARTED))
        with contextlib.suppress(HeadgateError):
            exchange = await self.exchange(self._pool(job).store)
            await asyncio.to_thread(exchange.engine.cancel, job.work)
            if self._runner.carries(job.work):
                return
            if await untaken(exchange, job.work):
                self._tell(Ended(job.work, JobState.CANCELLED, note=NOT_STARTED))
            elif not self.far(job):
                await self._resume(self._store.get(job.id) or job)

    async def _settle(self, job: Job) -> None:
        pool = self._pool(job)
        self._slots.left[job.id] = (job, pool.store)
        with contextlib.suppress(HeadgateError):
            board = (await self.exchange(pool.store)).board
            await self._slots.settle(job, board, quarantine=pool.quarantine)
            self._wake.set()

    # -- databases ---------------------------------------------------------------------------

    async def _open(self, store: str) -> Exchange:
        exchange = await opened(store or self._embedded, self._runner.bench.worker, shared=bool(store))
        if not store:
            self._runner.bench.board = exchange.board
            local = [pool for pool in self._pools().values() if not pool.store]
            self._served = tuple(pool.name for pool in local)
            places = max(pool.places for pool in local)
            exchange.running = await exchange.engine.run_worker(self._served, self._runner, places)
        await self._slots.find(exchange, store)
        self._look()
        return exchange

    def _pool(self, job: Job) -> Pool:
        return self._pools().get(job.pool, Pool(LOCAL))

    # -- what nobody tells -------------------------------------------------------------------

    def _look(self) -> None:
        """Look from time to time, for as long as there is something to look for."""
        if self._pump is None or self._pump.done():
            self._pump = asyncio.get_running_loop().create_task(self._looking())

    async def _looking(self) -> None:
        while self._waiting or self._left or self._elsewhere.jobs or self._slots.left or self._runner.running:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._pause())
            self._wake.clear()
            await self._try_waiting()
            for job in list(self._left.values()):
                if self._pool(job).store not in self._away:
                    await self._resume(self._store.get(job.id) or job)
            for job, store in list(self._slots.left.values()):
                if store not in self._away:
                    await self._settle(job)
            for store, exchange in self.exchanges().items():
                with contextlib.suppress(HeadgateError):
                    far = self._elsewhere.jobs.items()
                    mine = {work: job for work, job in far if self._pool(job).store == store}
                    if store:
                        await self._elsewhere.look(exchange, mine)
                    await swept(exchange)

    def _pause(self) -> float:
        """Return the seconds until the next look: those that were given up for lost are in no hurry."""
        return (
            LATE
            if self._elsewhere.only_lost and not (self._waiting or self._slots.left or self._runner.running)
            else LOOK
        )

    async def _try_waiting(self) -> None:
        """Offer what waits, the most urgent and oldest first; what a slot was in the way of stays behind it."""
        taken: set[tuple[str, str]] = set()
        self._away.clear()
        for job in sorted(self._waiting.values(), key=lambda job: (job.priority, job.id)):
            if taken.isdisjoint(job.leases) and self._pool(job).store not in self._away:
                slot = await self._offer(job)
                taken |= job.leases if slot is not None else set()

    def _errand(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)
