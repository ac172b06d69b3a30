"""The real Claude Code in a mode in which it asks: its shells ask the gate, and its calls keep their own texts."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from claude_code import client_environment, make_repository, run_claude
from scripted_model import ScriptedModel, Turn, say, use
from test_claude_code import bash, claude
from test_gated_calls import made

from conftest import HOOK, Gate

pytestmark = [pytest.mark.client, pytest.mark.timeout(400)]

__all__ = ["claude"]

LET = ("--allowedTools", "Bash,mcp__tools__get_hello")
"""What a person who says yes to every question of the client comes to; nothing in a hook's message tells of it."""

PYTHON = "python3 -c 'import os,sys\n%s'"


SERVER = """\
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    match asked.get("method"):
        case "initialize":
            version = asked["params"]["protocolVersion"]
            told = {"protocolVersion": version, "capabilities": {"tools": {}}}
            told["serverInfo"] = {"name": "tools", "version": "1"}
        case "tools/list":
            schema = {"type": "object", "properties": {}}
            told = {"tools": [{"name": "get_hello", "description": "d", "inputSchema": schema}]}
        case "tools/call":
            told = {"content": [{"type": "text", "text": f"hello from {sys.argv[1]}"}]}
        case _:
            told = {}
    if "id" in asked:
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": told}), flush=True)
"""
"""A server of tools that speaks the Model Context Protocol on its standard streams."""


def drive(claude: Path, gate: Gate, project: Path, turns: list[Turn], *more: str) -> ScriptedModel:
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
            args_extra=[*LET, *more],
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


def test_a_call_that_the_client_refuses_leaves_the_next_ones_as_they_are(
    claude: Path, gate: Gate, tmp_path: Path
) -> None:
    project, user = make_repository(tmp_path / "project", {}), tmp_path / "user"
    user.mkdir()
    calls = [bash("sort /etc/hostname | python3 -c pass"), bash("ssh web1.invalid 'systemctl restart x'"), bash("date")]
    gate("install", "claude-code", "--scope", "project", "--client-program", str(claude), cwd=project)
    with ScriptedModel({"main": [*calls, say("done")]}) as model:
        path = f"{HOOK.parent}:/usr/bin:/bin:{claude.parent}:{sys.exec_prefix}/bin"
        variables = {"PATH": path, "SHELL": "/bin/bash"}
        run_claude(claude, "go on", cwd=project, home=user, model=model.url, env_extra=variables, timeout=180)
        refused, delegated, light = (result.text for result in model.tool_results())

    assert "approv" in refused or "permission" in refused
    assert "as job 1" in delegated
    assert "HG717" not in light


def test_hooks_and_servers_of_others_work_as_before(claude: Path, gate: Gate, tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    group = {"matcher": "Bash", "hooks": [{"type": "command", "command": f"eval true; wc -c >> {heard}"}]}
    project = make_repository(tmp_path / "project", {"hooks": {"PreToolUse": [group]}})
    (tmp_path / "server.py").write_text(SERVER)
    server = {"command": sys.executable, "args": [str(tmp_path / "server.py"), "a server"]}
    (tmp_path / "mcp.json").write_text(json.dumps({"mcpServers": {"tools": server}}))
    turns = [use("mcp__tools__get_hello", {}), *(bash(f"sort /dev/null; echo {number}") for number in range(3))]
    model = drive(claude, gate, project, turns, "--mcp-config", str(tmp_path / "mcp.json"))
    hello, *numbers = (result.text for result in model.tool_results())

    assert "hello from a server" in hello
    assert ["0", "1", "2"] == numbers
    assert all(int(size) > 100 for size in heard.read_text().split())


def test_the_doctor_tries_the_client_and_sees_a_stronger_setting(claude: Path, gate: Gate, tmp_path: Path) -> None:
    project = make_repository(tmp_path / "project", {})
    home = tmp_path / "user"
    variables = client_environment(home, "http://127.0.0.1:9") | {"XDG_CONFIG_HOME": "/dev/null/no-configuration"}
    words = ("--scope", "project", "--client-program", str(claude))
    gate("install", "claude-code", *words, cwd=project)
    good = gate("doctor", "claude-code", *words, cwd=project, env=variables)
    local = {"env": {"CLAUDE_CODE_SHELL_PREFIX": ""}}
    (project / ".claude" / "settings.local.json").write_text(json.dumps(local))
    bad = gate("doctor", "claude-code", *words, cwd=project, env=variables, expect=1)

    claim = "what the real client runs has the exec gate around it, where it asks a person too"
    assert f"holds   {claim}" in good
    assert f"BROKEN  {claim}" in bad
