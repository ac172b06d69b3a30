"""Processes of this machine: who speaks at the other end of a socket, and who is whose child."""

import errno
import os
import pwd
import select
import socket
import struct
from pathlib import Path

import msgspec

from headgate.host.acting import acting

_LOCAL_PEERCRED = 1
_LOCAL_PEERPID = 2
_PEERPIDFD = 77
_OVER = frozenset({"Z", "X"})
_SHELLS = frozenset({"bash", "zsh", "sh", "dash", "ksh", "ash"})


class Peer(msgspec.Struct, frozen=True):
    """The process at the other end, by the kernel's word; *pid* is 0 where the kernel does not say, or it has ended.

    *since* tells the process from a later one with its number; empty where that is not known.
    """

    uid: int
    pid: int
    since: str = ""


def peer_of(connection: socket.socket) -> Peer:
    """Return who is at the other end of a Unix *connection*."""
    if hasattr(socket, "SO_PEERCRED"):  # Linux
        pid, uid, _gid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        since = started(pid)
        return Peer(uid, pid, since) if _there(connection) else Peer(uid, 0)
    credentials = connection.getsockopt(0, _LOCAL_PEERCRED, 76)  # struct xucred
    _version, uid = struct.unpack("II", credentials[:8])
    pid = struct.unpack("i", connection.getsockopt(0, _LOCAL_PEERPID, 4))[0]
    return Peer(uid, pid)


def _there(connection: socket.socket) -> bool:
    """Whether the process that opened the other end still runs; true where the kernel (before 6.5) cannot say."""
    try:
        descriptor = connection.getsockopt(socket.SOL_SOCKET, _PEERPIDFD)
    except OSError as error:
        return error.errno != errno.ESRCH
    try:
        watched = select.poll()
        watched.register(descriptor, select.POLLIN)
        return not watched.poll(0)  # such a descriptor can be read once its process has ended
    finally:
        os.close(descriptor)


def user_name(uid: int) -> str:
    """Return the name of the user *uid*, or the number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def parent_of(pid: int) -> int:
    """Return the parent of *pid*, 0 where that is not known."""
    try:
        return int(_stat(pid)[1])
    except (OSError, ValueError, IndexError):
        return 0


def program_of(pid: int) -> str:
    """Return the name of the program that *pid* runs (Linux: at most 15 bytes); empty where that is not known."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().rstrip("\n")
    except (OSError, UnicodeDecodeError):
        return ""


@acting()
def environment_of(pid: int, since: str) -> dict[str, str]:
    """Return the variables with which the very process *pid* that started *since* began; none where nobody can tell."""
    try:
        pairs = Path(f"/proc/{pid}/environ").read_bytes().decode("utf-8", "surrogateescape").split("\0")
    except OSError:
        return {}
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair) if started(pid) == since else {}


def started(pid: int) -> str:
    """Return what tells this process from a later one with the same number; empty where there is none."""
    try:
        return _stat(pid)[19]
    except (OSError, IndexError):
        return ""


def alive(pid: int, since: str) -> bool:
    """Whether the very process *pid* that started *since* still runs; one that only waits to be reaped does not."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    try:
        fields = _stat(pid)
    except (OSError, IndexError):
        return not since
    return fields[0] not in _OVER and (not since or fields[19] == since)


@acting()
def shell_of(pid: int, named: str) -> str:
    """Return the shell that runs the process *pid*: its parent's program, else *named*, else the usual one."""
    parent = parent_of(pid) if pid else 0
    if parent:
        try:
            program = str(Path(f"/proc/{parent}/exe").readlink())
        except OSError:
            program = ""
        if Path(program).name in _SHELLS:
            return program
    if Path(named).name in _SHELLS and os.access(named, os.X_OK):
        return named
    return "/bin/bash" if os.access("/bin/bash", os.X_OK) else "/bin/sh"


def _stat(pid: int) -> list[str]:
    """Return the fields of `/proc/PID/stat` behind the name (proc(5)): state, parent and so on."""
    text = Path(f"/proc/{pid}/stat").read_text()
    return text[text.rindex(")") + 2 :].split()
