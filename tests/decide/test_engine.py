"""The engine against the reference, and the theorems of the language (policy.md, section 6)."""

import os
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import ANSWERS, FACTS_USED, HOLE, Drawn, decided, loaded, some_call, some_rule

from headgate.decide.evaluate import decide, decide_values, matching_rules
from headgate.decide.layers import load
from headgate.decide.names import Value
from headgate.decide.policy import Policy
from headgate.decide.schema import Situation, values
from headgate.model.action import Thread
from headgate.model.decision import Allow, Confirm, Decision, Deny, Strictness, Terms
from headgate.model.facts import HEAVY_WORKLOADS, Facts, History, Workload

SEEDS = st.integers(0, 2**48)
RUNS = int(os.environ.get("HEADGATE_DIFFERENTIAL", "40000"))
"""Decisions compared; `make differential` compares a million."""


def answer(policy: Policy, call: dict[str, Value]) -> int:
    return decide_values(call, policy).strictness


def random_policy(random: Random, **options: bool) -> tuple[list[Drawn], str]:
    return [some_rule(random, **options) for _ in range(random.randint(0, 12))], random.choice(ANSWERS)


@pytest.mark.parametrize("part", range(4))
def test_the_engine_agrees_with_the_reference(part: int) -> None:
    random = Random(part)
    for _ in range(RUNS // 4 // 100):
        rules, default = random_policy(random)
        policy = loaded(rules, default)
        for _ in range(100):
            call = some_call(random)
            expected, matching = decided(rules, default, call)

            found = decide_values(call, policy)
            ids = sorted(int(rule.id[1:]) for rule in matching_rules(call, policy))

            assert (expected, matching) == (found.strictness.word, ids), (rules, default, call)


@given(SEEDS)
def test_the_engine_reads_a_call_as_its_values_say(seed: int) -> None:
    random = Random(seed)
    rules, default = random_policy(random)
    policy = loaded(rules, default)
    facts = Facts(
        workloads=tuple(random.sample([Workload.DEPLOY, Workload.RESTART, Workload.OPAQUE], random.randint(0, 3))),
        machines=tuple(random.sample(["web1.prod", "lab", "DB.Stage."], random.randint(0, 3))),
        environment=random.choice(["prod", "local", "unknown"]),
        steps=random.randint(0, 4),
        estimate=random.choice([None, 1.0, 50.0]),
        unnamed=random.random() < 0.3,
        tool=random.choice(["shell", "write"]),
    )
    situation = Situation(random.choice(list(Thread)), History(probes_recent=random.randint(0, 5)))

    assert decide(facts, situation, policy) == decide_values(values(facts, situation), policy)


# -- theorems -------------------------------------------------------------------------------------


@given(SEEDS)
def test_order_and_repetition_never_matter(seed: int) -> None:
    random = Random(seed)
    rules, default = random_policy(random)
    shuffled = random.sample([*rules, *rules], 2 * len(rules))
    once, twice = loaded(rules, default), loaded(shuffled, default)
    for _ in range(20):
        call = some_call(random)
        first, second = decide_values(call, once), decide_values(call, twice)

        assert (first.strictness, first.terms) == (second.strictness, second.terms)


@given(SEEDS)
def test_a_lower_layer_never_loosens(seed: int) -> None:
    random = Random(seed)
    rules, default = random_policy(random)
    lower = [some_rule(random, ANSWERS[1:]) for _ in range(random.randint(1, 8))]
    alone, both = loaded(rules, default), loaded(rules, default, lower)
    for _ in range(20):
        call = some_call(random)
        before, after = decide_values(call, alone), decide_values(call, both)

        assert before.strictness <= after.strictness
        assert set(before.terms.approvers) <= set(after.terms.approvers)
        if isinstance(before, Confirm) and isinstance(after, Confirm):
            assert before.then.strictness <= after.then.strictness


@given(SEEDS)
def test_knowing_more_never_makes_the_answer_stricter(seed: int) -> None:
    random = Random(seed)
    policy = loaded(*random_policy(random))
    for _ in range(20):
        call = some_call(random)
        known = {
            name: value
            if value is not None
            else {"environment": "prod", "estimate": random.choice([0.0, 90.0]), "machines": ("lab",)}.get(name)
            for name, value in call.items()
        }
        names = known["machines"]
        if isinstance(names, tuple):  # a hole turns out to be a name, or none at all
            known["machines"] = tuple(
                name.replace(HOLE, random.choice(["", "1.prod", "x"]))
                for name in names
                if name != HOLE or random.random() < 0.5
            )

        assert answer(policy, known) <= answer(policy, call)


@given(SEEDS)
def test_deny_trumps_everything(seed: int) -> None:
    random = Random(seed)
    rules, default = random_policy(random)

    assert Strictness.DENY == answer(loaded([*rules, Drawn("deny", [])], default), some_call(random))


@given(SEEDS)
def test_an_allow_rule_lowers_only_the_default(seed: int) -> None:
    random = Random(seed)
    rules = [some_rule(random, ANSWERS[1:]) for _ in range(4)]
    default = random.choice(ANSWERS)
    call = some_call(random)
    strictest = max(
        (rules[number].answer for number in decided(rules, "allow", call)[1]), key=ANSWERS.index, default="allow"
    )

    found = decide_values(call, loaded([*rules, Drawn("allow", [])], default)).strictness.word

    assert ANSWERS.index(found) >= ANSWERS.index(decided(rules, "allow", call)[0])
    assert call["thread"] == "worker" or found in {strictest, "deny"}


def test_the_random_rules_test_every_operator_and_kind() -> None:
    random = Random(1)
    seen = {(fact, operator) for _ in range(2000) for fact, operator, _ in some_rule(random, ANSWERS[1:]).when}

    assert set(FACTS_USED) == {fact for fact, _operator in seen}
    assert {"is", "any", "only", "none", "glob", "at_least", "below"} == {operator for _fact, operator in seen}


# -- what is decided, by example ------------------------------------------------------------------


def decision(
    *rules: str, facts: Facts | None = None, situation: Situation | None = None, default: str = "deny"
) -> Decision:
    heads = [f'[[rule]]\nid = "r{number}"\nreason = "r"\n{rule}\n' for number, rule in enumerate(rules)]
    policy = load(f'schema = 1\ndefault = "{default}"\n' + "".join(heads))
    return decide(facts or Facts(), situation or Situation(Thread.MAIN), policy)


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ('decision = "deny"\nwhen.environment = "prod"', "deny"),
        ('decision = "allow"\nwhen.environment = "prod"', "confirm"),
        ('decision = "deny"\nunless.environment = "dev"', "deny"),
        ('decision = "allow"\nunless.environment = "dev"', "confirm"),
        ('decision = "deny"\nwhen.estimate.at_least = 10', "deny"),
        ('decision = "allow"\nwhen.estimate.below = 10', "confirm"),
        ('decision = "deny"\nwhen.machines.any = "db*"', "deny"),
        ('decision = "deny"\nwhen.machines.none = "web*"', "confirm"),
        ('decision = "allow"\nwhen.machines.only = "*"', "confirm"),
        ('decision = "allow"\nwhen.machines.only = "web*"', "confirm"),
        ('decision = "allow"\nwhen.machines.none = "db*"', "confirm"),
        ('decision = "deny"\nunless.machines.only = "web*"', "deny"),
    ],
)
def test_what_nobody_knows_tightens(rule: str, found: str) -> None:
    facts = Facts(environment="unknown", remote=True, machines=("web1",), unnamed=True)

    assert found == decision(rule, facts=facts, default="confirm").strictness.word


