"""Writes that commit together: none takes another with it, and none is carried out twice."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from postgres import Server

from headgate.model.errors import HeadgateError
from headgate.workers.engines.board import SqlBoard
from headgate.workers.engines.databases import open_database
from headgate.workers.engines.part import COMMITS

Until = Callable[..., None]


class Board(SqlBoard):
    """A board with a statement that is wrong."""

    STATEMENTS: Mapping[str, str] = {"wrong": "UPDATE $lease SET fence = NULL WHERE work = :work"}


def together(board: Board, until: Until, *writes: Callable[[], object]) -> list[object]:
    """Have all of *writes* wait for one commit; return what each came to, or its code."""

    def told(write: Callable[[], object]) -> object:
        try:
            return write()
        except HeadgateError as error:
            return error.code

    slots = 1 if board.sqlite else COMMITS
    for _ in range(slots):
        board._committing.acquire()
    with ThreadPoolExecutor(len(writes)) as threads:
        found = [threads.submit(told, write) for write in writes]
        until(lambda: len(board._waiting) == len(writes))
        for _ in range(slots):
            board._committing.release()
        return [one.result() for one in found]


@pytest.fixture
def board(durable: Any) -> Iterator[Board]:
    opened = Board(open_database(durable.url))
    for work in ("a", "b", "c"):
        opened.start(work, "worker", once=True, ttl=60)
    yield opened
    opened.close()


def test_each_write_has_its_own_answer(board: Board, until: Until) -> None:
    found = together(
        board,
        until,
        lambda: board.running("a", 1),
        lambda: board.beat("b", 7),
        lambda: board.start("d", "worker", once=True, ttl=60),
        lambda: board.start("c", "worker", once=True, ttl=60),
        lambda: board.end("c", 1, {"exit": 0}),
    )

    assert [True, False, 1, None, True] == found
    assert {"a": "running", "b": "started", "c": "ended", "d": "started"} == {
        work: str(lease.state) for work, lease in board.leases("abcd").items()
    }


def test_a_wrong_write_fails_alone(board: Board, until: Until) -> None:
    found = together(
        board, until, lambda: board.running("a", 1), lambda: board.change("wrong", work="b"), lambda: board.beat("c", 1)
    )

    assert [True, "HG510", True] == found
    lease = board.lease("b")
    assert lease is not None
    assert 1 == lease.fence


def test_after_a_commit_that_failed_nothing_is_carried_out_a_second_time(server: Server, until: Until) -> None:
    url = server.database()
    board = Board(open_database(url))
    board.start("a", "worker", once=True, ttl=60)
    server.sql(
        "CREATE SEQUENCE tried;"
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM nextval('tried'); RAISE 'the commit fails'; END $$;"
        "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON headgate.lease"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()",
        url,
    )

    found = together(board, until, lambda: board.start("b", "worker", once=True, ttl=60), lambda: board.running("a", 1))

    assert ["HG510", "HG510"] == found
    assert [(1,)] == server.sql("SELECT last_value FROM tried", url)
    assert {"a": "started"} == {work: str(lease.state) for work, lease in board.leases("ab").items()}
    board.close()
