"""One job's keeper, where no compiler works: the twin of csrc/headgate_shim.c for jobs, held to the same contract.

Run by path with `python -I -S`, so it imports nothing of ours. It outlives the daemon; the command's output
goes straight to a file, so nothing is lost when anything else dies.

    shim.py job FOLDER      FOLDER/start says what to run; FOLDER/end.json will say how it ended
    shim.py capabilities    prints the modes that there are
"""

import contextlib
import json
import os
import re
import select
import signal
import sys
import time
from typing import Any

GRACE = 3.0
"""Seconds between asking a process tree to end and killing it."""

LAST = 10.0
"""Seconds for those who do not die of a kill."""

LOOK = 1.0
"""Seconds between looks at the size of the log, and at a session whose orphans may be someone else's children."""

SOON = 0.02
"""Seconds to the first look at such a session: a daemon may be about to leave it."""

TRACE = 63
"""The descriptor of the shell's trace in the command."""

HEAD_KEPT = 1 << 20
"""Bytes that stay at the start of a log that grows too large."""

BLOCK = 4096
UNRECORDED = 3
RECORD_TRIES = 60
PR_SET_CHILD_SUBREAPER = 36
PUNCH_HOLE, KEEP_SIZE = 2, 1
USAGE = "HG017 headgate: wrong arguments; use `headgate-shim job FOLDER` or `capabilities`\n"

_signals: list[int] = []


def main(words: list[str]) -> int:
    """Do what the command line *words* says; return the exit status."""
    if words == ["capabilities"]:
        sys.stdout.write("job\n")
        return 0
    if len(words) == 2 and words[0] == "job":  # noqa: PLR2004 two words
        return Job(words[1]).keep()
    sys.stderr.write(USAGE)
    return 2


