"""What a person's override lifts: the rules that say so, or only those that it names."""

from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.decide.evaluate import decide, decide_lifted, decide_values
from headgate.decide.layers import load
from headgate.decide.schema import Situation, values
from headgate.model.action import Thread
from headgate.model.decision import Strictness, Terms
from headgate.model.facts import Facts, Workload
from headgate.wiring import shipped_policy

POLICY = load(
    """
schema = 1
default = "deny"

[[rule]]
id = "base"
decision = "allow"
when.thread = ["main", "worker"]
reason = "r"

[[rule]]
id = "restarts"
decision = "delegate"
when.workload.any = ["restart"]
unless.override = true
reason = "r"

[[rule]]
id = "remote"
decision = "confirm"
when.remote = true
unless.override = true
with.approvers = ["oncall"]
with.approvals = 2
reason = "r"

[[rule]]
id = "noticed"
decision = "confirm"
when.override = true
when.workload.any = ["deploy"]
with.not_requester = true
reason = "r"
"""
)
MAIN = Situation(Thread.MAIN)
RESTART = Facts(workloads=(Workload.RESTART,), machines=("web1",), remote=True, changes=True)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ((), (Strictness.ALLOW, ("base",))),
        (("restarts",), (Strictness.CONFIRM, ("remote", "base"))),
        (("remote",), (Strictness.DELEGATE, ("restarts", "base"))),
        (("restarts", "remote"), (Strictness.ALLOW, ("base",))),
        (("base",), (Strictness.CONFIRM, ("remote", "restarts", "base"))),
        (("no-such-rule",), (Strictness.CONFIRM, ("remote", "restarts", "base"))),
    ],
)
def test_an_override_lifts_the_rules_it_names(rules: tuple[str, ...], expected: tuple[Strictness, set[str]]) -> None:
    found = decide_lifted(RESTART, MAIN, POLICY, rules)

    assert expected == (found.strictness, found.rules)


def test_a_rule_that_speaks_because_of_an_override_does_so_only_where_it_is_named() -> None:
    deploy = Facts(workloads=(Workload.DEPLOY,), changes=True)

    assert Strictness.CONFIRM is decide_lifted(deploy, MAIN, POLICY).strictness
    assert Strictness.ALLOW is decide_lifted(deploy, MAIN, POLICY, ("restarts",)).strictness


def test_people_are_joined_by_the_strictest() -> None:
    both = Facts(workloads=(Workload.DEPLOY,), machines=("web1",), remote=True)
    terms = decide_lifted(both, MAIN, POLICY, ("noticed",)).terms

    assert Terms(approvers=("oncall",), approvals=2, not_requester=True) == terms


@given(st.integers(0, 2**32))
def test_lifting_some_rules_is_never_milder_than_lifting_all_that_can_be_lifted(seed: int) -> None:
    """In the shipped policy an override only ever takes rules away, so fewer named rules are stricter."""
    random, policy = Random(seed), shipped_policy()
    facts = Facts(
        workloads=tuple(random.sample(list(Workload), random.randint(0, 3))),
        machines=("web1",)[: random.randint(0, 1)],
        remote=random.random() < 0.5,
    )
    situation = Situation(random.choice([Thread.MAIN, Thread.WORKER, Thread.SUBAGENT]))
    some = tuple(rule.name for rule in policy.rules if random.random() < 0.5) or ("none",)
    plain, partly, wholly = (
        decide(facts, situation, policy),
        decide_lifted(facts, situation, policy, some),
        decide_lifted(facts, situation, policy),
    )

    assert plain.strictness >= partly.strictness >= wholly.strictness
    if Workload.CONTROL_PLANE in facts.workloads:
        assert wholly.strictness is Strictness.DENY


@given(st.integers(0, 2**32))
def test_a_replay_lifts_what_was_lifted(seed: int) -> None:
    """From the values of the facts, as the journal keeps them, comes the same answer as from the facts."""
    random, policy = Random(seed), shipped_policy()
    facts = Facts(
        workloads=tuple(random.sample(list(Workload), random.randint(0, 3))),
        machines=("web1",)[: random.randint(0, 1)],
    )
    situation = Situation(random.choice([Thread.MAIN, Thread.WORKER]))
    some = tuple(rule.name for rule in policy.rules if random.random() < 0.3)
    told = values(facts, msgspec.structs.replace(situation, override=True))

    assert decide_lifted(facts, situation, policy, some) == decide_values(told, policy, some)
