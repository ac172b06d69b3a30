"""Workers that die, sleep or race: real processes on SQLite and Postgres."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from headgate.model.work import LeaseState, Work, WorkState
from headgate.workers.sweeper import Reason, Sweeper

PROGRAM = Path(__file__).with_name("worker_process.py")
TTL, GRACE = 2.0, 2.0
Until = Callable[..., None]


class Workers:
    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, process: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, PROGRAM, self.url, process, self.folder, str(TTL)]
        self._running.append(subprocess.Popen(command))
        return self._running[-1]

    def started(self) -> list[str]:
        path = self.folder / "started"
        return path.read_text().splitlines() if path.exists() else []

    def ready(self, process: str) -> bool:
        return (self.folder / f"ready-{process}").exists()

    def let_go(self, *works: str) -> None:
        for work in works:
            (self.folder / f"go-{work}").touch()

    def close(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()


@pytest.fixture
def workers(durable: Any, tmp_path: Path) -> Iterator[Workers]:
    made = Workers(durable.url, tmp_path)
    yield made
    made.close()


def test_a_killed_worker_loses_work_that_runs_once_and_it_is_never_started_again(
    durable: Any, workers: Workers, until: Until
) -> None:
    engine, board = durable.open("gate")
    engine.enqueue(Work("w", "local", {}, once=True))
    dead = workers.start("dead")
    until(workers.started)
    alive = workers.start("alive")
    until(lambda: workers.ready("alive"))
    sweeper = Sweeper(engine, board, ttl=TTL, grace=GRACE)
    dead.send_signal(signal.SIGKILL)

    found: list[Any] = []
    until(lambda: found.extend(sweeper.sweep(["local"], time.monotonic())) or found)

    assert [("w", "dead", Reason.LOST)] == [(one.work, one.process, one.reason) for one in found]
    engine.enqueue(Work("after", "local", {}))
    workers.let_go("after", "w")
    until(lambda: engine.get("after").state is WorkState.DONE)
    assert ["w dead", "after alive"] == workers.started()
    assert LeaseState.LOST is board.lease("w").state
    assert WorkState.CANCELLED is engine.get("w").state
    assert alive.poll() is None


def test_a_killed_workers_work_that_may_be_repeated_ends_elsewhere(
    durable: Any, workers: Workers, until: Until
) -> None:
    engine, board = durable.open("gate")
    engine.enqueue(Work("w", "local", {}, once=False))
    dead = workers.start("dead")
    until(workers.started)
    sweeper = Sweeper(engine, board, ttl=TTL, grace=GRACE)
    assert [] == sweeper.sweep(["local"], time.monotonic())
    workers.start("alive")
    dead.send_signal(signal.SIGKILL)
    workers.let_go("w")

    until(lambda: (sweeper.sweep(["local"], time.monotonic()), len(workers.started()) == 2)[1])
    until(lambda: engine.get("w").state is WorkState.DONE)

    assert ["w dead", "w alive"] == workers.started()
    assert {"by": "alive"} == board.lease("w").end


def tasks(pid: int) -> list[Path]:
    return list(Path(f"/proc/{pid}/task").glob("*/stat"))


def put_to_sleep(process: subprocess.Popen[bytes], durable: Any) -> None:
    """Stop *process* at a moment when it does not hold SQLite's only write lock: with that, all would wait for it."""
    while True:
        process.send_signal(signal.SIGSTOP)
        while not all(task.read_text().rpartition(")")[2].split()[0] in "TXZ" for task in tasks(process.pid)):
            time.sleep(0.01)
        if durable.kind != "sqlite":
            return
        with closing(sqlite3.connect(durable.url.removeprefix("sqlite:///"), timeout=1)) as probe:
            try:
                probe.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)
            else:
                return


def test_a_worker_that_slept_through_its_lease_is_fenced_off(durable: Any, workers: Workers, until: Until) -> None:
    engine, board = durable.open("gate")
    engine.enqueue(Work("w", "local", {}, once=False))
    asleep = workers.start("asleep")
    until(workers.started)
    workers.start("alive")
    until(lambda: workers.ready("alive"))
    sweeper = Sweeper(engine, board, ttl=TTL, grace=GRACE)
    put_to_sleep(asleep, durable)

    until(lambda: (sweeper.sweep(["local"], time.monotonic()), len(workers.started()) == 2)[1])
    asleep.send_signal(signal.SIGCONT)
    until((workers.folder / "fenced-asleep").exists)
    workers.let_go("w")
    until(lambda: engine.get("w").state is WorkState.DONE)

    assert ["w asleep", "w alive"] == workers.started()
    assert {"by": "alive"} == board.lease("w").end
    assert "alive" == engine.get("w").process


def test_many_works_over_three_processes_are_each_started_once(durable: Any, workers: Workers, until: Until) -> None:
    engine, board = durable.open("gate")
    names = [f"w{number}" for number in range(30)]
    for process in ("a", "b", "c"):
        workers.start(process)
    for name in names:
        engine.enqueue(Work(name, "local", {}))
        workers.let_go(name)

    until(lambda: 30 == len(engine.list(states=[WorkState.DONE])))

    assert Counter(names) == Counter(line.split()[0] for line in workers.started())
    assert {LeaseState.ENDED} == {lease.state for lease in board.leases(names).values()}


def test_importing_the_engines_loads_none_of_their_libraries() -> None:
    code = (
        "import sys, headgate.workers.engines, headgate.workers.sweeper;"
        "print([name for name in ('dbos', 'sqlalchemy', 'psycopg', 'asyncio') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()
    memory = code.replace("; print", ";headgate.workers.engines.open_engine('memory:', 'p'); print").replace(
        ", 'asyncio'", ""
    )
    done = subprocess.run([sys.executable, "-c", memory], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()


def test_the_files_of_sqlite_are_for_their_owner_only(tmp_path: Path, until: Until) -> None:
    from headgate.workers.engines import open_engine

    path = tmp_path / "engine.db"
    path.touch(0o644)
    before = os.umask(0)
    try:
        engine, board = open_engine(f"sqlite:///{path}", "p")
        engine.enqueue(Work("w", "local", {}))
        board.start("w", "worker", once=True, ttl=60)
        until((tmp_path / "engine.db-wal").exists)
        modes = {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()}
    finally:
        os.umask(before)

    assert {"engine.db": 0o600, "engine.db-wal": 0o600, "engine.db-shm": 0o600} == modes
    engine.close()
    board.close()
