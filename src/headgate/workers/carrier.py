"""Carries one piece of work: start marker, keeper, signs of life, end, each durable before the next."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import msgspec

from headgate.model.errors import HeadgateError
from headgate.model.job import JobState
from headgate.model.work import LeaseState, Work
from headgate.ports import Board
from headgate.workers import keeper as keepers
from headgate.workers.ending import LOST_KEEPER, how_it_ended
from headgate.workers.folders import Folder
from headgate.workers.keeper import Keeper
from headgate.workers.observer import Observer
from headgate.workers.reports import Again, Claimed, Ended, Exists, Report, Started, ended_by, kept

TTL = 30.0
"""Seconds without a sign of life after which work counts as lost (engines reference, 5.4)."""

BEAT = 5.0
"""Seconds between signs of life."""

ATTEMPTS = 3
"""How often work that may be repeated is begun on one machine, at most."""

PEEKS = 100
"""Looks for a keeper that has just been started."""

RETRY = 1.0
"""Seconds between attempts to write to a board that does not answer."""

Tell = Callable[[Report], None]

P = ParamSpec("P")
T = TypeVar("T")


class Bench(msgspec.Struct):
    """What carriers of one worker share: its name, which stays over restarts, the board, and the keeper's program.

    *board* is there once the database of work is open; adopted work needs none. *upload* puts output on the board.
    """

    worker: str
    board: Board | None
    tell: Tell
    program: str = ""
    upload: bool = False


class Carrier:
    """Carries *work* in *folder*; a *fence* of 0 means that no board knows of it."""

    def __init__(self, bench: Bench, work: Work, folder: Folder) -> None:
        self.bench = bench
        self.work = work
        self.folder = folder
        self.fence = 0
        self.keeper: Keeper | None = None
        self.cancelled = False
        self._attempts = 1

    # -- from the queue to the end -----------------------------------------------------------

    async def carry(self) -> None:
        """Start the work, or take up what an earlier process of this worker had started, and follow it to its end."""
        bench, work = self.bench, self.work
        bench.tell(Claimed(work.id, bench.worker))
        fence = await self._marked()
        if fence is not None:
            await self._go_on(fence)
            return
        fence = await self._surely(self._board.readopt, work.id, bench.worker)
        lease = await self._surely(self._board.lease, work.id)
        if lease is not None and lease.worker == bench.worker and lease.state is not LeaseState.ENDED:
            if lease.state is LeaseState.LOST:
                bench.tell(Ended(work.id, JobState.LOST, note="its worker went silent for too long"))
            self.fence = lease.fence
            await self._go_on(fence)
        elif lease is not None and (end := ended_by(lease)) is not None:
            bench.tell(end)

    async def refuse(self, error: HeadgateError) -> None:
        """Tell that this worker does not take the work, which was never started."""
        self.bench.tell(Claimed(self.work.id, self.bench.worker))
        if await self._marked() is not None:
            await self._finish(Ended(self.work.id, JobState.REFUSED, note=f"{error.code} {error.message}"))

    async def _marked(self) -> int | None:
        """Set the start marker, and return the fence; `None` where there is one already that holds."""
        worker, once = self.bench.worker, self.work.once
        fence = await self._surely(self._board.start, self.work.id, worker, once=once, ttl=TTL)
        self.fence = fence or 0
        return fence

    async def follow(self, keeper: Keeper | None) -> None:
        """Follow a process that lives already to its end, or tell how one ended that is gone."""
        self.keeper = keeper
        if self.cancelled:
            self.cancel()
        await self._follow()

    async def given_up(self) -> bool:
        """Whether others gave the work up for lost: its processes go on, and their end is told late."""
        lease = await self._surely(self._board.lease, self.work.id)
        return lease is not None and lease.state is LeaseState.LOST

    def cancel(self) -> None:
        """End the processes: asked first, then killed."""
        self.cancelled = True
        if self.keeper is not None:
            self._ending = asyncio.get_running_loop().create_task(keepers.end(self.keeper, self.folder))

    async def _go_on(self, fence: int | None) -> None:
        """Begin; or go on where an earlier process of this worker stopped: its keeper may live, have ended, or be gone.

        Without a *fence* others gave the work up: it is not begun any more.
        """
        if fence is not None:
            self.fence = fence
            self.bench.tell(Started(self.work.id, self.bench.worker, fence))
            if not self.folder.begun:
                await self._begin()
                return
        await self._exists(await self._left_keeper())

    async def _begin(self) -> None:
        """Let the process exist; the start marker is durable."""
        if self.cancelled:
            await self._finish(Ended(self.work.id, JobState.CANCELLED, note="it had not started"))
            return
        try:
            self.folder.begin(self.fence)
            keeper = keepers.launch(self.folder, self.bench.program)
        except OSError as error:
            note = f"its keeper cannot be started: {error.strerror}"
            await self._finish(Ended(self.work.id, JobState.FAILED, note=note))
            return
        await self._exists(keeper)

    async def _exists(self, keeper: Keeper | None) -> None:
        """Follow the work, which *keeper* keeps; `None` where that is gone."""
        self.keeper = keeper
        if keeper is not None:
            self.bench.tell(Exists(self.work.id, keeper.pid, keeper.since))
            if self.cancelled:
                self.cancel()
            await self._quietly(self._board.running, self.work.id, self.fence)
        await self._follow()

    async def _left_keeper(self) -> Keeper | None:
        """Return the keeper that lives in the folder; one that has just been started may still have to say so."""
        for _ in range(PEEKS):
            if self.folder.keeper() or not self.folder.prepared:
                break
            await asyncio.sleep(keepers.PREPARING / PEEKS)
        return keepers.found(self.folder)

    async def _follow(self) -> None:
        """Wait for the end, with signs of life and a watchful eye; then tell how it was."""
        if self.keeper is not None:
            async with asyncio.TaskGroup() as group:
                helpers = [group.create_task(self._beat()), group.create_task(self._watch())]
                await keepers.gone(self.keeper)
                for helper in helpers:
                    helper.cancel()
        end = self.folder.end()
        if end is None and not self.work.once and not self.cancelled and await self._again():
            return
        await self._finish(await how_it_ended(self.work.id, self.folder, end))

    async def _again(self) -> bool:
        """Begin work anew that may be repeated and whose keeper was killed; false where it is not to be begun again."""
        if self._attempts >= ATTEMPTS or not self.folder.prepared:
            return False
        self._attempts += 1
        self.folder.begin_again()
        self.bench.tell(Again(self.work.id, LOST_KEEPER))
        self.bench.tell(Claimed(self.work.id, self.bench.worker))
        self.bench.tell(Started(self.work.id, self.bench.worker, self.fence))
        await self._begin()
        return True

    @property
    def _board(self) -> Board:
        assert self.bench.board is not None  # noqa: S101 work with a fence came from it
        return self.bench.board

    # -- while it runs -----------------------------------------------------------------------

    async def _beat(self) -> None:
        """Give signs of life; a fence that is old means that others gave the work up, and it goes on nevertheless."""
        while self.fence:
            await asyncio.sleep(BEAT)
            with contextlib.suppress(HeadgateError):
                await asyncio.to_thread(self._board.beat, self.work.id, self.fence, self.progress())

    def progress(self) -> dict[str, object] | None:
        """Return how far the work is, in plain values; `None` where it does not run."""
        return self._observer.plain() if self._observer is not None else None

    _observer: Observer | None = None
    _ending: asyncio.Task[None] | None = None

    async def _watch(self) -> None:
        """Look at the work once a second, tell what the main thread should hear, and hand its output on."""
        assert self.keeper is not None  # noqa: S101 there is nothing to watch without
        self._observer = Observer(self.work, self.folder, self.keeper.pid)
        while True:
            with contextlib.suppress(OSError, ValueError):  # what vanishes while it is looked at
                for said in await asyncio.to_thread(self._observer.look):
                    self.bench.tell(said)
            if self.bench.upload:
                await self._hand_on()
            await asyncio.sleep(1.0)

    _handed_on = 0

    async def _hand_on(self) -> None:
        """Put new output on the board, for those who watch from elsewhere."""
        with contextlib.suppress(HeadgateError):
            while data := await asyncio.to_thread(self.folder.read, self._handed_on, CHUNK):
                if not await asyncio.to_thread(self._board.put, self.work.id, self.fence, self._handed_on, data):
                    return
                self._handed_on += len(data)

    # -- the end -----------------------------------------------------------------------------

    async def _finish(self, end: Ended) -> None:
        """Tell how the work ended: the board first, for as long as that takes, so that nobody waits for ever."""
        if self.bench.upload:
            await self._hand_on()
        late = False
        if self.fence:
            late = await self._written(end)
        self.bench.tell(msgspec.structs.replace(end, late=late))
        self.folder.forget()

    async def _written(self, end: Ended) -> bool:
        """Put *end* on the board; say whether it came after the work had been given up."""
        if await self._surely(self._board.end, self.work.id, self.fence, kept(end)):
            return False
        return await self._surely(self._board.late, self.work.id, self.bench.worker, kept(end))

    async def _surely(self, act: Callable[P, T], *arguments: P.args, **more: P.kwargs) -> T:
        """Do something with the board, as often as it takes: whoever gave up here would leave the work with nobody."""
        while True:
            try:
                return await asyncio.to_thread(act, *arguments, **more)
            except HeadgateError:
                await asyncio.sleep(RETRY)

    async def _quietly(self, act: Callable[..., object], *arguments: object) -> None:
        with contextlib.suppress(HeadgateError):
            await asyncio.to_thread(act, *arguments)


CHUNK = 256 * 1024
"""Bytes of output that are put on the board at once."""
