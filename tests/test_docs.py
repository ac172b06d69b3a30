"""The documents say what is so: codes, commands, facts, examples, paths and tests."""

import io
import re
from importlib import import_module
from pathlib import Path

import pytest

from headgate.classify import Surroundings
from headgate.configure import load
from headgate.configure.tools import KEYS
from headgate.decide.schema import SCHEMA
from headgate.host.home import Home
from headgate.model.action import ShellAction, Thread
from headgate.model.codes import CODES
from headgate.model.job import NEXT
from headgate.surfaces.cli import COMMANDS
from headgate.surfaces.rehearsal import Rehearsal, batch
from headgate.wiring import shipped_policy, world

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md"), *(DOCS / "adr").glob("*.md")])

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^(?:\$ )?(?:\S+=\S* )*headgate (?:--home \S+ )?([a-z][\w-]*)(?![\w-]*:)(.*)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
SOURCE = re.compile(r"`((?:src/headgate|csrc|bench)/[\w./-]+)`")
TEST = re.compile(r"`(tests/[\w/]+\.(?:py|toml))(?:::(\w+))?`")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def commands(page: Path) -> list[tuple[str, str]]:
    blocks = [body for _language, body in FENCE.findall(page.read_text())]
    return [found for body in blocks for found in COMMAND.findall(body)]


def rehearsal(tmp_path: Path) -> Rehearsal:
    made = Rehearsal(shipped_policy(), world(Home(tmp_path / "home")))
    made.around = Surroundings(home="/home/user", protected=("/home/user/.local/state/headgate",))
    return made


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table below *heading*."""
    text = (DOCS / page).read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[1:]]


def test_the_page_of_codes_is_the_catalogue() -> None:
    found = re.findall(r"^\| (HG\d{3}) \| (.*) \|$", (DOCS / "codes.md").read_text(), re.MULTILINE)

    assert list(CODES.items()) == found


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_in_a_block_exists_with_its_options(page: Path) -> None:
    wrong = []
    for command, rest in commands(page):
        if command not in COMMANDS:
            wrong.append(command)
            continue
        known = {
            option for item in import_module(f"headgate.surfaces.cli.{command}").command.params for option in item.opts
        }
        given = re.findall(r"(?<=\s)--[a-z][\w-]*", re.sub(r"'[^']*'|#.*| -- .*", "", rest))
        wrong += [f"{command} {option}" for option in given if option.replace("--no-", "--") not in known]

    assert [] == wrong


def test_commands_are_found_at_all() -> None:
    assert {"check", "install", "doctor", "uninstall", "jobs", "job", "cancel", "log", "why", "verify", "status"} <= {
        command for page in PAGES for command, _rest in commands(page)
    }


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text()) if "://" not in target]

    assert [] == [target for target in targets if not (page.parent / target).exists()]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_source_file_that_is_named_exists(page: Path) -> None:
    assert [] == [path for path in SOURCE.findall(page.read_text()) if not (ROOT / path).exists()]


def test_the_architecture_names_its_files() -> None:
    assert len(SOURCE.findall((ROOT / "ARCHITECTURE.md").read_text())) > 10


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_test_that_is_named_exists(page: Path) -> None:
    wrong = []
    for path, test in TEST.findall(page.read_text()):
        text = (ROOT / path).read_text() if (ROOT / path).exists() else ""
        if not text or (test and f"def {test}(" not in text):
            wrong.append(f"{path}::{test}")

    assert [] == wrong


def test_every_decision_of_ours_is_in_the_index() -> None:
    listed = LINK.findall((DOCS / "adr" / "README.md").read_text())

    assert sorted(path.name for path in (DOCS / "adr").glob("0*.md")) == sorted(listed)


def test_the_page_of_policy_lists_the_facts() -> None:
    kinds = {"true or false": "true or false", "a word": "one of a list of words"}
    found = {row[0].strip("`"): kinds.get(row[1], row[1]) for row in rows("policy.md", "Facts")}

    assert {fact: kind.value for fact, kind in SCHEMA.items()} == found


@pytest.mark.parametrize("row", rows("policy.md", "Examples"), ids=lambda row: f"{row[1]}: {row[0]}")
def test_an_example_is_decided_as_the_page_says(row: list[str], tmp_path: Path) -> None:
    command, thread, decision = row
    verdict = rehearsal(tmp_path).shell(ShellAction(command.strip("`"), "/repo"), Thread(thread))

    assert decision == verdict.decision.strictness.word


def test_the_batch_of_the_page_is_answered_as_the_page_says(tmp_path: Path) -> None:
    given, expected = (body for language, body in FENCE.findall((DOCS / "check.md").read_text()) if language == "jsonl")
    out = io.BytesIO()
    status = batch(rehearsal(tmp_path), io.BytesIO(given.encode()), out)

    assert (2, expected) == (status, out.getvalue().decode())


def test_the_page_of_jobs_has_every_arrow() -> None:
    lettered = [row[0] for row in rows("jobs.md", "States")]

    assert list("ABCDEFGHI") == lettered
    assert len(lettered) == sum(len(states) for states in NEXT.values())


@pytest.mark.parametrize("page", ["configuration.md"])
def test_every_example_of_the_configuration_is_right(page: str) -> None:
    examples = [body for language, body in FENCE.findall((DOCS / page).read_text()) if language == "toml"]

    assert len(examples) > 1
    assert all(load(body if "schema" in body else f"schema = 1\n{body}").tools for body in examples)


def test_the_page_of_the_configuration_lists_the_keys_of_a_tool() -> None:
    assert {*KEYS} == {row[0].strip("`") for row in rows("configuration.md", "Tools")} | {"language"}
