"""A worker on a machine of its own: takes work of its pools from a shared database, by outbound connections only."""

import asyncio
import contextlib
import os
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

import msgspec

from headgate import __version__
from headgate.host.home import Home
from headgate.model.errors import HeadgateError
from headgate.model.job import JobKind
from headgate.model.work import Lease, LeaseState, Work, WorkerInfo, WorkState
from headgate.workers.carrier import Bench
from headgate.workers.environment import for_job
from headgate.workers.exchange import Exchange, opened, swept
from headgate.workers.folders import Folder, Start
from headgate.workers.preparing import ssh_folder, with_ssh
from headgate.workers.reports import Report
from headgate.workers.routes import queue_of, reached
from headgate.workers.runner import Runner
from headgate.workers.trace import traced

SIGN = 1.0
"""Seconds between signs of life of the worker itself."""

KEPT = 7 * 86_400.0
"""Seconds for which the folder of work that has ended is kept on the worker's machine, and its output on the board."""

TIDY = 3600.0
"""Seconds between looks for what is older than that."""


class Offer(msgspec.Struct, frozen=True):
    """What a worker offers: the *store* it takes work from, pools, labels, the machines it *reaches*, its places."""

    store: str
    pools: tuple[str, ...]
    labels: tuple[str, ...] = ()
    reaches: tuple[str, ...] = ()
    places: int = 4


