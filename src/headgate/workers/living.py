"""The processes of a job that live now, as the kernel lists them (proc(5))."""

import os
import time
from pathlib import Path

import msgspec

from headgate.host.acting import acting
from headgate.record.redact import redact
from headgate.workers.starts_log import WIDTH
from headgate.workers.vitals import below

MOST = 200
"""Processes that are told of."""

_TICKS = os.sysconf("SC_CLK_TCK")
_READ = 4096


class Living(msgspec.Struct, frozen=True):
    """One process: what started it, how many *seconds* ago it began, and its command without secrets."""

    pid: int
    parent: int
    seconds: float
    command: str


@acting()
def living(keeper: int) -> tuple[Living, ...]:
    """Return the processes below *keeper*, the oldest first; none where it has gone."""
    found = [item for pid in below(keeper) if (item := _look(pid)) is not None]
    return tuple(sorted(found, key=lambda item: -item.seconds)[:MOST])


def _look(pid: int) -> Living | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        with Path(f"/proc/{pid}/cmdline").open("rb") as file:
            words = file.read(_READ).rstrip(b"\0").split(b"\0")
    except OSError:
        return None
    name, _, rest = text.partition("(")[2].rpartition(")")
    fields = rest.split()
    command = " ".join(word.decode("utf-8", "replace") for word in words if word) or f"[{name}]"
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / _TICKS
    return Living(pid, int(fields[1]), round(max(0.0, age), 2), " ".join(redact(command).split())[:WIDTH])


def now(processes: tuple[Living, ...]) -> tuple[Living, ...]:
    """Return the youngest process that has no child of its own, with those above it, the outermost first."""
    parents = {item.parent for item in processes}
    leaves = [item for item in processes if item.pid not in parents]
    if not leaves:
        return ()
    known = {item.pid: item for item in processes}
    chain = [min(leaves, key=lambda item: item.seconds)]
    while chain[0].parent in known and len(chain) < MOST:
        chain.insert(0, known[chain[0].parent])
    return tuple(chain)
