"""The twin of the engine in memory, for tests and for what need not outlive this process; else the same promises."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from headgate.model.work import Standing, Work, WorkState
from headgate.ports.far import Body
from headgate.workers.engines.memory_board import MemoryBoard


@dataclass
class _Entry:
    """One piece of work; *claim* is who runs it, and whoever is not that any more writes nothing."""

    work: Work
    number: int
    state: WorkState = WorkState.QUEUED
    process: str = ""
    claim: "_Claim | None" = None


@dataclass(eq=False)
class _Claim:
    worker: "MemoryWorker"
    task: asyncio.Task[None] | None = None
    dropped: bool = False


@dataclass
class Queue:
    """All work of one memory, and the workers that take it."""

    entries: dict[str, _Entry] = field(default_factory=dict)
    workers: "list[MemoryWorker]" = field(default_factory=list)
    board: MemoryBoard = field(default_factory=MemoryBoard)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def hand_out(self) -> None:
        """Give what waits to the workers that have a free place, the lowest priority number first."""
        with self.lock:
            waiting = [entry for entry in self.entries.values() if entry.state is WorkState.QUEUED]
            for entry in sorted(waiting, key=lambda entry: (entry.work.priority, entry.number)):
                for worker in self.workers:
                    if worker.free(entry.work.pool):
                        worker.claim(entry)
                        break


_SHARED: dict[str, Queue] = {}


def open_memory(name: str, process: str) -> tuple["MemoryEngine", MemoryBoard]:
    """Return engine and board of the memory *name*, which all of this process share; no name: a new one."""
    queue = _SHARED.setdefault(name, Queue()) if name else Queue()
    return MemoryEngine(queue, process), queue.board


class MemoryEngine:
    """The engine of one process (as its name says; all are in this one)."""

    def __init__(self, queue: Queue, process: str) -> None:
        """Use *queue* as the process of the name *process*."""
        self.queue, self.process = queue, process
        self._worker: MemoryWorker | None = None

    def enqueue(self, work: Work) -> None:
        """Keep *work* until a worker has taken it. The same id again changes nothing."""
        with self.queue.lock:
            self.queue.entries.setdefault(work.id, _Entry(work, len(self.queue.entries)))
        self.queue.hand_out()

    def cancel(self, work: str) -> None:
        """Have *work* not taken any more; a body that runs is cancelled."""
        with self.queue.lock:
            entry = self.queue.entries.get(work)
            if entry is None or entry.state not in {WorkState.QUEUED, WorkState.CLAIMED}:
                return
            entry.state, claim, entry.claim = WorkState.CANCELLED, entry.claim, None
            if claim is not None:
                claim.worker.drop(claim)

    def resume(self, work: str, process: str = "") -> None:
        """Offer claimed *work* to the workers of its pool again, where *process*, if given, still has it."""
        with self.queue.lock:
            entry = self.queue.entries.get(work)
            if entry is None or entry.state is not WorkState.CLAIMED or (process and entry.process != process):
                return
            entry.state, entry.claim = WorkState.QUEUED, None
        self.queue.hand_out()

    def get(self, work: str) -> Standing | None:
        """Return where *work* is; `None` where the engine never had it."""
        with self.queue.lock:
            entry = self.queue.entries.get(work)
            return _standing(entry) if entry else None

    def list(
        self, *, pools: Sequence[str] = (), states: Sequence[WorkState] = (), limit: int = 10_000
    ) -> Sequence[Standing]:
        """Return work of *pools* and in *states*, where given, oldest first."""
        with self.queue.lock:
            found = [
                _standing(entry)
                for entry in self.queue.entries.values()
                if (not pools or entry.work.pool in pools) and (not states or entry.state in states)
            ]
        return found[:limit]

    async def run_worker(self, pools: Sequence[str], body: Body, places: int) -> "MemoryWorker":
        """Take work of *pools* from now on, at most *places* at once; *body* runs in the caller's event loop."""
        self._worker = MemoryWorker(self, tuple(pools), body, places)
        with self.queue.lock:
            self.queue.workers.append(self._worker)
        self.queue.hand_out()
        return self._worker

    def close(self) -> None:
        """Let go of what runs; it stays claimed."""
        if self._worker is not None:
            self._worker.abandon()


class MemoryWorker:
    """A worker of a memory."""

    def __init__(self, engine: MemoryEngine, pools: tuple[str, ...], body: Body, places: int) -> None:
        """Prepare to run *body* in the running event loop."""
        self._queue, self._process = engine.queue, engine.process
        self._pools, self._body, self._places = pools, body, places
        self._loop = asyncio.get_running_loop()
        self._claims: list[_Claim] = []
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False

    def free(self, pool: str) -> bool:
        """Whether there is a place for work of *pool*."""
        return pool in self._pools and len(self._claims) < self._places

    def claim(self, entry: _Entry) -> None:
        """Claim *entry* and have its body run; the lock of the queue is held."""
        claim = _Claim(self)
        entry.state, entry.process, entry.claim = WorkState.CLAIMED, self._process, claim
        self._claims.append(claim)
        self._call(self._idle.clear)
        self._call(self._begin, entry, claim)

    def drop(self, claim: _Claim) -> None:
        """Cancel the body of *claim*."""
        claim.dropped = True
        self._call(self._cancel, claim)

    async def drain(self) -> None:
        """Take no more work, and return once no body runs any more."""
        self._leave()
        await self._idle.wait()

    async def stop(self) -> None:
        """Take no more work, and let go of what runs: bodies are cancelled, their work stays claimed."""
        self.abandon()
        await self._idle.wait()

    def abandon(self) -> None:
        """Take no more work, and cancel what runs, without waiting; from any thread."""
        self._leave()
        self._stopping = True
        for claim in list(self._claims):
            self.drop(claim)

    def _leave(self) -> None:
        with self._queue.lock, suppress(ValueError):
            self._queue.workers.remove(self)
        self._call(self._look)

    def _call(self, what: Callable[..., object], *args: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: nothing runs any more
            self._loop.call_soon_threadsafe(what, *args)

    def _begin(self, entry: _Entry, claim: _Claim) -> None:
        if claim.dropped:
            self._claims.remove(claim)
            self._look()
            return
        claim.task = self._loop.create_task(self._run(entry.work))
        claim.task.add_done_callback(lambda task: self._ended(entry, claim, task))

    async def _run(self, work: Work) -> None:
        await self._body(work)

    def _cancel(self, claim: _Claim) -> None:
        if claim.task is not None:
            claim.task.cancel()

    def _ended(self, entry: _Entry, claim: _Claim, task: asyncio.Task[None]) -> None:
        failed = not (task.cancelled() and claim.dropped) and (task.cancelled() or task.exception() is not None)
        if failed:
            error = None if task.cancelled() else task.exception()
            told = {"message": f"the body of work {entry.work.id} failed", "exception": error, "task": task}
            self._loop.call_exception_handler(told)
        with self._queue.lock:
            self._claims.remove(claim)
            if entry.claim is claim and not claim.dropped:
                entry.state = WorkState.FAILED if failed else WorkState.DONE
        self._look()
        self._queue.hand_out()

    def _look(self) -> None:
        if not self._claims:
            self._idle.set()


def _standing(entry: _Entry) -> Standing:
    process = "" if entry.state is WorkState.QUEUED else entry.process
    return Standing(entry.work.id, entry.work.pool, entry.state, process)