class FleetWorker:
    """The worker of one *home*; *keeper* is the keeper's program, empty for its twin, *say* prints a line."""

    def __init__(self, home: Home, offer: Offer, keeper: str, say: Callable[[str], None]) -> None:
        self.home = home
        self.offer = offer
        self.name = _name(home)
        self._ssh = ssh_folder(home, keeper)
        self._say = say
        self._runner = Runner(Bench(self.name, None, self._told, keeper, upload=True), self._folder, self._prepare)
        self._tidied = 0.0

    async def run(self, stopping: asyncio.Event) -> None:
        """Take work until told to stop, or drained; what runs then goes on, and the next process takes it up.

        Raises `HeadgateError` HG510 or HG511 where the database cannot be used from the start.
        """
        exchange = await opened(self.offer.store, self.name, shared=True)
        self._runner.bench.board = exchange.board
        try:
            await self._serve(exchange, stopping)
        finally:
            self._runner.let_go()
            with contextlib.suppress(HeadgateError):
                await asyncio.to_thread(exchange.board.leave, self.name, exchange.process)
            await exchange.close()
            await self._runner.close()

    async def _serve(self, exchange: Exchange, stopping: asyncio.Event) -> None:
        await self._sign(exchange)
        await self._take_up(exchange)
        exchange.running = await exchange.engine.run_worker(self._queues(), self._runner, self.offer.places)
        self._print(f"worker {self.name} takes work of {', '.join(self.offer.pools)}")
        while not stopping.is_set():
            with contextlib.suppress(HeadgateError):
                if await self._sign(exchange):
                    self._print("it is drained: it takes no more work, and ends with what runs")
                    await exchange.running.drain()
                    return
                await swept(exchange)
                await self._tidy(exchange)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), SIGN)

    async def _sign(self, exchange: Exchange) -> bool:
        """Give a sign of life; say whether someone wants this worker to take no more work."""
        info = WorkerInfo(
            self.name,
            exchange.process,
            socket.gethostname(),
            self.offer.pools,
            self.offer.labels,
            self.offer.reaches,
            self.offer.places,
            self._runner.running,
            version=__version__,
        )
        await asyncio.to_thread(exchange.board.register, info)
        exchange.workers = tuple(await asyncio.to_thread(exchange.board.workers))
        return any(worker.id == self.name and worker.draining for worker in exchange.workers)

    async def _take_up(self, exchange: Exchange) -> None:
        """Have what an earlier process of this worker had claimed offered again: this one finds its keepers.

        What was given up or cancelled meanwhile is offered to nobody; its end is still to be told.
        """
        claimed = await asyncio.to_thread(exchange.engine.list, states=(WorkState.CLAIMED,))
        for standing in claimed:
            if standing.process.startswith(f"{self.name}:"):
                await asyncio.to_thread(exchange.engine.resume, standing.id, standing.process)
        for lease in (await asyncio.to_thread(exchange.board.leases, self._left())).values():
            if lease.worker == self.name and lease.state is not LeaseState.ENDED:
                await self._take_up_left(exchange, lease)

    async def _take_up_left(self, exchange: Exchange, lease: Lease) -> None:
        """Take up what an earlier process had begun and no engine offers any more: it was given up, or cancelled."""
        standing = await asyncio.to_thread(exchange.engine.get, lease.work)
        state = standing.state if standing is not None else WorkState.DONE
        if state not in {WorkState.QUEUED, WorkState.CLAIMED}:
            cancelled = state is WorkState.CANCELLED and lease.state is not LeaseState.LOST
            self._runner.take_up(Work(lease.work, "", {}, lease.once), cancelled=cancelled)

    def _left(self) -> list[str]:
        """Return the work that this worker may have begun."""
        return sorted(found.parent.name for found in (self.home.path / "work").glob("*/shim.json"))

    def _queues(self) -> tuple[str, ...]:
        """Return the queues to take from: those of the pools, and those of what this worker reaches."""
        pools = self.offer.pools
        return (*pools, *(queue_of(pool, self.offer.reaches) for pool in pools if self.offer.reaches))

    # -- one piece of work -------------------------------------------------------------------

    def _folder(self, work: Work) -> Folder:
        return Folder(self.home.path / "work" / work.id)

    def _prepare(self, work: Work, folder: Folder) -> None:
        """Write down what *work* runs here; raises `HeadgateError` where this worker cannot do it."""
        if (folder.path / "shim.json").exists() or folder.prepared:
            return
        machines = work.spec.get("machines")
        named = [str(name) for name in machines] if isinstance(machines, list) else []
        if not reached(named, self.offer.reaches):
            raise HeadgateError("HG409", f"this worker does not reach {', '.join(named)}", "route it elsewhere")
        if work.spec.get("kind") == JobKind.AGENT.value:
            raise HeadgateError("HG411", "workers of a fleet run commands, not agents", "use the pool `local`")
        command, limit = str(work.spec.get("command")), work.spec.get("max_run")
        shell, environment = _shell(), for_job(os.environ)
        tracing = traced(command, shell, environment)
        try:
            folder.prepare(
                Start(
                    (shell, "-c", command),
                    str(Path.home()),
                    0o022,
                    with_ssh(environment, work.id, folder, self._ssh) | (tracing or {}),
                    float(limit) if isinstance(limit, int | float) else None,
                    trace=tracing is not None and bool(self._ssh),
                )
            )
        except OSError as error:
            raise HeadgateError("HG403", f"the job cannot be prepared here ({error.strerror})", "free space") from None

    def _told(self, report: Report) -> None:
        """Print what happens; the board has told it to the gate."""
        self._print(f"{type(report).__name__.lower()} {report.work[:12]}")

    def _print(self, line: str) -> None:
        with contextlib.suppress(OSError):  # nobody reads it any more
            self._say(line)

    async def _tidy(self, exchange: Exchange) -> None:
        """Remove what is older than anybody looks at."""
        if time.monotonic() - self._tidied < TIDY and self._tidied:
            return
        self._tidied = time.monotonic()
        await asyncio.to_thread(exchange.board.forget, KEPT)
        await asyncio.to_thread(self._remove_old)

    def _remove_old(self) -> None:
        for folder in (self.home.path / "work").glob("*"):
            end = folder / "end.json"
            with contextlib.suppress(OSError):
                if time.time() - end.stat().st_mtime > KEPT:
                    shutil.rmtree(folder, ignore_errors=True)


def _name(home: Home) -> str:
    """Return the worker's name, which it keeps in its home for life."""
    file = home.path / "worker.name"
    if not file.exists():
        file.write_text(f"{socket.gethostname().partition('.')[0]}-{token_hex(4)}\n")
    return file.read_text().strip()


def _shell() -> str:
    return "/bin/bash" if os.access("/bin/bash", os.X_OK) else "/bin/sh"
