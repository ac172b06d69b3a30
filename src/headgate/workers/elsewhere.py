"""Jobs that workers elsewhere have: what stands on the board of each is told here."""

import asyncio
from collections.abc import Callable, Mapping

import msgspec

from headgate.model.job import OPEN, Job, JobState
from headgate.model.work import Lease, LeaseState
from headgate.ports import Store
from headgate.workers.exchange import SILENT, Exchange, looked, silent, untaken
from headgate.workers.reports import Again, Claimed, Ended, Exists, Report, Started, ended_by
from headgate.workers.taken import NOT_STARTED


class Elsewhere:
    """The jobs of *store* that were handed to workers elsewhere, by the names of their work."""

    def __init__(self, store: Store, tell: Callable[[Report], None]) -> None:
        self.jobs: dict[str, Job] = {}
        self._store = store
        self._tell = tell

    @property
    def only_lost(self) -> bool:
        """Whether all of them were given up for lost."""
        return all(job.state is JobState.LOST for job in self.jobs.values())

    def settle(self, job: Job) -> None:
        """Look no more for *job*, which has ended; the worker of a lost one may come back, and tell how it ended."""
        if job.state is not JobState.LOST:
            self.jobs.pop(job.work, None)

    async def look(self, exchange: Exchange, mine: Mapping[str, Job]) -> None:
        """Tell what became of *mine*, which *exchange* has; raises `HeadgateError` HG510."""
        leases = await looked(exchange, list(mine))
        for work, job in mine.items():
            now, lease = self._store.get(job.id) or job, leases.get(work)
            self.jobs[work] = now
            if now.state in OPEN:
                await self._follow(exchange, now, lease)
            elif now.state is not JobState.LOST or (lease is not None and self.heard(now, lease)):
                self.jobs.pop(work, None)

    async def _follow(self, exchange: Exchange, job: Job, lease: Lease | None) -> None:
        if job.cancelling:
            await asyncio.to_thread(exchange.engine.cancel, job.work)  # again: it may not have come there
        if lease is None:
            if job.cancelling and await untaken(exchange, job.work):
                self._tell(Ended(job.work, JobState.CANCELLED, note=NOT_STARTED))
        elif not self.heard(job, lease) and job.cancelling and silent(lease):
            # The engine does not claim it any more, so no sweep finds it.
            self._tell(Ended(job.work, JobState.LOST, note=SILENT))

    def heard(self, job: Job, lease: Lease) -> bool:
        """Tell what *lease* says of *job*; return whether that is the end."""
        if job.state in OPEN:
            if job.worker not in {"", lease.worker}:
                self._tell(Again(job.work, SILENT))
            self._tell(Claimed(job.work, lease.worker))
        if (end := ended_by(lease)) is not None:
            self._tell(end)
            return lease.state is LeaseState.ENDED
        if job.state in OPEN:
            self._tell(Started(job.work, lease.worker, lease.fence))
            if lease.state is LeaseState.RUNNING:
                self._tell(Exists(job.work, 0, ""))
            self._progressed(job, lease)
        return False

    def _progressed(self, job: Job, lease: Lease) -> None:
        """Keep how far its worker has come with *job*."""
        now = self._store.get(job.id)
        if now is not None and now.state in OPEN and lease.progress and now.progress != lease.progress:
            self._store.save(msgspec.structs.replace(now, progress=lease.progress))
