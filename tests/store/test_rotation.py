"""Older entries move to sealed files: nothing is lost at any point, and nothing else can leave the table."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from headgate.host.home import Home
from headgate.host.keys import SigningKey, verify
from headgate.model.errors import HeadgateError
from headgate.record.chain import Entry
from headgate.record.events import DaemonStopped, Refused
from headgate.store.rotation import Rotation
from headgate.store.sqlite import SqliteStore
from headgate.surfaces.journal_check import Check, Verdict
from headgate.surfaces.journal_marks import BrokenError, Trust


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.make()
    return made


def opened(home: Home) -> tuple[SqliteStore, Rotation]:
    key = SigningKey.open(home.gate_key)
    store = SqliteStore(home.database, signer=key)
    return store, Rotation(home.database, store, key)


def fill(store: SqliteStore, count: int) -> None:
    with store.together():
        for number in range(count):
            store.append(DaemonStopped(float(store.length()), number))


def checked(home: Home) -> Verdict:
    own = SigningKey.open(home.gate_key).public
    with closing(SqliteStore(home.database, writable=False)) as reader:
        return Check(reader, Trust(verify, own=own), {}).run()


@pytest.fixture
def rotating(home: Home) -> Iterator[tuple[SqliteStore, Rotation]]:
    store, rotation = opened(home)
    fill(store, 100)
    yield store, rotation
    store.close()


# -- what the file itself refuses -----------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM journal WHERE seq = 41",
        "DELETE FROM journal",
        "UPDATE journal SET body = x'00' WHERE seq = 1",
        "UPDATE segments SET last = 99",
        "DELETE FROM segments",
        "INSERT INTO segments SELECT 41, 100, hash FROM journal WHERE seq = 100",
        "INSERT INTO segments SELECT 42, 50, hash FROM journal WHERE seq = 50",
        "INSERT INTO segments SELECT 41, 50, hash FROM journal WHERE seq = 51",
        "INSERT INTO segments VALUES (41, 50, x'00')",
    ],
)
def test_only_what_was_sealed_may_leave_the_table(
    home: Home, rotating: tuple[SqliteStore, Rotation], change: str
) -> None:
    store, rotation = rotating
    store.journal.seal(rotation.write(1, 40))

    with pytest.raises(sqlite3.IntegrityError, match=r"only added to|never the last"):
        store.database.execute(change)

    assert (True, 100) == (rotation.trim(), checked(home).entries)


def test_a_file_of_an_earlier_version_gets_the_new_guard_and_keeps_none_of_the_old(home: Home) -> None:
    store, _ = opened(home)
    store.database.execute(
        "CREATE TRIGGER journal_is_not_cut BEFORE DELETE ON journal BEGIN SELECT raise(ABORT, 'old'); END"
    )
    store.close()
    again, rotation = opened(home)
    fill(again, 10)
    rotation.seal(rotation.write(1, 5), 0.0)

    assert (True, False) == (rotation.trim(), rotation.trim())
    again.close()


# -- what is due ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("segment", "through", "found"),
    [(40, 0, (1, 40)), (99, 0, (1, 99)), (100, 0, None), (500, 0, None), (500, 100, (1, 99)), (500, 70, (1, 70))],
)
def test_the_last_entry_always_stays(
    rotating: tuple[SqliteStore, Rotation], segment: int, through: int, found: object
) -> None:
    assert found == rotating[1].due(segment, through)


def test_an_empty_journal_has_nothing_to_move(home: Home) -> None:
    store, rotation = opened(home)

    assert (None, False) == (rotation.due(1, 9), rotation.trim())
    store.close()


def test_what_is_broken_is_not_sealed(home: Home, rotating: tuple[SqliteStore, Rotation]) -> None:
    store, rotation = rotating
    store.database.execute("DROP TRIGGER journal_is_not_changed")
    store.database.execute("UPDATE journal SET body = replace(body, '30', '31') WHERE seq = 31")

    with pytest.raises(HeadgateError, match="entry 31 is not what was written") as raised:
        rotation.write(1, 40)

    assert ("HG502", []) == (raised.value.code, store.journal.sealed())
    with pytest.raises(BrokenError, match="entry 31"):
        checked(home)


# -- crash points ---------------------------------------------------------------------------------


class Died(Exception):  # noqa: N818
    pass


@pytest.mark.parametrize("step", range(12))
def test_a_crash_at_any_file_operation_of_a_rotation_loses_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Each rename, each sync to the disk, and the transaction after them may be the last thing that happens."""
    store, rotation = opened(home)
    fill(store, 100)
    before = list(store.entries())
    with monkeypatch.context() as patched, suppress(Died):
        left = iter([False] * step)

        def dies(real: Callable[..., object]) -> Callable[..., object]:
            def one(*arguments: object, **named: object) -> object:
                if next(left, True):
                    raise Died
                return real(*arguments, **named)

            return one

        patched.setattr(os, "fsync", dies(os.fsync))
        patched.setattr(Path, "replace", dies(Path.replace))
        rotation.seal(rotation.write(1, 40), 0.0)
    store.close()

    assert_all_is_there_and_goes_on(home, before)


