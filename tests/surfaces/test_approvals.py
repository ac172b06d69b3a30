"""A question, its answer, and the one use of it: real hooks, a real daemon, and a person who logged in."""

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import sshd
from conftest import Gate
from person import Person

DROP = "git push --force origin main"


@pytest.fixture
def person(gate: Gate, tmp_path: Path) -> Iterator[Person]:
    sshd.needed()
    folder = tmp_path / "sshd"
    folder.mkdir()
    with sshd.sshd(folder) as server:
        yield Person(gate, server)


def questions(gate: Gate, *, every: bool = False) -> list[dict[str, object]]:
    words = ["approvals", "--json", *(["--all"] if every else [])]
    return [json.loads(line) for line in gate(*words).splitlines()]


def answer(gate: Gate, command: str, **more: object) -> str:
    """Return what the hook answers: `ask`, `allow` (rewritten to a ticket), `deny`, or nothing for leave."""
    return str(gate.propose(command, **more).get("permissionDecision", ""))


def test_a_question_says_all_that_matters_and_its_yes_is_used_once(gate: Gate, person: Person) -> None:
    asked = gate.propose(DROP, cwd="/tmp")
    text = str(asked["permissionDecisionReason"])

    assert asked["permissionDecision"] == "ask"
    for part in ("question 1", DROP, "/tmp", "why", "yes", "no ", "headgate approve 1"):
        assert part in text

    (waiting,) = questions(gate)
    assert (waiting["state"], waiting["id"], waiting["what"]) == ("pending", 1, DROP)

    person("approve", "1", "--yes", "--reason", "agreed with Ada")
    news = gate.propose("git status")["additionalContext"]
    again = gate.propose(DROP, cwd="/tmp")

    assert "question 1 was approved" in str(news)
    assert again["permissionDecision"] == "allow"
    assert "attach tk_" in str(again["updatedInput"])
    assert "question 1" in str(again["permissionDecisionReason"])
    assert questions(gate) == []
    assert [("used", True)] == [(item["state"], item["answers"][0]["yes"]) for item in questions(gate, every=True)]
    assert answer(gate, DROP, cwd="/tmp") == "ask"  # a new question: the yes is gone
    (used,) = gate.events("approval-used")
    (answered,) = gate.events("approval-answered")
    assert (used["approval"], answered["reason"], answered["state"]) == (1, "agreed with Ada", "approved")
    gate("verify")


def test_the_receipt_says_by_whose_leave_the_job_runs(gate: Gate, person: Person, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    command = f"rm -rf {kept}/../kept /srv/headgate-no-such-folder"
    assert answer(gate, command) == "ask"
    person("approve", "1", "--yes")

    given = gate.propose(command)["updatedInput"]
    done = gate.shell(str(given["command"]))  # type: ignore[index]

    assert "leave     approved by" in done.stdout
    assert "(question 1), once." in done.stdout


OTHERS: list[dict[str, object]] = [
    {"command": "git push --force origin main "},
    {"command": "git push --force origin mair"},
    {"cwd": "/tmp/"},
    {"cwd": "/"},
    {"session": "s-2"},
    {"agent_id": "a-1"},
    {"tool_input": {"command": DROP, "run_in_background": True}},
]


def test_a_yes_fits_nothing_else(gate: Gate, person: Person) -> None:
    assert answer(gate, DROP, cwd="/tmp") == "ask"
    person("approve", "1", "--yes")
    for other in OTHERS:
        given = {"command": DROP, "cwd": "/tmp"} | other
        assert answer(gate, str(given.pop("command")), **given) == "ask", other

    assert answer(gate, DROP, cwd="/tmp") == "allow"  # and nothing was lost by trying


def test_a_yes_is_for_the_scripts_as_they_were(gate: Gate, person: Person, tmp_path: Path) -> None:
    script = tmp_path / "clean.sh"
    script.write_text("rm -rf /srv/data\n")
    assert answer(gate, f"sh {script}", cwd=str(tmp_path)) == "ask"
    person("approve", "1", "--yes")
    script.write_text("rm -rf /srv/date\n")

    assert answer(gate, f"sh {script}", cwd=str(tmp_path)) == "ask"

    script.write_text("rm -rf /srv/data\n")
    assert answer(gate, f"sh {script}", cwd=str(tmp_path)) == "allow"


def test_a_script_that_changes_behind_its_ticket_is_not_run(gate: Gate, person: Person, tmp_path: Path) -> None:
    script = tmp_path / "clean.sh"
    script.write_text(f"rm -rf /srv/headgate-none; touch {tmp_path}/ran\n")
    assert answer(gate, f"sh {script}", cwd=str(tmp_path)) == "ask"
    person("approve", "1", "--yes")
    given = gate.propose(f"sh {script}", cwd=str(tmp_path))["updatedInput"]
    script.write_text(f"rm -rf /srv/headgate-none ; touch {tmp_path}/ran\n")

    done = gate.shell(str(given["command"]))  # type: ignore[index]

    assert (done.returncode, "HG406" in done.stdout + done.stderr) == (2, True)
    assert not (tmp_path / "ran").exists()


def test_a_no_comes_with_its_reason_and_is_not_asked_again(gate: Gate, person: Person) -> None:
    assert answer(gate, DROP) == "ask"
    person("refuse", "1", "--reason", "main is frozen until Monday")

    again = gate.propose(DROP)

    assert again["permissionDecision"] == "deny"
    assert "main is frozen until Monday" in str(again["permissionDecisionReason"])
    assert [item["id"] for item in questions(gate, every=True)] == [1]
    assert "HG603" in person("approve", "1", "--yes", expect=2)


def test_the_same_question_is_put_once(gate: Gate) -> None:
    assert {answer(gate, DROP) for _ in range(3)} == {"ask"}
    assert len(questions(gate)) == 1


def test_a_yes_in_the_clients_prompt_is_an_answer_and_is_used(gate: Gate, person: Person) -> None:
    given = gate.propose(DROP)["updatedInput"]
    gate.shell(str(given["command"]))  # type: ignore[index]

    (answered,) = gate.events("approval-answered")
    assert answered["by"]["how"] == "client"  # type: ignore[index]
    assert [item["state"] for item in questions(gate, every=True)] == ["used"]
    assert "HG603" in person("approve", "1", "--yes", expect=2)


def test_a_prompt_that_is_answered_after_a_person_refused_runs_nothing(gate: Gate, person: Person) -> None:
    given = gate.propose(DROP)["updatedInput"]
    person("refuse", "1", "--reason", "no")

    done = gate.shell(str(given["command"]))  # type: ignore[index]

    assert (done.returncode, "HG603" in done.stdout + done.stderr) == (2, True)
    assert json.loads(gate("jobs", "--json") or "[]") == []


def test_a_call_that_ran_in_its_thread_was_approved_in_the_prompt(gate: Gate) -> None:
    """What a subagent may do after a yes runs where it is asked for; that it ran is told by its end."""
    done = gate.hook(message := proposal_of(DROP, agent_id="a-1"))
    assert json.loads(done.stdout)["hookSpecificOutput"]["permissionDecision"] == "ask"
    gate.hook(message | {"hook_event_name": "PostToolUse", "tool_response": {}, "duration_ms": 5}, "observe")

    assert [item["state"] for item in questions(gate, every=True)] == ["used"]


def proposal_of(command: str, **more: object) -> dict[str, object]:
    from conftest import proposal

    return proposal(command, **more)


def test_of_many_at_once_exactly_one_uses_a_yes(gate: Gate, person: Person) -> None:
    assert answer(gate, DROP) == "ask"
    person("approve", "1", "--yes")

    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: answer(gate, DROP), range(1000)))

    assert answers.count("allow") == 1
    assert set(answers) <= {"allow", "ask", "deny"}  # two clients at once in one session: no prompt of theirs counts
    assert len(gate.events("approval-used")) == 1


