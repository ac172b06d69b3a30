"""What jobs cost: from a hand-over to a running process, until the main thread is free, and what idles meanwhile.

    python bench/load.py [--rounds 60] [--idle 60] [--queued 10000]

Everything is measured from outside: on real processes, the daemon's socket, `/proc`, and Postgres's own counters. With
`--queued` also what a long queue costs, a thousand jobs at a time.
"""

import argparse
import fcntl
import json
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAMS = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
BUDGET = 1.5
"""Seconds that a call has until it is handed over."""

HANDS = 8
"""Threads that fill a queue."""


class Gate:
    """A gate of its own in *folder*, with the pool `far` at *store* where there is one."""

    def __init__(self, folder: Path, store: str = "") -> None:
        """Lay out its files; the daemon starts with the first command."""
        self.home = folder / "gate"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("HEADGATE")}
        self.environment |= {"XDG_CONFIG_HOME": str(folder / "config"), "SHELL": "/bin/bash"}
        file = folder / "config" / "headgate" / "headgate.toml"
        file.parent.mkdir(parents=True)
        file.write_text("schema = 1\n" + (f'[pools.far]\nstore = "{store}"\n' if store else ""))

    def __call__(self, *words: str) -> str:
        """Run a command, and return what it prints."""
        command = [PROGRAMS / "headgate", "--home", self.home, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=self.environment)
        return done.stdout

    def ask(self, request: dict[str, object]) -> dict[str, Any]:
        """Return the daemon's first answer."""
        moment = {"cwd": "/", "umask": 0o022, "environment": self.environment}
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.home / "daemon.sock"))
            connection.sendall(b"headgate-command/1\n" + json.dumps(request | moment).encode())
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("rb") as lines:
                answer: dict[str, Any] = json.loads(lines.readline())
                return answer

    def hand_over(self, command: str, pool: str = "") -> int:
        """Hand *command* over, and return the number of its job."""
        return int(self.ask({"op": "delegate", "command": command, "pool": pool})["job"])

    def propose(self, command: str, **more: object) -> str:
        """Return the command that the client would run in place of *command*."""
        message = {
            "hook_event_name": "PreToolUse",
            "session_id": f"s{time.monotonic_ns()}",
            "cwd": "/tmp",
            "tool_name": "Bash",
            "tool_use_id": f"t{time.monotonic_ns()}",
            "permission_mode": "bypassPermissions",
            "tool_input": {"command": command, **more},
        }
        words = [PROGRAMS / "headgate-hook", "--home", self.home, "claude-code", "decide"]
        done = subprocess.run(
            words, input=json.dumps(message).encode(), capture_output=True, check=True, env=self.environment
        )
        return str(json.loads(done.stdout)["hookSpecificOutput"]["updatedInput"]["command"])

    @property
    def pid(self) -> int:
        """The daemon's process."""
        return int(json.loads(self("status", "--json"))["pid"])


@contextmanager
def gate(store: str = "") -> Iterator[Gate]:
    """Yield a gate whose daemon runs, and end it."""
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp") as folder:
        made = Gate(Path(folder), store)
        made("status")
        try:
            yield made
        finally:
            made("stop")


# -- what is measured ------------------------------------------------------------------------------


def row(name: str, seconds: list[float]) -> None:
    """Print the median and the 99th part of times."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    print(f"  {name:<58} p50 {cuts[49] * 1e3:7.1f} ms   p99 {cuts[98] * 1e3:7.1f} ms", flush=True)


def until_running(made: Gate, rounds: int, pool: str = "") -> list[float]:
    """Return the times from a hand-over to the moment that its command writes down."""
    mark, taken = made.home.parent / "mark", []
    for _ in range(rounds):
        mark.unlink(missing_ok=True)
        began = time.time()
        made.hand_over(f"date +%s.%N > {mark}.new; mv {mark}.new {mark}", pool)
        while not mark.exists():
            time.sleep(0.002)
        taken.append(float(mark.read_text()) - began)
    return taken


def until_free(made: Gate, rounds: int) -> list[float]:
    """Return the times from the hook's answer to a long command until the client's shell is back."""
    taken = []
    for _ in range(rounds):
        command = made.propose("sleep 31; true")
        began = time.perf_counter()
        done = subprocess.run(["/bin/bash", "-c", command], capture_output=True, text=True, check=True)
        taken.append(time.perf_counter() - began)
        job = re.search(r"as job (\d+)", done.stdout)
        made("cancel", job[1] if job else "0")
    return taken


def until_handed_over(made: Gate, rounds: int) -> list[float]:
    """Return the times from the end of a call's budget until its receipt is printed and the shell is back."""
    taken = []
    for _ in range(rounds):
        command = made.propose("sleep 4", timeout=round(BUDGET * 1000))
        began = time.perf_counter()
        done = subprocess.run(["/bin/bash", "-c", command], capture_output=True, text=True, check=False)
        taken.append(time.perf_counter() - began - BUDGET)
        if "headgate job" not in done.stdout + done.stderr:
            raise RuntimeError(done.stdout + done.stderr)
    return taken


