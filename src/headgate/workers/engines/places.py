"""The places of a worker: bodies that run in the event loop of its caller, counted from claim to end."""

import asyncio
import threading
from collections import Counter
from concurrent.futures import Future
from contextlib import suppress

from headgate.model.work import Work
from headgate.ports.far import Body


class BodyError(Exception):
    """A body failed; it bears the kind of the error only, since the texts of errors can hold secrets."""


class Places:
    """At most so many bodies at once. Everything but `stop` may be called from any thread."""

    def __init__(self, body: Body, most: int) -> None:
        """Prepare to run *body* in the running event loop."""
        self._body, self._most = body, most
        self._loop = asyncio.get_running_loop()
        self._taken: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._running: dict[asyncio.Task[None], tuple[Work, Future[bool]]] = {}
        self._dropped: set[str] = set()
        self._stopping = False

    @property
    def free(self) -> int:
        """How many places are free."""
        return self._most - self._taken.total()

    @property
    def busy(self) -> bool:
        """Whether any place is taken."""
        return bool(self._taken)

    def works(self) -> list[str]:
        """Return the work that has a place."""
        with self._changed:
            return list(self._taken)

    def take(self, work: str) -> None:
        """Give *work* a place."""
        with self._changed:
            self._taken[work] += 1

    def leave(self, work: str) -> None:
        """Take a place from *work*."""
        with self._changed:
            self._taken[work] -= 1
            self._taken += Counter()
            self._changed.notify_all()

    def wait(self) -> None:
        """Return once all places are free."""
        with self._changed:
            self._changed.wait_for(lambda: not self._taken)

    async def run(self, work: Work) -> bool:
        """Run the body of *work* to its end; false where it was cut short by `drop` or `stop`.

        Called in another event loop than the body's. Raises `BodyError`.
        """
        done: Future[bool] = Future()
        try:
            self._loop.call_soon_threadsafe(self._begin, work, done)
        except RuntimeError:  # the loop is closed
            return False
        return await asyncio.wrap_future(done)

    def drop(self, work: str) -> None:
        """Cancel the body of *work*, where it runs here."""
        with suppress(RuntimeError):  # the loop is closed: nothing runs
            self._loop.call_soon_threadsafe(self._cancel, work)

    def drop_all(self) -> None:
        """Begin no body any more, and cancel those that run."""
        self._stopping = True
        for work in self.works():
            self.drop(work)

    async def stop(self) -> None:
        """Begin no body any more, cancel those that run, and return once all have ended."""
        self.drop_all()
        await asyncio.to_thread(self.wait)

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

    def _cancel(self, work: str) -> None:
        for task, (one, _) in list(self._running.items()):
            if one.id == work:
                self._dropped.add(work)
                task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        work, done = self._running.pop(task)
        error = None if task.cancelled() else task.exception()
        if task.cancelled() and (self._stopping or work.id in self._dropped):
            done.set_result(False)
        elif task.cancelled() or error is not None:
            told = {"message": f"the body of work {work.id} failed", "exception": error, "task": task}
            self._loop.call_exception_handler(told)
            done.set_exception(BodyError(type(error).__name__ if error else "cancelled"))
        else:
            done.set_result(True)
        self._dropped.discard(work.id)
