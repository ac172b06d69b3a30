"""The states of a job and every arrow between them, by the letters of docs/jobs.md."""

import asyncio
import json
import os
import re
import shutil
import signal
import stat
from pathlib import Path
from string import ascii_uppercase

import pytest
from test_local import alive, until

from conftest import Gate, nap
from headgate.host.home import Home
from headgate.host.processes import alive as living
from headgate.model.job import NEXT, Job, JobState, Ticket
from headgate.model.work import LeaseState, Work
from headgate.record.events import JobEnded, JobStarted, decode
from headgate.store.memory import MemoryStore
from headgate.store.sqlite import SqliteStore
from headgate.wiring import shim
from headgate.workers.carrier import Bench, Carrier
from headgate.workers.engines import open_engine
from headgate.workers.fleet import FleetWorker, Offer
from headgate.workers.folders import Folder, Start
from headgate.workers.logbook import Logbook
from headgate.workers.reports import Again, Claimed, Ended, Exists, Report, Said, Started, ended_by

PAGE = Path(__file__).parents[2] / "docs" / "jobs.md"
WORK = "w"
WORKER = "worker-1"

PAIRS = re.findall(r"^\| ([A-Z]) \| `(\w+)` → `(\w+)` \|", PAGE.read_text(), re.MULTILINE)
ARROWS = {letter: (JobState(before), JobState(after)) for letter, before, after in PAIRS}
"""The arrows as the page tells them."""

ROAD = (JobState.QUEUED, JobState.CLAIMED, JobState.STARTED, JobState.RUNNING)
ENDS = [state for state in JobState if state.ended]


class Clock:
    """Counts the questions: every event has a time of its own."""

    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        self.time += 1.0
        return self.time


class Book:
    """One job, the real logbook, and each state in which the job was saved."""

    def __init__(self, state: JobState = JobState.QUEUED) -> None:
        self.store = MemoryStore()
        self.job, _ = self.store.add(Ticket("", "s", "c", "d", "make", "/", 900.0), "make", "/", 0.0)
        self.saved: list[JobState] = []
        save = self.store.save

        def noted(job: Job) -> None:
            self.saved.append(job.state)
            save(job)

        self.store.save = noted  # type: ignore[method-assign]
        self.log = Logbook(self.store, Clock(), lambda _job, _report: None)  # type: ignore[arg-type]
        for step in _road(state):
            self.tell(step)
        self.saved.clear()

    def tell(self, state: JobState) -> None:
        """Tell what leads to *state*."""
        self.log.tell(report(self.job.work, state))

    @property
    def state(self) -> JobState:
        found = self.store.get(self.job.id)
        assert found is not None
        return found.state

    @property
    def events(self) -> list[str]:
        """The starts and ends in the journal."""
        found = [decode(entry.body) for entry in self.store.entries()]
        return [
            f"{event.state}{', late' if event.late else ''}" if isinstance(event, JobEnded) else "start"
            for event in found
            if isinstance(event, JobStarted | JobEnded)
        ]


def _road(state: JobState) -> tuple[JobState, ...]:
    """Return what a job comes through on its way from the queue to *state*; a worker refuses what it claimed."""
    if state in ROAD:
        return ROAD[1 : ROAD.index(state) + 1]
    return (JobState.CLAIMED, state) if state is JobState.REFUSED else (*ROAD[1:], state)


def report(work: str, state: JobState) -> Report:
    """Return what a runner tells when work comes to *state*."""
    match state:
        case JobState.QUEUED:
            return Again(work, "its keeper was killed")
        case JobState.CLAIMED:
            return Claimed(work, WORKER)
        case JobState.STARTED:
            return Started(work, WORKER, 1)
        case JobState.RUNNING:
            return Exists(work, 4711, "then")
        case _:
            return Ended(work, state)


# -- the arrows -----------------------------------------------------------------------------------


