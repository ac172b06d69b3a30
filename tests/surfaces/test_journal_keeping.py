"""A daemon keeps its journal: checkpoints, a witness that may fail, segments, and what it finds at its start."""

import asyncio
import os
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from journals import checked, found

from conftest import Gate
from headgate.host.home import Home
from headgate.host.keys import SigningKey, verify
from headgate.record.events import DaemonStopped
from headgate.record.notes import parts, read
from headgate.surfaces import journal_keeping, journal_notes
from headgate.surfaces.journal_keeping import Keeping
from headgate.surfaces.journal_notes import NoteFile
from headgate.wiring import Adapters, adapters


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    folder = tmp_path / "config" / "headgate"
    folder.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder.parent))

    def write(text: str) -> None:
        (folder / "headgate.toml").write_text(f"schema = 1\n[journal]\n{text}\n")

    return write


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.make()
    return home


@pytest.fixture
def given(home: Home, config: Callable[[str], None]) -> Iterator[Adapters]:
    del config
    given = adapters(home)
    yield given
    given.store.close()


def add(given: Adapters, count: int) -> None:
    with given.store.together():
        for number in range(count):
            given.store.append(DaemonStopped(float(given.store.length()), number))


def sizes(home: Home) -> list[int]:
    return [read(text).size for text in NoteFile(home.checkpoints).texts()]


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


# -- checkpoints ----------------------------------------------------------------------------------


def test_much_that_is_new_is_a_checkpoint_at_once_and_little_after_a_while(
    home: Home, given: Adapters, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping = Keeping(home, given)
    add(given, 999)
    keeping.look()
    assert [] == sizes(home)
    add(given, 1)
    keeping.look()
    keeping.look()
    assert [1000] == sizes(home)
    add(given, 1)
    keeping.look()
    assert [1000] == sizes(home)
    monkeypatch.setattr(journal_keeping, "SELDOM", 0.0)
    keeping.look()
    keeping.look()

    assert [1000, 1001] == sizes(home)
    assert 2 == checked(home).checkpoints
    assert 0o600 == home.checkpoints.stat().st_mode & 0o777


def test_the_last_checkpoint_is_made_when_it_closes_and_the_tree_goes_on_from_there(
    home: Home, given: Adapters, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Keeping(home, given)
    add(given, 30)
    first.close()
    first.close()
    add(given, 5)
    seen: list[int] = []
    leaves = given.store.journal.leaves  # type: ignore[attr-defined]
    monkeypatch.setattr(given.store.journal, "leaves", lambda after=0: seen.append(after) or leaves(after))  # type: ignore[attr-defined]
    second = Keeping(home, given)
    second.close()

    assert ([30, 35], [30, 35]) == (sizes(home), [seen[0], *sizes(home)[1:]])
    assert 2 == checked(home).checkpoints


def test_a_checkpoint_that_a_crash_left_half_written_is_cut_off(home: Home, given: Adapters) -> None:
    keeping = Keeping(home, given)
    add(given, 3)
    assert keeping.checkpoint() is not None
    whole = home.checkpoints.read_bytes()
    for length in range(1, len(whole) - 1, 9):
        home.checkpoints.write_bytes(whole + whole[:length])
        NoteFile(home.checkpoints).mend()
        assert whole == home.checkpoints.read_bytes()
    for length in range(1, len(whole), 9):
        home.checkpoints.write_bytes(whole[:length])
        NoteFile(home.checkpoints).mend()
        assert b"" == home.checkpoints.read_bytes()


def test_a_changed_checkpoint_is_never_cut_off(home: Home, given: Adapters) -> None:
    keeping = Keeping(home, given)
    add(given, 3)
    keeping.checkpoint()
    spoiled = home.checkpoints.read_bytes().replace(b"\n3\n", b"\n4\n")
    home.checkpoints.write_bytes(spoiled)
    NoteFile(home.checkpoints).mend()

    assert spoiled == home.checkpoints.read_bytes()
    assert ("HG504", 4) == found(home)


def test_checkpoints_that_cannot_be_kept_are_told_and_made_later(home: Home, given: Adapters) -> None:
    home.checkpoints.mkdir()
    keeping = Keeping(home, given)
    add(given, 3)

    assert None is keeping.checkpoint()
    assert "no checkpoint could be made" in str(keeping.status()["troubles"])
    home.checkpoints.rmdir()
    assert keeping.checkpoint() is not None
    assert [] == keeping.status()["troubles"]


# -- the witness ----------------------------------------------------------------------------------


def test_a_witness_that_is_a_file_has_every_checkpoint(
    home: Home, given: Adapters, config: Callable[[str], None], tmp_path: Path
) -> None:
    config(f'witness = "{tmp_path}/elsewhere"')
    keeping = Keeping(home, given)
    for _ in range(3):
        add(given, 2)
        keeping.checkpoint(patience=60)

    assert home.checkpoints.read_text() == (tmp_path / "elsewhere").read_text()
    assert (6, "") == (keeping.status()["witnessed"], keeping.status()["witness_failure"])


def test_a_witness_that_is_a_command_gets_it_on_its_input(
    home: Home, given: Adapters, config: Callable[[str], None], tmp_path: Path
) -> None:
    config(f'witness = ["sh", "-c", \'cat >> {tmp_path}/elsewhere\']')
    keeping = Keeping(home, given)
    add(given, 2)
    keeping.checkpoint(patience=60)

    assert home.checkpoints.read_text() == (tmp_path / "elsewhere").read_text()


def test_a_witness_that_is_the_systems_log_gets_one_line(
    home: Home, given: Adapters, config: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config('witness = "syslog"')
    monkeypatch.setattr(journal_notes, "_SYSLOGS", (str(tmp_path / "log"),))
    keeping = Keeping(home, given)
    add(given, 2)
    keeping.checkpoint(patience=60)
    assert "No such file" in str(keeping.status()["witness_failure"])
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(tmp_path / "log"))
        monkeypatch.setattr(journal_keeping, "SELDOM", 0.0)
        keeping.look()
        log.settimeout(60)
        line = log.recv(4096).decode()

    assert line.startswith(f"<85>headgate[{os.getpid()}]: checkpoint ")
    assert [home.checkpoints.read_text()] == list(parts([line]))
    assert eventually(lambda: (2, "") == (keeping.status()["witnessed"], keeping.status()["witness_failure"]))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('witness = ["sh", "-c", "echo no room >&2; exit 3"]', "`sh` ended with status 3: no room"),
        ('witness = ["/does/not/exist"]', "No such file or directory"),
        ('witness = "/does/not/exist"', "No such file or directory"),
    ],
)
def test_a_witness_that_fails_is_told_and_holds_nobody_up(
    home: Home, given: Adapters, config: Callable[[str], None], line: str, why: str
) -> None:
    config(line)
    keeping = Keeping(home, given)
    add(given, 2)

    assert keeping.checkpoint(patience=60) is not None
    assert why in str(keeping.status()["witness_failure"])
    assert 0 == keeping.status()["witnessed"]


