"""The repository holds together: sizes, codes, commands, paths."""

import ast
import re
import subprocess
from pathlib import Path

from headgate.classify.effect import CODES as OF_WORKLOADS
from headgate.model.codes import CODES
from headgate.model.facts import Workload
from headgate.surfaces.cli import COMMANDS
from headgate.surfaces.cli.policy import COMMANDS as OF_POLICY

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "headgate"
LONGEST = 300
WHOLE = {"surfaces/hook_client.py", "workers/shim.py"}
"""They run alone, for every tool call or job, and may import nothing of ours: they cannot be split."""

FILES = sorted(str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py"))
DEVELOPERS = re.compile(r"(?<![\w./~-])(?:/work/|/Users/(?!x/)[a-z]+/|/home/(?!user\b)[a-z]+/(?:src|projects|code)/)")


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_a_file_is_one_idea() -> None:
    found = {name: lines(SOURCE / name) for name in FILES}

    assert {} == {name: count for name, count in found.items() if (count > LONGEST) is not (name in WHOLE)}


def used_codes() -> set[str]:
    texts = [path.read_text() for path in SOURCE.rglob("*.py") if path.name != "codes.py"]
    texts += [path.read_text() for path in (ROOT / "csrc").glob("*.c")]
    return {code for text in texts for code in re.findall(r"HG\d{3}(?!\d)", text)}


def test_every_code_is_in_the_catalogue_and_every_code_of_it_is_used() -> None:
    assert sorted(CODES) == sorted(used_codes())


def test_codes_stand_in_order_and_none_twice() -> None:
    tree = ast.parse((SOURCE / "model" / "codes.py").read_text())
    keys = [
        key.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant)
    ]

    assert sorted(set(keys), key=str) == keys


def test_every_workload_has_its_code() -> None:
    assert {workload: str(workload) for workload in Workload} == {
        workload: CODES[code].partition(":")[0] for workload, code in OF_WORKLOADS.items()
    }


def test_every_command_is_a_file_and_every_file_a_command() -> None:
    folder = SOURCE / "surfaces" / "cli"
    inner = [path.stem for path in (folder / "policy").glob("*.py") if path.stem not in {"__init__", "options"}]

    files = [path.stem for path in folder.glob("*.py") if path.stem != "__init__"]
    named = [name.replace("-", "_") for name in COMMANDS]
    assert sorted(named) == sorted([*files, *(path.parent.name for path in folder.glob("*/__init__.py"))])
    assert sorted(OF_POLICY) == sorted(name.rstrip("_").replace("_", "-") for name in inner)


def test_no_path_of_a_developers_machine_is_in_the_repository() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = [
        f"{name}: {match[0]}"
        for name in listed.stdout.splitlines()
        if (ROOT / name).is_file() and name != "tests/test_project.py"
        for match in DEVELOPERS.finditer((ROOT / name).read_text(errors="replace"))
    ]

    assert [] == found
