"""Commands that others let through, each with the answer of the shipped policy in the main thread."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from headgate.classify import Surroundings
from headgate.host.home import Home
from headgate.model.action import ShellAction, Thread
from headgate.model.facts import HEAVY_WORKLOADS
from headgate.surfaces.rehearsal import Rehearsal
from headgate.wiring import shipped_policy, world

ROOT = Path(__file__).parents[1]
TABLES = {path.stem: tomllib.loads(path.read_text()) for path in sorted((ROOT / "tests" / "batteries").glob("*.toml"))}
HOME = "/home/user"
HEAVY = {str(name) for name in HEAVY_WORKLOADS}
ROWS = [(table, row) for table, found in TABLES.items() for row in found["row"]]


def _surroundings(table: str) -> Surroundings:
    files = {f"{HOME}/repo/{name}": text for name, text in TABLES[table].get("files", {}).items()}
    return Surroundings(
        home=HOME,
        protected=(f"{HOME}/.local/state/headgate", f"{HOME}/.claude/settings.json"),
        protected_suffixes=("/.claude/settings.json",),
        private=(f"{HOME}/.local/state/headgate",),
        read=files.get,
    )


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    """One for all rows: each is decided as a session of its own."""
    return Rehearsal(shipped_policy(), world(Home(tmp_path_factory.mktemp("batteries") / "home")))


def _differs(rehearsal: Rehearsal, table: str, row: dict[str, Any]) -> str:
    """Return what is not as the row says; empty where all is, or where a known fault still stands."""
    rehearsal.around = _surroundings(table)
    verdict = rehearsal.shell(ShellAction(row["command"], f"{HOME}/repo"), Thread.MAIN)
    classes = {str(name) for name in verdict.facts.workloads}
    right = verdict.decision.strictness.word == row["decision"] and set(row["has"]) <= classes

    found = f"{verdict.decision.strictness.word}, {sorted(classes)}, {verdict.facts.opaque_because}"
    if right is ("known" not in row):
        return ""
    return f"{row['command']}\n  " + (f"right now, so `known` must go: {found}" if right else found)


@pytest.mark.parametrize("table", sorted(TABLES))
def test_a_command_is_answered_as_its_table_says(rehearsal: Rehearsal, table: str) -> None:
    """A table is one test; each row that fails is named."""
    rows = TABLES[table]["row"]
    wrong = [text for row in rows if (text := _differs(rehearsal, table, row))]

    assert not wrong, "\n".join([f"{len(wrong)} of {len(rows)} rows of {table}:", *wrong])


def test_no_table_calls_heavy_work_light() -> None:
    assert [] == [row for _table, row in ROWS if row["decision"] == "allow" and HEAVY & set(row["has"])]


def test_every_shape_stands_with_both_of_its_commands() -> None:
    shapes = Counter(row["shape"] for row in TABLES["shapes"]["row"])

    assert (90, {2}) == (len(shapes), set(shapes.values()))


def test_all_operations_are_there() -> None:
    assert 36 == len(TABLES["operations"]["row"])


def test_every_published_way_round_has_its_line_in_the_documents_and_says_what_is_open() -> None:
    page = (ROOT / "docs" / "known-bypasses.md").read_text()
    section = page.partition("\n## Published bypasses of others, and what holds them here\n")[2].partition("\n## ")[0]
    lines = [line.split(" | ") for line in section.splitlines() if "published.toml" in line]
    found = {line[0].removeprefix("| "): "open: " in line[-1] for line in lines}

    rows = TABLES["published"]["row"]
    still = {row["source"] for row in rows if "known" in row}
    assert {row["source"]: row["source"] in still for row in rows} == found
