"""Every table beside this file: a command, and the facts it must have."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headgate.classify import Inventory, Surroundings, classify
from headgate.model.action import ShellAction

TABLES = sorted((Path(__file__).parent / "programs").glob("*.toml"))
HOME = "/home/user"
FILES = {
    "/home/user/repo/deploy.sh": "#!/bin/bash\nset -e\nssh web1 'systemctl restart app'\n",
    "/home/user/repo/light.sh": "#!/bin/sh\necho hello\nls -la\n",
    "/home/user/repo/notes.txt": "just words\n",
}
AROUND = Surroundings(
    home=HOME,
    protected=(
        "/home/user/.local/state/headgate",
        "/home/user/.claude/settings.json",
        "/home/user/repo/.claude/settings.json",
        "/home/user/repo/.claude/settings.local.json",
        "/opt/headgate/bin/headgate-hook",
    ),
    private=("/home/user/.local/state/headgate",),
    gate_pids=(4242,),
    read=FILES.get,
)
INVENTORY = Inventory((("prod", "*prod*"), ("staging", "*stag*"), ("dev", "*dev*")))


def _examples() -> list[Any]:
    return [
        pytest.param(example, id=f"{table.stem}: {example['command']}")
        for table in TABLES
        for example in tomllib.loads(table.read_text())["example"]
    ]


def _files(example: dict[str, Any]) -> dict[str, str]:
    """Return the files that stand in the working tree for this example alone."""
    return {f"{HOME}/repo/{path}": text for path, text in example.get("files", {}).items()}


@pytest.mark.parametrize("example", _examples())
def test_a_command_has_its_facts(example: dict[str, Any]) -> None:
    around = msgspec.structs.replace(AROUND, read=(FILES | _files(example)).get)
    facts = classify(ShellAction(example["command"], cwd=f"{HOME}/repo"), around, INVENTORY)
    found: dict[str, Any] = {"command": example["command"], "workloads": [str(name) for name in facts.workloads]}
    for name in example.keys() - {"command", "workloads", "files"}:
        value = getattr(facts, name)
        found[name] = list(value) if isinstance(value, tuple) else value

    stated = {name: value for name, value in example.items() if name != "files"}
    expected = stated | {"workloads": sorted(example["workloads"])}

    assert found | {"workloads": sorted(found["workloads"])} == expected, facts.evidence
