"""Rules of other agents, carried over: what they become, what they then decide, and what is told of those left."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.classify import Inventory, Surroundings, classify
from headgate.configure.carry import SOURCES, Carried, carry
from headgate.configure.carry.writing import shown
from headgate.decide.evaluate import decide_values
from headgate.decide.layers import Text, join
from headgate.decide.names import Value
from headgate.decide.policy import Policy
from headgate.decide.rules import Layer
from headgate.decide.schema import Situation, completed, values
from headgate.model.action import ShellAction, Thread
from headgate.model.errors import HeadgateError
from headgate.rehearse import rehearsed

ROOT = Path(__file__).parents[2]
SAMPLES = Path(__file__).parent / "carried"
SAMPLE = {"codex": "default.rules", "gemini": "rules.toml", "claude-code": "settings.json"}
BELOW = [Layer.USER, Layer.PROJECT]
BASES = {
    "shipped": (ROOT / "src/headgate/policies/default.toml").read_text(),
    "deny": 'schema = 1\nlayer = "shipped"\ndefault = "deny"\n',
}
DECISIONS = {"ask": "confirm", "ask_user": "confirm", "deny": "deny", "allow": "allow"}
CASES = {source: tomllib.loads((SAMPLES / f"cases-{source}.toml").read_text()) for source in SOURCES}
EACH = [(source, kind, case) for source in SOURCES for case in CASES[source]["case"] for kind in case.get("kinds", "-")]
REPORTS = [(source, report) for source in SOURCES for report in CASES[source]["report"]]
CALLS = [(source, made, call) for source in SOURCES for made in CASES[source]["policy"] for call in made["calls"]]
WRONG = [
    *((source, item["text"], item["place"]) for source in SOURCES for item in CASES[source]["wrong"]),
    ("codex", "-" * 50_000 + "1", "1: this is no rules file of Codex: "),
    ("codex", "(" * 5_000, "1: this is no rules file of Codex: "),
    ("gemini", "a = " + "9" * 5_000, "1: this is not TOML: Exceeds the limit"),
    ("claude-code", "[" * 5_000, "1: this is not JSON"),
]


def source_text(source: str, kind: str, *rules: str) -> str:
    """Return the file of *source* with these *rules*, all of one *kind*."""
    if source == "claude-code":
        return json.dumps({"permissions": {kind: rules}})
    if source == "gemini":
        decided = f'\ndecision = "{kind}"\npriority = 1' if kind in DECISIONS else ""
        return "\n".join(f"[[rule]]\n{rule}{decided}" for rule in rules)
    return "\n".join(rules)


def carried(source: str, *rules: str, kind: str = "") -> Carried:
    return carry(source, [("f", source_text(source, kind, *rules))], Layer.ORGANISATION)


def codex(*rules: str) -> Carried:
    return carried("codex", *rules)


def sample(source: str, layer: Layer) -> Carried:
    return carry(source, [(SAMPLE[source], (SAMPLES / SAMPLE[source]).read_text())], layer)


def policy(found: Carried, layer: Layer = Layer.ORGANISATION, base: str = "shipped", *, prove: bool = False) -> Policy:
    return join([Text(Layer.SHIPPED, "base.toml", BASES[base]), Text(layer, "carried.toml", found.text)], prove=prove)


def decision(made: Policy, call: Mapping[str, Value]) -> str:
    return decide_values(completed(call), made).strictness.word


def rules_of(found: Carried) -> list[Any]:
    return list(tomllib.loads(found.text).get("rule", []))


def unlike(made: Policy) -> Iterable[str]:
    # of the carried file alone: a test of the shipped policy may well expect a milder answer
    return [line for line in rehearsed(made) if line.startswith("carried.toml:")]


# -- tables: tests/configure/carried/cases-*.toml --------------------------------------------------------------------


@pytest.mark.parametrize(("source", "kind", "case"), EACH, ids=str)
def test_a_rule_becomes_what_the_table_says(source: str, kind: str, case: dict[str, Any]) -> None:
    found = carried(source, case["rule"], kind=kind)

    if "left" in case:
        assert ([], 1) == (rules_of(found), len(found.left))
        assert case["left"] in found.left[0].why
        assert case["rule"].strip() in found.left[0].rule
    else:
        assert ((), 1) == (found.left, len(rules_of(found)))
        assert DECISIONS.get(kind, rules_of(found)[0]["decision"]) == rules_of(found)[0]["decision"]
        assert case.get("when", rules_of(found)[0]["when"]) == rules_of(found)[0]["when"]
        notes = re.findall(r"^# (.*)$", found.text, re.MULTILINE)[1:]
        assert found.kept[0].note == "; ".join(notes)
        assert found.kept[0].note.startswith(case.get("note", ""))
        assert bool(case.get("note", notes)) == bool(notes)
    assert policy(found, base="deny").rules or found.left


@pytest.mark.parametrize(("source", "made", "call"), CALLS, ids=str)
def test_a_call_is_decided_as_the_table_says(source: str, made: dict[str, Any], call: dict[str, Any]) -> None:
    found = carried(source, *made["rules"], kind=made.get("kind", ""))
    told = {name: tuple(value) if isinstance(value, list) else value for name, value in call.items()}
    expected, command = told.pop("expect"), told.pop("command", None)
    if command is not None:
        facts = classify(ShellAction(command, "/repo"), Surroundings(home="/home/user"), Inventory())
        told = dict(values(facts, Situation(Thread.SUBAGENT)))

    assert expected == decision(policy(found, base=made["base"]), {"thread": "subagent"} | told)


@pytest.mark.parametrize(("source", "report"), REPORTS)
def test_the_report_of_a_file_is_what_the_table_says(source: str, report: dict[str, Any]) -> None:
    found = carry(source, [("f", report["text"])], Layer.USER)
    kept = [f"{item.line} {item.id}{f': {item.note}' * bool(item.note)}" for item in found.kept]
    left = [f"{item.line}: {item.why}" for item in found.left]

    assert report["kept"] == kept
    assert report["left"] == [why[: len(start)] for why, start in zip(left, report["left"], strict=True)]


# -- every source ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("layer", [Layer.ORGANISATION, *BELOW])
def test_what_is_written_is_a_file_of_its_layer_whose_examples_hold(source: str, layer: Layer) -> None:
    found = sample(source, layer)
    made = policy(found, layer, prove=True)
    written = {rule.id for rule in made.rules if rule.layer is layer}
    assert written == {kept.id for kept in found.kept} != set()
    assert {True} == {name.startswith(source.partition("-")[0] + "-") for name in written}
    assert [] == unlike(made)
    assert found == sample(source, layer)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("layer", [Layer.ORGANISATION, *BELOW])
def test_only_the_organisation_chooses_what_it_stands_on(source: str, layer: Layer) -> None:
    empty = carry(source, [("f", "{}" if source == "claude-code" else "")], layer)
    head = f'schema = 1\nlayer = "{layer}"' + '\nprofile = "balanced"' * (layer is Layer.ORGANISATION)

    assert (head, (), ()) == (empty.text.strip(), empty.kept, empty.left)
    assert sample(source, layer).text.startswith(f"{head}\n\n")


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("layer", BELOW)
def test_a_lower_layer_gets_no_allow_rule_and_the_report_says_so(source: str, layer: Layer) -> None:
    top, below = sample(source, Layer.ORGANISATION), sample(source, layer)
    allowed = {rule["id"] for rule in rules_of(top) if rule["decision"] == "allow"}
    said = {left.rule for left in below.left if left.why == f"it allows, and a {layer} layer can only tighten"}

    assert allowed
    assert {"confirm", "deny"} == {rule["decision"] for rule in rules_of(below)}
    assert {kept.rule for kept in top.kept if kept.id in allowed} <= said
    assert len(top.kept) + len(top.left) == len(below.kept) + len(below.left)


@pytest.mark.parametrize("source", SOURCES)
def test_every_rule_is_told_with_its_line_as_it_is_written(source: str) -> None:
    found = sample(source, Layer.ORGANISATION)
    lines = (SAMPLES / SAMPLE[source]).read_text().split("\n")

    for item in (*found.kept, *found.left):
        assert item.rule.split("\n")[0].split(":")[0] in lines[item.line - 1]
    assert all(f"# {kept.file}:{kept.line}\n" in found.text for kept in found.kept)
    assert sorted(item.line for item in found.left) == [item.line for item in found.left]


@pytest.mark.parametrize(("source", "layer"), [("cursor", Layer.USER), ("codex", Layer.SHIPPED)])
def test_a_source_or_a_layer_that_takes_no_rules_is_refused(source: str, layer: Layer) -> None:
    with pytest.raises(HeadgateError, match=f"rules of `{source}` are not|takes no rules") as raised:
        carry(source, [], layer)

    assert "HG130" == raised.value.code


@pytest.mark.parametrize(("source", "text", "place"), WRONG)
def test_texts_that_cannot_be_read_are_refused_all_at_once_each_with_its_line(
    source: str, text: str, place: str
) -> None:
    with pytest.raises(HeadgateError) as raised:
        carry(source, [("a", text), (SAMPLE[source], (SAMPLES / SAMPLE[source]).read_text()), ("c", text)], Layer.USER)

    assert "HG112" == raised.value.code
    lines = raised.value.message.splitlines()[1:]
    assert [True, True] == [line.startswith(f"{name}:{place}") for name, line in zip("ac", lines, strict=True)]


# -- writing ---------------------------------------------------------------------------------------------------------


def test_the_words_of_the_operator_are_the_reason_and_else_the_rule_is() -> None:
    found = codex(
        'prefix_rule(pattern=["a"], decision="prompt", justification="Ask\\n\\"me\\" \\u00e9\\\\ \\x07")',
        'prefix_rule(pattern=["a", ["b", "c"]], decision="forbidden")',
    )
    rule = 'toolName = "glob"\ndenyMessage = "Not \\"here\\"."'
    asked = carried("gemini", rule, rule.replace("denyM", "deny_m"), kind="ask_user")

    assert ['Ask "me" é\\ �', "The operator's Codex rules deny `a b|c`."] == [r["reason"] for r in rules_of(found)]
    assert (['Not "here".'], 2) == ([item["reason"] for item in rules_of(asked)], len(asked.kept))


def test_the_examples_that_hold_are_carried_as_commands_and_the_others_are_named() -> None:
    found = codex(
        'prefix_rule(pattern=["ssh"], decision="prompt",',
        '    match=["ssh h", ["ssh", "h", "a  b"], "ssh h \'x;y\'"],',
        '    not_match=["scp a", "sudo ssh h", ["nice", "ssh"]])',
        'prefix_rule(pattern=["cp"], match=["cp a b", "cp --help"])',
    )
    asks, allows = rules_of(found)

    assert (["ssh h", "ssh h 'a  b'", "ssh h 'x;y'"], ["scp a"]) == (asks["match"], asks["not_match"])
    assert ["cp --help"] == allows["match"]
    lost = re.findall(r"the example (\S+ .*?) does not hold here and is left out", " ".join(k.note for k in found.kept))
    assert ["`sudo ssh h` of `not_match`", "`nice ssh` of `not_match`", "`cp a b` of `match`"] == lost
    assert [] == unlike(policy(found))


def test_the_same_rule_twice_is_one_and_like_names_are_told_apart() -> None:
    one, other = 'prefix_rule(pattern=["a", "b"], decision="prompt")', 'prefix_rule(pattern=["a-b"], decision="prompt")'
    found = carry("codex", [("f", f"{one}\n{other}"), ("g", one)], Layer.USER)
    assert [("f", "codex-a-b"), ("f", "codex-a-b-2"), ("g", "codex-a-b")] == [(k.file, k.id) for k in found.kept]
    assert ["codex-a-b", "codex-a-b-2"] == [rule["id"] for rule in rules_of(found)]


def test_ids_and_sentences_are_short_and_a_file_holds_so_many_rules() -> None:
    long = codex(f'prefix_rule(pattern=["{"x" * 300}"], decision="prompt")')
    many = codex(*(f'prefix_rule(pattern=["p{number}"], decision="prompt")' for number in range(2001)))

    assert re.fullmatch(r"codex-x{48}", long.kept[0].id)
    assert len(rules_of(long)[0]["reason"]) < 200
    assert (2000, ["a file of a policy holds at most 2000 rules"]) == (len(many.kept), [left.why for left in many.left])


def test_no_name_and_no_mark_of_a_file_changes_what_is_written() -> None:
    text = "\ufeff" + source_text("claude-code", "deny", "Bash(a)", "Bash(a \ud800)", "Bash(%s)" % ("x" * 5000))
    found = carry("claude-code", [('x\n[[rule]]\nid = "y"\u2028', text)], Layer.USER)

    assert ["claude-bash-a"] == [rule["id"] for rule in rules_of(found)]
    assert ["it holds what no name of a policy can hold, or is too long for one"] * 2 == [x.why for x in found.left]


def test_a_rules_file_is_never_run(tmp_path: Path) -> None:
    mark = str(tmp_path / "ran")
    codex(f'open({mark!r}, "w").write("x")', f'prefix_rule(pattern=[open({mark!r}, "w")])')

    assert [] == list(tmp_path.iterdir())


def test_alternatives_are_multiplied_up_to_a_bound() -> None:
    words = str([f"w{number}" for number in range(16)])
    found = codex(*(f"prefix_rule(pattern=[{', '.join([words] * count)}])" for count in (2, 3, 100)))

    assert 2 * 16 * 16 == len(rules_of(found)[0]["when"]["commands"]["only"])
    assert [16**3, 16**100] == [int(left.why.split()[3]) for left in found.left]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), min_size=1, max_size=4))
def test_whatever_words_are_forbidden_are_denied_or_told(words: list[str]) -> None:
    found = codex(f'prefix_rule(pattern={words!r}, decision="forbidden", justification={words[0] + "!"!r})')

    assert 1 == len(found.kept) + len(found.left)
    for rule in rules_of(found):
        command = " ".join((words[0].rpartition("/")[2], *words[1:], "more"))
        assert shown(" ".join(f"{words[0]}!".split())) == rule["reason"]
        assert "deny" == decision(policy(found), {"commands": (command,)})
        assert "allow" == decision(policy(found), {"commands": (f"other {command}",)})


@given(st.text(st.characters(codec="utf-8")), st.sampled_from(["deny", "ask", "allow"]))
def test_whatever_stands_in_a_rule_the_text_loads_or_the_report_tells(content: str, kind: str) -> None:
    found = carried("claude-code", f"Bash({content})", f"Edit({content})", content, kind=kind)

    assert 3 == len(found.kept) + len(found.left)
    assert policy(found, base="deny")


def test_the_example_of_the_page_is_exact() -> None:
    page = (ROOT / "docs/policy-import.md").read_text()
    fences = dict(re.findall(r"^```(\w+)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE))
    found = carry("codex", [("default.rules", fences["python"])], Layer.USER)

    assert fences["toml"] == found.text
    assert fences["text"].splitlines() == [
        *(f"kept {k.file}:{k.line}: {k.id}{f' ({k.note})' * bool(k.note)}" for k in found.kept),
        *(f"left {left.file}:{left.line}: {left.why}" for left in found.left),
    ]
