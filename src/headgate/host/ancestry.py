"""Who started a process, and who started that: read from `/proc` so that no reused number slips in (proc(5))."""

import os
from pathlib import Path

import msgspec

from headgate.host.acting import acting

DEEPEST = 128
"""Ancestors of one process that are looked at; a longer chain counts as one that cannot be read."""

ATTEMPTS = 5
"""Readings of a chain that changes while it is read."""

_KERNEL = 0x00200000
"""PF_KTHREAD: the flag of what the kernel runs for itself."""


class Link(msgspec.Struct, frozen=True):
    """One process of a chain.

    *since* tells it from a later one with its number; *uid* is the real one; *session* the number of its session;
    *terminal* the number of its controlling terminal, 0 where it has none; *tracer* a process that steers it
    as a debugger does; *kernel* marks a thread of the kernel.
    """

    pid: int
    since: str
    parent: int
    name: str
    uid: int
    session: int
    terminal: int
    tracer: int = 0
    kernel: bool = False


def link_of(pid: int) -> Link | None:
    """Return the process *pid* as it is now, `None` where there is none that runs."""
    folder = Path("/proc", str(pid))
    try:
        text = (folder / "stat").read_bytes().decode("utf-8", "replace")
        status = (folder / "status").read_bytes().decode("utf-8", "replace")
        name, fields = text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :].split()
        said = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        uid, tracer = int(said["Uid"].split()[0]), int(said["TracerPid"])
        numbers = [int(fields[place]) for place in (1, 3, 4, 6)]
    except (OSError, ValueError, LookupError):
        return None
    if fields[0] in {"Z", "X"}:
        return None
    parent, session, terminal, flags = numbers
    return Link(pid, fields[19], parent, name, uid, session, terminal, tracer, bool(flags & _KERNEL))


def ancestry(pid: int) -> tuple[Link, ...]:
    """Return the process *pid*, its parent and so on, up to and with the first process or one that came from outside.

    All of them were there at one moment with these parents. Empty where the chain is not known whole, to its end.
    """
    for _ in range(ATTEMPTS):
        chain = _chain(pid)
        if chain and all(link_of(link.pid) == link for link in chain):
            return chain
    return ()


def _chain(pid: int) -> tuple[Link, ...]:
    chain: list[Link] = []
    while pid > 0:
        link = link_of(pid)
        if link is None or len(chain) == DEEPEST:
            return ()
        if chain and int(link.since) > int(chain[-1].since):  # younger than its child: the number was used again
            return ()
        chain.append(link)
        pid = link.parent
    return tuple(chain)


@acting()
def program_file(pid: int) -> tuple[str, int]:
    """Return the path of what the process *pid* runs, and the user it belongs to; -1 where that cannot be seen."""
    link = Path("/proc", str(pid), "exe")
    try:
        return str(link.readlink()), link.stat().st_uid
    except OSError:
        return "", -1


def words_of(pid: int) -> list[str]:
    """Return the words the process *pid* was started with, as far as they can be seen; it may have changed them."""
    try:
        found = Path("/proc", str(pid), "cmdline").read_bytes()[:65536].decode("utf-8", "replace")
    except OSError:
        return []
    return found.rstrip("\0").split("\0") if found else []


@acting()
def input_of(pid: int) -> int:
    """Return the number of the device that is the standard input of *pid*, as `Link.terminal`; -1 for what is none."""
    try:
        found = Path("/proc", str(pid), "fd", "0").stat().st_rdev
    except OSError:
        return -1
    major, minor = os.major(found), os.minor(found)
    return (minor & 0xFF) | (major << 8) | ((minor & ~0xFF) << 12) if found else -1
