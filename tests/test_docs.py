"""The documents say what is so: codes, commands, facts, examples, paths and tests."""

import io
import json
import os
import re
import subprocess
from contextlib import closing
from pathlib import Path

import click
import pytest

from conftest import HEADGATE, proposal
from headgate.classify import Surroundings
from headgate.configure import load
from headgate.configure.tools import KEYS
from headgate.decide import examples
from headgate.decide.layers import Text, join
from headgate.decide.rules import Layer
from headgate.decide.schema import FACTS
from headgate.decide.vocabulary import INVARIANT, RULE, SETTINGS, TOP, WINDOW, WITH
from headgate.host.home import Home
from headgate.model.action import ShellAction, Thread
from headgate.model.codes import CODES
from headgate.model.job import NEXT
from headgate.rehearse import rehearsed
from headgate.surfaces.cli import headgate
from headgate.surfaces.cli.policy import COMMANDS as POLICY_COMMANDS
from headgate.surfaces.gate import Gate
from headgate.surfaces.rehearsal import Rehearsal, batch
from headgate.wiring import adapters, shipped_policy, shipped_texts, world

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md"), *(DOCS / "adr").glob("*.md")])
RULES = sorted((DOCS / "rules").glob("*.md"))

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^(?:\$ )?(?:\S+=\S* )*headgate (?:--home \S+ )?([a-z][\w-]*)(?![\w-]*:)(.*)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
SOURCE = re.compile(r"`((?:src/headgate|csrc|bench)/[\w./-]+)`")
TEST = re.compile(r"`(tests/[\w/]+\.(?:py|toml))(?:::(\w+))?`")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def commands(page: Path) -> list[tuple[str, str]]:
    """Return the commands in the blocks of *page*, and those in its text; a decision may tell of what was not built."""
    blocks = [body for _language, body in FENCE.findall(page.read_text())]
    spans = re.findall(r"`(headgate [^`\n]+)`", "" if page.parent.name == "adr" else FENCE.sub("", page.read_text()))
    return [found for body in (*blocks, *spans) for found in COMMAND.findall(body)]


