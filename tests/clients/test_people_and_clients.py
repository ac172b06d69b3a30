"""People and the real clients: a question that is answered in another terminal, and an exception from the rules."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from claude_code import SKIP_PERMISSIONS, find_claude, make_repository, run_claude
from codex import TRUST_HOOKS, UNASKED, find_codex, make_home, run_codex
from scripted_model import ScriptedModel, Turn, say, use
from scripted_responses import ScriptedResponses

import sshd
from conftest import HOOK, Gate
from person import Person

pytestmark = [pytest.mark.client, pytest.mark.timeout(400)]

WIPE = "rm -rf /srv/headgate-people-none"
LONG = "cargo build --release --manifest-path none 2>/dev/null || echo ran-here"
PROMPT = "clean up"


@pytest.fixture
def person(gate: Gate, tmp_path: Path) -> Iterator[Person]:
    sshd.needed()
    folder = tmp_path / "sshd"
    folder.mkdir()
    with sshd.sshd(folder) as server:
        yield Person(gate, server)


def found(client: Path | None) -> Path:
    if client is None:
        assert not os.environ.get("CI"), "CI must install the clients (see .ci/run)"
        pytest.skip("the client is not installed: see CONTRIBUTING.md")
    return client


def bash(command: str) -> Turn:
    return use("Bash", {"command": command, "description": "as the user asked"})


def grant(person: Person) -> None:
    """Grant that long work may run in this project."""
    work = ("--workload", "long-running", "--environment", "local")
    person("override", "add", *work, "--reason", "incident 4411", "--for", "5m")


def test_claude_code_runs_what_a_person_approved_once_and_hears_why_not(
    gate: Gate, person: Person, tmp_path: Path
) -> None:
    main = [
        bash(WIPE),
        bash(WIPE).after(lambda: person("approve", "1", "--yes")),
        bash(WIPE),
        bash(WIPE).after(lambda: person("refuse", "2", "--reason", "once is enough")),
        bash(LONG).after(lambda: grant(person)),
        say("done"),
    ]
    claude = found(find_claude())
    project = make_repository(tmp_path / "project", {})
    gate("install", "claude-code", "--scope", "project", "--client-program", str(claude), cwd=project)
    with ScriptedModel({"main": main}) as model:
        run_claude(
            claude,
            PROMPT,
            cwd=project,
            home=tmp_path / "user",
            model=model.url,
            env_extra={"PATH": f"{HOOK.parent}:{os.environ['PATH']}"},
            args_extra=[SKIP_PERMISSIONS],
            timeout=180,
        )
        results = [result.text for result in model.tool_results("main")]
        heard = "\n".join(model.contexts("main"))

    assert "a person must approve this (question 1" in results[0]
    assert "leave     approved by" in results[1]
    assert "a person must approve this (question 2" in results[2]
    assert "once is enough" in results[3]
    assert "ran-here" in results[4]
    assert "override 1 by" in heard
    assert [job["command"] for job in jobs(gate)] == [WIPE]
    assert [event["override"] for event in gate.events("override-used")] == [1]
    assert "the journal is whole" in gate("verify")


def test_codex_which_has_no_prompt_of_ours_is_told_to_wait_and_runs_it_then(
    gate: Gate, person: Person, tmp_path: Path
) -> None:
    codex = found(find_codex())
    project, home = tmp_path / "project", tmp_path / "codex"
    make_repository(project, {})
    path = f"{HOOK.parent}:{os.environ['PATH']}"
    variables = {"PATH": path, "CODEX_HOME": str(home), "HOME": str(home)}
    call = use("exec_command", {"cmd": WIPE})
    again = use("exec_command", {"cmd": WIPE}).after(lambda: person("approve", "1", "--yes"))
    with ScriptedResponses({"main": [call, again, say("done")]}) as model:
        make_home(home, model=model.url)
        (home / ".profile").write_text(f"export PATH='{path}'\n")
        gate("install", "codex", env=os.environ | variables)
        run_codex(
            codex,
            PROMPT,
            cwd=project,
            home=home,
            env_extra=variables,
            args_extra=(UNASKED, TRUST_HOOKS),
            timeout=180,
        )
        results = [result.text for result in model.tool_results("main")]

    assert "question 1" in results[0]
    assert "leave     approved by" in results[1]
    assert [job["command"] for job in jobs(gate)] == [WIPE]


def jobs(gate: Gate) -> list[dict[str, object]]:
    return [json.loads(line) for line in gate("jobs", "--json").splitlines()]