class Job:
    """One command and the folder that it is kept in."""

    def __init__(self, folder: str) -> None:
        self.child = self.session = 0
        self.status: int | None = None
        self.master = self.slave = -1
        self.started = time.time()
        self.problem = ""
        os.closerange(3, 65536)  # held open, a descriptor would keep someone waiting for its end
        try:
            self.folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            sys.stderr.write(f"HG403 headgate: the folder {folder} cannot be opened: {error.strerror}\n")
            sys.exit(UNRECORDED)

    # -- its life ----------------------------------------------------------------------------

    def keep(self) -> int:
        """Run the command to its end, and write that down; return the exit status."""
        os.umask(0o077)
        self.wake = _wake_on_signals()
        _adopt_orphans()
        end: dict[str, Any] = {"reason": "failed", "exit_code": 127, "survivors": 0}
        spec: dict[str, Any] = {}
        try:
            self.reserve()
            self.write("shim.json", {"pid": os.getpid()})  # from here on we can be told to end
            spec = _parsed(self)
            self.start(spec)
        except OSError as error:
            self.problem = self.problem or f"its keeper cannot prepare it: {error.strerror}"
        except ValueError as error:
            self.problem = str(error)
        if self.child and not self.problem:
            end = self.wait(spec, time.monotonic() + spec["max_run"] if spec["max_run"] else None)
        end |= {"message": self.problem, "started": self.started, "ended": time.time()}
        recorded = self.record(end)
        with contextlib.suppress(OSError):
            os.unlink("start", dir_fd=self.folder)  # it holds the caller's environment
        return 0 if recorded else UNRECORDED

    def start(self, spec: dict[str, Any]) -> None:
        """Fork the command; where it cannot start, `problem` says why."""
        log_flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        try:
            self.log = os.open("out.log", log_flags, 0o600, dir_fd=self.folder)
            trace = os.open("trace.log", log_flags, 0o600, dir_fd=self.folder) if spec["trace"] else -1
        except OSError as error:
            self.problem = f"its log cannot be opened: {error.strerror}"
            raise
        if spec["tty"]:
            self.master, self.slave = _terminal(spec["environment"])
        read, write = os.pipe()
        self.child = self.session = os.fork()
        if self.child == 0:
            _become(spec, (self.slave, self.log, trace), write)
        os.close(write)
        if trace >= 0:
            os.close(trace)
        with open(read, "rb") as told:
            self.problem = told.read().decode("utf-8", "replace")

    def wait(self, spec: dict[str, Any], deadline: float | None) -> dict[str, Any]:
        """Wait for the command; a signal to us, or the end of its time, ends the whole tree."""
        look = SOON
        while True:
            self.pump()
            self.reap()
            if self.status is not None and not self.is_at_work():
                return self.ended("exited")
            if _signals:
                return self.end_tree("cancelled")
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return self.end_tree("timed_out")
            self.cap_log(spec["log_cap"])
            if spec["log_cap"] or self.status is not None:
                left = min(left or LOOK, look if self.status is not None else LOOK)
                look = min(look * 2, LOOK) if self.status is not None else look
            self.sleep(left)

    def end_tree(self, reason: str) -> dict[str, Any]:
        """Ask every process below us to end, then kill until none is left."""
        kill_at = time.monotonic() + GRACE
        _signal_tree(self.child, signal.SIGTERM)
        _signal_tree(self.child, signal.SIGCONT)  # who is stopped cannot hear
        while self.reap() and (now := time.monotonic()) < kill_at + LAST:
            self.pump()
            if now >= kill_at:
                _signal_tree(self.child, signal.SIGKILL)
            self.sleep(0.002 if now >= kill_at else 0.02)
        return self.ended(reason)

    def ended(self, reason: str) -> dict[str, Any]:
        """Say how the command ended."""
        self.pump()
        code = None if self.status is None else os.waitstatus_to_exitcode(self.status)
        return {
            "reason": reason,
            "exit_code": code if code is None or code >= 0 else 128 - code,
            "survivors": len(_below()) if reason != "exited" else 0,
        }

    def reap(self) -> bool:
        """Reap whoever ended; return whether anyone is left below us."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return True
                if pid == self.child:
                    self.status = status
        return False

    def is_at_work(self) -> bool:
        """Whether the command left processes in its own session; those that made one of their own are daemons."""
        for pid in _below():
            with contextlib.suppress(OSError):
                if os.getsid(pid) == self.session:
                    return True
        return False

    def sleep(self, seconds: float | None) -> None:
        """Sleep until a signal comes, or output, or *seconds* are over."""
        select.select([self.wake, *([self.master] if self.master >= 0 else [])], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            os.read(self.wake, 512)

    # -- its files ---------------------------------------------------------------------------

    def pump(self) -> None:
        """Bring what the command's terminal shows into the log."""
        with contextlib.suppress(BlockingIOError):
            while self.master >= 0:
                chunk = os.read(self.master, 65536)
                try:
                    os.write(self.log, chunk)
                except OSError as error:  # a full disk must not stop the command
                    self.problem = f"a part of its output could not be written: {error.strerror}"

    def cap_log(self, cap: int) -> None:
        """Free the middle of a log that takes more than *cap* bytes of the disk; every offset stays where it is."""
        log = os.fstat(self.log)
        end = (log.st_size - cap // 2) // BLOCK * BLOCK
        if not cap or log.st_blocks * 512 <= cap or end <= HEAD_KEPT:
            return
        import ctypes  # noqa: PLC0415 it costs a third of our start, and few logs grow that large

        with contextlib.suppress(AttributeError):
            size = ctypes.c_int64(end - HEAD_KEPT)
            ctypes.CDLL(None).fallocate(self.log, PUNCH_HOLE | KEEP_SIZE, ctypes.c_int64(HEAD_KEPT), size)

    def reserve(self) -> None:
        """Take the room for the end before anything begins, so that a full disk cannot swallow it."""
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        descriptor = os.open("end.json.new", flags, 0o600, dir_fd=self.folder)
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(descriptor, 0, BLOCK)
            else:
                os.write(descriptor, bytes(BLOCK))
        except OSError:
            os.unlink("end.json.new", dir_fd=self.folder)
            raise
        finally:
            os.close(descriptor)

    def record(self, end: dict[str, Any]) -> bool:
        """Write down how it ended, durably; return whether that was possible."""
        left = RECORD_TRIES if self.child else 1
        while left:
            try:
                self.write("end.json", end)
                os.fsync(self.folder)
            except OSError as error:
                left -= 1
                if not left:
                    sys.stderr.write(f"HG403 headgate: the end of the job cannot be written down: {error.strerror}\n")
                    return False
                time.sleep(LOOK)
            else:
                break
        return True

    def write(self, name: str, value: dict[str, Any]) -> None:
        """Write *value* so that a reader sees all of it, or nothing."""
        text = json.dumps(value).encode()
        descriptor = os.open(f"{name}.new", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=self.folder)
        try:
            os.write(descriptor, text)
            os.ftruncate(descriptor, len(text))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(f"{name}.new", name, src_dir_fd=self.folder, dst_dir_fd=self.folder)


# -- what to run -----------------------------------------------------------------------------

_HEAD = (
    ("the version", "headgate-shim/1"),
    ("the directory", "/.*"),
    ("the umask", "0*[0-7]{1,3}"),
    ("max_run", r"([0-9]+(\.[0-9]*)?(e[+-]?[0-9]+)?)?"),
    ("tty", "[01]"),
    ("log_cap", "[0-9]+"),
    ("trace", "[01]"),
    ("the count of arguments", "0*[1-9][0-9]*"),
)
"""The first fields of `start`, and what each looks like; the arguments and the environment follow."""


def _content(job: Job, name: str) -> bytes:
    try:
        with open(os.open(name, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=job.folder), "rb") as file:
            return file.read()
    except OSError as error:
        raise ValueError(f"its file `{name}` cannot be read: {error.strerror}") from None


def _parsed(job: Job) -> dict[str, Any]:
    """Read FOLDER/start; raises `ValueError` with what is wrong."""
    *fields, rest = (os.fsdecode(field) for field in _content(job, "start").split(b"\0"))
    given = dict(zip((name for name, _ in _HEAD), fields, strict=False))
    wrong = [name for name, form in _HEAD if re.fullmatch(form, given.get(name, "?"), re.DOTALL) is None]
    count = 0 if wrong else int(given["the count of arguments"])
    argv, environment = fields[len(_HEAD) :][:count], fields[len(_HEAD) + count :]
    if not wrong:
        wrong += ["the arguments"] if len(argv) < count or not argv[0].startswith("/") else []
        wrong += ["the environment"] if rest or any(pair.find("=") < 1 for pair in environment) else []
    if wrong:
        raise ValueError(f"its file `start` is malformed: {wrong[0]}")
    return {
        "argv": argv,
        "environment": {name: value for name, _, value in (pair.partition("=") for pair in environment)},
        "cwd": given["the directory"],
        "umask": int(given["the umask"], 8),
        "max_run": float(given["max_run"]) if given["max_run"] else None,
        "log_cap": int(given["log_cap"]),
        "tty": given["tty"] == "1",
        "trace": given["trace"] == "1",
    }


# -- the command -----------------------------------------------------------------------------


def _wake_on_signals() -> int:
    """Return a descriptor that becomes readable whenever a signal came."""
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a log at its limit must not kill its keeper
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


def _terminal(environment: dict[str, str]) -> tuple[int, int]:
    """Return both ends of a terminal as large as *environment* says, that leaves the ends of lines as they are."""
    import struct  # noqa: PLC0415 few jobs want a terminal
    import termios  # noqa: PLC0415
    from fcntl import ioctl  # noqa: PLC0415

    master, slave = os.openpty()
    mode = termios.tcgetattr(slave)
    mode[1] &= ~termios.ONLCR
    termios.tcsetattr(slave, termios.TCSANOW, mode)
    size = [
        int(text) if (text := environment.get(name, "")).isdecimal() and 0 < int(text) < 10000 else usual  # noqa: PLR2004 a size
        for name, usual in (("LINES", 24), ("COLUMNS", 80))
    ]
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    os.set_blocking(master, False)
    return master, slave


def _become(spec: dict[str, Any], streams: tuple[int, int, int], tell: int) -> None:
    """Turn this child into the command; a fault is told through the pipe *tell*, which exec closes."""
    terminal, log, trace = streams
    doing = "cannot open its streams"
    try:
        if terminal >= 0:
            os.login_tty(terminal)
        else:
            os.setsid()
            os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
            os.dup2(log, 1)
            os.dup2(log, 2)
        if trace >= 0:
            os.dup2(trace, TRACE)
        os.umask(spec["umask"])
        doing = f"cannot enter the directory {spec['cwd']}"
        os.chdir(spec["cwd"])
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_DFL)
        doing = f"cannot run {spec['argv'][0]}"
        os.execve(spec["argv"][0], spec["argv"], spec["environment"])  # noqa: S606 the shell is in it
    except BaseException as error:  # noqa: BLE001 the child must not go on as a second shim
        why = f"{doing}: {error.strerror}" if isinstance(error, OSError) else f"{doing}: {error}"
        os.write(tell, why.encode())
    finally:
        os._exit(127)


def _signal_tree(child: int, number: int) -> None:
    for pid in _below():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
    if sys.platform != "linux":  # nobody tells there who is below us
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child, number)


def _below() -> list[int]:
    """Return every living process below us, as far as the system tells."""
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
