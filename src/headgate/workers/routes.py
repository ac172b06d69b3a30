"""Which queue a job goes to: that of its pool, or that of the workers of the pool which reach its machines."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from headgate.model.errors import HeadgateError
from headgate.model.work import WorkerInfo

SILENT = 60.0
"""Seconds without a sign of life after which a worker does not count."""


def queue_of(pool: str, reaches: Sequence[str] = ()) -> str:
    """Return the queue of the workers of *pool* that reach these patterns; of all, where there are none."""
    return f"{pool}/{','.join(sorted(set(reaches)))}" if reaches else pool


def route(pool: str, machines: Sequence[str], workers: Sequence[WorkerInfo]) -> str:
    """Return the queue for a job on *machines*; raises `HeadgateError` HG409 where no worker of *pool* reaches them.

    Where nobody has registered yet, it waits in the queue of the whole pool. Of several queues the one with the most
    free places is taken.
    """
    there = [worker for worker in workers if pool in worker.pools and worker.age < SILENT and not worker.draining]
    if not there:
        return pool
    able = [worker for worker in there if reached(machines, worker.reaches)]
    if not able:
        named = ", ".join(machines) or "a machine that it does not name"
        raise HeadgateError("HG409", f"no worker of pool `{pool}` reaches {named}", "start one that does")
    free: dict[str, int] = {}
    for worker in able:
        queue = queue_of(pool, worker.reaches)
        free[queue] = free.get(queue, 0) + worker.places - worker.running
    return max(sorted(free), key=lambda queue: free[queue])


def reached(machines: Sequence[str], patterns: Sequence[str]) -> bool:
    """Whether *patterns* cover all of *machines*; no patterns cover everything."""
    return not patterns or all(any(fnmatchcase(name, pattern) for pattern in patterns) for name in machines)
