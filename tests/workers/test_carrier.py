"""Work that is carried on over crashes, pauses and a database that is away: begun once, told with its own end."""

import asyncio
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from test_local import until

from headgate.model.errors import HeadgateError
from headgate.model.job import JobState
from headgate.model.work import LeaseState, Work
from headgate.ports import Board
from headgate.wiring import shim
from headgate.workers import carrier, keeper
from headgate.workers.carrier import Bench, Carrier
from headgate.workers.engines import open_engine
from headgate.workers.folders import Folder, Start
from headgate.workers.reports import Ended, Report
from headgate.workers.runner import Runner

WORKER = "worker-1"
WORK = "w"


class Place:
    """The board, one folder, and what was told; each `runner` is a new process of the worker."""

    def __init__(self, folder: Path) -> None:
        self.path = folder
        self.folder = Folder(folder / "work")
        self.engine, self.board = open_engine(f"sqlite:///{folder}/engine.db", "p")
        self.told: list[Report] = []

    left: keeper.Keeper | None = None

    def prepare(self, command: str) -> None:
        environment = {"PATH": os.environ["PATH"]}
        self.folder.prepare(Start(("/bin/sh", "-c", f"echo >> begun; {command}"), str(self.path), 0o022, environment))

    def bench(self, board: Board | None = None) -> Bench:
        return Bench(WORKER, board or self.board, self.told.append, shim().program)

    def runner(self) -> Runner:
        return Runner(self.bench(), lambda _work: self.folder, lambda _work, _folder: None)

    def carry(self, *, once: bool = True, board: Board | None = None) -> Ended:
        asyncio.run(Carrier(self.bench(board), Work(WORK, "local", {}, once), self.folder).carry())
        return self.end

    @property
    def end(self) -> Ended:
        found = [report for report in self.told if isinstance(report, Ended)]
        assert found
        return found[-1]

    @property
    def begun(self) -> int:
        file = self.path / "begun"
        return len(file.read_text().splitlines()) if file.exists() else 0

    def leave_running(self, *, once: bool) -> None:
        """Begin the work as a process would that is killed right afterwards."""
        fence = self.board.start(WORK, WORKER, once=once, ttl=60)
        assert fence is not None
        self.folder.begin(fence)
        self.left = keeper.launch(self.folder, shim().program)
        until(lambda: self.folder.keeper() and self.begun)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    if made.left is not None and made.left.child is not None:
        made.left.child.wait(60)
    made.engine.close()
    made.board.close()


@pytest.fixture
def stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every lease stale at once."""
    monkeypatch.setattr(carrier, "TTL", -1.0)


@pytest.mark.usefixtures("stale")
def test_safe_work_that_still_runs_here_is_followed_and_not_begun_a_second_time(place: Place) -> None:
    place.prepare("while [ ! -e go ]; do sleep 0.02; done; exit 7")
    place.leave_running(once=False)
    (place.path / "go").touch()

    end = place.carry(once=False)

    assert (JobState.FAILED, 7, 1) == (end.state, end.exit_code, place.begun)


@pytest.mark.usefixtures("stale")
def test_safe_work_that_ended_here_meanwhile_has_the_end_that_it_had(place: Place) -> None:
    place.prepare("exit 7")
    place.leave_running(once=False)
    until(place.folder.end)

    end = place.carry(once=False)

    assert (JobState.FAILED, 7, 1) == (end.state, end.exit_code, place.begun)


def test_work_whose_worker_died_between_the_marker_and_the_keeper_is_begun_by_the_next(place: Place) -> None:
    place.prepare("exit 7")
    assert place.board.start(WORK, WORKER, once=True, ttl=60) == 1

    end = place.carry()

    assert (JobState.FAILED, 7, 1) == (end.state, end.exit_code, place.begun)


def test_work_whose_keeper_may_have_been_there_is_lost_and_not_begun_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "PREPARING", 0.1)
    place.prepare("exit 7")
    assert place.board.start(WORK, WORKER, once=True, ttl=60) == 1
    place.folder.begin(1)

    end = place.carry()

    assert (JobState.LOST, 0) == (end.state, place.begun)


class Breaking:
    """A board whose database goes away behind each new call: what was done stays done, and nobody hears of it."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.broken: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def use(*arguments: object, **more: object) -> object:
            found = getattr(self.board, name)(*arguments, **more)
            if name not in self.broken:
                self.broken.append(name)
                raise HeadgateError("HG510", "the engine's database cannot be used", "repair it")
            return found

        return use