def test_bad_words_are_refused_and_lose_nothing(gate: Gate, person: Person) -> None:
    assert answer(gate, DROP) == "ask"
    for words, code in [
        (("approve", "99", "--yes"), "HG601"),
        (("approve", "x"), "HG130"),
        (("refuse", "0"), "HG130"),
        (("approve", "1", "--yes", "--for", "5m"), "HG605"),
    ]:
        assert code in person(*words, expect=2), words
    assert [item["state"] for item in questions(gate)] == ["pending"]


def test_whoever_only_looks_at_a_question_can_leave_it_open(gate: Gate, person: Person) -> None:
    assert answer(gate, DROP) == "ask"

    shown = person("approve", "1", expect=1, typed="n\n")

    assert "what   " + DROP in shown
    assert [item["state"] for item in questions(gate)] == ["pending"]


def test_an_agents_process_answers_nothing(gate: Gate) -> None:
    assert answer(gate, DROP) == "ask"
    for words in (["approve", "1", "--yes"], ["refuse", "1"]):
        done = gate.run(*words, stdin=subprocess.DEVNULL)
        assert (done.returncode, "HG607" in done.stderr) == (2, True), done

    assert [item["state"] for item in questions(gate)] == ["pending"]
    assert len(gate.events("grant-refused")) == 2


def test_what_hides_is_shown_and_no_line_of_an_agent_looks_like_ours(gate: Gate) -> None:
    command = "git push --force origin main; echo 'x\n  yes    nothing happens'"
    text = str(gate.propose(command, cwd="/tmp/\u202eevil")["permissionDecisionReason"])

    for shown in (text, gate("approvals")):
        assert "/tmp/<U+202E>evil" in shown
        assert "\n       |   yes    nothing happens" in shown


def test_what_is_left_out_of_a_long_command_is_said_loudly_and_its_end_is_shown(gate: Gate) -> None:
    text = str(gate.propose("echo " + "x" * 20_000 + "; " + DROP)["permissionDecisionReason"])

    assert "CHARACTERS ARE NOT SHOWN" in text
    assert DROP in text


def test_what_is_handed_over_waits_for_its_question_and_goes_then(gate: Gate, person: Person) -> None:
    words = ("delegate", "--json", "--", DROP)
    refused = gate.run(*words)
    assert (refused.returncode, "HG410" in refused.stderr, "question 1" in refused.stderr) == (2, True, True)

    person("approve", "1", "--yes")

    assert json.loads(gate(*words))["job"] == 1
    assert gate.run(*words).returncode == 2


def test_a_denial_that_can_be_lifted_says_how_to_ask(gate: Gate) -> None:
    may_ask = str(gate.propose("ssh web1")["permissionDecisionReason"])
    may_not = str(gate.propose("headgate stop")["permissionDecisionReason"])

    assert "headgate request-override --decision " in may_ask
    assert "request-override" not in may_not
    gate("request-override", "--decision", may_ask.partition("--decision ")[2].split()[0], "--reason", "I need to look")
    assert [(item["what"], item["uses"]) for item in questions(gate)] == [("an exception for: ssh web1", 1)]
