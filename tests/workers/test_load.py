"""Much at once: many jobs, long queues, much output, and no space left."""

import fcntl
import json
import os
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import Gate

pytestmark = pytest.mark.timeout(600)

MANY = 100
QUEUED = 500
GIGABYTE = 1_000_000_000
ROOM = 30 << 20
"""Bytes by which the daemon's memory may grow."""

EACH = (30 << 20) // 1000
"""Bytes by which it may grow with each job that waits."""


def until(holds: Callable[[], object], seconds: float = 250) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "this never came true"
        time.sleep(0.25)


def hand_over(gate: Gate, command: str) -> int:
    """Hand *command* over through the daemon's socket, as `headgate delegate` does."""
    moment = {"cwd": "/", "umask": 0o022, "environment": {"PATH": os.environ["PATH"], "SHELL": "/bin/bash"}}
    request = {"op": "delegate", "command": command, **moment}
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(90)
        connection.connect(str(gate.home / "daemon.sock"))
        connection.sendall(b"headgate-command/1\n" + json.dumps(request).encode())
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as lines:
            return int(json.loads(lines.readline())["job"])


def counts(gate: Gate) -> dict[str, int]:
    found: dict[str, int] = json.loads(gate.here("status", "--json"))["jobs"]
    return {state: count for state, count in found.items() if count}


def memory(gate: Gate) -> int:
    """Return the bytes of memory that the daemon has."""
    pid = json.loads(gate.here("status", "--json"))["pid"]
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) << 10


@contextmanager
def shut(door: Path) -> Iterator[str]:
    """Yield a command that waits until this is left."""
    with door.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield f"flock --shared {door} true"


def test_a_hundred_jobs_run_at_once(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration = tmp_path / "config" / "headgate" / "headgate.toml"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(f"schema = 1\n[pools.local]\nplaces = {MANY}\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    gate("status")
    with shut(tmp_path / "door") as waits, ThreadPoolExecutor(8) as hands:
        jobs = list(hands.map(lambda _: hand_over(gate, f"{waits}; exit 7"), range(MANY)))
        until(lambda: counts(gate) == {"running": MANY})
    until(lambda: counts(gate) == {"failed": MANY})

    assert MANY == len(set(jobs))
    assert {7} == {gate.job(job)["exit_code"] for job in (jobs[0], jobs[-1])}
    assert MANY == len(gate.events("job-started")) == len(gate.events("job-ended"))


def test_a_long_queue_takes_no_memory_and_comes_to_its_end(gate: Gate, tmp_path: Path) -> None:
    gate("status")
    with shut(tmp_path / "door") as waits, ThreadPoolExecutor(8) as hands:
        list(hands.map(lambda _: hand_over(gate, waits), range(16)))
        until(lambda: counts(gate) == {"running": 16})
        before = memory(gate)
        list(hands.map(lambda number: hand_over(gate, f"true {number}"), range(QUEUED)))
        full, grown = counts(gate), memory(gate) - before
        gate("cancel", str(QUEUED))
    until(lambda: counts(gate) == {"succeeded": 15 + QUEUED, "cancelled": 1})

    assert {"running": 16, "queued": QUEUED} == full
    assert grown < EACH * QUEUED
    assert memory(gate) - before < EACH * QUEUED


def test_a_gigabyte_of_output_takes_no_memory_and_is_told_in_short(gate: Gate) -> None:
    gate("status")
    gate.until(hand_over(gate, "echo warm"), "succeeded")
    before = memory(gate)
    job = hand_over(gate, f"yes 'a line of output' | head -c {GIGABYTE}; echo 'error: over'; exit 7")
    most = 0
    until(lambda: gate.job(job)["state"] in {"running", "failed"})
    while gate.job(job)["state"] == "running":
        most = max(most, memory(gate))
        time.sleep(0.25)
    page, found = gate("job", str(job)), gate.until(job, "failed")

    assert max(most, memory(gate)) - before < ROOM
    assert GIGABYTE + len("error: over\n") == found["digest"]["size"]  # type: ignore[index]
    assert (7, True, True) == (found["exit_code"], "error: over" in page, len(page) < 5000)
    assert len(json.dumps(found)) < 20_000


@pytest.fixture
def small() -> Iterator[Gate]:
    """A gate whose home has a file system of its own, which is small."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp") as folder:
        mounted = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder]
        if subprocess.run(mounted, check=False, capture_output=True).returncode:
            pytest.skip("no file system can be mounted here")
        made = Gate(Path(folder) / "home")
        try:
            yield made
        finally:
            made.run("stop")
            subprocess.run(["umount", "--lazy", folder], check=True)


def test_without_space_nothing_runs_and_the_answer_is_clear_and_nothing_is_lost(small: Gate, tmp_path: Path) -> None:
    begun, filler = tmp_path / "begun", small.home / "filler"
    first = small.until(hand_over_by_command(small, "exit 3"), "failed")
    refused = []
    for number in range(3):
        fill(filler)  # what ended may have given some room back
        refused.append(small.run("delegate", "--json", "--", f"echo {number} >> {begun}"))
    filler.unlink()
    after = hand_over_by_command(small, f"echo after >> {begun}; exit 5")
    found = small.until(after, "failed")

    assert [2, 2, 2] == [done.returncode for done in refused]
    assert all(re.match(r"HG(403|501) headgate: ", done.stderr) for done in refused), refused
    assert all("Traceback" not in done.stdout + done.stderr for done in refused)
    assert "after\n" == begun.read_text()
    assert (3, 5) == (first["exit_code"], found["exit_code"])
    assert not {"queued", "claimed", "started", "running"} & set(counts(small))
    assert "the journal is whole" in small("verify")


def fill(file: Path) -> None:
    """Make *file* so large that nothing else has room."""

    def write() -> None:
        with file.open("ab", buffering=0) as opened:
            while True:
                opened.write(bytes(4096))

    with pytest.raises(OSError, match="No space"):
        write()


def hand_over_by_command(gate: Gate, command: str) -> int:
    return int(json.loads(gate("delegate", "--json", "--", command))["job"])
