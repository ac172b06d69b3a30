"""The promises of the engine, kept in memory, on SQLite and on Postgres."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from headgate.model.work import Standing, Work, WorkState
from headgate.ports.far import Engine


class Bodies:
    """Bodies that run until they are let go; it remembers which began, ran at once, were cancelled."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.cancelled: list[str] = []
        self.most = 0
        self._now = 0
        self._go: dict[str, asyncio.Event] = {}

    def let_go(self, *works: str) -> None:
        for work in works:
            self._go.setdefault(work, asyncio.Event()).set()

    async def __call__(self, work: Work) -> None:
        self.began.append(work.id)
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            if work.spec.get("wait"):
                await self._go.setdefault(work.id, asyncio.Event()).wait()
            if work.spec.get("fail"):
                raise RuntimeError(work.id)
        except asyncio.CancelledError:
            self.cancelled.append(work.id)
            raise
        finally:
            self._now -= 1


async def until(holds: Callable[[], object], seconds: float = 90) -> None:
    """Wait until *holds*, without stopping the loop."""
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(holds):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def waiting(name: str, **more: Any) -> Work:
    return Work(name, more.pop("pool", "local"), {"wait": True}, **more)


def state(engine: Engine, work: str) -> WorkState | None:
    standing = engine.get(work)
    return standing and standing.state


def takes(running: Any) -> bool:
    """Whether a worker of any engine still takes work: a drain has to wait for a claim that is under way."""
    taking: bool = running._taking if hasattr(running, "_taking") else running in running._queue.workers
    return taking


def check(story: Callable[[], Awaitable[None]]) -> None:
    async def told() -> None:
        await story()

    asyncio.run(told())


# -- handing over ----------------------------------------------------------------------------------


def test_what_is_handed_over_waits_for_a_worker(site: Any) -> None:
    engine, _ = site.open()

    engine.enqueue(Work("w", "local", {"command": "true", "list": [1, None, {"ü": "€"}]}))

    assert Standing("w", "local", WorkState.QUEUED) == engine.get("w")
    assert engine.get("never") is None


def test_the_same_id_again_changes_nothing(site: Any) -> None:
    engine, _ = site.open()
    bodies: list[Work] = []

    async def body(work: Work) -> None:
        bodies.append(work)

    async def story() -> None:
        first = Work("w", "local", {"n": 1}, once=False, priority=7)
        for again in (first, first, Work("w", "local", {"n": 2}), Work("w", "other", {"n": 3})):
            await asyncio.to_thread(engine.enqueue, again)
        running = await engine.run_worker(["local", "other"], body, 4)
        await until(lambda: state(engine, "w") is WorkState.DONE)
        await asyncio.to_thread(engine.enqueue, first)
        await running.drain()
        assert [first] == bodies
        assert [Standing("w", "local", WorkState.DONE, "p1")] == list(engine.list())

    check(story)


def test_work_is_listed_by_pool_and_state_oldest_first(site: Any) -> None:
    engine, _ = site.open()
    for number in range(4):
        engine.enqueue(Work(f"w{number}", "eu" if number % 2 else "us", {}))
    engine.cancel("w1")

    assert ["w0", "w1", "w2", "w3"] == [one.id for one in engine.list()]
    assert ["w1", "w3"] == [one.id for one in engine.list(pools=["eu"])]
    assert ["w3"] == [one.id for one in engine.list(pools=["eu"], states=[WorkState.QUEUED])]
    assert ["w0", "w2", "w3"] == [one.id for one in engine.list(states=[WorkState.QUEUED, WorkState.CLAIMED])]
    assert ["w0", "w1"] == [one.id for one in engine.list(limit=2)]
    assert [] == list(engine.list(pools=["asia"]))


# -- running ---------------------------------------------------------------------------------------


def test_a_body_runs_in_the_loop_of_its_caller_with_the_very_work(site: Any) -> None:
    engine, _ = site.open()
    seen: list[tuple[asyncio.AbstractEventLoop, Work]] = []
    work = Work("w", "local", {"command": "true", "list": [1, None, {"ü": "€"}]}, once=False, priority=3)

    async def body(given: Work) -> None:
        seen.append((asyncio.get_running_loop(), given))

    async def story() -> None:
        running = await engine.run_worker(["local"], body, 1)
        await asyncio.to_thread(engine.enqueue, work)
        await until(lambda: state(engine, "w") is WorkState.DONE)
        assert [(asyncio.get_running_loop(), work)] == seen
        await running.drain()

    check(story)


