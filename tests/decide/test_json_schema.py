"""The JSON schema of policy files: it is the checked-in one, takes what the loader takes, and refuses mistakes."""

import json
import tomllib
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from reference import ANSWERS, some_rule, text

from headgate.decide.conditions import ON
from headgate.decide.json_schema import json_schema
from headgate.decide.layers import load
from headgate.decide.schema import FACTS, MEASURES, Kind
from headgate.model.errors import HeadgateError

SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
POLICIES = files("headgate").joinpath("policies")
SHIPPED = ("default", "strict", "observe", "lockdown")
HEAD = 'schema = 1\ndefault = "deny"\n'
RULE = '[[rule]]\nid = "a"\ndecision = "deny"\nreason = "r"\n'
WINDOW = '[window.w]\ncount = "calls"\nover = "10m"\n'
INVARIANT = '[[invariant]]\nid = "i"\nat_least = "deny"\n'
TEST = '[[test]]\nname = "t"\nexpect = "deny"\n'


def faults(policy: str) -> list[str]:
    """Return where the schema finds fault with *policy*, as a dotted path."""
    return sorted({".".join(map(str, fault.absolute_path)) for fault in VALIDATOR.iter_errors(tomllib.loads(policy))})


def test_the_schema_that_editors_use_is_made_of_the_language() -> None:
    made = json.dumps(SCHEMA, indent=1, ensure_ascii=False) + "\n"

    assert made == POLICIES.joinpath("policy.schema.json").read_text("utf-8")


def test_it_is_a_valid_schema_of_its_draft() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    assert "https://json-schema.org/draft/2020-12/schema" == SCHEMA["$schema"]


def test_every_reference_in_it_leads_somewhere() -> None:
    assert {f"#/$defs/{name}" for name in SCHEMA["$defs"]} == set(references(SCHEMA))  # type: ignore[attr-defined]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (node[key] for key in node if key == "$ref")
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from references(child)


@pytest.mark.parametrize("name", FACTS)
def test_every_fact_can_be_tested_and_told(name: str) -> None:
    tests, told = (SCHEMA["$defs"][part]["properties"][name] for part in ("conditions", "facts"))  # type: ignore[index]

    assert [FACTS[name].meaning] * 2 == [tests["description"], told["description"]]
    assert FACTS[name].kind in {Kind.FLAG, Kind.CHOICE} or [*ON[FACTS[name].kind]] == [*tests["properties"]]


# -- what it takes --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHIPPED)
def test_it_takes_the_shipped_files(name: str) -> None:
    assert [] == faults(POLICIES.joinpath(f"{name}.toml").read_text("utf-8"))


@given(st.integers(0, 2**48))
def test_it_takes_every_policy_that_can_be_drawn(seed: int) -> None:
    random = Random(seed)
    policy = text([some_rule(random) for _ in range(random.randint(0, 6))], random.choice([*ANSWERS, None]))

    assert [] == faults(policy)


def value(name: str, random: Random) -> str:
    """Return a value that the fact *name* may have, in TOML."""
    fact = FACTS[name]
    if fact.kind in MEASURES:
        measures = {Kind.NUMBER: "3", Kind.DURATION: random.choice(['"1.5h"', '"500ms"', "2.5", '"10 m"'])}
        return measures.get(fact.kind, date(2026, 1, random.randint(1, 9)).isoformat())
    words = random.sample(fact.words, min(2, len(fact.words))) or ["a", "b"]
    many = {Kind.FLAG: "true", Kind.NAMES: json.dumps(words)}
    return many.get(fact.kind, json.dumps(words[0]))


def condition_on(name: str, random: Random) -> str:
    """Return a test on the fact *name* that a `when` may hold, in TOML."""
    fact = FACTS[name]
    if fact.kind is Kind.CHOICE:
        return f"{name} = " + random.choice([value(name, random), f'"${name}"', f'["${name}", "{fact.words[0]}"]'])
    return f"{name}{'' if fact.kind is Kind.FLAG else f'.{random.choice(ON[fact.kind])}'} = {value(name, random)}"