def idle(name: str, pid: int, seconds: float) -> None:
    """Print the share of a core that a process takes, and its memory."""
    before, began = _ticks(pid), time.perf_counter()
    time.sleep(seconds)
    share = (_ticks(pid) - before) / TICKS / (time.perf_counter() - began) * 100
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    print(f"  {name:<58} {share:5.2f} % of a core, {int(found[1]) >> 10 if found else 0} MiB", flush=True)


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


# -- all of it -------------------------------------------------------------------------------------


def local(rounds: int, seconds: float) -> None:
    """Measure a gate that serves its pool itself."""
    with gate() as made:
        pid = made.pid
        idle("daemon, before its first job", pid, seconds)
        until_running(made, 1)
        time.sleep(2)
        idle("daemon, after its first job", pid, seconds)
        row("hand-over to running, this machine", until_running(made, rounds))
        row("hook's answer to the main thread being free (long job)", until_free(made, rounds))
        row("end of the budget to receipt and free main thread", until_handed_over(made, max(10, rounds // 4)))


def far(rounds: int, seconds: float) -> None:
    """Measure a worker on Postgres."""
    sys.path.insert(0, str(ROOT / "tests" / "workers" / "engines"))
    from postgres import postgres  # noqa: PLC0415 a part of the tests

    with postgres() as server, gate(url := server.database()) as made:
        command = [PROGRAMS / "headgate", "--home", made.home.parent / "w", "worker", "--pool", "far", "--store", url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=made.environment) as worker:
            assert worker.stdout is not None
            worker.stdout.readline()
            time.sleep(3)
            before, began = _transactions(server, url), time.perf_counter()
            idle("worker on Postgres, idle", worker.pid, seconds)
            each = (_transactions(server, url) - before) / (time.perf_counter() - began)
            print(f"  {'  its transactions a second, and connections':<58} {each:5.1f}, {_connections(server, url)}")
            row("hand-over to running, Postgres, looks once a second", until_running(made, rounds, "far"))
            worker.terminate()


def _transactions(server: Any, url: str) -> int:  # noqa: ANN401 a part of the tests
    name = url.partition("@/")[2].partition("?")[0]
    server.sql("SELECT pg_stat_force_next_flush()")
    return int(server.sql(f"SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = '{name}'")[0][0])


def _connections(server: Any, url: str) -> int:  # noqa: ANN401 a part of the tests
    name = url.partition("@/")[2].partition("?")[0]
    return int(server.sql(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'")[0][0])


def queue(number: int) -> None:
    """Fill a queue of *number* jobs behind a gate that has no place free, and print each thousand."""
    with gate() as made, (made.home.parent / "door").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        pid, one = made.pid, made.hand_over
        for _ in range(16):
            one(f"flock --shared {door.name} true")
        with ThreadPoolExecutor(HANDS) as hands:
            for at in range(0, number, 1000):
                began = time.perf_counter()
                list(hands.map(lambda name: one(f"true {name}"), range(at, at + 1000)))
                each = (time.perf_counter() - began) / 1000
                idle(f"{at + 1000} queued, {each * 1e3:.1f} ms for each; daemon", pid, 2.0)
        _emptied(made, lambda: fcntl.flock(door, fcntl.LOCK_UN), number)


def _emptied(made: Gate, let_go: Callable[[], None], number: int) -> None:
    began = time.perf_counter()
    let_go()
    while json.loads(made("status", "--json"))["jobs"]["succeeded"] < number + 16:
        time.sleep(1)
    print(f"  all of them had run after {time.perf_counter() - began:.0f} s", flush=True)


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--idle", type=float, default=60.0)
    parser.add_argument("--queued", type=int, default=0)
    asked = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    print(f"jobs, {asked.rounds} rounds, idle for {asked.idle:g} s; load of this machine {os.getloadavg()[0]:.1f}\n")
    local(asked.rounds, asked.idle)
    far(asked.rounds, asked.idle)
    if asked.queued:
        queue(asked.queued)


if __name__ == "__main__":
    main()