def test_a_database_that_goes_away_at_every_step_costs_no_work_and_no_exit_code(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrier, "RETRY", 0.01)
    place.prepare("exit 7")
    board = Breaking(place.board)

    end = place.carry(board=board)  # type: ignore[arg-type]

    assert {"start", "readopt", "lease", "end"} <= set(board.broken)
    assert (JobState.FAILED, 7, 1) == (end.state, end.exit_code, place.begun)
    assert LeaseState.ENDED is place.board.leases([WORK])[WORK].state


async def patiently(holds: Callable[[], object]) -> None:
    while not holds():  # noqa: ASYNC110 nothing tells
        await asyncio.sleep(0.01)


def story(place: Place, told: Callable[[Runner, asyncio.Task[None]], Any]) -> None:
    """Run the work in a runner until it has begun, then go on with *told*; return once nothing is carried."""

    async def all_of_it() -> None:
        runner = place.runner()
        body = asyncio.create_task(runner(Work(WORK, "local", {})))  # type: ignore[arg-type]
        await patiently(lambda: place.begun and place.board.leases([WORK])[WORK].state is LeaseState.RUNNING)
        await told(runner, body)
        await patiently(lambda: not runner.running)

    asyncio.run(asyncio.wait_for(all_of_it(), 90))


def test_work_that_was_given_up_goes_on_and_its_end_is_told_late(place: Place) -> None:
    place.prepare("while [ ! -e go ]; do sleep 0.02; done; exit 7")

    async def give_up(runner: Runner, body: asyncio.Task[None]) -> None:
        assert place.board.lose(WORK, -1.0)
        body.cancel()
        await asyncio.gather(body, return_exceptions=True)
        await patiently(lambda: not runner._errands)
        (place.path / "go").touch()

    story(place, give_up)

    assert (JobState.FAILED, 7, True, 1) == (place.end.state, place.end.exit_code, place.end.late, place.begun)


def test_work_that_was_cancelled_is_ended(place: Place) -> None:
    place.prepare("sleep 621")

    async def cancel(_runner: Runner, body: asyncio.Task[None]) -> None:
        body.cancel()
        await asyncio.gather(body, return_exceptions=True)

    story(place, cancel)

    assert (JobState.CANCELLED, False) == (place.end.state, place.end.late)


def test_work_that_is_offered_again_while_it_runs_is_looked_at_again_once_that_has_ended(place: Place) -> None:
    place.prepare("while [ ! -e go ]; do sleep 0.02; done; exit 7")

    async def again(runner: Runner, _body: asyncio.Task[None]) -> None:
        second = asyncio.create_task(runner(Work(WORK, "local", {})))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        (place.path / "go").touch()
        await second

    story(place, again)

    assert [7, 7] == [report.exit_code for report in place.told if isinstance(report, Ended)]
    assert 1 == place.begun


def test_what_an_earlier_process_left_running_is_ended_where_it_was_cancelled(place: Place) -> None:
    place.prepare("sleep 622")
    place.leave_running(once=True)

    async def take_up() -> None:
        runner = place.runner()
        runner.take_up(Work(WORK, "local", {}), cancelled=True)
        await patiently(lambda: not runner.running)

    asyncio.run(asyncio.wait_for(take_up(), 90))

    assert JobState.CANCELLED is place.end.state


def test_what_is_prepared_is_whole_or_not_there(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        place.prepare("true")

    assert not place.folder.prepared
