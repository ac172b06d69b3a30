"""What a report counts, from real events of a real store."""

from collections import OrderedDict
from pathlib import Path

import pytest
from report_journal import (
    ALICE,
    BOB,
    HEAVY,
    T,
    answered,
    appended,
    asked,
    decided,
    delegated,
    ended,
    granted,
    job,
    name,
    question,
    refused,
    report,
    whole_day,
)

from headgate.model.action import Thread
from headgate.model.override import Scope
from headgate.record import events
from headgate.record.chain import Entry
from headgate.store.memory import MemoryStore
from headgate.store.sqlite import SqliteStore
from headgate.surfaces.report.calls import AGAIN
from headgate.surfaces.report.counting import counted
from headgate.surfaces.report.joins import kept
from headgate.surfaces.report.model import Ran, Report
from headgate.surfaces.report.period import Period
from headgate.surfaces.report.times import LONGEST
from headgate.surfaces.report.words import warnings


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def test_an_empty_journal_gives_an_empty_report(store: MemoryStore) -> None:
    found = report(store)

    assert (0, None, [], [], 0.0) == (
        found.calls.all, found.heavy.share, found.overrides, found.over_time, found.held.seconds,
    )  # fmt: skip


def test_both_stores_give_the_same_report(store: MemoryStore, tmp_path: Path) -> None:
    whole_day(store)
    kept = SqliteStore(tmp_path / "headgate.db")
    for entry in store.entries():
        kept.append(events.decode(entry.body))

    assert report(store) == report(kept)
    kept.close()


# -- calls ----------------------------------------------------------------------------------------


def test_calls_are_counted_by_answer_thread_and_client(store: MemoryStore) -> None:
    appended(store, [decided(1), decided(2, thread=Thread.WORKER), delegated(3, client="codex"), refused(4)])
    store.append(events.Refused(T + 5, "codex", "HG101", "no message"))

    calls = report(store).calls

    assert 4 == calls.all
    assert {"allow": 2, "delegate": 1, "confirm": 0, "deny": 1} == calls.answers
    assert {"main/allow": 1, "worker/allow": 1, "main/delegate": 1, "main/deny": 1} == calls.by_thread
    assert ({"main": 3, "worker": 1}, {"claude-code": 3, "codex": 1}) == (calls.threads, calls.clients)
    assert {"HG101": 1} == calls.undecided


def test_only_the_period_counts_its_end_excluded(store: MemoryStore) -> None:
    appended(store, [decided(at) for at in (9, 10, 19, 20)])

    found = report(store, 10, 20)

    assert (2, 2, 4) == (found.calls.all, found.read.in_period, found.read.entries)


def test_only_one_session_counts_where_one_is_named(store: MemoryStore) -> None:
    whole_day(store)
    store.append(question(2000, 9, session="s-2"))

    found = report(store, session="s-2")

    assert (1, 1, 0, 0, 1) == (
        found.calls.all, found.calls.observed, found.jobs.started, found.refused_grants.all, found.approvals.asked,
    )  # fmt: skip
    assert [] == found.overrides


# -- heavy work of the main thread ----------------------------------------------------------------


def test_heavy_calls_stay_off_or_ran_and_the_report_says_why(store: MemoryStore) -> None:
    ran = {"workloads": HEAVY}
    appended(
        store,
        [
            delegated(1),
            refused(2),
            decided(3, override=7, without="deny", **ran),
            decided(4, rules=("probe", "quick"), **ran),
            decided(5, approval=4, **ran),
            decided(6, mode="observe", enforced="observe", **ran),
            delegated(7, approval=5),
            decided(8),  # light
            decided(9, thread=Thread.WORKER, **ran),
            decided(10, workloads=("remote-probe",)),  # light as well
        ],
    )

    heavy = report(store).heavy

    assert (7, 3, 4, 1, 1, 1, 0) == (
        heavy.calls, heavy.off, heavy.ran, heavy.delegated, heavy.refused, heavy.approved_job, heavy.not_approved,
    )  # fmt: skip
    assert 3 / 7 == heavy.share
    assert {("override", "7"), ("rules", "probe, quick"), ("approval", "4"), ("observe", "")} == {
        (ran.why, ran.which) for ran in heavy.because
    }
    assert ["observe", "approval", "rules", "override"] == [example.why for example in heavy.examples]


def test_what_a_person_was_asked_about_counts_by_what_came_of_it(store: MemoryStore) -> None:
    calls = [
        asked(at, then, at) for at, then in ((1, "allow"), (2, "delegate"), (3, "allow"), (4, "delegate"), (5, "allow"))
    ]
    entries = appended(store, calls)
    store.append(ended(6, calls[0], 1.0))  # the client asked, somebody said yes there, and it ran
    job(store, 1, entries[1], (7, 3.0))
    store.append(events.ApprovalUsed(T + 8, 5, "e" * 64, name(entries[4]), "c"))
    store.append(ended(9, calls[4], 1.0))  # the same once more

    heavy = report(store).heavy

    assert (5, 2, 1, 2) == (heavy.calls, heavy.ran, heavy.approved_job, heavy.not_approved)
    assert [Ran(why="approval", which="1", calls=1), Ran(why="approval", which="5", calls=1)] == heavy.because