def test_the_page_has_a_letter_for_every_arrow_and_draws_each() -> None:
    drawn = re.search(r"## States\n.*?```text\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert drawn is not None

    assert list(ascii_uppercase) == [letter for letter, _, _ in PAIRS]
    assert {(before, after) for before, ends in NEXT.items() for after in ends} == {*ARROWS.values()}
    assert {*ascii_uppercase} == {*re.findall(r"\b[A-Z]\b", drawn[1])}
    assert {*JobState} == {*re.findall(r"[a-z]+(?:_[a-z]+)?", drawn[1])} & {*JobState}


@pytest.mark.parametrize("letter", ARROWS)
def test_what_a_runner_tells_leads_along_the_arrow(letter: str) -> None:
    before, after = ARROWS[letter]
    book = Book(before)
    book.tell(after)

    assert [after] == book.saved
    assert after == book.state


@pytest.mark.parametrize("before", JobState)
def test_no_other_arrow_can_be_taken(before: JobState) -> None:
    job = Book(before).store.select()[0]
    missing = [state for state in JobState if state not in NEXT[before]]
    refused = []
    for state in missing:
        try:
            job.moved(state)
        except ValueError:
            refused.append(state)

    assert before == job.state
    assert missing == refused


@pytest.mark.parametrize("end", [end for end in ENDS if end is not JobState.LOST])
def test_nothing_that_is_told_changes_an_end(end: JobState) -> None:
    book = Book(end)
    before = book.events
    for state in JobState:
        book.tell(state)
    book.log.tell(Said(book.job.work, "stalled", "nothing"))

    assert (end, [], before) == (book.state, book.saved, book.events)


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.CLAIMED, JobState.STARTED, JobState.RUNNING])
def test_what_is_told_twice_or_too_late_changes_nothing(state: JobState) -> None:
    book = Book(state)
    for earlier in ROAD[1 : ROAD.index(state) + 1]:
        book.tell(earlier)

    assert {state} >= {*book.saved}
    assert (state, ["start"] * (state in ROAD[2:])) == (book.state, book.events)


# -- the journal ----------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [JobState.SUCCEEDED, JobState.FAILED, JobState.TIMED_OUT, JobState.CANCELLED])
def test_the_start_is_in_the_journal_once_before_the_one_end(end: JobState) -> None:
    book = Book(end)
    book.tell(end)

    assert ["start", end.value] == book.events


@pytest.mark.parametrize("end", [end for _, end in ARROWS.values() if end in NEXT[JobState.LOST]][:4])
def test_a_late_end_stands_beside_the_loss(end: JobState) -> None:
    book = Book(JobState.LOST)
    book.tell(end)
    job = book.store.select()[0]

    assert ["start", "lost", f"{end}, late"] == book.events
    assert (end, True, False) == (job.state, job.late, job.announced)


def test_of_work_elsewhere_that_ended_between_two_looks_the_journal_has_the_start_too() -> None:
    book = Book()
    book.log.tell(Ended(book.job.work, JobState.SUCCEEDED, 0, started=50.0, ended=60.0))

    assert ["start", "succeeded"] == book.events
    assert (50.0, 60.0) == (book.store.select()[0].started, book.store.select()[0].ended)


def test_each_attempt_of_safe_work_has_its_start_in_the_journal() -> None:
    book = Book(JobState.RUNNING)
    for state in (*ROAD, JobState.SUCCEEDED):
        book.tell(state)
    job = book.store.select()[0]

    assert ["start", "start", "succeeded"] == book.events
    assert 1 == job.attempts


def test_the_start_is_durable_before_the_process_exists(tmp_path: Path) -> None:
    """The keeper's program is one that looks into the journal first."""
    store = SqliteStore(tmp_path / "headgate.db")
    job, _ = store.add(Ticket("", "s", "c", "d", "true", "/", 900.0), "true", "/", 0.0)
    looks = tmp_path / "looks"
    journal = f"file:{tmp_path}/headgate.db?mode=ro"
    looks.write_text(
        f"#!{shutil.which('python3')}\nimport os, sqlite3, sys\n"
        f"rows = sqlite3.connect({journal!r}, uri=True).execute('SELECT body FROM journal').fetchall()\n"
        f"open({str(tmp_path / 'seen')!r}, 'w').write(' '.join(str(row[0]) for row in rows))\n"
        f"os.execv({shim().program!r}, ['headgate-shim', *sys.argv[1:]])\n"
    )
    looks.chmod(looks.stat().st_mode | stat.S_IXUSR)
    folder = Folder(tmp_path / "job")
    folder.prepare(Start(("/bin/sh", "-c", "true"), "/", 0o022, {"PATH": os.defpath}))
    log = Logbook(store, Clock(), lambda _job, _report: None)  # type: ignore[arg-type]
    engine, board = open_engine("memory:", "p")
    asyncio.run(Carrier(Bench(WORKER, board, log.tell, str(looks)), Work(job.work, "local", {}), folder).carry())
    ended = store.get(job.id)
    store.close()
    engine.close()

    assert "job-started" in (tmp_path / "seen").read_text()
    assert ended is not None
    assert (JobState.SUCCEEDED, 0) == (ended.state, ended.exit_code)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"machines": ["web1", "db1"], "command": "true"}, "HG409 this worker does not reach web1, db1"),
        ({"machines": ["web1"], "kind": "agent", "command": "true"}, "HG411 workers of a fleet run commands"),
    ],
)
def test_a_worker_of_a_fleet_refuses_what_it_does_not_do(tmp_path: Path, spec: dict[str, object], told: str) -> None:
    url = f"sqlite:///{tmp_path}/engine.db"
    home = Home(tmp_path / "worker")
    home.path.mkdir()
    engine, board = open_engine(url, "gate")
    engine.enqueue(Work(WORK, "eu/web*", spec))

    def ended() -> bool:
        lease = board.lease(WORK)
        return lease is not None and lease.state is LeaseState.ENDED

    async def story() -> None:
        stopping = asyncio.Event()
        offer = Offer(url, ("eu",), reaches=("web*",))
        running = asyncio.create_task(FleetWorker(home, offer, shim().program, lambda _line: None).run(stopping))
        await asyncio.to_thread(until, ended)
        stopping.set()
        await running

    asyncio.run(asyncio.wait_for(story(), 100))
    end = ended_by(board.leases([WORK])[WORK])
    engine.close()
    board.close()

    assert end is not None
    assert JobState.REFUSED is end.state
    assert end.note.startswith(told)
    assert [] == [*(home.path / "work").glob("*/shim.json")]


