"""What jobs wait for: what others have for themselves, and how it is given back; a pool that nobody serves."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence

import msgspec

from headgate.model.errors import HeadgateError
from headgate.model.job import UNNAMED, Job, JobState
from headgate.model.pool import Pool
from headgate.model.work import Slot
from headgate.ports import Board, Store
from headgate.workers.exchange import Exchange

NO_PLACE = "it waits for a free place"
NOT_STARTED = "it had not started"


class Taken:
    """The slots of the jobs in *store*; what could not be given back is kept in `left`, with its database's address."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.left: dict[int, tuple[Job, str]] = {}

    async def settle(self, job: Job, board: Board, *, quarantine: bool) -> None:
        """Give back what *job* had; of a lost one it stays taken under *quarantine*. Raises `HeadgateError` HG510."""
        if job.state is JobState.LOST and quarantine:
            await asyncio.to_thread(board.quarantine, job.work)
        else:
            await asyncio.to_thread(_given_back, board, job)
        self.left.pop(job.id, None)

    async def find(self, exchange: Exchange, store: str) -> None:
        """Find what ended jobs still have in the database at *store*: an earlier process did not come to settle it."""
        with contextlib.suppress(HeadgateError):
            for slot in await asyncio.to_thread(exchange.board.slots):
                job = self._store.by_work(slot.work)
                if job is not None and job.state.ended and (not slot.quarantined or job.late):
                    self.left[job.id] = (job, store)

    def named(self, slot: Slot) -> str:
        """Say for what one waits whom *slot* is in the way of."""
        other = self._store.by_work(slot.work)
        whose = f"job {other.id}" if other else "a job of another gate"
        what = f"a {slot.kind} that nobody can name" if slot.name == UNNAMED else f"the {slot.kind} {slot.name}"
        if slot.quarantined:
            return f"it waits for {whose}, which was lost and may still be at work on {what} (see `headgate pools`)"
        return f"it waits for {whose}, which has {what}"

    def note(self, job: Job, note: str) -> None:
        """Let people see why *job* waits."""
        now = self._store.get(job.id)
        if now is not None and now.state is JobState.QUEUED and now.note != note:
            self._store.save(msgspec.structs.replace(now, note=note))


def unserved(job: Job, pools: Mapping[str, Pool], served: Sequence[str], *, draining: bool) -> str:
    """Return why nobody takes work of the pool of *job* at all; empty where somebody may. This gate serves *served*."""
    if job.pool not in pools:
        return f"it waits: the pool `{job.pool}` is not configured any more"
    if not pools[job.pool].store and draining:
        return "it waits: this gate takes no more work (see `headgate drain`)"
    if not pools[job.pool].store and served and job.pool not in served:
        return f"it waits: the pool `{job.pool}` is new; the gate serves it once it was restarted"
    return ""


def _given_back(board: Board, job: Job) -> None:
    """Give back what *job* has, out of quarantine too, where its end came late."""
    for slot in board.slots() if job.late else ():
        if slot.work == job.work and slot.quarantined:
            board.release(slot.kind, slot.name)
    board.free(job.work)