def test_a_body_that_raises_has_failed_and_the_others_go_on(site: Any) -> None:
    engine, _ = site.open()
    bodies, told = Bodies(), []

    async def story() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
        running = await engine.run_worker(["local"], bodies, 2)
        await asyncio.to_thread(engine.enqueue, Work("bad", "local", {"fail": True}))
        await until(lambda: state(engine, "bad") is WorkState.FAILED)
        await asyncio.to_thread(engine.enqueue, Work("good", "local", {}))
        await until(lambda: state(engine, "good") is WorkState.DONE)
        await running.drain()
        assert ["bad"] == [str(error) for error in told]

    check(story)


def test_no_more_run_at_once_than_there_are_places_over_all_pools(site: Any) -> None:
    engine, _ = site.open()
    bodies = Bodies()

    async def story() -> None:
        names = [f"w{number}" for number in range(8)]
        for number, name in enumerate(names):
            await asyncio.to_thread(engine.enqueue, waiting(name, pool="eu" if number % 2 else "us"))
        running = await engine.run_worker(["eu", "us"], bodies, 3)
        for done in range(8):
            await until(lambda done=done: len(bodies.began) == min(8, done + 3))
            bodies.let_go(bodies.began[done])
        await until(lambda: 8 == len(engine.list(states=[WorkState.DONE])))
        assert 3 == bodies.most
        await running.drain()

    check(story)


def test_the_lowest_priority_number_goes_first_and_the_oldest_of_those(site: Any) -> None:
    engine, _ = site.open()
    bodies = Bodies()

    async def story() -> None:
        for name, priority in (("a", 500), ("b", 1000), ("c", 1), ("d", 500), ("e", 1)):
            await asyncio.to_thread(engine.enqueue, Work(name, "local", {}, priority=priority))
            await asyncio.sleep(0.002)  # the age is told in milliseconds
        running = await engine.run_worker(["local"], bodies, 1)
        await until(lambda: len(bodies.began) == 5)
        assert ["c", "e", "a", "d", "b"] == bodies.began
        await running.drain()

    check(story)


def test_a_worker_takes_the_work_of_its_pools_only(site: Any) -> None:
    engine, _ = site.open()
    bodies = Bodies()

    async def story() -> None:
        running = await engine.run_worker(["eu", "us"], bodies, 4)
        for pool in ("asia", "eu", "us"):
            await asyncio.to_thread(engine.enqueue, Work(pool, pool, {}))
        await until(lambda: len(bodies.began) == 2)
        await running.drain()
        assert ["eu", "us"] == sorted(bodies.began)
        assert WorkState.QUEUED is state(engine, "asia")

    check(story)


def test_what_another_process_hands_over_is_taken(site: Any) -> None:
    engine, _ = site.open("worker")
    gate, _ = site.open("gate")
    bodies = Bodies()

    async def story() -> None:
        running = await engine.run_worker(["local"], bodies, 1)
        await asyncio.to_thread(gate.enqueue, Work("w", "local", {}))
        await until(lambda: state(gate, "w") is WorkState.DONE)
        assert Standing("w", "local", WorkState.DONE, "worker") == gate.get("w")
        await running.drain()

    check(story)


# -- cancel ----------------------------------------------------------------------------------------


def test_cancelled_work_that_waits_is_never_taken(site: Any) -> None:
    engine, _ = site.open()
    bodies = Bodies()

    async def story() -> None:
        for name in ("a", "b"):
            await asyncio.to_thread(engine.enqueue, Work(name, "local", {}))
        await asyncio.to_thread(engine.cancel, "a")
        await asyncio.to_thread(engine.cancel, "never")
        running = await engine.run_worker(["local"], bodies, 1)
        await until(lambda: state(engine, "b") is WorkState.DONE)
        await running.drain()
        assert ["b"] == bodies.began
        assert WorkState.CANCELLED is state(engine, "a")

    check(story)


@pytest.mark.parametrize("canceller", ["the same process", "another"])
def test_cancel_reaches_a_body_that_runs_and_frees_its_place(site: Any, canceller: str) -> None:
    engine, _ = site.open("worker")
    other = engine if canceller == "the same process" else site.open("gate")[0]
    bodies = Bodies()

    async def story() -> None:
        running = await engine.run_worker(["local"], bodies, 1)
        await asyncio.to_thread(engine.enqueue, waiting("w"))
        await until(lambda: bodies.began)
        await asyncio.to_thread(other.cancel, "w")
        await until(lambda: bodies.cancelled == ["w"])
        await asyncio.to_thread(engine.enqueue, Work("next", "local", {}))
        await until(lambda: state(engine, "next") is WorkState.DONE)
        assert WorkState.CANCELLED is state(engine, "w")
        await running.drain()

    check(story)