CHOICES = [name for name, fact in FACTS.items() if fact.kind is Kind.CHOICE]
WHOLE = """schema = 1
layer = "organisation"
default = "confirm"
[settings]
comfort = "1m"
quick_wait = 2
mode = "observe"
[sets]
SETS
[inventory]
prod = "p*"
dev = ["a", "b"]
[window.w]
count = "distinct machines"
over = 600
where.TEST
[[rule]]
id = "a"
decision = "deny"
reason = "r"
hint = "h"
when.TEST
when.w.at_least = 2
unless.override = true
not_match = ["ls", { command = "ls", w = 1, unknown = ["cwd", "machines"], TOLD }]
[rule.with]
budget = "30s"
max_run = 60
pool = "x"
worker = ["agent", "command"]
lease = "machine"
approvers = ["ops"]
[[invariant]]
id = "i"
given = { TEST }
unless.override = false
at_least = "allow"
then = "allow"
reason = "r"
[[test]]
name = "t"
command = "ls"
facts = { TOLD }
[test.expect]
decision = "deny"
then = "allow"
rules = ["a"]
without = "b"
budget = "1m"
max_run = 2
approvers = "x"
lease = ["machine"]
pool = "p"
worker = "agent"
"""


@given(st.integers(0, 2**48), st.sampled_from(sorted(FACTS)), st.sampled_from(sorted(FACTS)))
def test_it_takes_what_the_loader_takes(seed: int, tested: str, told: str) -> None:
    random = Random(seed)
    policy = WHOLE.replace("SETS", "\n".join(f'{name} = ["{random.choice(FACTS[name].words)}"]' for name in CHOICES))
    policy = policy.replace("TEST", condition_on(tested, random)).replace("TOLD", f"{told} = {value(told, random)}")

    load(policy)

    assert [] == faults(policy)


@pytest.mark.parametrize(
    "policy",
    [
        f"{HEAD}{RULE}not_match = [{{ machines = [], steps = 1 }}]",
        f"{HEAD}{RULE}not_match = [{{ unknown = [] }}]",
        f'{HEAD}{RULE}[[test]]\nname = "t"\nfacts.steps = 1\nexpect.without = []',
        f"{HEAD}[inventory]\nprod = []",
    ],
)
def test_it_takes_the_empty_lists_that_the_loader_takes(policy: str) -> None:
    if "not_match" in policy:
        policy = policy.replace('reason = "r"', 'reason = "r"\nwhen.heavy = true')
    load(policy)

    assert [] == faults(policy)


