"""Our engine and board beside bare DBOS, in the same run: jobs a second, time to the body, what idleness costs.

    python bench/engine.py [--jobs 400] [--rounds 5] [--idle 20] [--store sqlite --store postgres]

A job of ours is enqueue, start marker, running, end, done; its body does nothing else. Bare DBOS runs the same empty
body, as a workflow (`bare`) and, so that cancel could reach it, as a workflow of one preemptible step (`bare, step`).
All on SQLite with WAL and synchronous FULL, or on a Postgres that is started for it; each run in a process of its own.
"""

import argparse
import asyncio
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

from dbos import DBOS, DBOSClient, DBOSConfig, DBOSPortableJSONSerializer

from headgate.model.work import Work
from headgate.workers.engines import open_engine
from headgate.workers.engines.databases import open_database

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "workers" / "engines"))
from postgres import postgres  # noqa: E402

KINDS = ("bare", "bare, step", "ours")
PLACES = 16
Enqueue: TypeAlias = Callable[[str], None]
Sides: TypeAlias = "tuple[Enqueue, Callable[[], object], Count]"
"""Hand over one job by its name; let the worker begin; the count of bodies."""
POLL = 0.05
"""What bare DBOS polls at for its jobs a second; it has no wake-up. Its idleness is measured at 1 s, as ours."""


# -- one run, in a process of its own --------------------------------------------------------------


class Count:
    """Counts bodies, and remembers when each began."""

    def __init__(self) -> None:
        self.began: dict[str, float] = {}
        self.ended = 0

    def wait(self, number: int) -> None:
        """Return once *number* bodies have ended."""
        while self.ended < number:
            time.sleep(0.0005)


def bare(url: str, kind: str, poll: float) -> Sides:
    """Launch DBOS as its documentation does, on our connection settings; return what `run` needs of it."""
    database, count, serializer = open_database(url), Count(), DBOSPortableJSONSerializer()
    DBOS(
        config=DBOSConfig(
            name="bare",
            system_database_engine=database,
            serializer=serializer,
            application_version="1",
            log_level="ERROR",
        )
    )

    @DBOS.step(preemptible=True)
    async def step() -> None:
        pass

    @DBOS.workflow(name="bare")
    async def bare_workflow(name: str, spec: dict[str, object]) -> None:
        del spec
        count.began[name] = time.perf_counter()
        count.ended += 1

    @DBOS.workflow(name="bare, step")
    async def step_workflow(name: str, spec: dict[str, object]) -> None:
        del spec
        count.began[name] = time.perf_counter()
        await step()
        count.ended += 1

    DBOS.launch()
    client = DBOSClient(system_database_engine=database, serializer=serializer, application_name="bare")

    def enqueue(name: str) -> None:
        options = {"queue_name": "local", "workflow_name": kind, "workflow_id": name, "app_version": "1", "priority": 9}
        client.enqueue(options, name, {"command": "true"})  # type: ignore[arg-type]

    return enqueue, lambda: DBOS.register_queue("local", polling_interval_sec=poll), count


def ours(url: str) -> Sides:
    """Return what `run` needs of our engine; its worker runs in a thread."""
    engine, board = open_engine(url, f"bench-{uuid4().hex[:8]}")
    count, ready = Count(), threading.Event()

    def steps(work: str) -> None:
        fence = board.start(work, "worker", once=True, ttl=30)
        assert fence is not None
        assert board.running(work, fence)
        assert board.end(work, fence, {"exit": 0})

    async def body(work: Work) -> None:
        count.began[work.id] = time.perf_counter()
        await asyncio.to_thread(steps, work.id)
        count.ended += 1

    async def main() -> None:
        await engine.run_worker(["local"], body, PLACES)
        ready.set()
        await asyncio.Event().wait()

    def start() -> None:
        threading.Thread(target=lambda: asyncio.run(main()), daemon=True).start()
        ready.wait()

    return lambda name: engine.enqueue(Work(name, "local", {"command": "true"})), start, count


def run(url: str, kind: str, what: str, number: int) -> dict[str, float]:
    """Measure *what* of *kind*, and return figures."""
    enqueue, start, count = (
        ours(url) if kind == "ours" else bare(url, kind, 1.0 if what in {"latency", "idle"} else POLL)
    )
    if what == "drain":
        return drain(enqueue, start, count, number)
    start()
    enqueue("warm")
    count.wait(1)
    time.sleep(1.5)
    return {"jobs": live, "latency": latency, "idle": idle}[what](enqueue, count, number)