# -- overrides, approvals, refused grants ---------------------------------------------------------


def test_an_override_is_told_with_whom_why_scope_uses_and_end(store: MemoryStore) -> None:
    whole_day(store)

    (row,) = report(store).overrides

    assert ("alice", "terminal", "the deploy of tonight", "workloads deploy") == (
        row.by,
        row.how,
        row.reason,
        row.scope,
    )
    assert (1, 2, {"deny → allow": 1}, {"deploy-main": 1}) == (row.used, row.allowed_uses, row.changed, row.lifted)
    assert (T + 50, "ended", T + 120, "alice") == (row.granted, row.end, row.ended, row.ended_by)
    assert ["kubectl apply -f app.yaml"] == row.commands


def test_break_glass_comes_first_and_what_the_period_does_not_touch_is_left_out(store: MemoryStore) -> None:
    store.append(granted(1, 1, Scope(rules=("r",))))
    store.append(granted(2, 2, Scope(rules=("r",))))
    store.append(granted(50, 3, Scope(everything=True), by=BOB))
    store.append(granted(60, 4, Scope(machines=("web*",), environments=("prod",))))
    store.append(decided(70, override=1, without="confirm"))

    found = report(store, 10, 100).overrides

    assert [3, 4, 1] == [row.id for row in found]
    assert [True, False, False] == [row.break_glass for row in found]
    assert ["EVERYTHING", "machines web*; environments prod", "rules r"] == [row.scope for row in found]


def test_an_override_of_which_the_journal_has_no_grant_is_told_all_the_same(store: MemoryStore) -> None:
    store.append(decided(1, override=9, without="deny"))

    (row,) = report(store).overrides

    assert (9, 1, "", None) == (row.id, row.used, row.by, row.granted)


def test_questions_are_counted_with_who_answered_and_how_soon(store: MemoryStore) -> None:
    appended(store, [question(0, 1), question(0, 2), question(0, 3), question(0, 4), question(0, 5, "override")])
    store.append(answered(10, 1, ALICE, yes=True, state="pending"))
    store.append(answered(30, 1, BOB, yes=True))
    store.append(answered(20, 2, ALICE, yes=False))
    store.append(events.ApprovalUsed(T + 40, 1, "e" * 64, "d" * 12, "c"))
    store.append(events.ApprovalExpired(T + 900, 3))

    found = report(store).approvals

    assert (5, 1, 1, 1, 1, 2, 1) == (
        found.asked, found.approved, found.refused, found.used, found.expired, found.open, found.wishes,
    )  # fmt: skip
    assert 15.0 == found.median_seconds  # of the first answers: 10 and 20
    assert [("alice", "terminal", 1, 1, 15.0), ("bob", "api", 1, 0, 30.0)] == [
        (one.name, one.how, one.yes, one.no, one.median_seconds) for one in found.people
    ]


def test_refused_grants_are_counted_the_latest_first(store: MemoryStore) -> None:
    appended(store, [events.GrantRefused(T + at, "approve", 1000, at, "no terminal") for at in range(1, 31)])

    found = report(store).refused_grants

    assert (30, {"approve": 30}) == (found.all, found.what)
    assert [*range(30, 10, -1)] == [row.pid for row in found.latest]


# -- time -----------------------------------------------------------------------------------------


def test_held_seconds_are_summed_and_the_longest_come_with_their_commands(store: MemoryStore) -> None:
    calls = [decided(at, command=f"make {at}") for at in range(20)]
    entries = appended(store, calls)
    appended(store, [ended(100 + at, call, float(at), failed=at == 19) for at, call in enumerate(calls)])
    store.append(ended(200, decided(0), None))

    held = report(store).held

    assert (190.0, 21, 1) == (held.seconds, held.calls, held.untold)
    assert [float(at) for at in range(19, 19 - LONGEST, -1)] == [run.seconds for run in held.longest]
    assert ("make 19", name(entries[19]), True) == (
        held.longest[0].command, held.longest[0].decision, held.longest[0].failed,
    )  # fmt: skip


def test_the_slowest_are_calls_and_jobs(store: MemoryStore) -> None:
    whole_day(store)

    assert [("call", 45.0, "kubectl apply -f app.yaml"), ("job", 31.0, "ssh web1 'systemctl restart app'")] == [
        (run.kind, run.seconds, run.command) for run in report(store).slowest[:2]
    ]


def test_the_call_may_have_been_decided_before_the_period(store: MemoryStore) -> None:
    call = decided(5, command="make slow")
    store.append(call)
    store.append(ended(15, call, 10.0))

    found = report(store, 10, 20)

    assert (0, 10.0, "make slow") == (found.calls.all, found.held.seconds, found.held.longest[0].command)