def rehearsal(tmp_path: Path) -> Rehearsal:
    made = Rehearsal(shipped_policy(), world(Home(tmp_path / "home")))
    made.around = Surroundings(home="/home/user", protected=("/home/user/.local/state/headgate",))
    return made


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table below *heading*."""
    whole = FENCE.sub("", (DOCS / page).read_text())
    found = re.search(rf"^##+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", whole, re.DOTALL | re.MULTILINE)
    lines = [line for line in (found[1] if found else "").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[1:]]


def test_the_page_of_codes_is_the_catalogue() -> None:
    found = re.findall(r"^\| (HG\d{3}) \| (.*) \|$", (DOCS / "codes.md").read_text(), re.MULTILINE)

    assert list(CODES.items()) == found


def found_command(words: list[str]) -> click.Command | None:
    """Return the command that *words* begin with; `None` where there is none."""
    command: click.Command | None = headgate
    for word in words:
        command = command.get_command(click.Context(command), word) if isinstance(command, click.Group) else command
    return command


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_in_a_block_exists_with_its_options(page: Path) -> None:
    wrong = []
    for first, rest in commands(page):
        words = [first, *re.findall(r"^ ([a-z][\w-]*)", rest)]
        command = found_command(words)
        if command is None:
            wrong.append(" ".join(words))
            continue
        known = {"--help", *(option for item in command.params for option in item.opts)}
        given = re.findall(r"(?<=\s)--[a-z][\w-]*", re.sub(r"'[^']*'|\"[^\"]*\"|#.*| -- .*", "", rest))
        wrong += [f"{first} {option}" for option in given if option.replace("--no-", "--") not in known]

    assert [] == wrong


def test_commands_are_found_at_all() -> None:
    found = [(command, rest.split()[:1]) for page in PAGES for command, rest in commands(page)]

    assert {"check", "install", "doctor", "uninstall", "jobs", "job", "cancel", "log", "why", "verify", "status"} <= {
        command for command, _words in found
    }
    assert {*POLICY_COMMANDS} <= {word for command, words in found if command == "policy" for word in words}


@pytest.mark.parametrize("page", [*PAGES, *RULES], ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text()) if "://" not in target]

    assert [] == [target for target in targets if not (page.parent / target).exists()]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_source_file_that_is_named_exists(page: Path) -> None:
    assert [] == [path for path in SOURCE.findall(page.read_text()) if not (ROOT / path).exists()]


def test_the_architecture_names_its_files() -> None:
    decide = ROOT / "src/headgate/decide"
    found = [
        word for row in rows("../ARCHITECTURE.md", "The policy") for word in re.findall(r"`(\w+\.py)`", "".join(row))
    ]

    assert len(SOURCE.findall((ROOT / "ARCHITECTURE.md").read_text())) > 10
    assert len(found) > 20
    assert [] == [word for word in found if not (decide / word).exists() and not (decide / "prove" / word).exists()]


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


def test_the_reference_lists_the_facts() -> None:
    found = {row[0].strip("`"): (row[1], row[2] != "yes") for row in rows("policy-reference.md", "Facts")}

    assert {name: (fact.kind.value, fact.sure) for name, fact in FACTS.items()} == found


@pytest.mark.parametrize(
    ("heading", "keys"),
    [("The file", TOP), ("Settings", SETTINGS), ("Windows", WINDOW), ("Rules", RULE), ("Obligations", WITH),
     ("Invariants", INVARIANT), ("Tests", (*examples.TEST, *(f"expect.{key}" for key in examples.EXPECT)))],
)  # fmt: skip
def test_the_page_of_policy_lists_the_keys(heading: str, keys: tuple[str, ...]) -> None:
    found = [
        word for row in rows("policy.md", heading) for word in re.findall(r"`\[*([\w.]+?)(?:\.[A-Z]+)?\]*`", row[0])
    ]

    assert {*keys} == {*found}


def test_the_page_of_policy_lists_the_commands() -> None:
    assert {*POLICY_COMMANDS} == {row[0].split()[2].strip("`") for row in rows("policy.md", "Commands")}


def test_the_examples_of_the_language_are_a_layer_that_holds() -> None:
    examples = [body for language, body in FENCE.findall((DOCS / "policy.md").read_text()) if language == "toml"]
    layer = Text(Layer.USER, "policy.md", "\n".join(["schema = 1", *examples]))

    assert len(examples) > 3
    assert [] == list(rehearsed(join([*shipped_texts("balanced"), layer])))


@pytest.mark.parametrize("row", rows("policy.md", "Examples"), ids=lambda row: f"{row[1]}: {row[0]}")
def test_an_example_is_decided_as_the_page_says(row: list[str], tmp_path: Path) -> None:
    command, thread, decision = row
    verdict = rehearsal(tmp_path).shell(ShellAction(command.strip("`"), "/repo"), Thread(thread))

    assert decision == verdict.decision.strictness.word


def test_the_batch_of_the_page_is_answered_as_the_page_says(tmp_path: Path) -> None:
    given, expected = (body for language, body in FENCE.findall((DOCS / "check.md").read_text()) if language == "jsonl")
    out = io.BytesIO()
    status = batch(rehearsal(tmp_path), io.BytesIO(given.encode()), out)

    assert (2, steady(expected)) == (status, steady(out.getvalue().decode()))


def test_the_page_of_jobs_has_every_arrow() -> None:
    lettered = [row[0] for row in rows("jobs.md", "States")]

    assert list("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == lettered
    assert len(lettered) == sum(len(states) for states in NEXT.values())


@pytest.mark.parametrize("page", ["configuration.md"])
def test_every_example_of_the_configuration_is_right(page: str) -> None:
    examples = [body for language, body in FENCE.findall((DOCS / page).read_text()) if language == "toml"]

    assert len(examples) > 1
    found = [load(body if "schema" in body else f"schema = 1\n{body}") for body in examples]
    keys = ("tools", "agents", "pools", "groups", "api", "webhook", "journal", "telemetry")
    assert all(any(getattr(item, key) for key in keys) for item in found)


def test_the_page_of_the_configuration_lists_the_keys_of_a_tool() -> None:
    assert {*KEYS} == {row[0].strip("`") for row in rows("configuration.md", "Tools")} | {"language"}


# -- the tutorial ---------------------------------------------------------------------------------

WRITES = re.compile(r"# ([\w./-]+)(?:, (added|in place of (\S+)))?\n")
VARIES = (
    (re.compile(r"\b[0-9a-f]{12}\b"), "digest"),
    (re.compile(r', hour = \d+|, weekday = "\w+"|, date = [\d-]+'), ""),
    (re.compile(r"\bin \d+ ms"), "in ms"),
    (re.compile(r"(?<=default\.toml:)\d+"), "line"),
)


def write(body: str, home: Path) -> None:
    """Write the file that a block of TOML holds, add to it, or put the block in the place of one of its lines."""
    found = WRITES.match(body)
    assert found, body
    path = home / found[1]
    path.parent.mkdir(parents=True, exist_ok=True)
    if found[3]:
        whole = re.sub(rf"(?m)^{re.escape(found[3])}.*\n", lambda _: body[found.end() :], path.read_text())
    else:
        whole = f"{path.read_text()}\n{body[found.end() :]}" if found[2] else body
    path.write_text(whole)


def propose(body: str, home: Path) -> None:
    """Let the agent of the tutorial propose the calls in *body*, a line each."""
    where = Home(home / ".local/state/headgate")
    where.path.mkdir(parents=True)
    given = adapters(where)
    with closing(given.store):
        gate = Gate(where, given)
        for line in body.splitlines():
            assert gate.hook("claude-code", "decide", json.dumps(proposal(line, cwd=str(home))).encode())


def typed(body: str, home: Path) -> str:
    """Return *body* with what its commands (`$ …`) print in the place of what stands below them."""
    lines = []
    for command in re.findall(r"^\$ (.*)$", body, re.MULTILINE):
        words = ["bash", "-c", f"umask 022; {command}"]
        done = subprocess.run(words, cwd=home, capture_output=True, text=True, timeout=200, check=False)
        lines += [f"$ {command}", *(done.stdout + done.stderr).replace(str(home), "/home/jo").splitlines()]
    return "\n".join(lines) + "\n"


def played(page: str, home: Path) -> str:
    """Return *page* as it reads after its blocks were written and its commands were run."""

    def block(found: re.Match[str]) -> str:
        language, body = found.groups()
        if language == "toml":
            write(body, home)
        elif language == "bash":
            propose(body, home)
        elif language == "console":
            return f"```console\n{shortened(typed(body, home), body)}```"
        return found[0]

    return FENCE.sub(block, page)


def shortened(text: str, like: str) -> str:
    """Return *like* where it differs from *text* only in what varies and in lines left out (`…`), else *text*."""
    parts = [re.escape(steady(part)) for part in re.split(r"^…\n", like, flags=re.MULTILINE)]
    return like if re.fullmatch("(?:.*\n)+".join(parts), steady(text)) else text


def steady(text: str) -> str:
    for pattern, instead in VARIES:
        text = pattern.sub(instead, text)
    return text


@pytest.mark.timeout(900)
def test_the_tutorial_is_exact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `REWRITE_DOCS=1` what the commands print is written into the page."""
    page = DOCS / "policy-tutorial.md"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{HEADGATE.parent}:{os.environ['PATH']}")
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    after = played(page.read_text(), tmp_path)
    if os.environ.get("REWRITE_DOCS"):
        page.write_text(after)

    assert page.read_text() == after
