"""The promises of the store, kept by each adapter; and those that only a file can keep."""

import sqlite3
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import msgspec
import pytest

from headgate.decide.ledger import Entry as LedgerEntry
from headgate.model.errors import HeadgateError
from headgate.model.job import Job, JobState, Ticket, work_of
from headgate.model.runs import KEPT
from headgate.ports import Store
from headgate.record.chain import GENESIS, first_break
from headgate.record.events import DaemonStopped, encode
from headgate.record.tree import EMPTY, Tree, leaf
from headgate.store.heard import HeardStore
from headgate.store.memory import MemoryStore
from headgate.store.sqlite import MAX_ROUTINES, SqliteStore

MAKERS: dict[str, Callable[[Path], Store]] = {
    "sqlite": lambda folder: SqliteStore(folder / "headgate.db"),
    "heard": lambda folder: HeardStore(folder / "headgate.db"),
    "memory": lambda _folder: MemoryStore(),
}


@pytest.fixture(params=sorted(MAKERS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    found = MAKERS[request.param](tmp_path)
    yield found
    found.close()


def event(number: int) -> DaemonStopped:
    return DaemonStopped(float(number), number)


_CALLS = count()


def ticket(name: str = "tk_1", session: str = "s", expires: float = 100.0) -> Ticket:
    return Ticket(
        name,
        session,
        f"c-{next(_CALLS)}",
        "d",
        "ssh web1 reboot",
        "/repo",
        expires,
        workloads=("restart",),
        max_run=60.0,
    )


# -- journal --------------------------------------------------------------------------------------


def test_the_journal_keeps_its_order_and_its_chain(store: Store) -> None:
    added = [store.append(event(number)) for number in range(4)]

    assert [(1, GENESIS), (2, added[0].hash), (3, added[1].hash), (4, added[2].hash)] == [
        (entry.seq, entry.prev) for entry in added
    ]
    assert added == list(store.entries())
    assert [encode(event(number)) for number in range(4)] == [entry.body for entry in added]
    assert None is first_break(store.entries())


@pytest.mark.parametrize(("after", "found"), [(0, [1, 2, 3]), (2, [3]), (3, []), (9, [])])
def test_entries_are_those_above_a_number(store: Store, after: int, found: list[int]) -> None:
    for number in range(3):
        store.append(event(number))

    assert found == [entry.seq for entry in store.entries(after)]


def test_an_entry_is_found_by_the_beginning_of_its_hash_in_either_case(store: Store) -> None:
    first, second = store.append(event(1)), store.append(event(2))
    name = first.hash.hex()

    assert [first, first, first, second, None] == [
        store.find(prefix) for prefix in (name, name[:12], name[:12].upper(), second.hash.hex()[:12], "zz")
    ]


def test_the_latest_of_several_is_found(store: Store) -> None:
    entries = [store.append(event(number)) for number in range(40)]
    mark = entries[0].hash.hex()[0]

    assert [entry for entry in entries if entry.hash.hex().startswith(mark)][-1] == store.find(mark)


def test_the_tree_is_over_all_entries_and_goes_on_from_what_was_kept(store: Store) -> None:
    def grown() -> bytes:
        whole = Tree()
        for entry in store.entries():
            whole.add(leaf(entry.body))
        return whole.root()

    assert EMPTY == store.tree().root()
    for number in range(5):
        store.append(event(number))
    store.keep_tree(store.tree())
    store.append(event(5))

    assert (6, grown(), "") == (store.tree().size, store.tree().root(), store.flaw())
    assert [leaf(encode(event(number))) for number in (4, 5)] == list(store.leaves(4))


def test_a_prefix_is_no_pattern(store: Store) -> None:
    store.append(event(1))

    assert [None, None] == [store.find("%zz"), store.find("_" * 64)]


# -- together -------------------------------------------------------------------------------------


def running(job: Job, **fields: object) -> Job:
    return job.moved(JobState.CLAIMED).moved(JobState.STARTED).moved(JobState.RUNNING, **fields)


def change_everything(store: Store, job: Job, kept: Ticket) -> Ticket:
    store.append(event(2))
    store.add_to_ledger("s", LedgerEntry(2.0, probes=1))
    issued = store.issue(ticket())
    store.take(kept.id, 1.0)
    store.add_duration("r", 2.0)
    store.add(ticket(), "x", "/", 2.0)
    store.save(running(job))
    return issued


def seen(store: Store) -> tuple[object, ...]:
    return list(store.entries()), list(store.recent("s", 0.0)), store.select(), store.get(1), store.durations("r")


def test_a_failure_takes_everything_back_the_head_of_the_journal_included(store: Store) -> None:
    store.append(event(1))
    kept = store.issue(ticket())
    job, _new = store.add(ticket(), "x", "/", 1.0)
    store.add_duration("r", 1.0)
    before = seen(store)
    issued = []

    with pytest.raises(ZeroDivisionError), store.together():  # noqa: PT012 it fails at its end
        issued.append(change_everything(store, job, kept))
        raise ZeroDivisionError

    assert before == seen(store)
    assert (None, kept) == (store.take(issued[0].id, 1.0), store.take(kept.id, 1.0))
    store.append(event(3))
    assert None is first_break(store.entries())


def test_what_is_done_together_stays(store: Store) -> None:
    kept = store.issue(ticket())
    job, _new = store.add(ticket(), "x", "/", 1.0)

    with store.together():
        issued = change_everything(store, job, kept)

    assert (1, 1, 2, (2.0,), JobState.RUNNING) == (
        len(list(store.entries())),
        len(store.recent("s", 0.0)),
        len(store.select()),
        store.durations("r"),
        (store.get(1) or job).state,
    )
    assert (issued, None) == (store.take(issued.id, 1.0), store.take(kept.id, 1.0))


# -- ledger, tickets ------------------------------------------------------------------------------


@pytest.mark.parametrize(("since", "found"), [(0.0, [1.0, 2.0, 3.0]), (1.0, [2.0, 3.0]), (2.5, [3.0]), (3.0, [])])
def test_recent_entries_are_later_than_a_time_and_of_one_session(
    store: Store, since: float, found: list[float]
) -> None:
    for at in (1.0, 2.0, 3.0):
        store.add_to_ledger("s", LedgerEntry(at))
    store.add_to_ledger("other", LedgerEntry(9.0))

    assert found == [entry.at for entry in store.recent("s", since)]


def test_a_ticket_is_taken_once(store: Store) -> None:
    issued = store.issue(ticket())

    assert [issued, None] == [store.take(issued.id, 1.0), store.take(issued.id, 1.0)]


def test_nobody_can_guess_a_ticket(store: Store) -> None:
    names = {store.issue(ticket()).id for _ in range(100)}

    assert (100, {35}) == (len(names), {len(name) for name in names})


@pytest.mark.parametrize(("now", "taken"), [(100.0, True), (100.1, False)])
def test_a_ticket_is_good_until_it_expires(store: Store, now: float, taken: bool) -> None:  # noqa: FBT001
    issued = store.issue(ticket())

    assert [taken, False] == [store.take(issued.id, now) is not None, store.take("tk_9", now) is not None]


def test_an_expired_ticket_does_not_come_back(store: Store) -> None:
    issued = store.issue(ticket())
    store.take(issued.id, 101.0)

    assert None is store.take(issued.id, 1.0)


# -- jobs -----------------------------------------------------------------------------------------


def test_a_new_job_is_queued_with_what_its_ticket_says(store: Store) -> None:
    asked = ticket()
    work = work_of(asked, store.gate)
    expected = Job(
        1, "s", "d", "shown", "/here", 5.0, workloads=("restart",), max_run=60.0, work=work, call=asked.call_id
    )

    assert ((expected, True), expected, None) == (store.add(asked, "shown", "/here", 5.0), store.get(1), store.get(2))
    assert expected == store.by_work(work)


def test_a_call_is_admitted_once_whatever_its_ticket(store: Store) -> None:
    asked = ticket()
    first, _new = store.add(asked, "x", "/", 1.0)
    again = msgspec.structs.replace(asked, id="tk_2", decision="another", expires=200.0)

    assert (first, False) == store.add(again, "x", "/", 2.0)
    assert [first] == store.select()
    assert {JobState.QUEUED: 1} == store.counts()


def test_news_of_a_job_that_goes_on_are_unannounced_until_they_are_told(store: Store) -> None:
    job, _new = store.add(ticket(), "x", "/", 1.0)
    store.save(msgspec.structs.replace(running(job), news=("first error",)))
    before = [found.id for found in store.unannounced("s")]
    store.save(running(job))

    assert ([1], []) == (before, store.unannounced("s"))


def test_jobs_are_numbered_and_the_latest_come_first(store: Store) -> None:
    for session in ("a", "b", "a"):
        store.add(ticket(session=session), "x", "/", 1.0)
    store.save(msgspec.structs.replace(store.get(1), state=JobState.RUNNING))

    assert [[3, 2, 1], [3, 1], [1], [3, 2], [3], [3]] == [
        [job.id for job in found]
        for found in (
            store.select(),
            store.select(session="a"),
            store.select(states=(JobState.RUNNING,)),
            store.select(states=(JobState.QUEUED, JobState.LOST)),
            store.select(session="a", states=(JobState.QUEUED,)),
            store.select(limit=1),
        )
    ]


def test_saving_a_job_replaces_it_and_makes_none(store: Store) -> None:
    queued, _new = store.add(ticket(), "x", "/", 1.0)
    job = running(queued, started=2.0, pid=7)
    store.save(job)
    store.save(msgspec.structs.replace(job, id=99))

    assert [job] == store.select()


def test_ended_jobs_are_unannounced_until_they_are_told_oldest_first(store: Store) -> None:
    for session in ("s", "s", "other", "s"):
        job, _new = store.add(ticket(session=session), "x", "/", 1.0)
        if job.id != 4:
            store.save(job.moved(JobState.LOST))

    before = [job.id for job in store.unannounced("s")]
    store.save(msgspec.structs.replace(store.get(1), announced=True))

    assert ([1, 2], [2]) == (before, [job.id for job in store.unannounced("s")])


# -- durations ------------------------------------------------------------------------------------


def test_the_latest_durations_of_a_routine_are_kept_in_order(store: Store) -> None:
    for seconds in range(KEPT + 5):
        store.add_duration("r", float(seconds))
    store.add_duration("other", 0.5)

    assert ([float(seconds) for seconds in range(5, KEPT + 5)], [0.5], []) == (
        list(store.durations("r")),
        list(store.durations("other")),
        list(store.durations("none")),
    )


# -- only a file ----------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "headgate.db"


@pytest.mark.parametrize("change", ["UPDATE journal SET body = x'00'", "DELETE FROM journal"])
def test_the_file_itself_refuses_to_change_the_journal(file: Path, change: str) -> None:
    store = SqliteStore(file)
    entry = store.append(event(1))

    with pytest.raises(sqlite3.IntegrityError, match="the journal is only added to"):
        store.database.execute(change)

    assert [entry] == list(store.entries())
    store.close()


def test_all_is_there_when_the_file_is_opened_again(file: Path) -> None:
    store = SqliteStore(file)
    entry = store.append(event(1))
    store.add_to_ledger("s", LedgerEntry(1.0))
    store.add_duration("r", 1.5)
    issued = store.issue(ticket())
    job, _new = store.add(ticket(), "x", "/", 1.0)
    store.close()

    again = SqliteStore(file)

    assert ([entry], [LedgerEntry(1.0)], (1.5,), [job], issued) == (
        list(again.entries()),
        list(again.recent("s", 0.0)),
        again.durations("r"),
        again.select(),
        again.take(issued.id, 1.0),
    )
    assert (2, entry.hash) == (again.append(event(2)).seq, list(again.entries())[1].prev)
    again.close()


def test_a_file_of_an_earlier_version_learns_to_keep_durations(file: Path) -> None:
    older = SqliteStore(file)
    entry = older.append(event(1))
    older.database.execute("DROP TABLE durations")
    older.close()

    store = SqliteStore(file)
    store.add_duration("r", 1.5)

    assert ([entry], (1.5,)) == (list(store.entries()), store.durations("r"))
    store.close()


def test_routines_that_have_not_run_for_long_are_forgotten(file: Path) -> None:
    store = SqliteStore(file)
    with store.together():
        for number in range(MAX_ROUTINES):
            store.add_duration(f"r{number}", 1.0)
        store.add_duration("r0", 2.0)
        store.add_duration("new", 3.0)

    assert [(1.0, 2.0), (), (1.0,), (3.0,)] == [store.durations(name) for name in ("r0", "r1", "r2", "new")]
    store.close()


def test_a_store_that_nobody_writes_is_read_without_a_trace(file: Path) -> None:
    writer = SqliteStore(file)
    writer.add_duration("r", 1.5)
    writer.close()
    reader = SqliteStore(file, writable=False, quiet=True)

    assert ((1.5,), [file]) == (reader.durations("r"), list(file.parent.iterdir()))
    reader.close()


def test_the_file_is_its_owners_alone(file: Path) -> None:
    SqliteStore(file).close()

    assert 0o600 == file.stat().st_mode & 0o777


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to be looked at" * 100, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_corrupt_file_is_refused_and_left_as_it_was(file: Path, content: bytes) -> None:
    file.write_bytes(content)

    with pytest.raises(HeadgateError) as raised:
        SqliteStore(file)

    assert ("HG501", content) == (raised.value.code, file.read_bytes())


def test_a_file_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HeadgateError) as raised:
        SqliteStore(tmp_path / "missing" / "headgate.db")

    assert "HG501" == raised.value.code


def test_what_cannot_be_written_is_refused_and_nothing_half_written(file: Path) -> None:
    SqliteStore(file).close()
    store = SqliteStore(file)
    entry = store.append(event(1))
    store.database.execute("PRAGMA query_only = ON")

    with pytest.raises(HeadgateError) as raised, store.together():
        store.append(event(2))
    with pytest.raises(HeadgateError):
        store.issue(ticket())
    store.database.execute("PRAGMA query_only = OFF")

    left = store.database.execute("SELECT count(*) FROM tickets").fetchone()[0]
    assert ("HG501", [entry], 0) == (raised.value.code, list(store.entries()), left)
    assert 2 == store.append(event(3)).seq
    store.close()


def test_a_store_opened_for_reading_writes_nothing(file: Path) -> None:
    writer = SqliteStore(file)
    entry = writer.append(event(1))
    reader = SqliteStore(file, writable=False)

    with pytest.raises(HeadgateError) as raised:
        reader.append(event(2))

    assert ("HG501", [entry]) == (raised.value.code, list(reader.entries()))
    reader.close()
    writer.close()


def test_a_reader_sees_what_is_durable_while_another_writes(file: Path) -> None:
    writer = SqliteStore(file)
    first = writer.append(event(1))
    reader = SqliteStore(file, writable=False)

    with writer.together():
        second = writer.append(event(2))
        during = list(reader.entries())

    assert ([first], [first, second]) == (during, list(reader.entries()))
    reader.close()
    writer.close()


def test_a_job_and_its_number_are_durable_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteStore(tmp_path / "headgate.db")

    def dies(_job: Job) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(store, "save", dies)
        with pytest.raises(ZeroDivisionError):
            store.add(ticket(), "x", "/", 1.0)

    assert [] == store.select()
    assert 1 == store.add(ticket(), "x", "/", 1.0)[0].id
