"""The evaluator against an obvious one, and the laws of policies."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.decide.evaluate import decide
from headgate.decide.language import load
from headgate.decide.policy import Policy
from headgate.decide.schema import Situation
from headgate.model.action import Thread
from headgate.model.decision import Allow, Confirm, Decision, Deny, Strictness, Terms
from headgate.model.facts import HEAVY_WORKLOADS, Facts, Workload

ANSWERS = ("allow", "delegate", "confirm", "deny")
CLASSES = ("deploy", "restart", "opaque")

CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "thread": st.sampled_from(["main", "worker"]),
        "environment": st.sampled_from(["prod", "local"]),
        "workload": st.dictionaries(
            st.sampled_from(["only", "none"]), st.lists(st.sampled_from(CLASSES), min_size=1, max_size=2), min_size=1
        ),
        "heavy": st.booleans(),
        "steps": st.dictionaries(st.sampled_from(["at_least", "below"]), st.integers(0, 4), min_size=1),
        "estimate": st.dictionaries(st.sampled_from(["at_least", "below"]), st.integers(0, 40), min_size=1),
    },
)
RULES = st.lists(st.tuples(st.sampled_from(ANSWERS), CONDITIONS, st.none() | CONDITIONS.filter(bool)), max_size=6)
FACTS = st.builds(
    Facts,
    workloads=st.lists(st.sampled_from([Workload(name) for name in CLASSES]), unique=True).map(tuple),
    environment=st.sampled_from(["prod", "local", "unknown"]),
    steps=st.integers(0, 5),
    estimate=st.none() | st.floats(0, 50),
)
SITUATIONS = st.builds(Situation, st.sampled_from([Thread.MAIN, Thread.WORKER]))
Drawn = tuple[str, dict[str, Any], dict[str, Any] | None]


def written(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else f'"{value}"'


def policy(rules: list[Drawn], default: str = "confirm", ids: list[int] | None = None) -> Policy:
    text = f'schema = 1\ndefault = "{default}"\n'
    for number, (answer, when, unless) in zip(ids or range(len(rules)), rules, strict=True):
        text += f'[[rule]]\nid = "r{number}"\ndecision = "{answer}"\nreason = "r"\nwhen = {written(when)}\n'
        text += f"unless = {written(unless)}\n" if unless else ""
    return load(text)


# -- the reference: ten obvious lines -------------------------------------------------------------


def holds(name: str, wanted: Any, facts: Facts, situation: Situation, *, unknown: bool) -> bool:
    match name:
        case "thread":
            return situation.thread == wanted
        case "environment":
            return unknown if facts.environment == "unknown" else facts.environment == wanted
        case "heavy":
            return facts.heavy is wanted
        case "workload":
            found = {str(item) for item in facts.workloads}
            tests = {
                "only": lambda names: bool(found) and found <= set(names),
                "none": lambda names: not found & set(names),
            }
            return all(tests[key](names) for key, names in wanted.items())
    value = facts.steps if name == "steps" else facts.estimate
    if value is None:
        return unknown
    return all(value >= bound if key == "at_least" else value < bound for key, bound in wanted.items())


def reference(rules: list[Drawn], default: str, facts: Facts, situation: Situation) -> str:
    answers = []
    for answer, when, unless in rules:
        may = answer != "allow"
        met = all(holds(name, wanted, facts, situation, unknown=may) for name, wanted in when.items())
        excused = unless and all(
            holds(name, wanted, facts, situation, unknown=not may) for name, wanted in unless.items()
        )
        if met and not excused:
            answers.append(answer)
    base = "allow" if "allow" in answers else default
    return max((base, *answers), key=ANSWERS.index)


@given(RULES, st.sampled_from(ANSWERS), FACTS, SITUATIONS)
def test_the_evaluator_agrees_with_the_reference(
    rules: list[Drawn], default: str, facts: Facts, situation: Situation
) -> None:
    found = decide(facts, situation, policy(rules, default)).strictness.word

    assert reference(rules, default, facts, situation) == found


@given(RULES, st.data(), FACTS, SITUATIONS)
def test_rule_order_never_matters(rules: list[Drawn], data: st.DataObject, facts: Facts, situation: Situation) -> None:
    ids = data.draw(st.permutations(range(len(rules))))

    other = policy([rules[number] for number in ids], ids=list(ids))

    assert decide(facts, situation, policy(rules)) == decide(facts, situation, other)


@given(RULES, FACTS, SITUATIONS)
def test_duplicates_never_matter(rules: list[Drawn], facts: Facts, situation: Situation) -> None:
    once, twice = decide(facts, situation, policy(rules)), decide(facts, situation, policy([*rules, *rules]))

    assert (once.strictness, once.terms) == (twice.strictness, twice.terms)


@given(RULES, st.tuples(st.sampled_from(ANSWERS[1:]), CONDITIONS, st.none()), FACTS, SITUATIONS)
def test_a_tightening_rule_never_loosens(rules: list[Drawn], more: Drawn, facts: Facts, situation: Situation) -> None:
    before, after = (decide(facts, situation, policy(found)).strictness for found in (rules, [*rules, more]))

    assert before <= after


@given(RULES, FACTS, SITUATIONS)
def test_deny_trumps_everything(rules: list[Drawn], facts: Facts, situation: Situation) -> None:
    assert Strictness.DENY is decide(facts, situation, policy([*rules, ("deny", {}, None)])).strictness


@pytest.mark.parametrize(
    ("answer", "when", "unless", "found"),
    [
        ("deny", {"environment": "prod"}, None, "deny"),
        ("allow", {"environment": "prod"}, None, "confirm"),
        ("deny", {}, {"environment": "dev"}, "deny"),
        ("allow", {}, {"environment": "dev"}, "confirm"),
        ("deny", {"estimate": {"at_least": 10}}, None, "deny"),
        ("allow", {"estimate": {"below": 10}}, None, "confirm"),
    ],
)
def test_what_nobody_knows_tightens(
    answer: str, when: dict[str, Any], unless: dict[str, Any] | None, found: str
) -> None:
    facts = Facts(environment="unknown", remote=True)

    assert found == decide(facts, Situation(Thread.MAIN), policy([(answer, when, unless)])).strictness.word


def decided(*rules: str) -> Decision:
    heads = [f'[[rule]]\nid = "r{number}"\nreason = "r"\n{rule}\n' for number, rule in enumerate(rules)]
    return decide(Facts(), Situation(Thread.MAIN), load('schema = 1\ndefault = "deny"\n' + "".join(heads)))


def test_terms_of_all_matching_rules_are_joined() -> None:
    found = decided(
        'decision = "allow"\nwith = {budget = "30s", pool = ["b", "a", "c"]}',
        'decision = "delegate"\nwith = {budget = "20s", max_run = "2h", approvers = ["z", "a"]}',
        'decision = "confirm"\nwith = {max_run = "1h", pool = ["c", "b"], approvers = ["b"]}',
    )

    assert Terms(budget=20.0, max_run=3600.0, pool="b", approvers=("a", "b", "z")) == found.terms


def test_no_pool_that_all_accept_denies() -> None:
    found = decided('decision = "delegate"\nwith.pool = "a"', 'decision = "allow"\nwith.pool = "b"')

    assert isinstance(found, Deny)


def test_no_rule_gives_the_default_with_a_reason() -> None:
    found = decided()

    assert ("deny", ["default"]) == (found.strictness.word, [reason.code for reason in found.reasons])


@pytest.mark.parametrize(
    ("other", "then"),
    [("allow", "allow"), ("delegate", "delegate")],
)
def test_a_yes_grants_what_the_other_rules_say(other: str, then: str) -> None:
    found = decided('decision = "allow"', 'decision = "confirm"', f'decision = "{other}"')

    assert then == (found.then.strictness.word if isinstance(found, Confirm) else "")


def test_every_workload_but_the_probe_is_heavy() -> None:
    assert frozenset(Workload) - {Workload.REMOTE_PROBE} == HEAVY_WORKLOADS


def test_an_allow_rule_lowers_only_the_default() -> None:
    assert isinstance(decided('decision = "allow"'), Allow)
