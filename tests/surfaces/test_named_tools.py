"""Tools that are no shell, through the real hook and daemon: what the main thread gets, and what the operator says."""

import json
from pathlib import Path

import pytest

from conftest import Gate

GOOD = 'schema = 1\n[[tool]]\nname = "mcp__ops__go"\nis = "{}"\n'


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The operator's configuration, which is not there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "headgate").mkdir()
    return tmp_path / "headgate" / "headgate.toml"


def asked(gate: Gate, name: str, args: dict[str, object], *, agent: str = "") -> tuple[object, str]:
    """Propose one call of a tool; return the exit status and what the model is told."""
    more = {"agent_id": agent} if agent else {}
    found = gate.propose("", tool_name=name, tool_input=args, **more)
    return found["exit"], str(found.get("permissionDecisionReason", found.get("permissionDecision", "")))


def test_heavy_work_of_a_tool_is_refused_in_the_main_thread_and_the_model_is_told_where_to_run_it(gate: Gate) -> None:
    status, said = asked(gate, "mcp__ssh__ssh_exec", {"host": "web1", "command": "systemctl restart app"})

    assert 2 == status
    assert "HG404 headgate: this tool cannot be handed to a worker (Remote sessions run in a worker" in said
    assert "Run it from a subagent, or do the same with a shell command" in said
    [event] = gate.events("decided")
    assert ("delegate", "refuse", ["web1"]) == (event["decision"], event["enforced"], event["machines"])
    assert "host=web1 command=systemctl restart app" == event["command"]


def test_light_work_of_a_tool_and_any_in_a_subagent_goes_through(gate: Gate) -> None:
    calls = [("mcp__x__list_things", ""), ("mcp__x__magic", "a1"), ("mcp__ssh__ssh_exec", "a1")]

    assert [(0, "")] * 3 == [
        asked(gate, name, {"host": "web1", "command": "reboot"} if "ssh" in name else {}, agent=agent)
        for name, agent in calls
    ]


def test_no_tool_may_change_the_gates_own_files(gate: Gate) -> None:
    status, said = asked(gate, "mcp__fs__write_file", {"path": str(gate.home / "headgate.db")}, agent="a1")

    assert (2, "headgate denied this") == (status, said[:20])


def test_a_person_is_asked_about_a_tool_with_all_that_it_is_given(gate: Gate) -> None:
    args: dict[str, object] = {"sql": "drop table users", "to": [{"db": "x", "password": "hunter2"}]}
    status, said = asked(gate, "mcp__postgres__query", args, agent="a1")

    assert 0 == status
    assert "tool mcp__postgres__query sql=drop table users to.db=x to.password=‹secret›" in said


def test_the_operators_word_is_heard_without_a_restart_and_recorded(gate: Gate, file: Path) -> None:
    found = [asked(gate, "mcp__ops__go", {})[0]]
    for word in ("light", "control-plane"):
        file.write_text(GOOD.format(word))
        found.append(asked(gate, "mcp__ops__go", {})[0])

    assert [2, 0, 2] == found
    assert [[str(file)]] * 2 == [[path for path, _ in event["files"]] for event in gate.events("configuration-read")]  # type: ignore[attr-defined]
    assert f"config   {file}" in gate("status")


def test_a_wrong_new_version_changes_nothing_and_is_told(gate: Gate, file: Path) -> None:
    file.write_text(GOOD.format("light"))
    before = asked(gate, "mcp__ops__go", {})[0]
    file.write_text(GOOD.format("lihgt"))

    mistake = f"{file}:4: tool `mcp__ops__go`: `lihgt` is not a value of `is` (did you mean `light`?)"
    assert (0, 0) == (before, asked(gate, "mcp__ops__go", {})[0])
    assert f"WRONG, so an older version is in force: {mistake}" in gate("status")
    assert mistake == json.loads(gate("status", "--json"))["configuration"]["mistakes"]
    assert ["", mistake] == [event["mistakes"] for event in gate.events("configuration-read")]
    assert "a new version is WRONG and not used" in gate("log")


def test_a_wrong_configuration_at_the_start_denies_and_is_told(gate: Gate, file: Path) -> None:
    file.write_text(GOOD.format("lihgt"))
    done = gate.hook(b"{}")

    assert (2, b"HG010") == (done.returncode, done.stderr[:5] or done.stdout[:5])
    assert f"{file}:4: tool `mcp__ops__go`" in gate.run("serve").stderr
    assert f"{file}:4: tool `mcp__ops__go`" in gate.run("status").stderr
    checked = gate.run("check", "ls")
    assert (2, "HG111") == (checked.returncode, checked.stderr[:5])


def test_the_operators_inventory_stands_in_front_of_the_policys(gate: Gate, file: Path) -> None:
    file.write_text('schema = 1\n[inventory]\nprod = ["lab-*"]\ndev = ["prod-like"]\n')
    found = [
        json.loads(gate("check", "--json", f"ssh {host} uptime"))["environment"] for host in ("lab-1", "prod-like", "x")
    ]

    assert ["prod", "dev", "unknown"] == found


def test_a_batch_knows_tools_their_map_and_their_hints(gate: Gate) -> None:
    lines = [
        {"id": 1, "tool": "run_terminal_cmd", "args": {"command": "ssh web1 reboot"}},
        {"id": 2, "tool": "mcp__x__magic"},
        {"id": 3, "tool": "mcp__x__magic", "annotations": {"readOnlyHint": True}},
        {"id": 4, "tool": "mcp__x__get_it", "annotations": {"destructiveHint": True}},
        {"id": 5, "tool": "Bash", "args": {"command": "ls"}, "annotations": {"destructiveHint": True}},
        {"id": 6, "tool": "mcp__fs__write_file", "args": {"path": "/x/.claude/settings.json"}, "thread": "subagent"},
    ]
    given = "".join(json.dumps(line) + "\n" for line in lines)
    found = [json.loads(line)["decision"] for line in gate("check", "--batch", input=given).splitlines()]

    assert ["delegate", "delegate", "allow", "confirm", "allow", "deny"] == found


def test_the_doctor_reads_the_configuration(gate: Gate, file: Path) -> None:
    file.write_text(GOOD.format("lihgt"))
    done = gate.run("doctor", "claude-code", "--no-live")

    assert (1, True) == (done.returncode, "BROKEN  the configuration is right" in done.stdout)
    assert f"{file}:4" in done.stdout
