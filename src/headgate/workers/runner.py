"""The work that one worker carries on this machine: taken from an engine, or adopted alive."""

import asyncio
from collections.abc import Callable, Coroutine

from headgate.host.processes import started
from headgate.model.errors import HeadgateError
from headgate.model.work import Work
from headgate.workers.carrier import Bench, Carrier
from headgate.workers.folders import Folder
from headgate.workers.keeper import Keeper


class Runner:
    """Carries work with *bench*; lives in one event loop.

    *folder_of* gives the folder of work; *prepare* makes it ready to start, and raises `HeadgateError` to refuse it.
    """

    def __init__(
        self, bench: Bench, folder_of: Callable[[Work], Folder], prepare: Callable[[Work, Folder], None]
    ) -> None:
        self.bench = bench
        self.folder_of = folder_of
        self.prepare = prepare
        self._carriers: dict[str, Carrier] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._errands: set[asyncio.Task[None]] = set()
        self._closing = False

    async def __call__(self, work: Work) -> None:
        """Carry *work* to its end.

        Being cancelled ends its processes, unless the runner is being closed, or others gave the work up for lost.
        """
        while (earlier := self._tasks.get(work.id)) is not None:  # an attempt that others had given up
            await asyncio.shield(earlier)
        self.take_up(work)
        try:
            await asyncio.shield(self._tasks[work.id])
        except asyncio.CancelledError:
            if not self._closing:
                self._errand(self._end_unless_lost(work.id))
            raise

    def take_up(self, work: Work, *, cancelled: bool = False) -> None:
        """Carry *work*, which no engine offers any more, or has just offered; *cancelled* work is ended."""
        if work.id in self._tasks:
            if cancelled:
                self.cancel(work.id)
            return
        carrier = self._carriers[work.id] = Carrier(self.bench, work, self.folder_of(work))
        carrier.cancelled = cancelled
        self._go(work.id, self._carry(carrier))

    async def _carry(self, carrier: Carrier) -> None:
        try:
            self.prepare(carrier.work, carrier.folder)
        except HeadgateError as error:
            await carrier.refuse(error)
            return
        await carrier.carry()

    async def _end_unless_lost(self, work: str) -> None:
        carrier = self._carriers.get(work)
        if carrier is not None and not await carrier.given_up():
            carrier.cancel()

    def adopt(self, work: Work, folder: Folder, keeper: Keeper | None) -> None:
        """Carry *work*, which no engine knows of, and whose process lives already, or is gone."""
        carrier = self._carriers[work.id] = Carrier(self.bench, work, folder)
        self._go(work.id, carrier.follow(keeper))

    def cancel(self, work: str) -> bool:
        """End the processes of *work*: asked first, then killed; false where it is not carried here."""
        carrier = self._carriers.get(work)
        if carrier is None:
            return False
        carrier.cancel()
        return True

    @property
    def running(self) -> int:
        """How much work is carried."""
        return len(self._tasks)

    def keepers(self) -> dict[int, str]:
        """Return the processes of the keepers, with the work of each."""
        return {found.keeper.pid: name for name, found in self._carriers.items() if found.keeper is not None}

    def kept_by(self, pid: int) -> str:
        """Return the work whose keeper is the very process *pid*, and no later one with its number; empty for none."""
        for name, found in self._carriers.items():
            keeper = found.keeper
            if keeper is not None and keeper.pid == pid and started(pid) == keeper.since:
                return name
        return ""

    def progress(self, work: str) -> dict[str, object] | None:
        """Return how far *work* is, in plain values; `None` where it does not run here."""
        carrier = self._carriers.get(work)
        return carrier.progress() if carrier is not None else None

    def carries(self, work: str) -> bool:
        """Whether *work* is carried here."""
        return work in self._carriers

    def let_go(self) -> None:
        """From now on, being cancelled ends no process."""
        self._closing = True

    async def close(self) -> None:
        """Let go of everything; keepers and their processes go on."""
        self.let_go()
        tasks = [*self._tasks.values(), *self._errands]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _go(self, work: str, carried: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(carried)
        self._tasks[work] = task
        task.add_done_callback(lambda _done: self._forget(work))

    def _errand(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    def _forget(self, work: str) -> None:
        self._tasks.pop(work, None)
        self._carriers.pop(work, None)
