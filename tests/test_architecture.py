"""Who may import whom, and that the core touches nothing."""

import ast
import gc
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from importlinter import api

from headgate.classify import Inventory, Surroundings, classify, with_history
from headgate.decide.evaluate import decide
from headgate.decide.schema import Situation
from headgate.model.action import Action, ShellAction, Thread, ToolAction, WriteAction
from headgate.model.facts import History
from headgate.wiring import shipped_policy

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "headgate"
CONTRACTS = api.read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]


def test_the_contracts_are_these() -> None:
    assert ["layers", "classify", "core", "grammar", "alone", "engines", "telemetry", "network"] == [
        contract["id"] for contract in CONTRACTS
    ]


@pytest.mark.parametrize("contract", [contract["id"] for contract in CONTRACTS])
def test_a_contract_is_kept(contract: str) -> None:
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache", "--no-logo", "--contract", contract]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)

    assert 0 == done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["surfaces/hook_client.py", "surfaces/attach.py", "workers/shim.py"])
def test_what_is_started_for_every_call_imports_nothing_of_ours(name: str) -> None:
    tree = ast.parse((SOURCE / name).read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert set() == {module for module in imported if module.partition(".")[0] not in sys.stdlib_module_names}


# -- nothing is opened or started -----------------------------------------------------------------

POLICY = shipped_policy()
FORBIDDEN = ("open", "os.", "subprocess.", "socket.", "sqlite3.", "shutil.", "pty.", "import", "time.", "ctypes.")
WATCHED: dict[int, list[str]] = {}
"""The events seen, by the thread that is being watched; a hook cannot be taken out again."""


def _hear(event: str, _args: tuple[object, ...]) -> None:
    seen = WATCHED.get(threading.get_ident()) if WATCHED else None
    if seen is not None and event.startswith(FORBIDDEN):
        seen.append(event)


sys.addaudithook(_hear)

ACTIONS: list[Action] = [
    ShellAction("ssh web1 'systemctl restart app' && cat ~/.ssh/config | sh", "/repo"),
    ShellAction("for h in $(cat hosts); do scp x $h:; done; bash missing.sh < /etc/passwd", "/repo"),
    ShellAction("python3 -c 'import os; os.system(\"reboot\")'; make deploy; npm run x; git push --force", "/repo"),
    ShellAction("kubectl get pods; terraform apply; docker compose up; psql -h db -c 'select 1'", "/repo"),
    ShellAction("echo 'unfinished", "/repo"),
    WriteAction("~/.claude/settings.json", "/repo"),
    ToolAction("mcp__x__destroy", {"a": 1}),
]


def judged(action: Action) -> list[str]:
    WATCHED[threading.get_ident()] = seen = []
    gc.disable()  # what others left to be cleared away is no work of ours
    try:
        facts = with_history(classify(action, Surroundings("/home/user", ("/x",)), Inventory()), History(), 30.0)
        decide(facts, Situation(Thread.MAIN), POLICY)
    finally:
        gc.enable()
        del WATCHED[threading.get_ident()]
    return seen


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: type(action).__name__)
def test_judging_opens_and_starts_nothing(action: Action) -> None:
    judged(action)  # what is imported or compiled lazily happens once

    assert [] == judged(action)


def test_the_watch_hears_what_is_opened() -> None:
    WATCHED[threading.get_ident()] = seen = []
    Path(os.devnull).read_text()
    del WATCHED[threading.get_ident()]

    assert ["open"] == seen
