"""The keeper of a job, seen from outside: to start it, to tell it to end, to wait until it is gone."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

from headgate.host.acting import started_as
from headgate.host.processes import alive, started
from headgate.workers import shim
from headgate.workers.folders import Folder

POLL = 0.1
"""Seconds between looks at a process, where the system has no descriptors of processes."""

PREPARING = 2.0
"""Seconds that a keeper may take until it can be told to end."""


class Keeper(msgspec.Struct):
    """One keeper: its process, what tells that from a later one of the same number, and ours where it is our child."""

    pid: int
    since: str
    child: subprocess.Popen[bytes] | None = None


def launch(folder: Folder, program: str) -> Keeper:
    """Start the keeper of *folder*, in a session of its own; raises `OSError` where that cannot be done."""
    words = [program] if program else [sys.executable, "-I", "-S", shim.__file__]
    child: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603 our own program
        [*words, "job", str(folder.path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": os.defpath},
        start_new_session=True,
        **started_as(),
    )
    return Keeper(child.pid, started(child.pid), child)


def found(folder: Folder, since: str = "") -> Keeper | None:
    """Return the keeper that an earlier process of ours had started in *folder*, where it still lives."""
    pid = folder.keeper()
    return Keeper(pid, since or started(pid)) if pid and alive(pid, since) and _keeps(pid, folder) else None


def _keeps(pid: int, folder: Folder) -> bool:
    """Whether *pid* is a keeper of *folder*, and no later process with its number; true where that cannot be told."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return not Path("/proc/self").exists()
    return b"job" in words or b"keep" in words or os.fsencode(folder.path) in words


async def gone(keeper: Keeper) -> None:
    """Return once the process of *keeper* has ended."""
    if keeper.child is not None:
        await _readable_end(keeper)
        await asyncio.to_thread(keeper.child.wait)
        return
    await _readable_end(keeper)


async def _readable_end(keeper: Keeper) -> None:
    if not hasattr(os, "pidfd_open"):
        await _polled_end(keeper)
        return
    try:
        descriptor = os.pidfd_open(keeper.pid)
    except OSError:  # gone; or no descriptor is free
        await _polled_end(keeper)
        return
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    try:
        if keeper.child is not None or alive(keeper.pid, keeper.since):
            loop.add_reader(descriptor, ended.set)
            await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def _polled_end(keeper: Keeper) -> None:
    while keeper.child.poll() is None if keeper.child else alive(keeper.pid, keeper.since):  # noqa: ASYNC110 nothing tells
        await asyncio.sleep(POLL)


async def end(keeper: Keeper, folder: Folder) -> None:
    """Tell *keeper* to end its tree, once it can hear that; returns at once after."""
    for _ in range(round(PREPARING / 0.02)):
        if folder.keeper() or not alive(keeper.pid, keeper.since):
            break
        await asyncio.sleep(0.02)
    if alive(keeper.pid, keeper.since):
        with contextlib.suppress(ProcessLookupError):
            os.kill(keeper.pid, signal.SIGTERM)
