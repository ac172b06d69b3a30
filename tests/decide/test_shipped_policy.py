"""The shipped policy, class by class and thread by thread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.decide.evaluate import decide
from headgate.decide.schema import Situation
from headgate.model.action import Thread
from headgate.model.decision import Confirm, Decision
from headgate.model.facts import HEAVY_WORKLOADS, Facts, History, Workload
from headgate.wiring import shipped_policy

POLICY = shipped_policy()
DELEGATED = sorted(HEAVY_WORKLOADS - {Workload.CONTROL_PLANE, Workload.INTERACTIVE, Workload.DESTRUCTIVE})
MAIN = [Thread.MAIN, Thread.BACKGROUND]
OTHERS = [Thread.SUBAGENT, Thread.WORKER]


def decision(
    thread: Thread, *workloads: Workload, environment: str = "local", probes: int = 0, client_rule: str = "none"
) -> Decision:
    facts = Facts(workloads=workloads, environment=environment, probes=int(Workload.REMOTE_PROBE in workloads))
    return decide(facts, Situation(thread, History(probes_recent=probes), client_rule), POLICY)


def answer(found: Decision) -> str:
    then = f" then {found.then.strictness.word}" if isinstance(found, Confirm) else ""
    return found.strictness.word + then


@pytest.mark.parametrize("workload", DELEGATED)
@pytest.mark.parametrize("thread", MAIN)
def test_heavy_work_of_the_main_thread_is_delegated(thread: Thread, workload: Workload) -> None:
    found = decision(thread, workload)

    assert ("delegate", True) == (answer(found), found.terms.max_run is not None)


@pytest.mark.parametrize("thread", MAIN)
@pytest.mark.parametrize(
    ("workload", "found"),
    [
        (Workload.CONTROL_PLANE, "deny"),
        (Workload.INTERACTIVE, "deny"),
        (Workload.DESTRUCTIVE, "confirm then delegate"),
        (Workload.REMOTE_PROBE, "allow"),
    ],
)
def test_the_other_classes_of_the_main_thread(thread: Thread, workload: Workload, found: str) -> None:
    assert found == answer(decision(thread, workload))


@pytest.mark.parametrize("workload", [Workload.CONTROL_PLANE, Workload.INTERACTIVE])
def test_a_refusal_says_what_to_do_instead(workload: Workload) -> None:
    assert all(reason.hint for reason in decision(Thread.MAIN, workload).reasons)


@pytest.mark.parametrize(
    ("before", "found"), [(0, "allow"), (1, "allow"), (2, "allow"), (3, "delegate"), (9, "delegate")]
)
def test_three_probes_are_let_through_and_the_fourth_is_delegated(before: int, found: str) -> None:
    assert found == answer(decision(Thread.MAIN, Workload.REMOTE_PROBE, probes=before))


@pytest.mark.parametrize("thread", MAIN)
def test_light_work_stays_in_the_main_thread_under_the_comfort_budget(thread: Thread) -> None:
    found = decision(thread)

    assert ("allow", 30.0) == (answer(found), found.terms.budget)


@pytest.mark.parametrize("thread", OTHERS)
@pytest.mark.parametrize("workload", [*DELEGATED, Workload.INTERACTIVE, Workload.REMOTE_PROBE])
def test_other_threads_do_heavy_work_without_a_budget(thread: Thread, workload: Workload) -> None:
    found = decision(thread, workload, environment="staging", probes=50)

    assert ("allow", None) == (answer(found), found.terms.budget)


@pytest.mark.parametrize("thread", OTHERS)
@pytest.mark.parametrize(
    ("workload", "environment", "found"),
    [
        (Workload.CONTROL_PLANE, "local", "deny"),
        (Workload.DESTRUCTIVE, "local", "confirm then allow"),
        (Workload.DEPLOY, "prod", "confirm then allow"),
        (Workload.DEPLOY, "unknown", "confirm then allow"),
        (Workload.DEPLOY, "staging", "allow"),
        (Workload.DEPLOY, "dev", "allow"),
        (Workload.DEPLOY, "local", "allow"),
        (Workload.RESTART, "prod", "allow"),
    ],
)
def test_other_threads_ask_before_destroying_and_before_production(
    thread: Thread, workload: Workload, environment: str, found: str
) -> None:
    assert found == answer(decision(thread, workload, environment=environment))


@pytest.mark.parametrize("thread", list(Thread))
@pytest.mark.parametrize(("rule", "found"), [("ask", "confirm then allow"), ("deny", "deny")])
def test_the_clients_own_rules_hold_in_every_thread(thread: Thread, rule: str, found: str) -> None:
    assert found == answer(decision(thread, client_rule=rule))


@given(st.sets(st.sampled_from(sorted(HEAVY_WORKLOADS)), min_size=1), st.sampled_from(MAIN), st.booleans())
def test_no_heavy_work_is_ever_allowed_in_the_main_thread(
    workloads: set[Workload],
    thread: Thread,
    probed: bool,  # noqa: FBT001 drawn
) -> None:
    more = (Workload.REMOTE_PROBE,) if probed else ()

    found = decision(thread, *sorted(workloads), *more)

    assert found.strictness.word != "allow"
    assert not isinstance(found, Confirm) or found.then.strictness.word == "delegate"


@given(st.sets(st.sampled_from(sorted(Workload))), st.sampled_from(list(Thread)), st.sampled_from(["prod", "unknown"]))
def test_the_gate_is_nobodys_to_change(workloads: set[Workload], thread: Thread, environment: str) -> None:
    found = decision(thread, *workloads, Workload.CONTROL_PLANE, environment=environment)

    assert "deny" == answer(found)
