"""The pages about the shipped policy: they are what the policy makes, and no rule and no fact is without one."""

import re
from pathlib import Path

import pytest

from conftest import Gate
from headgate.decide.conditions import ON
from headgate.decide.layers import Text, join
from headgate.decide.rules import Layer
from headgate.decide.schema import FACTS
from headgate.host.home import Home
from headgate.host.world import HostWorld
from headgate.model.action import ShellAction, Thread
from headgate.model.decision import Confirm
from headgate.surfaces.pages import reference, rule_pages
from headgate.surfaces.rehearsal import Rehearsal
from headgate.wiring import shipped_policy, shipped_texts

DOCS = Path(__file__).parents[2] / "docs"
PAGES = dict(rule_pages(shipped_policy("strict"), shipped_texts("strict")))
RULES = {(profile, rule.id): rule for profile in ("strict", "lockdown") for rule in shipped_policy(profile).rules}
SHIPPED = sorted(name for profile, name in RULES if profile == "strict")


def rows(page: str) -> list[list[str]]:
    """Return the cells of the tables of *page*."""
    lines = [line for line in page.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


# -- what is checked in ---------------------------------------------------------------------------


def test_there_is_a_page_for_each_rule_and_an_index_and_nothing_else() -> None:
    assert sorted([*(f"{name}.md" for name in SHIPPED), "README.md"]) == sorted(PAGES)
    assert sorted(PAGES) == sorted(path.name for path in (DOCS / "rules").iterdir())


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_what_the_policy_makes(name: str) -> None:
    assert PAGES[name] == (DOCS / "rules" / name).read_text("utf-8")


def test_the_reference_is_what_the_schema_makes() -> None:
    assert reference() == (DOCS / "policy-reference.md").read_text("utf-8")


def test_the_command_writes_the_pages_that_are_checked_in(gate: Gate, tmp_path: Path) -> None:
    said = gate("policy", "docs", "--policy", "strict", "--out", str(tmp_path / "docs"))

    written = {str(path.relative_to(tmp_path / "docs")): path.read_text("utf-8") for path in tmp_path.rglob("*.md")}

    assert f"{len(PAGES) + 1} pages written to {tmp_path / 'docs'}\n" == said
    assert {f"rules/{name}": text for name, text in PAGES.items()} | {"policy-reference.md": reference()} == written


# -- what a page says -----------------------------------------------------------------------------


@pytest.mark.parametrize(("profile", "name"), RULES, ids=str)
def test_every_shipped_rule_has_examples_of_both_kinds(profile: str, name: str) -> None:
    rule = RULES[profile, name]

    assert (True, True) == (bool(rule.match), bool(rule.not_match))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_page_says_what_the_rule_says(name: str) -> None:
    rule, page = RULES["strict", name], PAGES[f"{name}.md"]
    cells = rows(page)

    assert page.startswith(f"# `{name}`\n")
    assert f"**{rule.answer.word}** · shipped `{rule.file}`" in page
    assert [["it says", rule.reason], *([["instead", rule.hint]] if rule.hint else [])] == [
        row for row in cells if row[0] in {"it says", "instead"}
    ]
    assert [len(rule.when), len(rule.unless)] == [sum(row[0] == key for row in cells) for key in ("when", "unless")]
    assert [len(rule.match), len(rule.not_match)] == [
        sum(row[1:2] == [word] for row in cells) for word in ("matches", "does not match")
    ]


@pytest.mark.parametrize("name", SHIPPED)
def test_an_example_is_decided_as_its_page_says(name: str, tmp_path: Path) -> None:
    rule, cells = RULES["strict", name], rows(PAGES[f"{name}.md"])
    profile = "strict" if rule.file == "strict.toml" else "balanced"
    rehearsal = Rehearsal(shipped_policy(profile), HostWorld(Home(tmp_path)))
    for example in (*rule.match, *rule.not_match):
        if example.command and not example.facts:
            found = rehearsal.shell(ShellAction(example.command, "/repo"), Thread.MAIN).decision
            then = f" (a yes grants {found.then.strictness.word})" if isinstance(found, Confirm) else ""
            matches = "matches" if name in found.rules else "does not match"

            assert [f"`{example.command}`".replace("|", "\\|"), matches, found.strictness.word + then] in cells


def test_the_index_leads_to_every_page_with_its_answer_and_its_reason() -> None:
    policy = shipped_policy("strict")

    assert [[f"[`{rule.id}`]({rule.id}.md)", rule.answer.word, rule.reason] for rule in policy.rules] == rows(
        PAGES["README.md"]
    )[2:]


ODD = """schema = 1
default = "deny"

# far above

# Why it is here,
#  in two lines.
[[rule]]
id = "odd"
decision = "confirm"
reason = "a | b"
hint = "c d"
when.commands.any = "cat * | sh"
with.approvers = ["ops"]
match = [{ commands = "cat x | sh" }]
[[rule]]
id = "bare"
decision = "allow"
reason = "r"
"""


def test_what_would_break_a_table_is_written_so_that_it_does_not() -> None:
    text = Text(Layer.ORGANISATION, "o.toml", ODD)
    pages = dict(rule_pages(join([text]), [text]))

    assert [
        ["", ""],
        ["---", "---"],
        ["it says", "a \\| b"],
        ["instead", "c d"],
        ["when", '`commands.any = "cat * \\| sh"`'],
        ["with", "approvers ops"],
        ["call", "this rule", "the whole policy"],
        ["---", "---", "---"],
        ["`commands = [cat x \\| sh]`", "matches", "confirm (a yes grants allow)"],
    ] == rows(pages["odd.md"])
    assert "\n\nWhy it is here,\nin two lines.\n\n| | |\n" in pages["odd.md"]
    assert "far above" not in pages["odd.md"]
    assert [["it says", "r"]] == rows(pages["bare.md"])[2:3]


def test_rules_of_one_id_in_two_layers_have_a_page_each() -> None:
    top = Text(Layer.ORGANISATION, "o.toml", ODD)
    low = Text(Layer.PROJECT, "p.toml", ODD.replace('default = "deny"', "").partition('[[rule]]\nid = "bare"')[0])

    names = [name for name, _text in rule_pages(join([top, low]), [top, low])]

    assert len(names) == len(set(names))


# -- the reference --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FACTS)
def test_the_reference_tells_each_fact(name: str) -> None:
    fact = FACTS[name]

    [row] = [row for row in rows(reference()) if row[0] == f"`{name}`" and len(row) == 4]

    assert [f"`{name}`", fact.kind.value, "" if fact.sure else "yes"] == row[:3]
    assert row[3].startswith(fact.meaning)
    assert fact.kind.value != "one of a list of words" or all(f"`{word}`" in row[3] for word in fact.words)


def test_the_reference_tells_each_test_obligation_and_count() -> None:
    cells = rows(reference())
    written = {f"`fact{'' if operator == 'is' else f'.{operator}'} = …`" for kind in ON for operator in ON[kind]}
    obligations = ["budget", "max_run", "pool", "worker", "lease", "approvers"]
    counted = ["machines", "programs", "commands", "workload", "writes_files"]

    assert written == {row[1] for row in cells if "`fact" in row[1]}
    assert [f"`{key}`" for key in obligations] == [
        row[0] for row in cells if len(row) == 2 and row[0].strip("`") in obligations
    ]
    assert ["`calls`", *(f"`distinct {name}`" for name in counted)] == [
        row[0] for row in cells if row[0].startswith(("`calls", "`distinct"))
    ]