def test_a_witness_that_hangs_holds_nobody_up(
    home: Home, given: Adapters, config: Callable[[str], None], tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe")
    config(f'witness = ["sh", "-c", "cat < {tmp_path}/pipe"]')
    keeping = Keeping(home, given)
    add(given, 2)
    keeping.checkpoint()
    add(given, 2)

    assert keeping.checkpoint() is not None
    assert "has not taken the last checkpoint yet" in str(keeping.status()["witness_failure"])
    assert [2, 4] == sizes(home)
    (tmp_path / "pipe").write_text("")
    assert eventually(lambda: keeping.status()["witnessed"] == 2)


# -- segments -------------------------------------------------------------------------------------


def test_full_segments_move_and_old_ones_are_forgotten(
    home: Home, given: Adapters, config: Callable[[str], None]
) -> None:
    config('segment = 1000\nkeep = "1d"')
    keeping = Keeping(home, given)
    add(given, 2500)
    told = asyncio.run(keeping.tidy())

    assert {"sealed": 2, "forgotten": 2} == told
    verdict = checked(home)
    assert (2504, 2, 2000) == (verdict.entries, verdict.segments, verdict.forgotten)
    assert {"sealed": 1, "forgotten": 0} == asyncio.run(keeping.tidy(all_of_it=True))
    assert 3 == checked(home).segments


def test_what_cannot_move_is_told(home: Home, given: Adapters, config: Callable[[str], None]) -> None:
    config("segment = 1000")
    keeping = Keeping(home, given)
    add(given, 1500)
    home.segments.write_text("in the way")
    asyncio.run(keeping.tidy_quietly())
    assert "HG507" in str(keeping.status()["troubles"])
    home.segments.unlink()
    asyncio.run(keeping.tidy_quietly())

    assert ([], 1) == (keeping.status()["troubles"], checked(home).segments)


# -- a real daemon --------------------------------------------------------------------------------


def test_a_daemon_signs_makes_its_last_checkpoint_and_moves_entries(gate: Gate) -> None:
    home = Home(gate.home)
    for number in range(5):
        gate.propose(f"echo {number}")
    moved = gate("journal", "rotate")
    status = gate("status")
    gate("stop")

    verdict = checked(home)
    key = SigningKey.open(home.gate_key).public
    *_earlier, note = [read(text) for text in NoteFile(home.checkpoints).texts()]
    assert ("sealed 1 segments", 1, True) == (moved.split(";")[0], verdict.segments, verdict.signed)
    assert (verdict.entries, verdict.root) == (note.size, note.root.hex())
    assert note.signed_by(key, verify)
    assert f"signed   by {key.hex()}" in status
    assert "echo 3" in gate("log", "--limit", "0")


def test_a_journal_that_was_cut_between_two_daemons_is_broken_for_good(gate: Gate) -> None:
    home = Home(gate.home)
    for number in range(5):
        gate.propose(f"echo {number}")
    gate("stop")
    database = sqlite3.connect(home.database, isolation_level=None)
    for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f"DROP TRIGGER {trigger}")
    last = database.execute("SELECT max(seq) FROM journal").fetchone()[0]
    database.execute("DELETE FROM journal WHERE seq > ?", (last - 2,))
    database.close()
    home.checkpoints.unlink()
    gate.propose("echo again")
    done = gate.run("verify")

    assert isinstance(done, subprocess.CompletedProcess)
    assert 1 == done.returncode
    assert f"it ended with entry {last - 2}, and entry {last} was signed as the last" in done.stderr
    assert f"HG504 headgate: the journal is broken at entry {last - 1}" in done.stderr
    assert "JOURNAL NOT AS IT WAS SIGNED" in gate("log")
