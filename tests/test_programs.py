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


def _files(example: dict[str, Any]) -> dict[str, str]:
    """Return the files that stand in the working tree for this example alone."""
    return {f"{HOME}/repo/{path}": text for path, text in example.get("files", {}).items()}


def _differs(example: dict[str, Any]) -> str:
    """Return what is not as the example says; empty where all is."""
    around = msgspec.structs.replace(AROUND, read=(FILES | _files(example)).get)
    facts = classify(ShellAction(example["command"], cwd=f"{HOME}/repo"), around, INVENTORY)
    found: dict[str, Any] = {"workloads": sorted(map(str, facts.workloads))}
    for name in example.keys() - {"command", "workloads", "files"}:
        value = getattr(facts, name)
        found[name] = list(value) if isinstance(value, tuple) else value
    wanted = {name: example[name] for name in found} | {"workloads": sorted(example["workloads"])}

    return "" if found == wanted else f"{example['command']}\n  wanted {wanted}\n  found  {found}\n  {facts.evidence}"


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)
def test_a_command_has_its_facts(table: Path) -> None:
    """A table is one test: there are thousands of examples, and each that fails is named."""
    examples = tomllib.loads(table.read_text())["example"]
    wrong = [text for text in map(_differs, examples) if text]

    assert examples
    assert not wrong, "\n".join([f"{len(wrong)} of {len(examples)} examples of {table.stem}:", *wrong])
