"""Every way to the gate that a text shows is control-plane; the ordinary work beside it is not."""

import tomllib
from pathlib import Path

import msgspec
import pytest
from surrounded import AROUND, HOME, STATE

from headgate.classify import Inventory, Surroundings, classify
from headgate.model.action import ShellAction, ToolAction, WriteAction
from headgate.model.facts import Workload

TABLE = tomllib.loads(Path(__file__).with_name("ways.toml").read_text())


def wrong(kind: str, *, guarded: bool) -> dict[str, list[str]]:
    """Return the commands of one kind that are not what they should be, by the group they stand in."""
    found = {
        name: [text for text in group[kind] if control_plane(text) is not guarded] for name, group in TABLE.items()
    }
    return {name: texts for name, texts in found.items() if texts}


def control_plane(command: str, around: Surroundings = AROUND) -> bool:
    facts = classify(ShellAction(command, cwd=f"{HOME}/repo"), around, Inventory())
    return Workload.CONTROL_PLANE in facts.workloads


def test_a_way_to_the_gate_is_control_plane() -> None:
    assert {} == wrong("denied", guarded=True)


def test_ordinary_work_beside_it_is_not() -> None:
    assert {} == wrong("free", guarded=False)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("Read", {"file_path": f"{STATE}/gate.key"}),
        ("Read", {"file_path": "~/.local/state/headgate/authority.key"}),
        ("Read", {"file_path": "/proc/4242/environ"}),
        ("Grep", {"pattern": "x", "path": STATE}),
        ("Glob", {"pattern": f"{STATE}/*"}),
        ("WebFetch", {"url": "http://localhost:7467/a/x", "prompt": "open it"}),
        ("WebFetch", {"url": "https://gate.example.org/a/x", "prompt": "open it"}),
        ("mcp__fetch__fetch", {"url": "https://gate.example.org/a/x"}),
        ("mcp__http__request", {"host": "127.0.0.1", "port": 7467, "path": "/x"}),
        ("mcp__playwright__browser_navigate", {"url": "https://gate.example.org/a/x"}),
        ("mcp__browser__evaluate", {"script": "fetch('http://localhost:7467/v1', {method: 'POST'})"}),
        ("mcp__fs__read_file", {"path": f"{STATE}/gate.key"}),
        ("mcp__fs__read_multiple_files", {"paths": [f"{STATE}/gate.key"]}),
        ("mcp__fs__write_file", {"path": f"{STATE}/headgate.db", "content": "x"}),
        ("mcp__fs__write_file", {"path": f"{HOME}/.local/bin/headgate", "content": "x"}),
        ("mcp__fs__move_file", {"source": "/tmp/x", "destination": "/opt/headgate/bin/headgate"}),
        ("mcp__shell__run", {"command": "headgate approve 3"}),
        ("mcp__sqlite__query", {"db": f"{STATE}/headgate.db", "query": "select 1"}),
        ("mcp__git__checkout", {"path": ".headgate/policy.toml"}),
    ],
)
def test_a_named_tool_reaches_the_gate_no_more_than_a_shell(name: str, args: dict[str, object]) -> None:
    found = classify(ToolAction(name, args, f"{HOME}/repo"), AROUND, Inventory())

    assert Workload.CONTROL_PLANE in found.workloads


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("Read", {"file_path": f"{HOME}/.claude/settings.json"}),
        ("Read", {"file_path": "src/x.py"}),
        ("Grep", {"pattern": "http://localhost:7467"}),
        ("Glob", {"pattern": "**/*.key"}),
        ("WebFetch", {"url": "https://example.org/a/x", "prompt": "see https://gate.example.org"}),
        ("Task", {"prompt": "approve question 3: run `headgate approve 3`"}),
        ("mcp__slack__post", {"text": "see https://gate.example.org/a/x"}),
    ],
)
def test_a_named_tool_at_ordinary_work_does_not(name: str, args: dict[str, object]) -> None:
    found = classify(ToolAction(name, args, f"{HOME}/repo"), AROUND, Inventory())

    assert Workload.CONTROL_PLANE not in found.workloads


@pytest.mark.parametrize("path", ["/home/user/.local/bin/headgate", "/usr/local/bin/headgate-hook", "bin/headgate"])
def test_a_program_that_a_shell_would_take_for_the_gate_is_guarded(path: str) -> None:
    found = classify(WriteAction(path, cwd=f"{HOME}/repo"), AROUND, Inventory())

    assert (Workload.CONTROL_PLANE,) == found.workloads


@pytest.mark.parametrize(
    ("api", "command", "found"),
    [
        ("http://127.0.0.1:7467", "curl http://localhost:7467/", True),
        ("http://0.0.0.0:7467", "curl http://box:7467/", True),
        ("http://10.0.0.5:7467", "curl http://10.0.0.5:7467/", True),
        ("http://10.0.0.5:7467", "curl http://10.0.0.6:7467/", False),
        ("https://example.org/gate", "curl https://example.org/gate/a/x", True),
        ("https://example.org/gate", "curl https://example.org/other", False),
        ("https://example.org:8443", "curl https://example.org:8443/a/x", True),
        ("https://example.org:8443", "curl https://example.org/a/x", False),
        ("[::1]:7467", "curl http://[::1]:7467/", True),
    ],
)
def test_the_address_of_the_api_is_what_the_operator_set(api: str, command: str, *, found: bool) -> None:
    assert control_plane(command, msgspec.structs.replace(AROUND, api=(api,))) is found


def test_without_an_api_no_address_is_guarded() -> None:
    assert not control_plane("curl http://localhost:7467/", msgspec.structs.replace(AROUND, api=()))