# -- through the daemon ---------------------------------------------------------------------------


def handed(gate: Gate, *words: str) -> int:
    (told,) = gate("delegate", "--json", *words).splitlines()
    return int(json.loads(told)["job"])


def states(gate: Gate) -> list[str]:
    return [str(event["state"]) for event in gate.events("job-ended")]


def test_a_job_is_queued_claimed_started_and_runs(gate: Gate) -> None:
    number = handed(gate, "--", nap())
    job = gate.until(number, "running")

    assert 0 < int(str(job["pid"]))
    assert job["created"] <= job["started"]  # type: ignore[operator]
    assert str(job["worker"]).startswith("gate-")


@pytest.mark.parametrize(
    ("words", "end", "code"),
    [
        (["--", "exit 0; ssh web1 reboot"], "succeeded", 0),
        (["--", "exit 7; ssh web1 reboot"], "failed", 7),
        (["--max-run", "1s", "--", "sleep 621"], "timed_out", 143),
    ],
)
def test_a_job_ends_by_itself_or_by_its_limit(gate: Gate, words: list[str], end: str, code: int) -> None:
    job = gate.until(handed(gate, *words), end)

    assert (code, [end]) == (job["exit_code"], states(gate))


def test_a_job_that_waits_is_cancelled_and_never_starts(gate: Gate) -> None:
    gate("drain")
    number = handed(gate, "--", nap())
    gate("cancel", str(number))

    assert ("cancelled", "it had not started") == (gate.job(number)["state"], gate.job(number)["note"])
    assert ([], ["cancelled"]) == (gate.events("job-started"), states(gate))


def test_a_job_that_cannot_be_prepared_has_failed(gate: Gate) -> None:
    gate("status")
    (gate.home / "jobs").write_text("in the way of every folder")
    done = gate.run("delegate", "--", nap())

    assert (2, "HG403") == (done.returncode, done.stderr[:5])
    assert ("failed", []) == (gate.job(1)["state"], gate.events("job-started"))


def test_a_job_that_nobody_came_to_prepare_is_lost(gate: Gate) -> None:
    gate("drain")
    number = handed(gate, "--", nap())
    gate("stop")
    (gate.home / "jobs" / str(number) / "start").unlink()

    assert "lost" == gate.until(number, "lost")["state"]
    assert [] == gate.events("job-started")


def killed(gate: Gate, number: int, pids: set[int]) -> None:
    """Kill the keeper of a job, once it is another one than those of *pids*."""
    until(lambda: (pid := int(str(gate.job(number)["pid"] or 0))) not in pids and (pids.add(pid), os.kill(pid, 9)))


def test_safe_work_is_begun_again_twice_and_then_lost(gate: Gate) -> None:
    sleep = nap()
    number = handed(gate, "--", f"cat /etc/hostname; {sleep}")
    gate.until(number, "running")
    pids = {0}
    for _ in range(3):
        killed(gate, number, pids)
    job = gate.until(number, "lost")
    for pid in alive(sleep):
        os.kill(pid, signal.SIGKILL)

    assert (2, ["lost"]) == (job["attempts"], states(gate))
    assert 3 == len(gate.events("job-started"))


def test_whenever_the_daemon_dies_a_job_runs_once_or_is_lost(gate: Gate, tmp_path: Path) -> None:
    numbers = range(1, 7)
    for number in numbers:
        gate.run("delegate", "--", f"echo {number} >> {tmp_path}/ran; exit 0; ssh web1 reboot")
        os.kill(pid := json.loads(gate("status", "--json"))["pid"], signal.SIGKILL)
        until(lambda pid=pid: not living(pid, ""))
    found = [gate.until(number, "succeeded", "lost")["state"] for number in numbers]
    (tmp_path / "ran").touch()  # it may be that all were lost
    ran = [int(number) for number in (tmp_path / "ran").read_text().split()]

    assert len({*ran}) == len(ran)
    assert {number for number in numbers if found[number - 1] == "succeeded"} <= {*ran}
    assert 6 == len(states(gate))
