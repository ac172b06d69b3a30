"""A worker on DBOS: claims for its free places, and has DBOS run what it claimed.

DBOS is one a process. `DbosWorker.launch` holds it until the worker is drained or stopped; a second one is refused.
"""

import asyncio
import logging
import random
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from uuid import uuid4

import msgspec
from dbos import DBOS, Queue

from headgate.model.errors import HeadgateError
from headgate.model.work import Work
from headgate.workers.engines.claims import Claim, Claims, execute, launch, name_of
from headgate.workers.engines.places import BodyError, Places

POLL = 1.0
"""Seconds between two looks at the queue, and at what was cancelled."""

TOGETHER = 0.02
"""Seconds between two claims of a worker that has work: a claim costs the same for one piece of work and for many."""

PATIENCE = 5.0
"""Seconds that a drained worker waits for the ends of bodies to be recorded."""

ATTEMPTS = 3
"""What DBOS itself would try; the start marker on the board is what work is safe by."""

_LOG = logging.getLogger(__name__)
_PROCESS = threading.Lock()
"""Held by the one worker of this process for as long as DBOS runs."""


class DbosWorker:
    """The worker of this process. It looks at the queue every second, and at once when `wake` is called."""

    def __init__(self, claims: Claims, pools: Sequence[str], places: Places) -> None:
        """Prepare to run work of *pools* in *places*."""
        self.pools = tuple(pools)
        self.places = places
        self._claims = claims
        self._queues: list[Queue] = []
        self._open: dict[asyncio.Task[None], str] = {}
        self._more = self._doubt = False
        self._claiming = threading.Lock()
        self._woken = threading.Event()
        self._taking, self._over = True, False
        self._claimed = self._watched = 0.0
        self._executor = ""
        self._thread = threading.Thread(target=self._look, name="headgate-worker", daemon=True)

    def launch(self, process: str) -> None:
        """Launch DBOS and begin to look for work; HG511 where this process has a worker already."""
        if not _PROCESS.acquire(blocking=False):
            raise HeadgateError("HG511", "this process has a worker already", "drain or stop that one first")
        try:
            # A name that was never used before: DBOS recovers by name when it starts, and must find nothing.
            self._executor = f"{process}#{uuid4().hex[:12]}"
            launch(self._claims.database, self._executor)
            for pool in self.pools:
                DBOS.workflow(name=name_of(pool), max_recovery_attempts=ATTEMPTS)(self._carrier())
                self._queues.append(DBOS.register_queue(pool, on_conflict="never_update"))
            self._woken.set()
            self._thread.start()
        except BaseException:
            self._let_go()
            raise

    def wake(self, pool: str) -> None:
        """Look at the queue now, where this worker has a place for work of *pool*."""
        if pool in self.pools and self.places.free > 0:
            self._woken.set()

    async def drain(self) -> None:
        """Take no more work, and return once no body runs any more."""
        await asyncio.to_thread(self._take_no_more)
        await asyncio.to_thread(self.places.wait)
        await asyncio.to_thread(self._finish, PATIENCE)

    async def stop(self) -> None:
        """Take no more work, and let go of what runs: bodies are cancelled, their work stays claimed."""
        await asyncio.to_thread(self._take_no_more)
        await self.places.stop()
        await asyncio.to_thread(self._finish, 0)

    def abandon(self) -> None:
        """Let go of everything at once, without waiting for bodies; from any thread."""
        self._take_no_more()
        self.places.drop_all()
        self._finish(0)

    # -- the thread that looks -------------------------------------------------------------------

    def _look(self) -> None:
        usual = True
        while not self._over:
            self._woken.wait(POLL * random.uniform(0.95, 1.05))  # noqa: S311  (so that processes do not look in step)
            self._woken.clear()
            if self.places.busy:
                time.sleep(max(0.0, self._claimed + TOGETHER - time.monotonic()))
            try:
                self._claim()
                self._watch()
                usual = True
            except HeadgateError as error:
                self._doubt = True
                if usual:
                    _LOG.warning("%s", error)
                usual = False

    def _claim(self) -> None:
        with self._claiming:
            if not self._taking:
                return
            if self._doubt:
                self._offer_strays()
            more = False
            for queue in random.sample(self._queues, len(self._queues)):  # no pool starves another
                free = self.places.free
                if free <= 0:
                    more = True
                    break
                claimed = self._claims.claim(queue, self._executor, free)
                more |= len(claimed) == free
                self._more |= more  # before the first body can end
                self._run(claimed)
            self._more = more
            self._claimed = time.monotonic()

    def _run(self, claimed: Sequence[Claim]) -> None:
        for status, token in claimed:
            work = status["workflow_uuid"]
            self.places.take(work)
            try:
                execute(status, token)
            except Exception:  # noqa: BLE001  (whatever stands in one row must not end the worker)
                self.places.leave(work)
                _LOG.exception("work %s cannot be run", work)

    def _offer_strays(self) -> None:
        """Offer again what this process has claimed and does not know of, or whose end was not recorded.

        The database was away: the acknowledgement of a claim, or the end of a body, went with it.
        """
        for work, pool in self._claims.claimed(self._executor).items():
            if work not in self.places.works() and work not in list(self._open.values()):
                self._claims.withdraw(work, pool, self._executor)
        self._doubt = False

    def _watch(self) -> None:
        works = self.places.works()
        if not works or time.monotonic() - self._watched < POLL / 2:
            return
        self._watched = time.monotonic()
        for work in self._claims.cancelled(works):
            self.places.drop(work)

    # -- one piece of work, in DBOS's event loop -------------------------------------------------

    def _carrier(self) -> Callable[[dict[str, object]], Coroutine[None, None, None]]:
        async def carry(work: dict[str, object]) -> None:
            await self._carry(str(DBOS.workflow_id), work)

        return carry

    async def _carry(self, name: str, spec: dict[str, object]) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._open[task] = name
            task.add_done_callback(self._recorded)
        try:
            whole = await self.places.run(msgspec.convert(spec | {"id": name}, Work))
        finally:
            self.places.leave(name)
            if self._more:
                self._woken.set()
        if not whole:  # DBOS records nothing of what was cancelled, and the claim stays as it is
            raise asyncio.CancelledError

    def _recorded(self, task: asyncio.Task[None]) -> None:
        """Note that DBOS has nothing more to do for a piece of work; any other error than its body's is DBOS's."""
        del self._open[task]
        if not task.cancelled() and not isinstance(task.exception(), BodyError | None):
            self._doubt = True

    # -- the end ---------------------------------------------------------------------------------

    def _take_no_more(self) -> None:
        with self._claiming:
            self._taking = False

    def _finish(self, patience: float) -> None:
        """End the thread and DBOS, once what ended is recorded or *patience* seconds are over."""
        deadline = time.monotonic() + patience
        while self._open and time.monotonic() < deadline:
            time.sleep(0.005)
        if not self._over:
            self._over = True
            self._woken.set()
            self._thread.join()
            self._let_go()

    def _let_go(self) -> None:
        DBOS.destroy(destroy_registry=True)
        _PROCESS.release()
