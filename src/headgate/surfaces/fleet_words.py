"""Pools, workers and what is taken, as the daemon tells of them, and in words."""

import msgspec

from headgate.model.job import UNNAMED
from headgate.model.pool import Pool
from headgate.model.work import Slot, WorkerInfo
from headgate.workers.digest import lasting
from headgate.workers.routes import SILENT


class Taken(Slot, frozen=True):
    """A slot that is taken, and the number of its *job* where it is one of this gate."""

    job: int | None = None

    @property
    def shown(self) -> str:
        """The name, in words where nobody can name it."""
        return "that nobody can name" if self.name == UNNAMED else self.name


class Found(msgspec.Struct, frozen=True):
    """The pools of a gate, the workers that serve them, the slots that are taken, and the databases that are *away*."""

    pools: tuple[Pool, ...]
    workers: tuple[WorkerInfo, ...]
    slots: tuple[Taken, ...]
    away: dict[str, str] = {}

    @staticmethod
    def of(answer: dict[str, object]) -> "Found":
        """Return what the daemon told."""
        return msgspec.convert(answer, Found)


def worker_line(worker: WorkerInfo) -> str:
    """Return a worker on one line."""
    parts = [
        f"worker {worker.id} on {worker.host}: {worker.running} of {worker.places} places taken",
        *([f"reaches {', '.join(worker.reaches)}"] if worker.reaches else []),
        *([f"labels {', '.join(worker.labels)}"] if worker.labels else []),
        *(["draining: it takes no more work"] if worker.draining else []),
        *([f"SILENT for {lasting(worker.age)}"] if worker.age >= SILENT else []),
    ]
    return "; ".join(parts)