def test_jobs_are_counted_by_their_ends(store: MemoryStore) -> None:
    of = store.append(delegated(1))
    for number, state in enumerate(("succeeded", "failed", "lost", "succeeded"), 1):
        job(store, number, of, (number, 2.0), state)
    store.append(events.JobHandedOver(T + 7, 5, "s-1", name(of), 10))
    store.append(events.JobCancelled(T + 8, 5, "the user"))
    store.append(events.JobEnded(T + 9, 3, "failed", 1, 4.0, late=True))

    jobs = report(store).jobs

    assert (4, 1, 1, 1) == (jobs.started, jobs.handed_over, jobs.cancellations, jobs.late)
    assert {"succeeded": 2, "failed": 2, "lost": 1} == jobs.ended


@pytest.mark.parametrize(
    ("days", "step"), [(1, 3600.0), (10, 21_600.0), (50, 86_400.0), (300, 604_800.0), (30_000, 31_536_000.0)]
)
def test_the_parts_of_a_period_are_as_long_as_people_can_look_at(store: MemoryStore, days: int, step: float) -> None:
    call = decided(0)
    store.append(call)
    store.append(refused((days - 1) * 86_400 + 3_700))
    store.append(ended((days - 1) * 86_400 + 3_700, call, 8.0))

    found = report(store, 0, days * 86_400.0)

    assert step == found.step
    assert (1, 1, 8.0) == tuple(
        sum(getattr(part, key) for part in found.over_time) for key in ("allow", "deny", "held")
    )
    assert found.over_time[0].start <= T < found.over_time[0].start + step


# -- refused and made again -----------------------------------------------------------------------


def test_a_call_that_is_made_again_soon_after_a_no_is_counted(store: MemoryStore) -> None:
    appended(
        store,
        [
            refused(0, action="x" * 64, command="make deploy"),
            refused(10, action="x" * 64),
            decided(20, action="x" * 64),
            refused(30, action="y" * 64),
            decided(30 + AGAIN + 1, action="y" * 64),  # too late
            decided(40, action="z" * 64),
            refused(50, action="w" * 64),
            decided(60, action="w" * 64, session="s-2"),  # somebody else
        ],
    )

    found = report(store).retried

    assert (4, 2, 1) == (found.refused, found.again, found.let_go)
    assert [("make deploy", 2, 1)] == [(item.command, item.times, item.let_go) for item in found.most]


# -- machines -------------------------------------------------------------------------------------


def test_machines_are_counted_by_environment(store: MemoryStore) -> None:
    appended(store, [delegated(at, machines=("web1", "web2"), environment="prod") for at in range(3)])
    store.append(refused(4, machines=("web1",), environment="prod"))
    store.append(decided(5, machines=("lab",), environment="dev"))

    found = report(store).machines

    assert 3 == found.distinct
    assert [("dev", 1, 1, 0), ("prod", 2, 7, 1)] == [
        (e.environment, e.machines, e.calls, e.refused) for e in found.environments
    ]
    assert [("web1", 4, 1), ("web2", 3, 0), ("lab", 1, 0)] == [(m.machine, m.calls, m.refused) for m in found.most]


# -- what cannot be understood --------------------------------------------------------------------


def test_what_a_later_version_wrote_is_left_out_and_counted(store: MemoryStore) -> None:
    whole_day(store)
    entries = [*store.entries()]
    before = report(store)
    bodies = (
        b'{"type":"weather","at":1790000001}',
        events.encode(decided(1))[:-1] + b',"v":99}',
        events.encode(events.DaemonStopped(T, 1))[:-1] + b',"v":99}',
        b'{"type":"decided","at":1790000001}',
        b"\xff\xfe not JSON",
    )
    strange = [Entry(0, b"", b"\0" * 32, body) for body in bodies]

    found = report_of(entries + strange)

    assert (1, 2, 2) == (found.read.unknown, found.read.newer, found.read.unreadable)
    assert (before.calls, before.heavy, before.held) == (found.calls, found.heavy, found.held)


def test_what_is_deleted_or_was_cut_off_is_said(store: MemoryStore) -> None:
    store.append(events.JournalForgot(T + 10, 1, 5, 4.0))
    store.append(events.JournalFlawed(T + 11, "its last entry is not the one that was signed"))
    found = report(store)
    said = warnings(found)

    assert (T + 6, 1) == (found.read.forgotten_before, len(found.read.flaws))
    assert ["JOURNAL", "what was before 2026-09-21 14:13 may be deleted"] == [said[0][:7], said[1][:47]]
    assert [said[0]] == warnings(report(store, 7))


def report_of(entries: list[Entry]) -> Report:
    return counted(entries, Period(T, T + 86_400), T)


def test_what_waits_for_its_end_is_bounded() -> None:
    table: OrderedDict[int, int] = OrderedDict()
    for number in range(100):
        kept(table, number, number, 10)

    assert [*range(90, 100)] == [*table]