def assert_all_is_there_and_goes_on(home: Home, before: list[Entry]) -> None:
    store, rotation = opened(home)
    assert before == list(store.entries())[:100]
    assert checked(home).entries == store.length()
    while due := rotation.due(40):
        rotation.seal(rotation.write(*due), 0.0)
    while rotation.trim():
        pass
    assert before == list(store.entries())[:100]
    assert 2 == checked(home).segments
    store.close()


def test_a_crash_while_the_table_is_trimmed_loses_nothing(home: Home) -> None:
    store, rotation = opened(home)
    fill(store, 100)
    before = list(store.entries())
    rotation.seal(rotation.write(1, 90), 0.0)
    for _ in range(4):
        store.journal.trim(20)
        assert before == list(store.entries())[:100]
        assert [entry.seq for entry in store.entries(50)] == list(range(51, 102))
        assert (101, 1) == (checked(home).entries, checked(home).segments)
    store.close()

    again, rotation = opened(home)
    assert before == list(again.entries())[:100]
    assert (True, False) == (rotation.trim(), rotation.trim())
    again.close()


WORKER = """
import sys
from headgate.host.home import Home
from headgate.host.keys import SigningKey
from headgate.record.events import Refused
from headgate.store.rotation import Rotation
from headgate.store.sqlite import SqliteStore
from pathlib import Path
home = Home(Path(sys.argv[1]))
key = SigningKey.open(home.gate_key)
store = SqliteStore(home.database, signer=key)
rotation = Rotation(home.database, store, key)
while True:
    for _ in range(5):
        entry = store.append(Refused(1.0, "c", "HG101", "x" * 50))
        print(entry.seq, entry.hash.hex(), flush=True)
    while due := rotation.due(20):
        rotation.seal(rotation.write(*due), 2.0)
        rotation.trim()
"""


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_process_leaves_a_whole_journal_with_all_that_was_acknowledged(home: Home, seed: int) -> None:
    chance = random.Random(seed)
    acknowledged: dict[int, str] = {}
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", WORKER, str(home.path)], stdout=subprocess.PIPE) as worker:
            assert worker.stdout is not None
            worker.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.25))
            worker.send_signal(signal.SIGKILL)
            lines = worker.stdout.read().splitlines(keepends=True)
        acknowledged |= {int(line.split()[0]): line.split()[1].decode() for line in lines if line.endswith(b"\n")}

        verdict = checked(home)
        with closing(SqliteStore(home.database, writable=False)) as reader:
            kept = {entry.seq: entry.hash.hex() for entry in reader.entries()}
        assert acknowledged.items() <= kept.items()
        assert (list(range(1, verdict.entries + 1)), True) == (list(kept), verdict.signed)


@pytest.mark.parametrize("pages", range(1, 8, 2))
def test_a_full_disk_in_the_middle_of_an_append_leaves_a_whole_journal(home: Home, pages: int) -> None:
    store, _ = opened(home)
    fill(store, 5)
    used = store.database.execute("PRAGMA page_count").fetchone()[0]
    store.database.execute("VACUUM")
    store.database.execute(
        f"PRAGMA max_page_count = {store.database.execute('PRAGMA page_count').fetchone()[0] + pages}"
    )
    done = 0
    with suppress(HeadgateError):
        while True:
            store.append(Refused(1.0, "c", "HG101", "x" * 2000))
            done += 1
    assert done < used * 4
    store.database.execute(f"PRAGMA max_page_count = {used * 10}")
    entry = store.append(Refused(1.0, "c", "HG101", "after"))
    store.close()

    assert (5 + done + 1, 5 + done + 1) == (entry.seq, checked(home).entries)


# -- readers --------------------------------------------------------------------------------------


def test_a_reader_sees_one_whole_stream_while_entries_move(home: Home) -> None:
    store, rotation = opened(home)
    fill(store, 300)
    with closing(SqliteStore(home.database, writable=False)) as reader:
        stream = reader.entries()
        seen: list[Entry] = [next(stream) for _ in range(10)]
        rotation.seal(rotation.write(1, 200), 0.0)
        while rotation.trim():
            pass
        fill(store, 10)
        seen += stream
        later = list(reader.entries())

    assert list(range(1, 301)) == [entry.seq for entry in seen]
    assert list(range(1, 312)) == [entry.seq for entry in later]
    store.close()


def test_the_writer_reads_its_own_stream_while_it_moves_entries(rotating: tuple[SqliteStore, Rotation]) -> None:
    store, rotation = rotating
    stream = store.entries()
    seen = [next(stream)]
    rotation.seal(rotation.write(1, 60), 0.0)
    seen += stream

    assert list(range(1, len(seen) + 1)) == [entry.seq for entry in seen]


