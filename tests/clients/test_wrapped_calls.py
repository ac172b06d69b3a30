"""The real Claude Code, whose allowed calls run under a keeper: as they would alone, or as jobs when they take long."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from claude_code import SKIP_PERMISSIONS, make_repository, run_claude
from scripted_model import ScriptedModel, Turn, say
from test_claude_code import bash, claude

from conftest import HOOK, Gate

pytestmark = [pytest.mark.client, pytest.mark.timeout(400)]

__all__ = ["claude"]

PYTHON = "python3 -c 'import os,sys\n%s'"


def drive(claude: Path, gate: Gate, tmp_path: Path, turns: list[Turn], setup: str = "") -> ScriptedModel:
    """Play *turns* in a session of a project; return the model that heard all of it."""
    project = make_repository(tmp_path / "project", {})
    user = tmp_path / "user"
    user.mkdir(parents=True, exist_ok=True)
    (user / ".bashrc").write_text(setup)
    gate("install", "claude-code", "--scope", "project", "--client-program", str(claude), cwd=project)
    with ScriptedModel({"main": [*turns, say("done")]}) as model:
        run_claude(
            claude,
            "go on",
            cwd=project,
            home=user,
            model=model.url,
            env_extra={
                "PATH": f"{HOOK.parent}:/usr/bin:/bin:{claude.parent}:{sys.exec_prefix}/bin",
                "SHELL": "/bin/bash",
            },
            args_extra=[SKIP_PERMISSIONS],
            timeout=180,
        )
        return model


def test_a_wrapped_command_looks_as_it_would_alone(claude: Path, gate: Gate, tmp_path: Path) -> None:
    lines = (
        'print("out",flush=True); print("err",file=sys.stderr,flush=True); print(os.isatty(1), sys.stdin.read()=="")'
    )
    keeper = 'ps = lambda pid: open(f"/proc/{pid}/stat").read().split(); print(ps(ps(os.getppid())[3])[1])'
    model = drive(
        claude,
        gate,
        tmp_path,
        [
            bash(f"mkdir -p deep/er && cd deep/er && {PYTHON % lines}"),
            bash(f"pwd && {PYTHON % 'sys.exit(7)'}"),
            bash(f"{PYTHON % keeper}; greet; cd /"),
            bash("pwd"),
        ],
        setup="greet() { echo hello from a function; }\n",
    )
    first, second, third, fourth = (result.text for result in model.tool_results("main"))

    assert first.startswith("out\nerr\nFalse True")
    assert "Exit code 7" in second
    assert "/project/deep/er" in second
    assert third.startswith("(headgate-shim)\nhello from a function")
    assert fourth.startswith(str(tmp_path / "project"))  # the client does not follow out of the project, as ever


def test_a_call_that_outlives_its_budget_is_a_job_with_every_line_once(
    claude: Path, gate: Gate, tmp_path: Path
) -> None:
    count = "import time\nfor n in range(4000): print(n, flush=True); time.sleep(0.001)"
    long = f"echo begins; {PYTHON % count}; echo ends"
    model = drive(claude, gate, tmp_path, [bash(long, timeout=2000), bash("echo next")])
    first, _second = (result.text for result in model.tool_results("main"))
    job = gate.until(1, "succeeded")
    shown, _, receipt = first.partition("headgate: handed over.")
    log = (gate.home / "jobs" / "1" / "out.log").read_bytes()

    assert ["begins", *map(str, range(4000)), "ends"] == log.decode().split()
    assert shown.split() == log[: int(str(job["shown"]))].decode().split()
    assert "as job 1" in receipt
    assert ["job-handed-over"] == [str(event["type"]) for event in gate.events("job-handed-over")]


def test_what_the_client_would_ask_about_is_not_wrapped(gate: Gate) -> None:
    plain = gate.propose(PYTHON % "pass", permission_mode="default")

    assert PYTHON % "pass" == plain["updatedInput"]["command"]  # type: ignore[index]
    assert "permissionDecision" not in plain