def drain(enqueue: Enqueue, start: Callable[[], object], count: Count, number: int) -> dict[str, float]:
    """Queue all first, then let the worker begin: jobs a second from its first body to its last."""
    for at in range(number):
        enqueue(f"job-{at}")
    start()
    count.wait(1)
    begin = time.perf_counter()
    count.wait(number)
    return {"jobs": (number - 1) / (time.perf_counter() - begin)}


def live(enqueue: Enqueue, count: Count, number: int) -> dict[str, float]:
    """Hand over while the worker works: jobs a second from the first enqueue to the last end."""
    begin = time.perf_counter()
    for at in range(number):
        enqueue(f"job-{at}")
    count.wait(number + 1)
    return {"jobs": number / (time.perf_counter() - begin)}


def latency(enqueue: Enqueue, count: Count, number: int) -> dict[str, float]:
    """Hand over to an idle worker: milliseconds until the body begins."""
    took = []
    for at in range(number):
        begin = time.perf_counter()
        enqueue(f"job-{at}")
        count.wait(at + 2)
        took.append((count.began[f"job-{at}"] - begin) * 1000)
    took.sort()
    return {"p50": took[len(took) // 2], "p99": took[int(len(took) * 0.99)]}


def idle(_enqueue: Enqueue, _count: Count, number: int) -> dict[str, float]:
    """Do nothing for *number* seconds: share of a core, and the most memory."""
    before, begin = time.process_time(), time.perf_counter()
    time.sleep(number)
    share = (time.process_time() - before) / (time.perf_counter() - begin) * 100
    return {"cpu": share, "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


# -- all runs --------------------------------------------------------------------------------------


def apart(url: str, kind: str, what: str, number: int) -> dict[str, float]:
    """Run once in a new process."""
    command = [sys.executable, __file__, "--run", url, kind, what, str(number)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=300)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


@contextmanager
def stores(names: list[str]) -> Iterator[dict[str, Callable[[], str]]]:
    """Yield, for each name, what makes the address of a new store."""
    with tempfile.TemporaryDirectory(prefix="hg-bench-") as folder:
        made: dict[str, Callable[[], str]] = {}
        if "sqlite" in names:
            made["sqlite"] = lambda: f"sqlite:///{folder}/{uuid4().hex}.db"
        if "postgres" not in names:
            yield made
            return
        with postgres() as server:
            made["postgres"] = server.database
            yield made


def compare(store: str, new: Callable[[], str], asked: argparse.Namespace) -> None:
    """Measure all kinds on one store, and print two tables."""
    print(f"\n{store}: jobs a second, medians of {asked.rounds} rounds of {asked.jobs}\n", flush=True)
    print("| | handed over meanwhile | ours takes | queued before | ours takes |\n|---|---|---|---|---|")
    figures: dict[str, list[dict[str, float]]] = {}
    for what in ("live", "drain"):
        word = "jobs" if what == "live" else what
        figures[what] = [
            {kind: apart(new(), kind, word, asked.jobs)["jobs"] for kind in KINDS} for _ in range(asked.rounds)
        ]
    for kind in KINDS:
        cells = []
        for rounds in figures.values():
            ratio = statistics.median(one[kind] / one["ours"] for one in rounds)
            cells.append(f"{statistics.median(one[kind] for one in rounds):.0f} | {ratio:.2f} x")
        print(f"| {kind} | {' | '.join(cells)} |", flush=True)
    print("\n| | enqueue to body, p50 ms | p99 ms | idle CPU % | RSS MiB |\n|---|---|---|---|---|")
    for kind in ("bare", "ours"):
        times = apart(new(), kind, "latency", asked.latency if kind == "ours" else 20)
        still = apart(new(), kind, "idle", asked.idle)
        print(
            f"| {kind} | {times['p50']:.1f} | {times['p99']:.1f} | {still['cpu']:.2f} | {still['rss']:.0f} |",
            flush=True,
        )


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--latency", type=int, default=300)
    parser.add_argument("--idle", type=int, default=20)
    parser.add_argument("--store", action="append", choices=["sqlite", "postgres"])
    parser.add_argument("--run", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.run:
        url, kind, what, number = asked.run
        print(json.dumps(run(url, kind, what, int(number))), flush=True)
        os._exit(0)  # the worker's threads have no end of their own
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started for it is ended
    with stores(asked.store or ["sqlite", "postgres"]) as made:
        for store, new in made.items():
            compare(store, new, asked)


if __name__ == "__main__":
    main()
