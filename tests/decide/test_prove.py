"""The prover against brute force: what it proves holds of every call, and what it shows is a call."""

from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import ANSWERS, loaded, text, written
from universe import SMALL, calls, small_rules, some_given

from headgate.decide.conditions import Condition, Operator
from headgate.decide.evaluate import decide_values, matching_rules
from headgate.decide.globs import fits
from headgate.decide.layers import load
from headgate.decide.names import Value
from headgate.decide.policy import Policy
from headgate.decide.prove.atoms import TooManyError, atoms, walked
from headgate.decide.prove.difference import difference
from headgate.decide.prove.findings import Kind, findings
from headgate.decide.prove.invariants import counterexample, proofs
from headgate.decide.prove.questions import Questions
from headgate.decide.rules import Invariant
from headgate.model.decision import Confirm, Decision, Strictness
from headgate.model.errors import HeadgateError


def conditions(tests: list[tuple[str, str, object]]) -> tuple[Condition, ...]:
    found = []
    for fact, operator, wanted in tests:
        if operator in {"at_least", "below"}:
            found.append(Condition(fact, Operator(operator), bound=float(wanted)))  # type: ignore[arg-type]
        else:
            words = wanted if isinstance(wanted, list) else [wanted]
            found.append(
                Condition(
                    fact,
                    Operator(operator),
                    tuple(str(word).lower() if isinstance(word, bool) else word for word in words),
                )
            )
    return tuple(found)


@pytest.mark.parametrize("seed", range(40))
def test_an_invariant_is_proved_where_every_call_fulfils_it(seed: int) -> None:
    random = Random(seed)
    facts = ("thread", *random.sample(SMALL, 3))
    rules, default = small_rules(random, facts), random.choice(ANSWERS)
    policy = loaded(rules, default)
    every = [(call, decide_values(call, policy)) for call in calls(facts)]
    for _ in range(3):
        wanted, then = Strictness(random.randint(1, 3)), Strictness(random.randint(0, 1))
        invariant = Invariant("i", conditions(some_given(random, facts)), wanted, (), then)
        breaking = [call for call, decision in every if breaks(decision, invariant, call)]

        found = counterexample(Questions(policy, invariant.given), invariant)

        assert (found is None) == (not breaking), (text(rules, default), invariant, breaking[:1], found)
        assert found is None or breaks(decide_values(found.values, policy), invariant, found.values)


def breaks(decision: Decision, invariant: Invariant, call: dict[str, object]) -> bool:
    if not all(item.holds(call[item.fact], may=False) for item in invariant.given):  # type: ignore[arg-type]
        return False
    less = isinstance(decision, Confirm) and decision.then.strictness < invariant.then
    return decision.strictness < invariant.at_least or less


@pytest.mark.parametrize("seed", range(24))
def test_who_can_finds_each_rule_that_decides_some_call_and_no_other(seed: int) -> None:
    random = Random(1000 + seed)
    facts = ("thread", *random.sample(SMALL, 3))
    policy = loaded(small_rules(random, facts), random.choice(ANSWERS))
    questions = Questions(policy)
    every = [(call, decide_values(call, policy)) for call in calls(facts)]
    for answer in Strictness:
        same = [(call, found) for call, found in every if found.strictness is answer]
        speaking = {
            rule.name
            for call, found in same
            for rule in matching_rules(call, policy)
            if rule.answer is answer and rule.name in {reason.code for reason in found.reasons}
        }

        found = list(questions.deciding(answer))

        assert speaking == {rule.name for rule, _call in found if rule}
        assert all(call.decision.strictness is answer for _rule, call in found)


# -- kinds of names -------------------------------------------------------------------------------

PIECES = st.text("ab", max_size=3)
SIMPLE = st.one_of(
    PIECES.filter(bool),
    PIECES.map(lambda text: text + "*"),
    PIECES.map(lambda text: "*" + text),
    st.tuples(PIECES, PIECES).map("*".join),
    PIECES.map(lambda text: f"*{text}*"),
)
ANY = st.lists(PIECES, min_size=1, max_size=4).map("*".join).filter(bool)


@given(st.lists(SIMPLE, max_size=6))
def test_simple_patterns_tell_the_same_kinds_apart_as_the_automaton(patterns: list[str]) -> None:
    found = atoms(patterns)

    assert {bits for bits, _name in walked(patterns, "x")} == set(found)
    assert all(
        bits == sum(fits(pattern, name) << place for place, pattern in enumerate(patterns))
        for bits, name in found.items()
    )


