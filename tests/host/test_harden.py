"""A process that closes itself to others of its user, tried by one of them."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from headgate.host.harden import harden

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="prctl(2)")

NOBODY = 65534


def forked(work: Callable[[int], None]) -> tuple[int, int]:
    """Return a process of a plain user that does *work*, which says when it is ready, and then waits."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        work(write)
        signal.pause()
        os._exit(0)
    os.close(write)
    return pid, read


def looked_at(*, hardened: bool) -> bytes:  # noqa: PLR0915
    """Return what another process of the same user reads of one: letters for environment, memory, descriptors."""

    def be(write: int) -> None:
        if hardened:
            harden()
        os.write(write, b"ready")
        os.close(write)

    target, ready = forked(be)
    os.read(ready, 5)

    def look(write: int) -> None:
        seen = b""
        for letter, name in ((b"e", "environ"), (b"m", "mem"), (b"l", "fd/0")):
            try:
                path = Path(f"/proc/{target}/{name}")
                if letter == b"l":
                    path.readlink()
                else:
                    os.close(os.open(path, os.O_RDONLY))
                seen += letter
            except OSError:
                continue
        os.write(write, b"saw " + seen)
        os.close(write)

    looker, said = forked(look)
    with os.fdopen(said, "rb") as answer, os.fdopen(ready):
        seen = answer.read()
    for pid in (looker, target):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return seen


def test_nobody_reads_a_process_that_closed_itself() -> None:
    assert looked_at(hardened=True) == b"saw "


def test_what_it_starts_runs_as_ever() -> None:
    def be(write: int) -> None:
        import subprocess

        harden()
        done = subprocess.run(["/bin/sh", "-c", "readlink /proc/self/exe"], capture_output=True, check=True)
        os.write(write, done.stdout)
        os.close(write)

    pid, said = forked(be)
    with os.fdopen(said, "rb") as answer:
        shown = answer.read()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert shown.startswith(b"/")
