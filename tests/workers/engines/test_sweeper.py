"""What a sweep does to claimed work, by its lease and by how long it has been claimed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from test_contract import Bodies, check, state, until, waiting

from headgate.model.errors import HeadgateError
from headgate.model.work import LeaseState, Work, WorkState
from headgate.ports.far import Board, Engine
from headgate.workers.sweeper import Reason, Sweeper, Swept, checked

Story = Callable[[Engine, Board], Awaitable[None]]


def swept(sweeper: Sweeper, now: float) -> list[tuple[str, Reason]]:
    return [(one.work, one.reason) for one in sweeper.sweep(["local"], now)]


def with_a_claim(site: Any, story: Story) -> None:
    """Tell *story* of a site where the process `dead` has claimed `w`, and its body is gone."""
    engine, board = site.open("dead")

    async def told() -> None:
        bodies = Bodies()
        running = await engine.run_worker(["local"], bodies, 1)
        await asyncio.to_thread(engine.enqueue, waiting("w"))
        await until(lambda: bodies.began)
        await running.stop()
        assert WorkState.CLAIMED is state(engine, "w")
        await story(engine, board)

    check(told)


def test_a_claim_that_was_never_started_is_offered_again_after_its_grace(site: Any) -> None:
    async def story(engine: Engine, board: Board) -> None:
        sweeper = Sweeper(engine, board, ttl=60, grace=5)
        assert [] == swept(sweeper, 1000)
        assert [] == swept(sweeper, 1005)
        assert [Swept("w", "local", "dead", Reason.NEVER_STARTED)] == sweeper.sweep([], 1005.1)
        assert WorkState.QUEUED is state(engine, "w")
        assert [] == swept(sweeper, 2000)

    with_a_claim(site, story)


def test_a_fresh_lease_is_never_touched_however_long_it_takes(site: Any) -> None:
    async def story(engine: Engine, board: Board) -> None:
        sweeper = Sweeper(engine, board, ttl=60, grace=5)
        fence = board.start("w", "worker", once=True, ttl=60)
        assert fence is not None
        for now in (0, 100, 1e6):
            assert [] == swept(sweeper, now)
        board.running("w", fence)
        assert [] == swept(sweeper, 2e6)
        assert WorkState.CLAIMED is state(engine, "w")

    with_a_claim(site, story)


def test_stale_work_that_runs_once_is_lost_and_never_offered_again(site: Any) -> None:
    async def story(engine: Engine, board: Board) -> None:
        sweeper = Sweeper(engine, board, ttl=0.2, grace=5)
        board.start("w", "worker", once=True, ttl=60)
        found: list[tuple[str, Reason]] = []
        await until(lambda: found.extend(swept(sweeper, 0)) or found)
        assert [("w", Reason.LOST)] == found
        lease = board.lease("w")
        assert lease is not None
        assert LeaseState.LOST is lease.state
        assert WorkState.CANCELLED is state(engine, "w")
        engine.resume("w")
        assert WorkState.CANCELLED is state(engine, "w")

    with_a_claim(site, story)


def test_what_was_lost_but_is_still_claimed_is_cancelled(site: Any) -> None:
    async def story(engine: Engine, board: Board) -> None:
        board.start("w", "worker", once=True, ttl=60)
        await until(lambda: board.lose("w", 0))
        assert [] == swept(Sweeper(engine, board, ttl=60, grace=5), 0)
        assert WorkState.CANCELLED is state(engine, "w")

    with_a_claim(site, story)


def test_stale_work_that_may_be_repeated_is_taken_over_by_another(site: Any) -> None:
    async def story(engine: Engine, board: Board) -> None:
        sweeper = Sweeper(engine, board, ttl=0.2, grace=5)
        assert board.start("w", "worker-1", once=False, ttl=60) == 1
        assert [] == swept(sweeper, 0)
        await until(lambda: (lease := board.lease("w")) and lease.age > 0.2)
        assert [] == swept(sweeper, 4), "a claim that is new to it may be about to take over"
        assert [("w", Reason.STALE)] == swept(sweeper, 6)

        fences: list[int | None] = []

        async def body(work: Work) -> None:
            fences.append(await asyncio.to_thread(board.start, work.id, "worker-2", once=False, ttl=0.2))

        other, _ = site.open("alive")
        running = await other.run_worker(["local"], body, 1)
        await until(lambda: state(other, "w") is WorkState.DONE)
        await running.drain()
        assert [2] == fences

    with_a_claim(site, story)


def test_an_end_that_the_engine_was_not_told_is_offered_again(site: Any) -> None:
    async def story(engine: Engine, board: Board) -> None:
        sweeper = Sweeper(engine, board, ttl=60, grace=0.2)
        fence = board.start("w", "worker", once=True, ttl=60)
        assert fence is not None
        board.end("w", fence, {"exit": 0})
        assert [] == swept(sweeper, 0)
        await until(lambda: (lease := board.lease("w")) and lease.age > 0.2)
        assert [("w", Reason.UNRECORDED)] == swept(sweeper, 1)
        assert WorkState.QUEUED is state(engine, "w")

    with_a_claim(site, story)


def test_work_that_waits_and_work_of_other_pools_is_left_alone(site: Any) -> None:
    async def story(engine: Engine, board: Board) -> None:
        sweeper = Sweeper(engine, board, ttl=60, grace=5)
        engine.enqueue(Work("waits", "local", {}))
        for now in (0, 100):
            assert [] == [one.work for one in sweeper.sweep(["other"], now)]
        for now in (200, 300):
            found = swept(sweeper, now)
        assert [("w", Reason.NEVER_STARTED)] == found

    with_a_claim(site, story)


def test_sweepers_at_once_lose_work_once(site: Any) -> None:
    async def story(engine: Engine, board: Board) -> None:
        board.start("w", "worker", once=True, ttl=60)
        await until(lambda: (lease := board.lease("w")) and lease.age > 0.2)
        sweepers = [Sweeper(*site.open(f"p{number}"), ttl=0.2, grace=5) for number in range(4)]
        found = await asyncio.gather(*(asyncio.to_thread(swept, sweeper, 0) for sweeper in sweepers))
        assert [("w", Reason.LOST)] == [one for some in found for one in some]
        assert WorkState.CANCELLED is state(engine, "w")

    with_a_claim(site, story)


def test_a_lease_must_outlast_three_signs_of_life() -> None:
    assert 15 == checked(15, 5)
    for ttl, beat in ((14.9, 5), (30, 0), (30, -1)):
        with pytest.raises(HeadgateError) as refused:
            checked(ttl, beat)
        assert "HG511" == refused.value.code