@given(st.lists(ANY, max_size=4), st.lists(st.text("abx", max_size=7), max_size=30))
def test_every_name_is_of_some_kind(patterns: list[str], names: list[str]) -> None:
    kinds = atoms(patterns)

    for name in names:
        assert sum(fits(pattern, name) << place for place, pattern in enumerate(patterns)) in kinds


def test_patterns_that_tell_too_much_apart_are_refused() -> None:
    with pytest.raises(TooManyError):
        atoms([f"*{letter}*" for letter in "abcdefghijklmnop"])


def test_an_invariant_that_cannot_be_proved_rejects_the_policy() -> None:
    patterns = written([f"*{letter}*" for letter in "abcdefghijklmnop"])
    policy = f"""schema = 1
default = "deny"
[[rule]]
id = "a"
decision = "deny"
reason = "r"
when.machines.any = {patterns}
[[invariant]]
id = "i"
given = {{ heavy = true }}
at_least = "deny"
"""
    with pytest.raises(
        HeadgateError, match=r"p.toml:8: invariant `i`: it cannot be proved: its patterns tell too many"
    ):
        load(policy, "p.toml")


# -- what is shown --------------------------------------------------------------------------------

LEAKY = """schema = 1
default = "confirm"
[[rule]]
id = "ok"
decision = "allow"
reason = "r"
[[rule]]
id = "prod"
decision = "deny"
reason = "r"
when.environment = "prod"
when.workload.any = ["deploy"]
[[invariant]]
id = "no-deploy-to-prod-machines"
given = { machines.any = ["*.prod"], workload.any = ["deploy"] }
at_least = "deny"
"""


def test_a_broken_invariant_is_shown_with_a_call() -> None:
    with pytest.raises(HeadgateError) as raised:
        load(LEAKY, "p.toml")

    said = "p.toml:13: invariant `no-deploy-to-prod-machines`: it does not hold: allow by ok, for a call with "
    call = 'thread = "main", environment = "staging", workload = ["deploy"], machines = ["x.prod"]'
    assert [said + call] == raised.value.message.splitlines()[1:]


def test_pools_that_part_are_no_counterexample() -> None:
    policy = load(
        'schema = 1\ndefault = "deny"\n'
        '[[rule]]\nid = "ok"\ndecision = "allow"\nreason = "r"\n'
        '[[rule]]\nid = "a"\ndecision = "delegate"\nreason = "r"\nwith.pool = "x"\n'
        '[[rule]]\nid = "b"\ndecision = "delegate"\nreason = "r"\nwith.pool = "y"\nwhen.heavy = true\n'
        '[[invariant]]\nid = "i"\ngiven = { heavy = true }\nat_least = "deny"\n'
    )

    assert [True] == [proof.holds for proof in proofs(policy)]


# -- findings and differences ---------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(24))
def test_dead_and_shadowed_rules_are_those_that_no_call_shows_alive(seed: int) -> None:
    random = Random(2000 + seed)
    facts = ("thread", *random.sample(SMALL, 2))
    rules, default = small_rules(random, facts), random.choice(ANSWERS)
    for rule in rules:
        rule.pools = ()
    policy = loaded(rules, default)
    every = list(calls(facts))
    matching = [{rule.name for rule in matching_rules(call, policy)} for call in every]
    without = {rule.name: loaded_without(policy, rule.name) for rule in policy.rules}
    dead = {name for name in without if not any(name in found for found in matching)}
    idle = {name for name, other in without.items() if not any(differs(call, policy, other) for call in every)}

    found = list(findings(policy))

    assert dead == {finding.rules[0].name for finding in found if finding.kind is Kind.DEAD}
    assert idle - dead == {finding.rules[0].name for finding in found if finding.kind is Kind.SHADOWED}


def loaded_without(policy: Policy, name: str) -> Policy:
    return msgspec.structs.replace(policy, rules=tuple(rule for rule in policy.rules if rule.name != name)).ready()


def differs(call: dict[str, Value], one: Policy, other: Policy) -> bool:
    return granted(decide_values(call, one)) != granted(decide_values(call, other))


def granted(decision: Decision) -> tuple[str, str]:
    return decision.strictness.word, decision.then.strictness.word if isinstance(decision, Confirm) else ""


