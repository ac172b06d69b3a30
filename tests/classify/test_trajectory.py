"""What only the session shows: the third machine, and look, change, look, change on one target."""

import pytest

from headgate.classify import with_history
from headgate.model.facts import Facts, History, Look, Touch, Workload

READ, CHANGE = Touch(Look.READ, "web1", "app"), Touch(Look.CHANGE, "web1", "app")


def added(facts: Facts, history: History) -> tuple[str, ...]:
    return tuple(f"{item.code} {item.workload}" for item in with_history(facts, history, 30.0).evidence)


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        ((), ("a",), ()),
        (("a",), ("b",), ()),
        (("a", "b"), ("b",), ()),
        (("a", "b"), ("c",), ("HG203 multi-host",)),
        (("a", "b", "c"), ("a",), ("HG203 multi-host",)),
        (("a", "b", "c"), (), ()),
    ],
)
def test_the_third_machine_is_many(before: tuple[str, ...], now: tuple[str, ...], found: tuple[str, ...]) -> None:
    assert found == added(Facts(machines=now), History(machines_recent=before))


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        ((READ,), (CHANGE,), ()),
        ((READ, CHANGE), (READ,), ()),
        ((READ, CHANGE, READ), (CHANGE,), ("HG207 remediation-loop",)),
        ((READ, CHANGE), (READ, CHANGE), ("HG207 remediation-loop",)),
        ((CHANGE, CHANGE, CHANGE), (CHANGE,), ()),
        ((READ, CHANGE, CHANGE), (CHANGE,), ()),
        ((READ, CHANGE, READ), (Touch(Look.CHANGE, "web2", "app"),), ()),
        ((READ, CHANGE, READ), (Touch(Look.CHANGE, "web1", "db"),), ()),
        ((Touch(Look.READ, "web1"), CHANGE, Touch(Look.READ, "web1")), (CHANGE,), ("HG207 remediation-loop",)),
    ],
)
def test_two_looks_each_with_a_change_of_one_target_are_a_loop(
    before: tuple[Touch, ...], now: tuple[Touch, ...], found: tuple[str, ...]
) -> None:
    assert found == added(Facts(touches=now), History(touches_recent=before))


@pytest.mark.parametrize(
    ("before", "now", "found"),
    [
        ((), 20.0, ()),
        ((20.0,), 20.0, ("HG210 long-running",)),
        ((10.0,), 10.0, ()),
        ((10.0, 10.0), 10.0, ("HG210 long-running",)),
        ((9.9,) * 20, 9.9, ()),
        ((9.9,) * 20, 20.0, ()),
        ((20.0,), 9.9, ()),
        ((20.0, 20.0), 0.0, ()),
    ],
)
def test_waits_of_a_third_of_the_comfort_budget_each_add_up(
    before: tuple[float, ...], now: float, found: tuple[str, ...]
) -> None:
    assert found == added(Facts(waits=now), History(waits_recent=before))


def test_the_evidence_of_a_wait_in_pieces_names_the_whole() -> None:
    [found] = with_history(Facts(waits=20.0), History(waits_recent=(15.0, 2.0)), 30.0).evidence

    assert "waited 35 s in all within ten minutes" == found.message


def test_a_class_that_the_action_has_is_not_added_again() -> None:
    facts = Facts(workloads=(Workload.MULTI_HOST,), machines=("a", "b", "c"))

    assert facts == with_history(facts, History(machines_recent=("d",)), 30.0)


def test_classes_stay_in_their_order() -> None:
    facts = Facts(workloads=(Workload.REMOTE_SESSION, Workload.RESTART), machines=("c",))

    found = with_history(facts, History(machines_recent=("a", "b")), 30.0).workloads

    assert (Workload.REMOTE_SESSION, Workload.MULTI_HOST, Workload.RESTART) == found
