"""One job's keeper: starts the command in a session of its own, waits for it, and writes down how it ended.

Run by path with `python -I -S`, so it imports nothing of ours. It outlives the daemon; the command's output
goes straight to a file, so nothing is lost when anything else dies.

    shim.py FOLDER      FOLDER/start.json says what to run; FOLDER/end.json will say how it ended
"""

import contextlib
import json
import os
import select
import signal
import sys
import time
from typing import Any

GRACE = 3.0
"""Seconds between asking a process tree to end and killing it."""

PR_SET_CHILD_SUBREAPER = 36
"""prctl(2): orphans below become our children, so that none escapes a kill."""


def main() -> int:
    """Run the job in the folder that the command line names."""
    folder = sys.argv[1]
    with open(os.path.join(folder, "start.json"), "rb") as file:
        spec = json.load(file)
    wake = _wake_on_signals()
    _write(folder, "shim.json", {"pid": os.getpid()})  # from here on we can be told to end
    _adopt_orphans()
    started = time.time()
    child, problem = _start(spec, folder)
    end = {"reason": "failed", "exit_code": 127, "message": problem}
    if child:
        end = _wait(child, spec.get("max_run"), wake)
    _write(folder, "end.json", end | {"started": started, "ended": time.time()})
    with contextlib.suppress(OSError):
        os.unlink(os.path.join(folder, "start.json"))  # it holds the caller's environment
    return 0


_signals: list[int] = []


def _wake_on_signals() -> int:
    """Return a descriptor that becomes readable whenever a signal came."""
    read, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC) if hasattr(os, "pipe2") else os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, _frame: _signals.append(got))
    return read


def _adopt_orphans() -> None:
    """Become the parent of every orphan below us, where the system can do that."""
    if sys.platform != "linux":
        return
    import ctypes  # noqa: PLC0415 it costs a third of our start, and only Linux has use for it

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _start(spec: dict[str, Any], folder: str) -> tuple[int, str]:
    """Fork the command; return its pid, or 0 and why there is none."""
    log = os.open(os.path.join(folder, "out.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        _become(spec, log, write)
    os.close(write)
    os.close(log)
    problem = os.read(read, 4096).decode("utf-8", "replace")
    os.close(read)
    if problem:
        os.waitpid(child, 0)
        return 0, problem
    return child, ""


def _become(spec: dict[str, Any], log: int, tell: int) -> None:
    """Turn this child into the command; a fault is told through the pipe *tell*, which exec closes."""
    try:
        os.setsid()
        null = os.open("/dev/null", os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.umask(spec["umask"])
        os.chdir(spec["cwd"])
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        os.set_inheritable(tell, False)  # noqa: FBT003 the system's own signature
        os.execve(spec["argv"][0], spec["argv"], spec["environment"])  # noqa: S606 the shell is in it
    except BaseException as error:  # noqa: BLE001 the child must not go on as a second shim
        os.write(tell, f"{type(error).__name__}: {error}".encode())
    finally:
        os._exit(127)


def _wait(child: int, max_run: float | None, wake: int) -> dict[str, Any]:
    """Wait for *child*; a signal to us, or the end of its time, ends the whole tree."""
    deadline = time.monotonic() + max_run if max_run else None
    status: int | None = None
    while True:
        ended = _reaped(child)
        status = ended if status is None else status
        if status is not None and not _at_work(child):
            return _ended("exited", status)
        if _signals:
            return _ended("cancelled", _end_tree(child, wake, status))
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            return _ended("expired", _end_tree(child, wake, status))
        _sleep(wake, left if status is None else min(left or 1.0, 1.0))


def _ended(reason: str, status: int) -> dict[str, Any]:
    code = os.waitstatus_to_exitcode(status)
    return {"reason": reason, "exit_code": 128 - code if code < 0 else code, "message": ""}


def _reaped(child: int) -> int | None:
    """Reap whoever ended; return the status of *child* if it was among them."""
    found = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if pid == 0:
            return found
        if pid == child:
            found = status


def _at_work(child: int) -> bool:
    """Whether the command left processes in its own session; those that made one of their own are daemons."""
    for pid in _below():
        with contextlib.suppress(OSError):
            if os.getsid(pid) == child:
                return True
    return False


def _end_tree(child: int, wake: int, status: int | None) -> int:
    """Ask every process below us to end, then kill until none is left; return the status of *child*."""
    _signal_tree(child, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while True:
        ended = _reaped(child)
        status = ended if ended is not None else status
        if status is not None and not _below():
            return status
        if time.monotonic() >= deadline:
            _signal_tree(child, signal.SIGKILL)
        _sleep(wake, 0.02)


def _signal_tree(child: int, number: int) -> None:
    for pid in _below():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, number)


def _below() -> list[int]:
    """Return every living process below us; where the system does not tell, our own children's group must do."""
    found: list[int] = []
    waiting = [os.getpid()]
    while waiting:
        for pid in _children(waiting.pop()):
            found.append(pid)
            waiting.append(pid)
    return found


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/children") as file:
                found.extend(int(word) for word in file.read().split())
    return [child for child in found if not _is_dead(child)]


def _is_dead(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] in "ZX"
    except (OSError, IndexError):
        return True


def _sleep(wake: int, seconds: float | None) -> None:
    """Sleep until a signal comes, or *seconds* are over."""
    select.select([wake], [], [], seconds)
    with contextlib.suppress(BlockingIOError):
        os.read(wake, 512)


def _write(folder: str, name: str, value: dict[str, Any]) -> None:
    """Write *value* so that a reader sees all of it, or nothing."""
    path = os.path.join(folder, name)
    with open(path + ".new", "w") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(path + ".new", path)


if __name__ == "__main__":
    sys.exit(main())