def test_an_opaque_call_may_be_any_command() -> None:
    opaque = Facts(workloads=(Workload.OPAQUE,), commands=("ls",))

    assert "deny" == decision('decision = "deny"\nwhen.commands.any = "git push *"', facts=opaque).strictness.word
    assert "deny" == decision('decision = "allow"\nwhen.commands.only = "ls"', facts=opaque).strictness.word


def test_a_set_without_bounds_is_unknown() -> None:
    many = Facts(machines=tuple(f"web{number}" for number in range(257)), remote=True)

    assert "deny" == decision('decision = "allow"\nwhen.machines.only = "web*"', facts=many).strictness.word
    assert (
        "deny"
        == decision('decision = "allow"', 'decision = "deny"\nwhen.machines.any = "x"', facts=many).strictness.word
    )


def test_terms_of_all_matching_rules_are_joined() -> None:
    found = decision(
        'decision = "allow"\nwith = {budget = "30s"}',
        'decision = "delegate"\nwith.pool = ["b", "a", "c"]',
        'decision = "delegate"\nwith = {budget = "20s", max_run = "2h", approvers = ["z", "a"], lease = "machine"}',
        'decision = "confirm"\nwith = {max_run = "1h", pool = ["c", "b"], approvers = ["b"], lease = "environment"}',
        'decision = "delegate"\nwith = {worker = ["agent", "command"]}',
        'decision = "delegate"\nwith = {worker = "agent"}',
    )

    assert Terms(20.0, 3600.0, "b", ("a", "b", "z"), worker="agent", lease=("environment", "machine")) == found.terms


@pytest.mark.parametrize("key", ["pool", "worker"])
def test_no_pool_or_worker_that_all_accept_denies_and_says_so(key: str) -> None:
    first, second = ("command", "agent") if key == "worker" else ("a", "b")
    found = decision(f'decision = "delegate"\nwith.{key} = "{first}"', f'decision = "confirm"\nwith.{key} = "{second}"')

    assert isinstance(found, Deny)
    assert "is accepted by all the rules that match" in found.reasons[-1].message


def test_no_rule_gives_the_default_with_a_reason() -> None:
    found = decision()

    assert ("deny", ["default"]) == (found.strictness.word, [reason.code for reason in found.reasons])


@pytest.mark.parametrize(("other", "then"), [("allow", "allow"), ("delegate", "delegate")])
def test_a_yes_grants_what_the_other_rules_say(other: str, then: str) -> None:
    found = decision('decision = "allow"', 'decision = "confirm"', f'decision = "{other}"')

    assert then == (found.then.strictness.word if isinstance(found, Confirm) else "")


def test_a_reason_says_where_its_rule_stands() -> None:
    assert ["organisation policy.toml:3"] == [reason.source for reason in decision('decision = "deny"').reasons]


@pytest.mark.parametrize(
    ("pool", "rule", "found"),
    [
        ("local", 'decision = "delegate"', "allow"),
        ("gpu", 'decision = "delegate"\nwith.pool = ["gpu", "cpu"]', "allow"),
        ("local", 'decision = "delegate"\nwith.pool = "gpu"', "delegate"),
        ("local", 'decision = "confirm"', "confirm"),
    ],
)
def test_a_worker_has_met_what_delegates_to_its_pool(pool: str, rule: str, found: str) -> None:
    situation = Situation(Thread.WORKER, pool=pool)

    assert found == decision('decision = "allow"', rule, situation=situation).strictness.word


def test_every_workload_but_the_probe_is_heavy() -> None:
    assert frozenset(Workload) - {Workload.REMOTE_PROBE} == HEAVY_WORKLOADS


def test_an_allow_rule_lowers_the_default() -> None:
    assert isinstance(decision('decision = "allow"'), Allow)
