"""The real Claude Code in a mode in which it asks: its shells ask the gate, and its calls keep their own texts."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from claude_code import make_repository, run_claude
from scripted_model import ScriptedModel, Turn, say
from test_claude_code import bash, claude
from test_gated_calls import made

from conftest import HOOK, Gate

pytestmark = [pytest.mark.client, pytest.mark.timeout(240)]

__all__ = ["claude"]

LET = ("--allowedTools", "Bash")
"""What a person who says yes to every question of the client comes to; nothing in a hook's message tells of it."""

PYTHON = "python3 -c 'import os,sys\n%s'"


def drive(claude: Path, gate: Gate, project: Path, turns: list[Turn]) -> ScriptedModel:
    """Play *turns* in a session of *project*, whose hooks are registered; return the model that heard all of it."""
    user = project.parent / "user"
    user.mkdir(exist_ok=True)
    gate("install", "claude-code", "--scope", "project", "--client-program", str(claude), cwd=project)
    path = f"{HOOK.parent}:{project.parent / 'bin'}:/usr/bin:/bin:{claude.parent}:{sys.exec_prefix}/bin"
    with ScriptedModel({"main": [*turns, say("done")]}) as model:
        run_claude(
            claude,
            "go on",
            cwd=project,
            home=user,
            model=model.url,
            env_extra={"PATH": path, "SHELL": "/bin/bash"},
            args_extra=LET,
            timeout=180,
        )
        return model


def test_a_call_that_the_client_asks_about_looks_as_it_would_alone(claude: Path, gate: Gate, tmp_path: Path) -> None:
    project, user = make_repository(tmp_path / "project", {}), tmp_path / "user"
    user.mkdir()
    (user / ".bashrc").write_text("greet() { echo hello from a function; }\n")
    keeper = 'ps = lambda pid: open(f"/proc/{pid}/stat").read().split(); print(ps(ps(os.getppid())[3])[1])'
    calls = [
        bash(f"mkdir -p deep/er && cd deep/er && {PYTHON % 'print(1, flush=True); print(2, file=sys.stderr)'}"),
        bash(f"pwd && {PYTHON % 'sys.exit(7)'}"),
        bash(f'{PYTHON % keeper}; greet; echo "it\'s" \'a "b"\' $((1+1))'),
    ]
    model = drive(claude, gate, project, calls)
    first, second, third = (result.text for result in model.tool_results())

    assert first.startswith("1\n2")
    assert "Exit code 7" in second
    assert "/project/deep/er" in second
    assert third.split("\n")[:3] == ["(headgate-shim)", "hello from a function", 'it\'s a "b" 2']


def test_what_such_a_call_starts_is_decided(claude: Path, gate: Gate, tmp_path: Path) -> None:
    project, _user, mark = made(tmp_path)
    model = drive(claude, gate, project, [bash("make check")])
    (result,) = (result.text for result in model.tool_results())
    gate.until(1, "succeeded")

    assert "job 1" in result
    assert "after the suite" not in result
    assert ["Seccomp_filters:\t0"] == mark.read_text().splitlines()  # a worker's, with no gate around it