def test_a_reader_without_the_new_tables_reads_an_older_file(home: Home, tmp_path: Path) -> None:
    store, _ = opened(home)
    fill(store, 3)
    for name in ("head", "segments", "tree"):
        store.database.execute(f"DROP TABLE {name}")
    store.close()
    old = tmp_path / "old.db"
    shutil.copy(home.database, old)

    with closing(SqliteStore(old, writable=False)) as reader:
        assert ([1, 2, 3], None, 3) == (
            [entry.seq for entry in reader.entries()],
            reader.journal.signed_head(),
            reader.tree().size,
        )


# -- retention ------------------------------------------------------------------------------------


def test_what_old_entries_say_goes_and_the_chain_stays(home: Home) -> None:
    store, rotation = opened(home)
    fill(store, 100)
    names = [entry.hash.hex() for entry in store.entries()]
    for last in (30, 60):
        rotation.seal(rotation.write(last - 29, last), 0.0)
    rotation.trim()
    tree = store.tree()

    assert [] == rotation.old(29.0)
    (old,) = rotation.old(59.0)
    rotation.forget(old, 1000.0, 5.0)

    assert ([], 31) == (rotation.old(59.0), next(store.entries()).seq)
    assert not list(home.segments.glob(f"{1:012}.jsonl*"))
    with pytest.raises(HeadgateError, match="entry 5 is there, but what it says is no longer kept"):
        store.find(names[4])
    assert names[40] == getattr(store.find(names[40]), "hash", b"").hex()
    verdict = checked(home)
    assert (103, 2, 30) == (verdict.entries, verdict.segments, verdict.forgotten)
    with closing(SqliteStore(home.database, writable=False)) as reader:
        assert list(reader.leaves())[: tree.size] == list(store.leaves())[: tree.size]
        assert tree.size + 1 == reader.tree().size
    store.close()


@pytest.mark.parametrize("kind", ["index", "json"])
def test_what_is_left_of_forgotten_entries_cannot_be_changed(home: Home, kind: str) -> None:
    store, rotation = opened(home)
    fill(store, 100)
    rotation.seal(rotation.write(1, 30), 0.0)
    rotation.trim()
    rotation.forget(rotation.old(99.0)[0], 1000.0, 5.0)
    store.close()
    file = home.segments / f"{1:012}.{kind}"
    content = file.read_bytes()
    for at in range(0, len(content), 37):
        file.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(BrokenError):
            checked(home)


def test_a_text_that_went_missing_is_not_forgotten(home: Home) -> None:
    store, rotation = opened(home)
    fill(store, 100)
    rotation.seal(rotation.write(1, 30), 0.0)
    rotation.trim()
    (home.segments / f"{1:012}.jsonl.gz").unlink()
    store.close()

    with pytest.raises(BrokenError, match="segment cannot be read"):
        checked(home)


def test_a_crash_before_the_text_is_deleted_is_made_good_by_the_next_time(home: Home) -> None:
    store, rotation = opened(home)
    fill(store, 100)
    manifest = rotation.write(1, 30)
    rotation.seal(manifest, 0.0)
    rotation.trim()
    text = home.segments / f"{1:012}.jsonl.gz"
    kept = text.read_bytes()
    rotation.forget(manifest, 1000.0, 5.0)
    text.write_bytes(kept)
    assert 30 == checked(home).forgotten

    rotation.clear()
    assert not text.exists()
    store.close()


# -- the end at the start -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("DELETE FROM journal WHERE seq > 90", "it ended with entry 90, and entry 100 was signed as the last"),
        ("DELETE FROM head", "the signature of its end is missing"),
        ("UPDATE head SET signature = x'00'", "its last entry is not the one that was signed"),
        ("UPDATE journal SET hash = x'00' WHERE seq = 100", "its last entry is not the one that was signed"),
    ],
)
def test_an_end_that_is_not_as_it_was_signed_is_seen_at_the_next_start(home: Home, change: str, why: str) -> None:
    store, _ = opened(home)
    fill(store, 100)
    store.keep_tree(store.tree())
    assert "" == store.flaw()
    for name in ("journal_is_not_changed", "journal_is_only_moved"):
        store.database.execute(f"DROP TRIGGER {name}")
    store.database.execute(change)
    store.close()

    again, _ = opened(home)
    assert why == again.flaw()
    again.close()


def test_a_journal_of_before_there_were_keys_is_signed_from_now_on(home: Home) -> None:
    old = SqliteStore(home.database)
    fill(old, 5)
    old.close()
    with closing(SqliteStore(home.database, writable=False)) as reader:
        assert (5, False) == ((verdict := Check(reader, Trust(verify), {}).run()).entries, verdict.signed)

    store, _ = opened(home)
    assert "" == store.flaw()
    fill(store, 1)
    store.close()

    assert (6, True) == (checked(home).entries, checked(home).signed)
