"""What a session did lately, and what counts."""

import pytest

from headgate.decide import ledger
from headgate.decide.ledger import Entry
from headgate.model.decision import Allow, Confirm, Decision, Delegate, Deny, Terms
from headgate.model.facts import Facts, History, Look, Touch, Workload

TOUCH = Touch(Look.CHANGE, "web1", "app")
FACTS = Facts(
    workloads=(Workload.RESTART, Workload.LOG_TAIL), machines=("web1",), remote=True, probes=2, touches=(TOUCH,)
)
ALLOW, DELEGATE = Allow(Terms()), Delegate(Terms())


@pytest.mark.parametrize(
    ("decision", "found"),
    [
        (ALLOW, Entry(5.0, ("web1",), probes=2, remote_calls=1, restarts=1, log_reads=1, touches=(TOUCH,))),
        (DELEGATE, Entry(5.0, ("web1",), probes=0, remote_calls=1, restarts=1, log_reads=1, touches=(TOUCH,))),
        (
            Confirm(ALLOW, Terms()),
            Entry(5.0, ("web1",), probes=2, remote_calls=1, restarts=1, log_reads=1, touches=(TOUCH,)),
        ),
        (
            Confirm(DELEGATE, Terms()),
            Entry(5.0, ("web1",), probes=0, remote_calls=1, restarts=1, log_reads=1, touches=(TOUCH,)),
        ),
        (Deny(()), Entry(5.0, denials=1)),
    ],
    ids=["allow", "delegate", "confirm", "confirm then delegate", "deny"],
)
def test_only_admitted_work_counts_and_only_probes_that_run_here(decision: Decision, found: Entry) -> None:
    assert found == ledger.entry(FACTS, decision, 5.0)


@pytest.mark.parametrize("decision", [ALLOW, DELEGATE, Confirm(ALLOW, Terms())])
def test_what_was_carried_out_as_a_refusal_counts_as_one(decision: Decision) -> None:
    assert Entry(5.0, denials=1) == ledger.entry(FACTS, decision, 5.0, refused=True)


@pytest.mark.parametrize(
    ("decision", "waits", "found"),
    [
        (Allow(Terms(budget=30.0)), 20.0, Entry(5.0, waits=20.0)),
        (Confirm(ALLOW, Terms(budget=30.0)), 20.0, Entry(5.0, waits=20.0)),
        (Allow(Terms(budget=30.0)), 0.5, None),
        (ALLOW, 20.0, None),
        (DELEGATE, 20.0, None),
        (Delegate(Terms(budget=30.0)), 20.0, None),
    ],
)
def test_a_known_wait_counts_where_it_holds_a_thread_with_a_budget(
    decision: Decision, waits: float, found: Entry | None
) -> None:
    assert found == ledger.entry(Facts(waits=waits), decision, 5.0)


def test_light_work_leaves_nothing_to_count() -> None:
    assert None is ledger.entry(Facts(steps=1), ALLOW, 5.0)


@pytest.mark.parametrize(
    ("at", "probes"),
    [(0.0, 0), (0.001, 1), (1.0, 1), (599.0, 1), (600.0, 1), (600.001, 0)],
)
def test_an_entry_is_recent_for_less_than_ten_minutes(at: float, probes: int) -> None:
    assert probes == ledger.history([Entry(at, probes=1)], 600.0).probes_recent


def test_history_sums_counts_and_keeps_the_order() -> None:
    entries = [
        Entry(1.0, ("b",), 1, 1, 1, 1, 2.5, 1, (TOUCH,)),
        Entry(2.0, ("a", "b"), 2, 1, 0, 1, 1.5, 0, (Touch(Look.READ, "web1"),), 20.0),
        Entry(2.5, waits=10.0),
    ]

    expected = History(("b", "a"), 3, 2, 1, 2, 4.0, 1, (TOUCH, Touch(Look.READ, "web1")), (20.0, 10.0))

    assert expected == ledger.history(entries, 3.0)


def test_no_entries_are_no_history() -> None:
    assert History() == ledger.history([], 0.0)
