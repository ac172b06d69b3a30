"""The promises of the board, kept in memory, on SQLite and on Postgres."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from headgate.model.work import LeaseState, Slot, WorkerInfo
from headgate.ports.far import Board

Until = Callable[..., None]


@pytest.fixture
def board(site: Any) -> Board:
    opened: Board = site.open()[1]
    return opened


def started(board: Board, work: str = "w", *, once: bool = True) -> int:
    fence = board.start(work, "worker-1", once=once, ttl=60)
    assert fence is not None
    return fence


# -- start markers ---------------------------------------------------------------------------------


def test_work_is_started_once_and_its_lease_says_by_whom(board: Board) -> None:
    assert 1 == board.start("w", "worker-1", once=True, ttl=60)
    assert board.start("w", "worker-2", once=True, ttl=60) is None

    lease = board.lease("w")
    assert lease is not None
    assert ("worker-1", 1, LeaseState.STARTED, True) == (lease.worker, lease.fence, lease.state, lease.once)
    assert lease.started > 1e9
    assert lease.age >= 0
    assert board.lease("other") is None


def test_of_many_that_start_the_same_work_exactly_one_does(site: Any) -> None:
    boards = [site.open(f"p{number}")[1] for number in range(4)]

    with ThreadPoolExecutor(8) as threads:
        for work in ("a", "b", "c", "d", "e"):
            fences = list(
                threads.map(lambda n, w=work: boards[n % 4].start(w, f"worker-{n}", once=False, ttl=60), range(8))
            )
            assert [1] == [fence for fence in fences if fence is not None]


def test_work_that_may_be_repeated_is_taken_over_once_it_is_stale(board: Board, until: Until) -> None:
    first = started(board, once=False)
    assert board.put("w", first, 0, b"of the first")
    assert board.start("w", "worker-2", once=False, ttl=60) is None

    taken: list[int | None] = []
    until(lambda: taken.append(board.start("w", "worker-2", once=False, ttl=0)) or taken[-1])

    assert [2] == [fence for fence in taken if fence is not None]
    lease = board.lease("w")
    assert lease is not None
    assert ("worker-2", LeaseState.STARTED, 0) == (lease.worker, lease.state, lease.output)
    assert b"" == board.output("w", 0, 100)


def test_an_earlier_fence_writes_nothing(board: Board, until: Until) -> None:
    first = started(board, once=False)
    until(lambda: board.start("w", "worker-2", once=False, ttl=0))

    assert not board.beat("w", first)
    assert not board.running("w", first)
    assert not board.end("w", first, {"exit": 0})
    assert not board.put("w", first, 0, b"late")
    lease = board.lease("w")
    assert lease is not None
    assert (LeaseState.STARTED, None, 0) == (lease.state, lease.end, lease.output)


@pytest.mark.parametrize("once", [True, False])
def test_work_that_ended_is_not_started_again(board: Board, once: bool) -> None:  # noqa: FBT001
    fence = started(board, once=once)
    assert board.running("w", fence)
    assert board.end("w", fence, {"exit": 3})

    assert board.start("w", "worker-2", once=once, ttl=0) is None
    lease = board.lease("w")
    assert lease is not None
    assert (LeaseState.ENDED, {"exit": 3}, "worker-1") == (lease.state, lease.end, lease.worker)


def test_work_that_runs_once_is_never_taken_over_whoever_says_otherwise(board: Board) -> None:
    started(board, "once", once=True)
    started(board, "safe", once=False)

    assert board.start("once", "worker-2", once=False, ttl=-1) is None
    assert board.start("safe", "worker-2", once=True, ttl=-1) is None


# -- signs of life ---------------------------------------------------------------------------------


def test_progress_stays_until_there_is_newer(board: Board) -> None:
    fence = started(board)
    assert board.beat("w", fence, {"step": 2, "of": 3})
    assert board.beat("w", fence)

    lease = board.lease("w")
    assert lease is not None
    assert {"step": 2, "of": 3} == lease.progress


def test_a_sign_of_life_makes_a_lease_young(board: Board, until: Until) -> None:
    fence = started(board)

    def age() -> float:
        lease = board.lease("w")
        return lease.age if lease else -1.0

    until(lambda: age() > 0.3)
    until(lambda: board.beat("w", fence) and age() < 0.3)


def test_the_same_end_can_be_told_again_and_the_first_stays(board: Board) -> None:
    fence = started(board)

    assert board.end("w", fence, {"exit": 0})
    assert board.end("w", fence, {"exit": 1})
    assert not board.beat("w", fence)
    assert not board.running("w", fence)
    lease = board.lease("w")
    assert lease is not None
    assert {"exit": 0} == lease.end


def test_the_next_process_of_a_worker_takes_its_work_up_again(board: Board) -> None:
    first = started(board)
    assert board.running("w", first)
    assert board.put("w", first, 0, b"before")

    second = board.readopt("w", "worker-1")

    assert second == first + 1
    assert not board.beat("w", first)
    assert board.put("w", second, 6, b" after")
    assert b"before after" == board.output("w", 0, 100)
    lease = board.lease("w")
    assert lease is not None
    assert LeaseState.RUNNING == lease.state
    assert board.end("w", second, {})


def test_what_is_anothers_or_has_ended_is_not_taken_up_again(board: Board) -> None:
    fence = started(board)

    assert board.readopt("w", "worker-2") is None
    assert board.readopt("never", "worker-1") is None
    board.end("w", fence, {})
    assert board.readopt("w", "worker-1") is None


# -- lost ------------------------------------------------------------------------------------------


def test_stale_work_is_lost_once_and_its_worker_may_still_tell_the_end(board: Board, until: Until) -> None:
    fence = started(board)
    assert not board.lose("w", 60)
    until(lambda: board.lose("w", 0))
    assert not board.lose("w", 0)

    lease = board.lease("w")
    assert lease is not None
    assert (LeaseState.LOST, fence + 1, False) == (lease.state, lease.fence, lease.late)
    for refused in (board.beat("w", fence), board.end("w", fence, {}), board.end("w", fence + 1, {"x": 1})):
        assert not refused
    assert board.readopt("w", "worker-1") is None
    assert not board.late("w", "worker-2", {"exit": 1})
    assert board.late("w", "worker-1", {"exit": 0})
    assert not board.late("w", "worker-1", {"exit": 1})

    lease = board.lease("w")
    assert lease is not None
    assert (LeaseState.ENDED, {"exit": 0}, True) == (lease.state, lease.end, lease.late)


def test_work_that_may_be_repeated_is_never_lost(board: Board) -> None:
    started(board, once=False)

    assert not board.lose("w", -1)


def test_the_leases_of_many_are_those_that_were_started(board: Board) -> None:
    for number in range(3):
        started(board, f"w{number}")

    asked = [f"w{number}" for number in range(1200)]
    assert {"w0", "w1", "w2"} == set(board.leases(asked))
    assert {} == board.leases([])


# -- slots -----------------------------------------------------------------------------------------


def test_slots_are_taken_all_or_none(board: Board) -> None:
    assert board.take("a", [("machine", "web1"), ("environment", "staging")]) is None
    assert Slot("machine", "web1", "a") == board.take("b", [("machine", "web2"), ("machine", "web1")])

    assert board.take("c", [("machine", "web2"), ("environment", "web1")]) is None
    taken = [("environment", "staging", "a"), ("environment", "web1", "c")]
    taken += [("machine", "web1", "a"), ("machine", "web2", "c")]
    assert taken == [(slot.kind, slot.name, slot.work) for slot in board.slots()]


def test_taking_again_changes_nothing_and_freeing_gives_back(board: Board) -> None:
    assert board.take("a", [("machine", "web1")]) is None
    assert board.take("a", [("machine", "web1"), ("machine", "web2")]) is None
    assert 2 == len(board.slots())

    board.free("a")
    assert [] == list(board.slots())
    assert board.take("b", [("machine", "web1")]) is None
    assert board.take("b", []) is None


def test_a_slot_that_nobody_can_name_is_in_the_way_of_all_of_its_kind(board: Board) -> None:
    assert board.take("a", [("machine", "?")]) is None
    assert Slot("machine", "?", "a") == board.take("b", [("machine", "web1")])
    assert Slot("machine", "?", "a") == board.take("b", [("machine", "?")])
    assert board.take("b", [("environment", "web1")]) is None
    board.free("a")

    assert board.take("c", [("machine", "web1")]) is None
    assert Slot("machine", "web1", "c") == board.take("d", [("machine", "?")])


def test_of_many_that_take_a_slot_exactly_one_has_it(site: Any) -> None:
    boards = [site.open(f"p{number}")[1] for number in range(4)]
    names = ["web1", "?", "web2", "?"]

    def take(number: int) -> bool:
        name = ("machine", names[number % 4])
        return boards[number % 4].take(f"work-{number}", [("machine", "shared"), name]) is None

    with ThreadPoolExecutor(8) as threads:
        assert 1 == sum(threads.map(take, range(12)))


def test_a_quarantined_slot_is_given_back_by_a_release_only(board: Board) -> None:
    board.take("a", [("machine", "web1"), ("machine", "web2")])
    board.quarantine("a")
    board.free("a")

    assert Slot("machine", "web1", "a", quarantined=True) == board.take("b", [("machine", "web1")])
    assert board.release("machine", "web1")
    assert not board.release("machine", "web1")
    assert not board.release("machine", "never")
    assert board.take("b", [("machine", "web1")]) is None
    assert not board.release("machine", "web1")


# -- workers ---------------------------------------------------------------------------------------

INFO = WorkerInfo(
    "bastion-1", "p-1", "bastion", ("eu", "us"), labels=("gpu",), reaches=("web*",), places=4, version="0.1"
)


def test_a_worker_that_registered_is_listed_and_ages(board: Board, until: Until) -> None:
    board.register(INFO)
    (found,) = board.workers()
    assert (INFO.id, INFO.process, INFO.pools, INFO.labels, INFO.reaches, INFO.places) == (
        found.id,
        found.process,
        found.pools,
        found.labels,
        found.reaches,
        found.places,
    )

    until(lambda: board.workers()[0].age > 0.2)
    until(lambda: (board.register(INFO), board.workers()[0].age < 0.2)[1])


def test_the_wish_to_drain_stays_over_signs_of_life_and_ends_when_the_worker_leaves(board: Board) -> None:
    assert not board.drain("bastion-1")
    board.register(INFO)
    assert board.drain("bastion-1")
    board.register(INFO)
    assert board.workers()[0].draining
    assert board.drain("bastion-1", draining=False)
    assert not board.workers()[0].draining

    board.drain("bastion-1")
    board.leave("bastion-1", "an earlier process")
    assert 1 == len(board.workers())
    board.leave("bastion-1", "p-1")
    assert [] == list(board.workers())
    assert not board.drain("bastion-1")
    board.register(INFO)
    assert not board.workers()[0].draining


# -- output ----------------------------------------------------------------------------------------


def test_output_is_read_by_offset(board: Board) -> None:
    fence = started(board)
    assert board.put("w", fence, 0, b"0123456789")
    assert board.put("w", fence, 0, b"0123456789")
    assert board.put("w", fence, 5, b"56789abc")

    assert b"3456" == board.output("w", 3, 4)
    assert b"0123456789abc" == board.output("w", 0, 100)
    assert b"" == board.output("w", 13, 100)
    assert b"" == board.output("never", 0, 100)
    lease = board.lease("w")
    assert lease is not None
    assert 13 == lease.output


def test_a_mebibyte_comes_back_as_it_was_whichever_piece_is_asked_for(board: Board) -> None:
    fence = started(board)
    data = b"".join(number.to_bytes(4) for number in range(1 << 18))
    for offset in range(0, len(data), 700_000):
        assert board.put("w", fence, offset, data[offset : offset + 700_000])

    assert data == board.output("w", 0, len(data))
    for offset in (1, 262_143, 262_144, 262_145, 699_999, 700_001, len(data) - 1):
        assert data[offset : offset + 300_000] == board.output("w", offset, 300_000)


def test_the_last_output_may_come_after_the_end_but_not_from_an_earlier_fence(board: Board) -> None:
    first = started(board)
    second = board.readopt("w", "worker-1")
    assert second is not None
    board.end("w", second, {})

    assert not board.put("w", first, 0, b"x")
    assert board.put("w", second, 0, b"y")
    assert b"y" == board.output("w", 0, 10)


def test_what_ended_long_ago_is_forgotten_and_what_lives_is_not(board: Board, until: Until) -> None:
    for work in ("ended", "lives", "lost"):
        fence = started(board, work)
        board.put(work, fence, 0, b"text")
    board.end("ended", fence, {})
    until(lambda: board.lose("lost", 0))
    board.register(INFO)

    assert 0 == board.forget(3600)  # type: ignore[attr-defined]
    forgotten: list[int] = []
    until(lambda: forgotten.append(board.forget(0)) or sum(forgotten) == 2)  # type: ignore[attr-defined]

    assert {"lives"} == set(board.leases(["ended", "lives", "lost"]))
    assert b"" == board.output("ended", 0, 10)
    assert b"text" == board.output("lives", 0, 10)
    until(lambda: board.forget(0) == 0 and not board.workers())  # type: ignore[attr-defined]
