"""One database of work as this gate sees it: its engine, its board, and, where it serves the pool, its runner."""

import asyncio
import math
import os
import time
from collections.abc import Sequence

import msgspec

from headgate.model.work import Lease, LeaseState, WorkerInfo, WorkState
from headgate.ports import Board, Engine, Running
from headgate.workers.carrier import BEAT, TTL
from headgate.workers.engines import open_engine
from headgate.workers.sweeper import Sweeper, checked

GRACE = 10.0
"""Seconds between a claim and its start marker after which the claim counts as stranded."""

SILENT = "its worker went silent; whether it finished is not known"


class Exchange(msgspec.Struct):
    """An open database of work; *running* takes work from it in this process."""

    engine: Engine
    board: Board
    sweeper: Sweeper
    process: str = ""
    running: Running | None = None
    workers: tuple[WorkerInfo, ...] = ()

    async def close(self) -> None:
        """Take no more work, and let the database go; what runs goes on."""
        if self.running is not None:
            await self.running.stop()
        await asyncio.to_thread(self.engine.close)
        await asyncio.to_thread(self.board.close)


def process_name(worker: str) -> str:
    """Return a name for this process among all that ever run as *worker*."""
    return f"{worker}:{os.getpid()}:{os.urandom(4).hex()}"


async def opened(url: str, worker: str, *, shared: bool) -> Exchange:
    """Open the database at *url*, *shared* by gates and workers; raises `HeadgateError` HG510 or HG511.

    One that is not shared has no stale leases: whoever opens it, or slept meanwhile, takes up what is there itself.
    """
    process = process_name(worker)
    engine, board = await asyncio.to_thread(open_engine, url, process)
    ttl = checked(TTL, BEAT) if shared else math.inf
    return Exchange(engine, board, Sweeper(engine, board, ttl=ttl, grace=GRACE), process)


async def looked(exchange: Exchange, works: Sequence[str]) -> dict[str, Lease]:
    """Return the leases of *works*, and look at the workers; raises `HeadgateError` HG510."""
    await there(exchange)
    return await asyncio.to_thread(exchange.board.leases, works)


async def there(exchange: Exchange) -> tuple[WorkerInfo, ...]:
    """Return the workers that registered; raises `HeadgateError` HG510."""
    exchange.workers = tuple(await asyncio.to_thread(exchange.board.workers))
    return exchange.workers


async def swept(exchange: Exchange) -> None:
    """Give up what is lost, and offer again what was never started; raises `HeadgateError` HG510."""
    await asyncio.to_thread(exchange.sweeper.sweep, (), time.monotonic())


async def untaken(exchange: Exchange, work: str) -> bool:
    """Whether *work* was cancelled before any worker had started it; raises `HeadgateError` HG510."""
    standing = await asyncio.to_thread(exchange.engine.get, work)
    lease = await asyncio.to_thread(exchange.board.lease, work)
    return lease is None and (standing is None or standing.state is WorkState.CANCELLED)


def silent(lease: Lease) -> bool:
    """Whether the worker of a live *lease* has given no sign of life for so long that others may give it up."""
    return lease.state in {LeaseState.STARTED, LeaseState.RUNNING} and lease.age > TTL
