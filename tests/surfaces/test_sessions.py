"""What a session adds up to: every row through the rehearsal, and through a gate with its store."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conftest import Gate as RunningGate
from headgate.decide.schema import Moment
from headgate.host.clock import SystemClock
from headgate.host.home import Home
from headgate.host.world import HostWorld
from headgate.model.action import Action, Caller, ShellAction, Thread, ToolAction
from headgate.model.outcome import Ask, Outcome, Refuse, Rewrite, Run
from headgate.model.steady import Steady
from headgate.pipeline import Ports, handle
from headgate.record.events import Decided, decode
from headgate.store.memory import MemoryStore
from headgate.store.sqlite import SqliteStore
from headgate.surfaces.rehearsal import Line, Rehearsal
from headgate.wiring import shipped_policy

POLICY = shipped_policy()
SESSIONS = tomllib.loads((Path(__file__).parent / "sessions.toml").read_text())["session"]


class Call(msgspec.Struct):
    """One call of a row."""

    command: str
    thread: Thread
    at: float


def calls(row: dict[str, Any]) -> list[Call]:
    found = []
    for place, given in enumerate(row["calls"]):
        command, thread, at = [*(given if isinstance(given, list) else [given]), "main", 30.0 * place][:3]
        at = given[2] if isinstance(given, list) and len(given) > 2 else 30.0 * place
        found.append(Call(command, Thread(thread), float(at)))
    return found


def expected(row: dict[str, Any], decision: str, workloads: tuple[str, ...]) -> bool:
    return (
        row["decision"] == decision
        and ("workload" not in row or row["workload"] in workloads)
        and ("not" not in row or row["not"] not in workloads)
    )


@pytest.mark.parametrize("row", SESSIONS, ids=lambda row: row["name"])
def test_a_session_adds_up(row: dict[str, Any], tmp_path: Path) -> None:
    rehearsal = Rehearsal(POLICY, HostWorld(Home(tmp_path)))
    for call in calls(row):
        line = Line(id=0, command=call.command, thread=call.thread, session="s", cwd="/repo", at=call.at)
        verdict = rehearsal.line(line, 0.0)

    assert expected(row, verdict.decision.strictness.word, tuple(map(str, verdict.facts.workloads)))


class HandClock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return 1_000_000.0 + self.at

    def steady(self) -> Steady:
        return Steady("boot", self.at)

    def moment(self, at: float) -> Moment:
        return SystemClock().moment(at)


@pytest.mark.parametrize("kind", ["sqlite", "memory"])
@pytest.mark.parametrize("row", SESSIONS, ids=lambda row: row["name"])
def test_a_session_adds_up_in_the_store_the_same_way(row: dict[str, Any], kind: str, tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "headgate.db") if kind == "sqlite" else MemoryStore()
    clock = HandClock()
    ports = Ports(clock, HostWorld(Home(tmp_path)), store)
    for place, call in enumerate(calls(row)):
        clock.at = call.at
        caller = Caller("claude-code", "s", call.thread, f"c{place}")
        handle(ShellAction(call.command, "/repo"), caller, POLICY, ports)
    last = [decode(entry.body) for entry in store.entries()][-1]
    store.close()

    assert isinstance(last, Decided)
    assert expected(row, last.decision, last.workloads)


def outcomes(store: MemoryStore, tmp_path: Path, *actions: Action) -> list[type[Outcome]]:
    ports = Ports(HandClock(), HostWorld(Home(tmp_path)), store)
    caller = Caller("claude-code", "s", Thread.MAIN, "c")
    return [type(handle(action, caller, POLICY, ports)) for action in actions]


def test_a_tool_that_no_worker_can_take_counts_as_refused(tmp_path: Path) -> None:
    store = MemoryStore()

    assert [Refuse, Run] == outcomes(store, tmp_path, ToolAction("mcp__k8s__destroy_all"), ShellAction("ls", "/repo"))
    assert [1] == [entry.denials for entry in store.recent("s", 0.0)]


def test_what_is_put_to_a_person_counts_at_once(tmp_path: Path) -> None:
    store = MemoryStore()
    actions = [ShellAction(f"ssh {name} 'rm -rf /srv/data'", "/repo") for name in ("a1", "a2")]

    assert [Ask, Ask, Rewrite] == outcomes(store, tmp_path, *actions, ShellAction("ssh a3 uptime", "/repo"))


def test_a_call_counts_when_it_is_admitted_and_not_when_it_ends(gate: RunningGate) -> None:
    given = [gate.propose(f"ssh a{number} uptime", tool_use_id=f"t{number}") for number in range(3)]

    assert [False, False, True] == ["attach tk_" in str(answer.get("updatedInput")) for answer in given]


def test_subagents_share_the_history_of_their_session(gate: RunningGate) -> None:
    for number in range(2):
        gate.propose(f"ssh a{number} reboot", agent_id=f"agent-{number}")

    assert "attach tk_" in str(gate.propose("ssh a3 uptime")["updatedInput"])
    assert "attach tk_" not in str(gate.propose("ssh a3 uptime", session="other"))


def test_a_history_outlives_its_daemon(gate: RunningGate) -> None:
    for number in range(2):
        gate.propose(f"ssh a{number} uptime")
    gate("stop")

    assert "attach tk_" in str(gate.propose("ssh a3 uptime")["updatedInput"])
