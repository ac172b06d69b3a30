"""A worker on DBOS: claims for its free places, and runs bodies in the event loop of its caller.

DBOS is one a process. `DbosWorker.launch` holds it until the worker is drained or stopped; a second one is refused.
"""

import asyncio
import logging
import random
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import suppress
from uuid import uuid4

import msgspec
from dbos import DBOS, Queue
from dbos._sys_db import WorkflowStatusInternal

from headgate.model.errors import HeadgateError
from headgate.model.work import Work
from headgate.ports.far import Body
from headgate.workers.engines.claims import Claims, execute, launch, unrecorded

POLL = 1.0
"""Seconds between two looks at the queue, and at what was cancelled."""

PATIENCE = 5.0
"""Seconds that a worker which ends waits for the ends of bodies to be recorded."""

ATTEMPTS = 3
"""What DBOS itself would try; the start marker on the board is what work is safe by."""

_LOG = logging.getLogger(__name__)
_PROCESS = threading.Lock()
"""Held by the one worker of this process for as long as DBOS runs."""


def executor_name(process: str) -> str:
    """Return a name for *process* that was never used before: DBOS recovers by name, and must find nothing."""
    return f"{process}#{uuid4().hex[:12]}"


def name_of(pool: str) -> str:
    """Return the name under which DBOS runs the work of *pool*: it stays with the work when it leaves the queue."""
    return f"{APART}{pool}"


APART = "headgate/"


