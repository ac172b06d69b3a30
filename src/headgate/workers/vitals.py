"""Signs of life of a process tree on Linux: the time it used, and whether it waits at a terminal."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec

MAX_PROCESSES = 2000
"""Processes of one tree that are looked at."""

_READS = {"x86_64": frozenset({0, 19}), "aarch64": frozenset({63, 65}), "riscv64": frozenset({63, 65})}
"""The numbers of read(2) and readv(2)."""

_IN_TERMINAL = frozenset({"n_tty_read", "tty_read"})
_ANYTHING = frozenset({"wait_woken", "0", ""})
"""Where a process that reads a terminal may sleep as well as one that does not, and what says nothing."""

_TICKS = os.sysconf("SC_CLK_TCK")


class Vitals(msgspec.Struct, frozen=True):
    """What can be seen of a process tree from outside; `None` where the system does not tell.

    *cpu* are its processor seconds so far, *asking* says whether a process of it is blocked in a read of a terminal.
    """

    cpu: float | None = None
    asking: bool | None = None


def vitals(keeper: int) -> Vitals:
    """Return the signs of life of all processes below *keeper*; those that vanish meanwhile are left out."""
    if not Path(f"/proc/self/task/{threading.get_native_id()}/children").exists():
        return Vitals()
    ticks = _reaped(keeper)
    asking: bool | None = False
    for pid in below(keeper):
        ticks += _used(pid)
        if asking is not True:
            found = _asks(pid)
            asking = found if found is not False else asking
    return Vitals(ticks / _TICKS, asking)


def below(pid: int) -> Iterator[int]:
    """Yield the processes below *pid*, not itself."""
    waiting = [pid]
    seen = {pid}
    while waiting and len(seen) <= MAX_PROCESSES:
        for child in _children(waiting.pop()):
            if child not in seen:
                seen.add(child)
                waiting.append(child)
                yield child


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    except (OSError, ValueError):
        return found
    return found


def _stat(pid: int) -> list[str]:
    """Return the fields of proc(5) behind the name; none of a process that is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return []
    return text[text.rindex(")") + 2 :].split()


def _used(pid: int) -> int:
    """Return the ticks that *pid* used, with those of its children that ended."""
    return sum(map(int, _stat(pid)[11:15]))


def _reaped(pid: int) -> int:
    """Return the ticks of the children of *pid* that ended; its own do not count, it only keeps the others."""
    return sum(map(int, _stat(pid)[13:15]))


def _asks(pid: int) -> bool | None:
    """Return whether *pid* is blocked in a read of a terminal; `None` where that cannot be told."""
    try:
        words = Path(f"/proc/{pid}/syscall").read_text().split()
    except FileNotFoundError:
        return False
    except OSError:  # not ours to look into
        return _sleeps_at_terminal(pid)
    reads = _READS.get(os.uname().machine)
    if reads is None:
        return _sleeps_at_terminal(pid)
    if len(words) < 2 or not words[0].isdigit() or int(words[0]) not in reads:  # noqa: PLR2004 a call and its descriptor
        return False
    return _is_terminal(pid, int(words[1], 16))


def _sleeps_at_terminal(pid: int) -> bool | None:
    try:
        where = Path(f"/proc/{pid}/wchan").read_text().strip()
    except FileNotFoundError:
        return False
    except OSError:
        return None
    if where in _IN_TERMINAL:
        return True
    return None if where in _ANYTHING and _is_terminal(pid, 0) else False


def _is_terminal(pid: int, descriptor: int) -> bool:
    try:
        name = str(Path(f"/proc/{pid}/fd/{descriptor}").readlink())
    except OSError:
        return False
    return name.startswith(("/dev/pts/", "/dev/tty", "/dev/console"))