def test_what_is_over_cannot_be_cancelled_or_resumed(site: Any) -> None:
    engine, _ = site.open()
    bodies = Bodies()

    async def story() -> None:
        running = await engine.run_worker(["local"], bodies, 1)
        await asyncio.to_thread(engine.enqueue, Work("done", "local", {}))
        await until(lambda: state(engine, "done") is WorkState.DONE)
        await running.drain()
        for name in ("done", "cancelled"):
            await asyncio.to_thread(engine.enqueue, Work(name, "local", {}))
        await asyncio.to_thread(engine.cancel, "cancelled")
        for name in ("done", "cancelled", "never"):
            await asyncio.to_thread(engine.resume, name)
            await asyncio.to_thread(engine.cancel, name)
        assert WorkState.DONE is state(engine, "done")
        assert WorkState.CANCELLED is state(engine, "cancelled")
        assert ["done"] == bodies.began

    check(story)


# -- resume, drain, stop ---------------------------------------------------------------------------


def test_stop_cancels_bodies_and_leaves_their_work_claimed_until_it_is_resumed(site: Any) -> None:
    engine, _ = site.open("first")
    bodies = Bodies()

    async def story() -> None:
        running = await engine.run_worker(["local"], bodies, 1)
        for name in ("w", "queued"):
            await asyncio.to_thread(engine.enqueue, waiting(name))
        await until(lambda: bodies.began)
        await running.stop()
        assert ["w"] == bodies.cancelled
        assert Standing("w", "local", WorkState.CLAIMED, "first") == engine.get("w")
        assert WorkState.QUEUED is state(engine, "queued")

        bodies.let_go("w", "queued")
        following, _ = site.open("second")
        running = await following.run_worker(["local"], bodies, 1)
        await until(lambda: state(engine, "queued") is WorkState.DONE)
        assert WorkState.CLAIMED is state(engine, "w"), "nothing but a resume gives it to another"
        await asyncio.to_thread(engine.resume, "w", "another process")  # type: ignore[call-arg]
        assert WorkState.CLAIMED is state(engine, "w")
        await asyncio.to_thread(engine.resume, "w", "first")  # type: ignore[call-arg]
        await until(lambda: state(engine, "w") is WorkState.DONE)
        await running.drain()
        assert Standing("w", "local", WorkState.DONE, "second") == engine.get("w")
        assert ["w", "queued", "w"] == bodies.began

    check(story)


def test_what_was_resumed_ends_by_its_new_claim_only(site: Any) -> None:
    engine, _ = site.open()
    bodies = Bodies()

    async def story() -> None:
        running = await engine.run_worker(["local"], bodies, 2)
        await asyncio.to_thread(engine.enqueue, waiting("w"))
        await until(lambda: bodies.began)
        await asyncio.to_thread(engine.resume, "w")
        await until(lambda: bodies.began == ["w", "w"])
        bodies.let_go("w")
        await until(lambda: state(engine, "w") is WorkState.DONE)
        await running.drain()

    check(story)


def test_drain_takes_no_more_and_returns_when_the_bodies_have_ended(site: Any) -> None:
    engine, _ = site.open()
    bodies = Bodies()

    async def story() -> None:
        running = await engine.run_worker(["local"], bodies, 2)
        await asyncio.to_thread(engine.enqueue, waiting("w"))
        await until(lambda: bodies.began)
        drained = asyncio.create_task(running.drain())
        await until(lambda: not takes(running))
        await asyncio.to_thread(engine.enqueue, Work("late", "local", {}))
        await asyncio.sleep(0.1)
        assert not drained.done()
        bodies.let_go("w")
        await asyncio.wait_for(drained, 90)
        assert WorkState.DONE is state(engine, "w")
        assert WorkState.QUEUED is state(engine, "late")
        assert ["w"] == bodies.began

    check(story)


def test_a_drained_worker_can_be_followed_by_another_in_the_same_process(site: Any) -> None:
    engine, _ = site.open()
    bodies = Bodies()

    async def story() -> None:
        for name in ("a", "b"):
            running = await engine.run_worker(["local"], bodies, 1)
            await asyncio.to_thread(engine.enqueue, Work(name, "local", {}))
            await until(lambda name=name: state(engine, name) is WorkState.DONE)
            await running.drain()
            await running.stop()
        assert ["a", "b"] == bodies.began

    check(story)


def test_cancel_reaches_a_body_while_its_worker_drains(site: Any) -> None:
    engine, _ = site.open("worker")
    gate, _ = site.open("gate")
    bodies = Bodies()

    async def story() -> None:
        running = await engine.run_worker(["local"], bodies, 1)
        await asyncio.to_thread(engine.enqueue, waiting("w"))
        await until(lambda: bodies.began)
        drained = asyncio.create_task(running.drain())
        await asyncio.sleep(0.05)
        await asyncio.to_thread(gate.cancel, "w")
        await asyncio.wait_for(drained, 90)
        assert ["w"] == bodies.cancelled

    check(story)
