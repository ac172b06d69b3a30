"""What makes a call a worker's is the process that the gate started for a job, and nothing that anybody can write."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_worker_agents import Player, agent, threads

from conftest import CLIENT, HOOK, Gate, proposal
from headgate.host.processes import started
from headgate.workers.keeper import Keeper
from headgate.workers.runner import Runner

__all__ = ["agent"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells it")

HEAVY = "ssh web1 'systemctl restart app'"


def asked(gate: Gate, words: list[str], session: str, **options: object) -> str:
    """Return the thread of a call that the hook asked for below *words*."""
    hook = [str(HOOK), "--home", str(gate.home), "claude-code", "decide"]
    message = json.dumps(proposal(HEAVY, session=session)).encode()
    subprocess.run([*words, *hook], input=message, capture_output=True, check=False, **options)  # type: ignore[call-overload]
    (thread,) = threads(gate, session)
    return thread


@pytest.fixture
def runs(gate: Gate, agent: Player) -> Player:
    """An agent that runs, and noted its own environment and its keeper."""
    agent("""
        note("self", [dict(os.environ), os.getppid()])
        propose("ls", session_id="s-inside")
        note("in", [1])
        until("go")
        answer()
    """)
    gate("delegate", "--task", "look")
    agent.noted("in")
    return agent


@pytest.mark.usefixtures("runs")
def test_a_call_below_the_keeper_is_a_workers(gate: Gate) -> None:
    assert threads(gate, "s-inside") == ["worker"]


def test_the_environment_of_a_worker_makes_nobody_one(gate: Gate, runs: Player) -> None:
    environment, _keeper = runs.noted("self")
    assert isinstance(environment, dict)
    assert asked(gate, [*CLIENT], "s-environment", env=environment) == "main"


@pytest.mark.usefixtures("runs")
def test_a_process_that_calls_itself_the_keeper_is_none(gate: Gate, tmp_path: Path) -> None:
    fake = tmp_path / "headgate-shim"
    shutil.copy("/bin/sh", fake)
    words = [str(fake), "-c", 'shift; "$@"; true', "job", str(gate.home / "jobs" / "1")]
    assert asked(gate, words, "s-name") == "main"


def test_arguments_of_the_keeper_make_nobody_one(gate: Gate, runs: Player) -> None:
    _environment, keeper = runs.noted("self")
    words = Path(f"/proc/{keeper}/cmdline").read_bytes().decode().rstrip("\0").split("\0")
    assert "job" in words
    assert asked(gate, ["/bin/sh", "-c", 'shift 3; "$@"; true', *words[:1], *words], "s-argv") == "main"


def test_what_a_message_says_of_processes_makes_nobody_one(gate: Gate, runs: Player) -> None:
    _environment, keeper = runs.noted("self")
    gate.propose(
        HEAVY, session="s-message", pid=keeper, ppid=keeper, job=1, thread="worker", caller={"thread": "worker"}
    )
    assert threads(gate, "s-message") == ["main"]


@pytest.mark.usefixtures("runs")
def test_a_number_that_is_forged_into_the_jobs_folder_makes_nobody_one(gate: Gate) -> None:
    """The daemon knows its keepers as those that it started; the file is for a daemon that follows."""
    file = gate.home / "jobs" / "1" / "shim.json"
    file.write_text(json.dumps({"pid": os.getpid()}))
    assert asked(gate, [*CLIENT], "s-forged") == "main"


def test_a_number_that_is_used_again_is_nobodys_keeper() -> None:
    runner = Runner(None, None, None)  # type: ignore[arg-type]

    class Carried:
        keeper = Keeper(os.getpid(), started(os.getpid()))

    runner._carriers = {"work": Carried()}  # type: ignore[dict-item]
    assert runner.kept_by(os.getpid()) == "work"
    Carried.keeper = Keeper(os.getpid(), "1")
    assert runner.kept_by(os.getpid()) == ""


def test_with_the_job_its_worker_is_gone(gate: Gate, runs: Player) -> None:
    environment, keeper = runs.noted("self")
    (runs.folder / "go").touch()
    gate.until(1, "succeeded")
    assert not Path(f"/proc/{keeper}").exists()
    assert isinstance(environment, dict)
    assert asked(gate, [*CLIENT], "s-after", env=environment) == "main"
