"""A worker may do what whoever started it may, and no more: the same policies, no more time, no deeper; a property."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_worker_agents import Player, agent, jobs

import sshd
from conftest import Gate
from headgate.decide.layers import Text, join
from headgate.decide.rules import Layer
from headgate.decide.schema import Moment
from headgate.enforce.delegate import MAX_DEPTH
from headgate.host.home import Home
from headgate.host.world import HostWorld
from headgate.model.action import Caller, ShellAction, Thread
from headgate.model.job import Job
from headgate.model.outcome import Rewrite
from headgate.model.pool import Staff
from headgate.model.steady import Steady
from headgate.pipeline import Asked, Ports, handle
from headgate.store.memory import MemoryStore
from headgate.surfaces.callers import SHORTEST_LEFT, asked_below
from headgate.wiring import shipped_texts
from person import Person

__all__ = ["agent"]

DROP = "git push --force origin main"
SECONDS = st.floats(0, 1e6)


class Still:
    """A clock that stands."""

    def now(self) -> float:
        return 1_000.0

    def steady(self) -> Steady:
        return Steady("boot", 1.0)

    def moment(self, _at: float) -> Moment:
        return Moment()


def job(depth: int, max_run: float | None, started: float | None) -> Job:
    return Job(1, "s", "d", "c", "/", 0.0, depth=depth, max_run=max_run, started=started)


@given(st.integers(1, MAX_DEPTH), st.none() | SECONDS, st.none() | SECONDS, SECONDS)
def test_what_a_worker_hands_over_never_outlasts_it(
    depth: int, max_run: float | None, started: float | None, now: float
) -> None:
    above = job(depth, max_run, started)

    asked = asked_below(above, "ada", now)

    assert asked.depth == depth
    if max_run is None:
        assert asked.left is None
    else:
        assert asked.left is not None
        assert asked.left <= max((started or 0.0) + max_run - now, SHORTEST_LEFT)


@given(left=st.none() | st.floats(1, 1e5), depth=st.integers(0, 3), agents=st.booleans())
def test_a_job_of_a_worker_has_no_more_time_than_the_worker_and_its_agent_stands_no_deeper_than_the_limit(
    *, left: float | None, depth: int, agents: bool
) -> None:
    """In the worker's own policy a deploy in pool x is delegated: what comes of it is bounded by the worker."""
    text = """
schema = 1
layer = "organisation"
profile = "balanced"
[[rule]]
id = "elsewhere"
decision = "delegate"
when.workload.any = ["deploy", "multi-host"]
with.pool = "far"
with.max_run = "1h"
reason = "r"
"""
    policy = join([*shipped_texts("balanced"), Text(Layer.ORGANISATION, "o.toml", text)])
    store = MemoryStore()
    staff = Staff(("local", "far"), ("mine",) if agents else ())
    ports = Ports(Still(), HostWorld(Home(Path("/nonexistent"))), store, lambda: staff)
    caller = Caller("claude-code", "s", Thread.WORKER, "c")

    found = handle(
        ShellAction("ansible all -m ping", "/"), caller, policy, ports, Asked(depth, left=left, requester="ada")
    )

    assert isinstance(found, Rewrite)
    assert found.ticket.max_run is not None
    assert found.ticket.max_run <= min(3600.0, left or 3600.0)
    assert found.ticket.depth <= max(depth, MAX_DEPTH - 1)
    if depth + 1 >= MAX_DEPTH:
        assert not found.ticket.agent


def project(folder: Path) -> Path:
    """Make a project whose policy denies all deploys, in every thread."""
    (folder / ".headgate").mkdir(parents=True)
    (folder / ".headgate" / "policy.toml").write_text(
        'schema = 1\nlayer = "project"\n[[rule]]\nid = "frozen"\ndecision = "deny"\n'
        'when.workload.any = ["deploy"]\nreason = "This project is frozen."\n'
    )
    return folder


def test_a_worker_stands_under_the_policies_of_whoever_started_it(gate: Gate, agent: Player, tmp_path: Path) -> None:
    """The project's rule holds for its session; the agent that the session starts works elsewhere, and in vain."""
    frozen = project(tmp_path / "frozen")
    deploy = "kubectl --context staging-1 apply -f app.yaml"
    assert gate.propose(deploy, cwd=str(frozen))["exit"] == 2
    agent(f"""
        note("answer", propose({deploy!r}, cwd="/tmp"))
        answer()
    """)
    (agent.folder / "free").mkdir()
    given = gate.propose("for h in web1 web2; do ssh $h uptime; done", cwd="/tmp")["updatedInput"]
    gate.shell(str(given["command"]))  # type: ignore[index]

    status, text = agent.noted("answer")

    assert status == 2
    assert "This project is frozen" in str(text)


def test_what_an_agent_hands_over_ends_with_it(gate: Gate, agent: Player) -> None:
    agent(
        f"""
        done = subprocess.run(["headgate", "--home", {str(gate.home)!r}, "delegate", "--json", "--", "sleep 1"],
            capture_output=True, text=True)
        note("handed", [done.returncode, done.stdout, done.stderr])
        answer()
    """,
        max_run="40s",
    )
    gate("delegate", "--task", "look at web1")
    assert agent.noted("handed")[0] == 0

    inner = next(item for item in jobs(gate) if "sleep 1" in str(item["command"]))

    assert float(str(inner["max_run"])) <= 40.0


@pytest.fixture
def person(gate: Gate, tmp_path: Path) -> Iterator[Person]:
    sshd.needed()
    folder = tmp_path / "sshd"
    folder.mkdir()
    with sshd.sshd(folder) as server:
        yield Person(gate, server)


def test_the_question_of_a_worker_is_answered_by_a_person_and_used_by_that_worker_alone(
    gate: Gate, agent: Player, person: Person
) -> None:
    agent(f"""
        note("asked", propose({DROP!r}))
        until("go")
        note("again", propose({DROP!r}))
        note("once more", propose({DROP!r}))
        answer()
    """)
    gate("delegate", "--task", "clean up")
    status, text = agent.noted("asked")
    assert (status, "HG410" in str(text), "question 1" in str(text)) == (2, True, True)

    person("approve", "1", "--yes")
    assert (
        gate.propose(DROP, session="s-agent")["permissionDecision"] != "allow"
    )  # the same session's name is not enough
    (agent.folder / "go").touch()

    assert agent.noted("again")[0] == 0
    assert agent.noted("once more")[0] == 2
    used = [json.loads(line) for line in gate("approvals", "--all", "--json").splitlines()]
    assert [item["caller"]["thread"] for item in used if item["state"] == "used"] == ["worker"]
