"""What earlier runs took, from the client's messages and from jobs, to the decision and its explanation."""

import itertools
import json
import sqlite3
from pathlib import Path

from conftest import Gate, proposal

_RUNS = itertools.count()


def run(gate: Gate, command: str, seconds: float, **more: object) -> dict[str, object]:
    """Propose *command*, and say that it took *seconds*; return the answer to the proposal."""
    more = {"tool_use_id": f"run_{next(_RUNS)}"} | more
    fields = {key: value for key, value in more.items() if key in {"agent_id", "tool_use_id", "cwd", "tool_input"}}
    answer = gate.propose(command, **fields)
    end = {"hook_event_name": "PostToolUse", "duration_ms": seconds * 1000}
    assert 0 == gate.hook(proposal(command, **(end | more)), "observe").returncode
    return answer


def delegated(gate: Gate, command: str, **more: object) -> bool:
    return "attach tk_" in str(gate.propose(command, **more).get("updatedInput"))


def test_three_slow_runs_make_a_command_long_running_here(gate: Gate) -> None:
    before = ["attach tk_" in str(run(gate, "make  'report'", seconds)) for seconds in (40, 95.2, 31)]

    assert [False] * 3 == before
    assert [True, False, False] == [
        delegated(gate, "make report"),
        delegated(gate, "make report", cwd="/"),
        delegated(gate, "make other"),
    ]


def test_the_decision_says_how_long_and_from_how_many_runs(gate: Gate) -> None:
    for _ in range(4):
        run(gate, "make report", 95.2, agent_id="a")
    gate.propose("make report")
    name = json.loads(gate("log", "--json", "--limit", "1"))["id"]
    event = gate.events("decided")[-1]
    story = gate("why", name)

    assert (95.2, "history: p90 of 4 runs") == (event["estimate"], event["estimate_from"])
    assert "time      about 95 s (history: p90 of 4 runs)" in story
    assert "HG210 long-running: took 95.2 s or less in 9 of 10 earlier runs here (4 runs)" in story


def test_runs_of_subagents_count(gate: Gate) -> None:
    for number in range(3):
        run(gate, "make report", 40, agent_id=f"a{number}")

    assert delegated(gate, "make report")


def test_quick_runs_take_no_class_away(gate: Gate) -> None:
    for number in range(20):
        run(gate, "sleep 600", 0.1, agent_id=f"a{number}")

    assert delegated(gate, "sleep 600")


def test_calls_that_did_not_run_to_their_end_tell_nothing(gate: Gate) -> None:
    for number in range(4):
        run(gate, "make report", 40, tool_response={"interrupted": True}, tool_use_id=f"i{number}")
        run(gate, "make report", 40, hook_event_name="PostToolUseFailure", is_interrupt=True)
        run(gate, "make report", 40, tool_response={"backgroundTaskId": "b"}, tool_use_id=f"b{number}")

    assert not delegated(gate, "make report")


def test_calls_that_fail_or_run_into_their_time_out_tell_how_long(gate: Gate) -> None:
    run(gate, "make report", 40, hook_event_name="PostToolUseFailure")
    for _ in range(2):
        run(gate, "make report", 30.01, tool_response={"backgroundTaskId": "b", "timedOutAfterMs": 30000})

    assert delegated(gate, "make report")


def test_an_end_without_a_proposal_tells_nothing(gate: Gate) -> None:
    for _ in range(4):
        end = {"hook_event_name": "PostToolUse", "duration_ms": 40_000}
        gate.hook(proposal("make report", **end), "observe")
    gate.propose("make report")
    gate("stop")
    gate("status")
    gate.hook(proposal("make report", **end), "observe")

    assert not delegated(gate, "make report")
    assert [0] == kept(gate)


def kept(gate: Gate) -> list[int]:
    """Return how many durations each routine has."""
    with sqlite3.connect(f"{(gate.home / 'headgate.db').as_uri()}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT body FROM durations ORDER BY id").fetchall()
    return [len(json.loads(row[0])) for row in rows] or [0]


def test_the_redeeming_of_a_ticket_is_no_run_of_the_command(gate: Gate) -> None:
    run(gate, "ssh nowhere.invalid 'a; b'", 3)

    assert [0] == kept(gate)


def test_a_job_that_ends_by_itself_is_a_run_and_one_that_is_cancelled_is_none(gate: Gate, tmp_path: Path) -> None:
    for code in (0, 3, 0):
        given = {"cwd": str(tmp_path), "tool_input": {"command": f"exit {code}", "run_in_background": True}}
        answer = gate.propose("", **given)
        gate.shell(str(answer["updatedInput"]["command"]))  # type: ignore[index]
    answer = gate.propose("sleep 99", cwd=str(tmp_path))
    gate.shell(str(answer["updatedInput"]["command"]))  # type: ignore[index]
    for number in (1, 2, 3):
        gate.until(number, "succeeded", "failed")
    gate("cancel", "4")
    gate.until(4, "cancelled")

    assert 3 == sum(kept(gate))


def test_check_gives_the_estimate_of_the_gate_and_a_batch_does_not(gate: Gate, tmp_path: Path) -> None:
    for _ in range(3):
        run(gate, "make report", 95, cwd=str(tmp_path))

    def checked() -> list[object]:
        found = json.loads(gate("check", "--json", "make report", cwd=tmp_path))
        return [found["decision"], found["estimate"], found["estimate_from"]]

    line = json.dumps({"id": 1, "command": "make report", "cwd": str(tmp_path)})
    alone = json.loads(gate("check", "--batch", input=line + "\n"))
    running = checked()
    words = gate("check", "make report", cwd=tmp_path)
    gate("stop")

    assert ["delegate", 95.0, "history: p90 of 3 runs"] == running == checked()
    assert "time      about 95 s (history: p90 of 3 runs)" in words
    assert ("allow", None, "") == (alone["decision"], alone["estimate"], alone["estimate_from"])


def test_check_needs_no_store_and_can_read_one_of_an_earlier_version(gate: Gate, tmp_path: Path) -> None:
    first = json.loads(gate("check", "--json", "npm ci"))
    left = gate.home.exists()
    gate.propose("ls")
    gate("stop")
    with sqlite3.connect(gate.home / "headgate.db") as database:
        database.execute("DROP TABLE durations")
    older = json.loads(gate("check", "--json", "npm ci", cwd=tmp_path))

    assert [(30.0, "table", False)] * 2 == [
        (found["estimate"], found["estimate_from"], left) for found in (first, older)
    ]


def test_a_call_in_the_clients_background_is_no_run(gate: Gate) -> None:
    given = {"command": "make report", "run_in_background": True}
    for number in range(3):
        run(gate, "make report", 0.1, agent_id=f"a{number}", tool_input=given)

    assert [0] == kept(gate)