@pytest.mark.parametrize("seed", range(24))
def test_a_difference_has_a_call_for_each_kind_of_change_and_no_other(seed: int) -> None:
    random = Random(3000 + seed)
    facts = ("thread", *random.sample(SMALL, 2))
    before, after = (loaded(small_rules(random, facts), random.choice(ANSWERS)) for _ in range(2))
    pairs = [(decide_values(call, before), decide_values(call, after)) for call in calls(facts)]
    kinds = {(old.strictness, new.strictness) for old, new in pairs if old.strictness is not new.strictness}
    grants = {
        (granted(old), granted(new))
        for old, new in pairs
        if granted(old)[0] == granted(new)[0] and granted(old) != granted(new)
    }

    found = difference(before, after).calls

    assert kinds == {
        (c.before.strictness, c.after.strictness) for c in found if c.before.strictness is not c.after.strictness
    }
    assert grants == {(granted(c.before), granted(c.after)) for c in found if c.what.startswith("a yes")}
    assert all(c.loosens for c in found if c.after.strictness < c.before.strictness)


def rule(name: str, rest: str) -> str:
    return f'[[rule]]\nid = "{name}"\nreason = "r"\n{rest}\n'


PLANTED = 'schema = 1\ndefault = "confirm"\n' + "".join(
    rule(name, rest)
    for name, rest in {
        "base": 'decision = "allow"',
        "alive": 'decision = "deny"\nwhen.machines.any = "*.prod"\nwhen.heavy = true',
        "contradiction": 'decision = "deny"\nwhen.steps.at_least = 5\nwhen.steps.below = 3',
        "nothing-is-both": 'decision = "deny"\nwhen.workload.only = "deploy"\nwhen.workload.none = "deploy"',
        "cancelled": 'decision = "deny"\nwhen.thread = "main"\nunless.thread = ["main", "worker"]',
        "inside": 'decision = "deny"\nwhen.machines.any = "web*.prod"\nwhen.heavy = true',
        "weaker": 'decision = "confirm"\nwhen.machines.any = "*.prod"\nwhen.heavy = true',
        "half": 'decision = "delegate"\nwhen.override = false\nwhen.steps.at_least = 9',
        "other-half": 'decision = "delegate"\nwhen.override = true\nwhen.steps.at_least = 9',
        "both-halves": 'decision = "delegate"\nwhen.steps.at_least = 10',
        "heavy-and-light": 'decision = "deny"\nwhen.heavy = false\nwhen.workload.any = "deploy"',
    }.items()
)


def test_planted_dead_rules_are_found() -> None:
    found = list(findings(load(PLANTED)))

    assert {"contradiction", "nothing-is-both", "cancelled", "heavy-and-light"} == {
        finding.rules[0].id for finding in found if finding.kind is Kind.DEAD
    }
    assert {"inside", "weaker", "both-halves"} == {
        finding.rules[0].id for finding in found if finding.kind is Kind.SHADOWED
    }


def test_pools_that_part_are_found_with_a_call_that_meets_them() -> None:
    policy = load(
        'schema = 1\ndefault = "allow"\n'
        + rule("gpu", 'decision = "delegate"\nwith.pool = "gpu"\nwhen.programs.any = "train"')
        + rule("cpu", 'decision = "delegate"\nwith.pool = "cpu"\nwhen.estimate.at_least = "2m"')
        + rule("agent", 'decision = "delegate"\nwith.worker = "agent"\nwhen.steps.at_least = 3')
        + rule("command", 'decision = "delegate"\nwith.worker = "command"\nwhen.steps.below = 3')
    )

    conflicts = [finding for finding in findings(policy) if finding.kind is Kind.CONFLICT]

    assert [{"gpu", "cpu"}] == [{rule.id for rule in finding.rules} for finding in conflicts]
    assert conflicts[0].call is not None
    assert "deny" == conflicts[0].call.decision.strictness.word


def test_a_difference_in_obligations_and_settings_is_told() -> None:
    before = load(
        'schema = 1\ndefault = "deny"\n[settings]\ncomfort = "30s"\n'
        + rule("a", 'decision = "allow"\nwith = { budget = "30s", approvers = ["ops"] }')
    )
    after = load(
        'schema = 1\ndefault = "deny"\n[settings]\ncomfort = "60s"\nmode = "observe"\n'
        + rule("a", 'decision = "allow"\nwith = { budget = "60s", approvers = ["dev"] }')
    )

    found = difference(before, after)

    assert {("allow: budget 30s → 1m", True), ("allow: approvers ops → dev", True)} == {
        (change.what, change.loosens) for change in found.calls
    }
    assert (("mode enforce → observe", True), ("comfort 30s → 1m", True)) == found.settings