# -- what it refuses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "found"),
    [
        ('default = "deny"\n', [""]),
        ('schema = 2\ndefault = "deny"\n', ["schema"]),
        ('schema = 1\ndefault = "maybe"\n', ["default"]),
        (f'{HEAD}defualt = "deny"\n', [""]),
        (f'{HEAD}layer = "team"\n', ["layer"]),
        (f'{HEAD}profile = "lax"\n', ["profile"]),
        (f'{HEAD}[settings]\ncomfort = "long"\n', ["settings.comfort"]),
        (f"{HEAD}[settings]\ncomfort = true\n", ["settings.comfort"]),
        (f'{HEAD}[settings]\nmode = "off"\n', ["settings.mode"]),
        (f'{HEAD}[inventory]\nproduce = "x"\n', ["inventory"]),
        (f"{HEAD}[sets]\ns = [1]\n", ["sets.s.0"]),
        (f"{HEAD}[sets]\ns = []\n", ["sets.s"]),
        (f"{HEAD}rule = 1\n", ["rule"]),
        (f'{HEAD}[[rule]]\nid = "a"\ndecision = "deny"\n', ["rule.0"]),
        (f'{HEAD}{RULE}{RULE.replace("deny", "dney")}', ["rule.1.decision"]),
        (f'{HEAD}{RULE.replace(chr(34) + "a", chr(34) + "Bad Id")}', ["rule.0.id"]),
        (f'{HEAD}{RULE}becuase = "r"', ["rule.0"]),
        (f'{HEAD}{RULE}when.tread = "main"', ["rule.0.when.tread"]),
        (f"{HEAD}{RULE}when.hevy = true", ["rule.0.when.hevy"]),
        (f'{HEAD}{RULE}when.thread = "mian"', ["rule.0.when.thread"]),
        (f"{HEAD}{RULE}when.thread = []", ["rule.0.when.thread"]),
        (f'{HEAD}{RULE}when.heavy = "yes"', ["rule.0.when.heavy"]),
        (f"{HEAD}{RULE}unless.steps = 3", ["rule.0.unless.steps"]),
        (f'{HEAD}{RULE}when.steps.at_least = "4"', ["rule.0.when.steps.at_least"]),
        (f"{HEAD}{RULE}when.steps.at_least = true", ["rule.0.when.steps.at_least"]),
        (f"{HEAD}{RULE}when.steps.atleast = 4", ["rule.0.when.steps"]),
        (f'{HEAD}{RULE}when.estimate.below = "soon"', ["rule.0.when.estimate.below"]),
        (f'{HEAD}{RULE}when.programs.some = "ls"', ["rule.0.when.programs"]),
        (f"{HEAD}{RULE}when.programs.any = 1", ["rule.0.when.programs.any"]),
        (f'{HEAD}{RULE}when.machines = "a"', ["rule.0.when.machines"]),
        (f'{HEAD}{RULE}when.tool.any = "x"', ["rule.0.when.tool"]),
        (f'{HEAD}{RULE}with.budget = "soon"', ["rule.0.with.budget"]),
        (f"{HEAD}{RULE}with.budget = -1", ["rule.0.with.budget"]),
        (f'{HEAD}{RULE}with.worker = "robot"', ["rule.0.with.worker"]),
        (f'{HEAD}{RULE}with.lease = ["host"]', ["rule.0.with.lease"]),
        (f'{HEAD}{RULE}with.poool = "x"', ["rule.0.with"]),
        (f"{HEAD}{RULE}match = [4]", ["rule.0.match.0"]),
        (f'{HEAD}{RULE}match = "ls"', ["rule.0.match"]),
        (f'{HEAD}{RULE}match = [{{ workload = ["deploi"] }}]', ["rule.0.match.0"]),
        (f"{HEAD}{RULE}match = [{{ unknown = 4 }}]", ["rule.0.match.0"]),
        (f'{HEAD}{WINDOW.replace("calls", "distinct hosts")}', ["window.w.count"]),
        (f'{HEAD}[window.w]\ncount = "calls"\n', ["window.w"]),
        (f'{HEAD}{WINDOW}where.thread = "mian"\n', ["window.w.where.thread"]),
        (f'{HEAD}{INVARIANT.replace("deny", "never")}', ["invariant.0.at_least"]),
        (f'{HEAD}{INVARIANT}then = "deny"\n', ["invariant.0.then"]),
        (f"{HEAD}{INVARIANT}given.hevy = true\n", ["invariant.0.given.hevy"]),
        (f'{HEAD}{TEST.replace(chr(34) + "deny", chr(34) + "denny")}', ["test.0.expect"]),
        (f'{HEAD}{TEST}facts.steps = "many"\n', ["test.0.facts.steps"]),
        (f'{HEAD}[[test]]\nname = "t"\nexpect.rule = "a"\n', ["test.0.expect"]),
        (f'{HEAD}[[test]]\nexpect = "deny"\n', ["test.0"]),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_in_its_place_as_the_loader_refuses_it(policy: str, found: list[str]) -> None:
    with pytest.raises(HeadgateError):
        load(policy)

    assert found == faults(policy)