class DbosWorker:
    """The worker of this process. It looks at the queue every second, and at once when `wake` is called."""

    def __init__(self, claims: Claims, pools: Sequence[str], body: Body, places: int) -> None:
        """Prepare to run *body* in the running event loop."""
        self.pools = tuple(pools)
        self._claims, self._body, self._places = claims, body, places
        self._loop = asyncio.get_running_loop()
        self._queues: list[Queue] = []
        self._running: dict[asyncio.Task[None], tuple[Work, Future[bool]]] = {}
        self._dropped: set[str] = set()
        self._used = 0
        self._more = False
        self._count = threading.Condition()
        self._claiming = threading.Lock()
        self._woken = threading.Event()
        self._taking, self._stopping, self._over = True, False, False
        self._executor = ""
        self._thread = threading.Thread(target=self._look, name="headgate-worker", daemon=True)

    def launch(self, process: str) -> None:
        """Launch DBOS and begin to look for work; HG511 where this process has a worker already."""
        if not _PROCESS.acquire(blocking=False):
            raise HeadgateError("HG511", "this process has a worker already", "drain or stop that one first")
        try:
            self._executor = executor_name(process)
            launch(self._claims.database, self._executor)
            for pool in self.pools:
                DBOS.workflow(name=name_of(pool), max_recovery_attempts=ATTEMPTS)(self._carrier())
                self._queues.append(DBOS.register_queue(pool, on_conflict="never_update"))
            self._thread.start()
        except BaseException:
            self._let_go()
            raise

    def wake(self, pool: str) -> None:
        """Look at the queue now, where this worker has a place for work of *pool*."""
        if pool in self.pools and self._used < self._places:
            self._woken.set()

    def drop(self, work: str) -> None:
        """Cancel the body of *work*, where it runs here."""
        with suppress(RuntimeError):  # the loop is closed: nothing runs
            self._loop.call_soon_threadsafe(self._cancel, work)

    async def drain(self) -> None:
        """Take no more work, and return once no body runs any more."""
        await asyncio.to_thread(self._take_no_more)
        await asyncio.to_thread(self._wait)
        await self._end()

    async def stop(self) -> None:
        """Take no more work, and let go of what runs: bodies are cancelled, their work stays claimed."""
        await asyncio.to_thread(self._take_no_more)
        self._stopping = True
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(self._wait)
        await self._end()

    def abandon(self) -> None:
        """Let go of everything at once, without waiting for bodies; from any thread."""
        self._take_no_more()
        self._stopping = True
        for work, _ in list(self._running.values()):
            self.drop(work.id)
        self._finish()

    # -- the thread that looks -------------------------------------------------------------------

    def _look(self) -> None:
        usual = True
        while not self._over:
            self._woken.wait(POLL * random.uniform(0.95, 1.05))  # noqa: S311  (so that processes do not look in step)
            self._woken.clear()
            try:
                self._claim()
                self._watch()
                usual = True
            except HeadgateError as error:
                if usual:
                    _LOG.warning("%s", error)
                usual = False

    def _claim(self) -> None:
        with self._claiming:
            more = False
            for queue in random.sample(self._queues, len(self._queues)):  # no pool starves another
                free = self._places - self._used
                if not self._taking or free <= 0:
                    more = True
                    break
                claimed = self._claims.claim(queue, self._executor, free)
                more |= len(claimed) == free
                self._more |= more  # before the first body can end
                self._run_all(claimed)
            self._more = more

    def _run_all(self, claimed: Sequence[tuple[WorkflowStatusInternal, str]]) -> None:
        self._add(len(claimed))
        for status, token in claimed:
            try:
                execute(status, token)
            except Exception:  # noqa: BLE001  (whatever stands in one row must not end the worker)
                self._add(-1)
                _LOG.exception("work %s cannot be run", status["workflow_uuid"])

    _watched = 0.0

    def _watch(self) -> None:
        if not self._running or time.monotonic() - self._watched < POLL / 2:
            return
        self._watched = time.monotonic()
        for work in self._claims.cancelled([work.id for work, _ in list(self._running.values())]):
            self.drop(work)

    def _add(self, number: int) -> None:
        with self._count:
            self._used += number
            self._count.notify_all()

    def _wait(self) -> None:
        with self._count:
            self._count.wait_for(lambda: self._used == 0)

    # -- one piece of work -----------------------------------------------------------------------

    def _carrier(self) -> Callable[[dict[str, object]], Coroutine[None, None, None]]:
        async def carry(work: dict[str, object]) -> None:
            try:
                whole = await self._carry(msgspec.convert(work, Work))
            finally:
                self._add(-1)
                if self._more:
                    self._woken.set()
            if not whole:  # DBOS records nothing of what was cancelled, and the claim stays as it is
                raise asyncio.CancelledError

        return carry

    async def _carry(self, work: Work) -> bool:
        """Run the body of *work* in the caller's loop, from DBOS's; false where it was cut short by us."""
        done: Future[bool] = Future()
        try:
            self._loop.call_soon_threadsafe(self._begin, work, done)
        except RuntimeError:  # the loop is closed
            return False
        return await asyncio.wrap_future(done)

    def _begin(self, work: Work, done: Future[bool]) -> None:
        if not done.set_running_or_notify_cancel():
            return
        if self._stopping:
            done.set_result(False)
            return
        task = self._loop.create_task(self._run(work))
        self._running[task] = (work, done)
        task.add_done_callback(self._ended)

    async def _run(self, work: Work) -> None:
        await self._body(work)

    def _ended(self, task: asyncio.Task[None]) -> None:
        work, done = self._running.pop(task)
        if not task.cancelled() and task.exception() is None:
            done.set_result(True)
        elif task.cancelled() and (self._stopping or work.id in self._dropped):
            done.set_result(False)
        else:
            error = None if task.cancelled() else task.exception()
            told = {"message": f"the body of work {work.id} failed", "exception": error, "task": task}
            self._loop.call_exception_handler(told)
            done.set_exception(BodyError(type(error).__name__ if error else "cancelled"))
        self._dropped.discard(work.id)

    def _cancel(self, work: str) -> None:
        for task, (one, _) in list(self._running.items()):
            if one.id == work:
                self._dropped.add(work)
                task.cancel()

    # -- the end ---------------------------------------------------------------------------------

    def _take_no_more(self) -> None:
        with self._claiming:
            self._taking = False

    async def _end(self) -> None:
        await asyncio.to_thread(self._finish)

    def _finish(self) -> None:
        """End the thread and DBOS, once what ended is recorded or the database does not take it."""
        if self._over:
            return
        self._over = True
        self._woken.set()
        self._thread.join()
        deadline = time.monotonic() + PATIENCE
        while not self._stopping and unrecorded() and time.monotonic() < deadline:
            time.sleep(0.01)
        self._let_go()

    def _let_go(self) -> None:
        DBOS.destroy(destroy_registry=True)
        _PROCESS.release()


class BodyError(Exception):
    """A body failed; it bears the kind of the error only, since the texts of errors can hold secrets."""
