"""What a gate takes up that an earlier process of it had left: cancelled work, slots of what has ended."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headgate.host.home import Home
from headgate.model.job import Job, JobState, Origin, Ticket
from headgate.model.pool import LOCAL
from headgate.model.work import Work
from headgate.wiring import adapters
from headgate.workers.dispatch import Dispatcher
from headgate.workers.engines import open_engine
from headgate.workers.taken import Taken

MACHINE = ("machine", "web1")


class Desk:
    """A gate's store and its database of work, without a daemon."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)
        self.adapters = adapters(self.home)
        self.store = self.adapters.store
        self.engine, self.board = open_engine(f"sqlite:///{self.home.engine}", "earlier")

    def job(self, name: str, command: str = "true", **more: Any) -> Job:
        ticket = Ticket("", "s", name, "d", command, "/", 9e9, **more)
        job, _ = self.store.add(ticket, command, "/", 1.0)
        self.adapters.workers.preparer.prepare(
            job, command, Origin("/", "/bin/sh", 0o022, {"PATH": "/usr/bin:/bin"}), far=False
        )
        return job

    def save(self, job: Job, **fields: Any) -> Job:
        self.store.save(msgspec.structs.replace(job, **fields))
        return self.now(job)

    def now(self, job: Job) -> Job:
        found = self.store.get(job.id)
        assert found is not None
        return found

    def serve(self, story: Callable[[Dispatcher], Awaitable[None]]) -> None:
        async def all_of_it() -> None:
            dispatcher = adapters(self.home).workers
            dispatcher.resume()
            try:
                await story(dispatcher)
            finally:
                await dispatcher.close()
                dispatcher.store.close()  # type: ignore[attr-defined]

        asyncio.run(asyncio.wait_for(all_of_it(), 100))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.engine.close()
    made.board.close()
    made.store.close()  # type: ignore[attr-defined]


async def patiently(holds: Callable[[], object]) -> None:
    while not holds():  # noqa: ASYNC110 nothing tells
        await asyncio.sleep(0.02)


def test_what_was_cancelled_before_it_was_offered_is_cancelled_by_the_next_daemon(desk: Desk, tmp_path: Path) -> None:
    job = desk.save(desk.job("a", f"echo >> {tmp_path}/begun"), cancelling=True)

    async def story(_dispatcher: Dispatcher) -> None:
        await patiently(lambda: desk.now(job).state.ended)

    desk.serve(story)

    assert (JobState.CANCELLED, False) == (desk.now(job).state, (tmp_path / "begun").exists())


def test_what_was_cancelled_while_it_waited_is_not_run_by_the_next_daemon(desk: Desk, tmp_path: Path) -> None:
    job = desk.job("a", f"echo >> {tmp_path}/begun")
    desk.engine.enqueue(Work(job.work, LOCAL, {"job": job.id}))
    desk.save(job, cancelling=True)  # and the daemon dies before the engine hears of it
    after = desk.job("b", "exit 3")
    desk.engine.enqueue(Work(after.work, LOCAL, {"job": after.id}))

    async def story(_dispatcher: Dispatcher) -> None:
        await patiently(lambda: desk.now(job).state.ended and desk.now(after).state.ended)

    desk.serve(story)

    assert [JobState.CANCELLED, JobState.FAILED] == [desk.now(one).state for one in (job, after)]
    assert not (tmp_path / "begun").exists()


# The daemon that leaves its keeper behind is this very process.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_was_cancelled_while_it_ran_is_ended_by_the_next_daemon(desk: Desk, tmp_path: Path) -> None:
    job = desk.job("a", f"echo >> {tmp_path}/begun; sleep 623")
    desk.engine.enqueue(Work(job.work, LOCAL, {"job": job.id}))

    async def begin(_dispatcher: Dispatcher) -> None:
        await patiently((tmp_path / "begun").exists)

    async def end(_dispatcher: Dispatcher) -> None:
        await patiently(lambda: desk.now(job).state.ended)

    desk.serve(begin)
    gc.collect()
    desk.save(desk.now(job), cancelling=True)
    desk.engine.cancel(job.work)  # and the daemon dies before it tells the keeper
    desk.serve(end)

    assert JobState.CANCELLED is desk.now(job).state


def test_what_an_ended_job_still_has_is_given_back_by_the_next_daemon(desk: Desk) -> None:
    job = desk.job("a", lease=("machine",), machines=("web1",))
    assert desk.board.take(job.work, [MACHINE]) is None
    desk.save(job, state=JobState.SUCCEEDED)  # and the daemon dies before it gives the machine back

    async def story(dispatcher: Dispatcher) -> None:
        dispatcher.warm()
        await patiently(lambda: not desk.board.slots())

    desk.serve(story)


def test_a_late_end_gives_back_what_the_job_itself_has_and_nothing_of_another(desk: Desk) -> None:
    first, second = (desk.job(name, lease=("machine",), machines=("web1",)) for name in "ab")
    for job in (first, second):
        assert desk.board.take(job.work, [MACHINE]) is None
        desk.board.quarantine(job.work)
        if job is first:
            assert desk.board.release(*MACHINE)  # a person looked

    taken, late = Taken(desk.store), {"state": JobState.SUCCEEDED, "late": True}
    asyncio.run(taken.settle(desk.save(first, **late), desk.board, quarantine=True))
    left = [slot.work for slot in desk.board.slots()]
    asyncio.run(taken.settle(desk.save(second, **late), desk.board, quarantine=True))

    assert ([second.work], []) == (left, list(desk.board.slots()))
