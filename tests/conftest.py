"""What several suites need: a home of its own, and the command line."""

import contextlib
import fcntl
import io
import itertools
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from headgate.surfaces.cli import run as command_line

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")  # how fast a machine is, is no property

HEADGATE = Path(sys.executable).parent / "headgate"
HOOK = Path(sys.executable).parent / "headgate-hook"


CLIENT = ("timeout", "60")
"""What stands for the client in the tests: the parent of a hook, below which no person is; pytest must not be one."""

_CALLS = itertools.count(1)
_NAPS = itertools.count(1)
_GIVEN = Path("/proc/sys/net/ipv4/ip_local_port_range")
_ONE_AT_A_TIME = threading.Lock()
_OPEN = re.compile(r"job (\d+) is (?:queued|claimed|started|running)\b")


def proposal(command: str, *, session: str = "s-1", **more: object) -> dict[str, object]:
    """Return the hook message of one Bash call in the main thread."""
    message: dict[str, object] = {
        "hook_event_name": "PreToolUse",
        "session_id": session,
        "cwd": "/tmp",
        "tool_name": "Bash",
        "tool_use_id": f"toolu_{next(_CALLS)}",
        "tool_input": {"command": command},
    }
    return message | more


def nap() -> str:
    """Return a command that sleeps for ten minutes, and that no other process has: it is found by its words."""
    return f"sleep 600.{os.getpid():08}{next(_NAPS):04}"


def free_port() -> int:
    """Return a port of loopback that is free, and that the system gives to nobody who asks for just any."""
    low = int(_GIVEN.read_text().split()[0]) if _GIVEN.exists() else 32768
    while True:
        port = random.randrange(max(1024, low // 2), low) if low > 2048 else random.randrange(61000, 65535)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Gate:
    """A gate of its own: `gate("jobs")` runs the command line on it."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *words: str, expect: int = 0, **options: object) -> str:
        done = self.run(*words, **options)
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout

    def hook(self, message: bytes | dict[str, object], mode: str = "decide") -> subprocess.CompletedProcess[bytes]:
        """Call the registered hook program as the client would."""
        text = message if isinstance(message, bytes) else json.dumps(message).encode()
        command = [*CLIENT, str(HOOK), "--home", str(self.home), "claude-code", mode]
        return subprocess.run(command, input=text, capture_output=True, timeout=90, check=False)

    def propose(self, command: str, *, session: str = "s-1", **more: object) -> dict[str, object]:
        """Propose one Bash call; return what the hook put into `hookSpecificOutput`."""
        if not (self.home / "daemon.sock").exists():
            self.here("status", expect=None)  # a hook waits some seconds only for a daemon to start
        done = self.hook(proposal(command, session=session, **more))
        answer = json.loads(done.stdout) if done.stdout else {}
        return {"exit": done.returncode, **answer.get("hookSpecificOutput", {})}

    def delegate(
        self, command: str, *, shell: str = "/bin/bash", **options: object
    ) -> subprocess.CompletedProcess[str]:
        """Propose a heavy command, and run what the client would run in its place."""
        given = self.propose(command)["updatedInput"]
        assert isinstance(given, dict)
        words = [shell, "-c", f"eval '{given['command']}' < /dev/null; exit $?"]
        return subprocess.run(words, capture_output=True, text=True, timeout=90, check=False, **options)  # type: ignore[call-overload, no-any-return]

    program = HEADGATE

    def shell(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run *command* in a shell, as the client's tool would."""
        return subprocess.run(["/bin/bash", "-c", command], capture_output=True, text=True, timeout=90, check=False)

    def here(self, *words: str, expect: int | None = 0) -> str:
        """Run the command line in this process: for what is asked often, since starting Python costs more than it."""
        said = io.StringIO()
        with _ONE_AT_A_TIME, contextlib.redirect_stdout(said):
            status = command_line(["--home", str(self.home), *words])
        assert expect in {status, None}, said.getvalue()
        return said.getvalue()

    def job(self, number: int) -> dict[str, object]:
        """Return one job."""
        found: dict[str, object] = json.loads(self.here("job", str(number), "--json"))
        return found

    def until(self, number: int, *states: str) -> dict[str, object]:
        """Return the job once it is in one of *states*."""
        deadline = time.monotonic() + 90
        while True:
            said = self.here("job", str(number), "--json", expect=None)  # its daemon may end at this very moment
            job: dict[str, object] = json.loads(said or "{}")
            if job.get("state") in states:
                return job
            assert time.monotonic() < deadline, job
            time.sleep(0.02)

    def events(self, kind: str) -> list[dict[str, object]]:
        """Return the journal's events of one kind."""
        found = [json.loads(line)["event"] for line in self.here("log", "--json", "--limit", "0").splitlines()]
        return [event for event in found if event["type"] == kind]

    def end(self) -> None:
        """End what runs of it: its jobs, which only a daemon can tell of, and the daemon."""
        jobs = self.here("jobs", expect=None).splitlines() if (self.home / "jobs").exists() else []
        for line in jobs:
            if found := _OPEN.match(line):
                self.here("cancel", found[1], expect=None)
        self.here("stop", expect=None)

    def run(self, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
        command = [str(HEADGATE), "--home", str(self.home), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, **options)  # type: ignore[call-overload, no-any-return]


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder of the caller's own with what *make* put into it, once for all the processes of this run."""
    base = factory.getbasetemp()
    made = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"once-{name}"
    made.mkdir(exist_ok=True)
    with (made / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made / "files").exists():
            (made / "begun").mkdir(exist_ok=True)
            make(made / "begun")
            (made / "begun").rename(made / "files")
    return shutil.copytree(made / "files", factory.mktemp(name) / "files")


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A gate with a short path (a socket's path is bounded), stopped and gone at the end."""
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        found = Gate(Path(folder) / "home")
        yield found
        found.end()


@pytest.fixture(autouse=True)
def _no_gate_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own gate, settings and configuration out of every test."""
    for name in [name for name in os.environ if name.startswith("HEADGATE_") and not name.startswith("HEADGATE_TEST_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", "/dev/null/no-configuration")
