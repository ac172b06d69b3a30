"""What only a Postgres shows: it goes away and comes back, and it knows roles."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from postgres import Server, postgres
from test_contract import Bodies, check, state, until, waiting

from headgate.model.errors import HeadgateError
from headgate.model.work import Work, WorkState
from headgate.ports.far import Board, Engine
from headgate.workers.engines import open_engine
from headgate.workers.engines.roles import GATE, WORKER, prepare
from headgate.workers.sweeper import Sweeper


@pytest.fixture
def own(server: Server) -> Iterator[Server]:
    """A server that only this test uses, and may stop."""
    del server  # it skips where there is none
    with postgres() as running:
        yield running


# -- it goes away ----------------------------------------------------------------------------------


def test_a_worker_goes_on_when_its_database_is_back(own: Server) -> None:
    engine, board = open_engine(own.database(), "p")
    bodies = Bodies()

    async def story() -> None:
        running = await engine.run_worker(["local"], bodies, 4)
        await asyncio.to_thread(engine.enqueue, waiting("before"))
        await until(lambda: bodies.began)
        await asyncio.to_thread(own.stop)
        uses: list[Callable[[], object]] = [
            lambda: engine.enqueue(Work("never", "local", {})),
            lambda: engine.cancel("before"),
            lambda: engine.resume("before"),
            lambda: engine.get("before"),
            engine.list,
            lambda: board.start("w", "p", once=True, ttl=60),
            lambda: board.take("w", [("machine", "web1")]),
            lambda: board.output("w", 0, 1),
            board.workers,
        ]
        for use in uses:
            with pytest.raises(HeadgateError) as refused:
                await asyncio.to_thread(use)
            assert "HG510" == refused.value.code
        bodies.let_go("before")  # its end cannot be recorded: it is called again when the database is back
        await asyncio.to_thread(own.start)
        await asyncio.to_thread(engine.enqueue, Work("after", "local", {}))
        await until(lambda: state(engine, "after") is WorkState.DONE)
        await until(lambda: state(engine, "before") is WorkState.DONE)
        assert "never" not in bodies.began
        await running.drain()

    check(story)
    engine.close()
    board.close()


class Patient:
    """A worker and a sweeper that try again for as long as their database is away."""

    def __init__(self, engine: Engine, board: Board) -> None:
        self.engine, self.board = engine, board
        self.started: Counter[str] = Counter()

    async def told(self, use: Callable[..., Any], *args: Any, **more: Any) -> Any:
        while True:
            try:
                return await asyncio.to_thread(use, *args, **more)
            except HeadgateError:
                await asyncio.sleep(0.05)

    async def body(self, work: Work) -> None:
        fence = await self.told(self.board.start, work.id, "worker", once=True, ttl=60)
        if fence is None:
            fence = await self.told(self.board.readopt, work.id, "worker")
        else:
            self.started[work.id] += 1
        if fence is not None:
            await self.told(self.board.end, work.id, fence, {})

    async def sweep(self) -> None:
        sweeper = Sweeper(self.engine, self.board, ttl=60, grace=2)
        while True:
            await self.told(sweeper.sweep, ["local"], asyncio.get_running_loop().time())
            await asyncio.sleep(0.5)


@pytest.mark.timeout(400)
def test_nothing_is_lost_or_started_twice_over_crashes_of_the_database(own: Server) -> None:
    engine, board = open_engine(own.database(), "p")
    patient = Patient(engine, board)
    names = [f"{crash}-{number}" for crash in range(4) for number in range(15)]

    async def story() -> None:
        running = await engine.run_worker(["local"], patient.body, 4)
        sweeping = asyncio.create_task(patient.sweep())
        for crash in range(4):
            some = [Work(name, "local", {}) for name in names if name.startswith(f"{crash}-")]
            handing = [asyncio.create_task(patient.told(engine.enqueue, work)) for work in some]
            await asyncio.sleep(0.05 * crash)
            await asyncio.to_thread(own.stop)
            await asyncio.to_thread(own.start)
            await asyncio.gather(*handing)
        await until(lambda: len(names) == len(engine.list(states=[WorkState.DONE])), 250)
        assert {1} >= set(patient.started.values())
        assert set(names) == set(board.leases(names))
        sweeping.cancel()
        await running.drain()

    check(story)
    engine.close()
    board.close()


# -- it knows roles --------------------------------------------------------------------------------


@pytest.fixture
def fleet(server: Server) -> Callable[[str], str]:
    """A prepared database; the addresses in it of a gate and of a worker, each with a login of its own."""
    url = server.database()
    prepare(url)
    prepare(url)
    name = url.partition("@/")[2].partition("?")[0]
    logins = {GATE: f"gate_{name}", WORKER: f"worker_{name}"}
    for role, login in logins.items():
        server.sql(f"CREATE ROLE {login} LOGIN IN ROLE {role}")
    return lambda role: server.url(name, logins.get(role, role))


def test_a_gate_and_a_worker_do_their_part_with_the_rights_of_their_roles(fleet: Callable[[str], str]) -> None:
    gate, gates_board = open_engine(fleet(GATE), "gate")
    worker, board = open_engine(fleet(WORKER), "worker")

    async def body(work: Work) -> None:
        def steps() -> None:
            fence = board.start(work.id, "worker", once=False, ttl=60)
            assert fence is not None
            assert board.running(work.id, fence)
            assert board.beat(work.id, fence, {"step": 1})
            assert board.put(work.id, fence, 0, b"text")
            assert board.end(work.id, fence, {"exit": 0})

        await asyncio.to_thread(steps)

    async def story() -> None:
        assert gates_board.take("w", [("machine", "web1")]) is None
        await asyncio.to_thread(gate.enqueue, Work("w", "local", {}))
        running = await worker.run_worker(["local"], body, 1)
        await until(lambda: state(gate, "w") is WorkState.DONE)
        await running.drain()
        assert b"text" == gates_board.output("w", 0, 10)
        gates_board.free("w")
        assert [] == list(board.slots())
        assert 1 == gates_board.forget(-60)  # type: ignore[attr-defined]

    check(story)
    for one in (gate, gates_board, worker, board):
        one.close()


def test_a_worker_can_neither_release_a_quarantine_nor_take_a_start_marker_away(
    server: Server, fleet: Callable[[str], str]
) -> None:
    gate, gates_board = open_engine(fleet(GATE), "gate")
    worker, board = open_engine(fleet(WORKER), "worker")
    assert gates_board.take("w", [("machine", "web1")]) is None
    assert board.start("w", "worker", once=True, ttl=60) == 1
    gates_board.quarantine("w")

    for refused in (
        lambda: board.release("machine", "web1"),
        lambda: board.take("v", [("machine", "web2")]),
        lambda: board.free("w"),
        lambda: board.quarantine("w"),
        lambda: board.forget(-60),
    ):
        with pytest.raises(HeadgateError, match="permission denied"):
            refused()
    for sql in (
        "DELETE FROM headgate.lease",
        "TRUNCATE headgate.lease",
        "UPDATE headgate.slot SET quarantined = FALSE",
        "DELETE FROM headgate.slot",
        "INSERT INTO headgate.slot VALUES ('machine', 'x', 'w', FALSE)",
        "DELETE FROM headgate.output",
        "UPDATE headgate.version SET number = 99",
        "DROP TABLE headgate.lease",
        "CREATE TABLE headgate.mine (x int)",
        "ALTER TABLE dbos.workflow_status DISABLE TRIGGER ALL",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            server.sql(sql, fleet(WORKER))

    assert board.start("w", "worker", once=True, ttl=-1) is None
    assert gates_board.release("machine", "web1")
    for one in (gate, gates_board, worker, board):
        one.close()


def test_journal_and_approvals_are_not_in_the_database_of_the_fleet(
    server: Server, fleet: Callable[[str], str]
) -> None:
    found = server.sql(
        "SELECT table_schema, table_name FROM information_schema.tables"
        " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')",
        fleet("postgres"),
    )

    assert {"dbos", "headgate"} == {schema for schema, _ in found}
    ours = {name for schema, name in found if schema == "headgate"}
    assert {"lease", "slot", "worker", "output", "version"} == ours
