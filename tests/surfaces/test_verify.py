"""Every change of a journal is found: in its table, its segments, its signed end and its checkpoints."""

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from journals import checked, found, made, opened

from headgate.host.home import Home
from headgate.host.keys import SigningKey
from headgate.record.chain import head_text, link
from headgate.record.notes import signed
from headgate.record.tree import Tree, leaf
from headgate.store.sqlite import SqliteStore
from headgate.surfaces import journal_ahead, journal_check
from headgate.surfaces.cli.verify import command
from headgate.surfaces.journal_marks import BrokenError
from headgate.surfaces.journal_notes import NoteFile

ENTRIES, SEGMENT = 10_000, 2_000
MOVED = 9_004
SEEDS = range(8)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A journal of 10,000 entries, all in the table, with a checkpoint every 1,000."""
    return made(tmp_path_factory.mktemp("table"), ENTRIES, every=1_000)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A journal of 9,000 entries, and four that say that 8,000 are in segments, with a checkpoint every 1,000."""
    return made(tmp_path_factory.mktemp("moved"), 9_000, segment=SEGMENT, every=1_000)


def copy(home: Home, folder: Path) -> Home:
    where = folder / "copy"
    shutil.rmtree(where, ignore_errors=True)
    shutil.copytree(home.path, where)
    return Home(where)


def test_what_was_written_is_whole(table: Home, moved: Home) -> None:
    first, second = checked(table), checked(moved)

    assert (ENTRIES, 10, 0, True) == (first.entries, first.checkpoints, first.segments, first.signed)
    assert (MOVED, 9, 4, True) == (second.entries, second.checkpoints, second.segments, second.signed)
    assert (SigningKey.open(table.gate_key).public.hex(),) == first.keys


# -- the table ------------------------------------------------------------------------------------


def flipped(data: bytes, chance: random.Random) -> bytes:
    """Return *data* with one bit of one byte changed."""
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def change(column: str) -> Callable[[sqlite3.Connection, random.Random], int]:
    def done(database: sqlite3.Connection, chance: random.Random) -> int:
        seq = chance.randint(1, ENTRIES)
        row = database.execute(f"SELECT CAST({column} AS BLOB) FROM journal WHERE seq = ?", (seq,)).fetchone()
        database.execute(f"UPDATE journal SET {column} = ? WHERE seq = ?", (flipped(row[0], chance), seq))
        return seq

    return done


def delete(database: sqlite3.Connection, chance: random.Random) -> int:
    seq = chance.randint(1, ENTRIES - 1)
    database.execute("DELETE FROM journal WHERE seq = ?", (seq,))
    return seq


def delete_and_close_up(database: sqlite3.Connection, chance: random.Random) -> int:
    seq = delete(database, chance)
    database.execute("UPDATE journal SET seq = -seq WHERE seq > ?", (seq,))
    database.execute("UPDATE journal SET seq = -seq - 1 WHERE seq < 0")
    return seq


def insert(database: sqlite3.Connection, chance: random.Random) -> int:
    """Put a well-linked entry between two."""
    seq = chance.randint(2, ENTRIES)
    prev = database.execute("SELECT hash FROM journal WHERE seq = ?", (seq - 1,)).fetchone()[0]
    database.execute("UPDATE journal SET seq = -seq WHERE seq >= ?", (seq,))
    database.execute("UPDATE journal SET seq = 1 - seq WHERE seq < 0")
    database.execute("INSERT INTO journal VALUES (?, ?, ?, ?)", (seq, prev, link(prev, b"{}"), b"{}"))
    return seq + 1


def swap(database: sqlite3.Connection, chance: random.Random) -> int:
    one, two = sorted(chance.sample(range(1, ENTRIES + 1), 2))
    for before, after in ((one, -1), (two, one), (-1, two)):
        database.execute("UPDATE journal SET seq = ? WHERE seq = ?", (after, before))
    return one


def cut(database: sqlite3.Connection, chance: random.Random) -> int:
    last = chance.randint(0, ENTRIES - 1)
    database.execute("DELETE FROM journal WHERE seq > ?", (last,))
    return last + 1


def add(database: sqlite3.Connection, _chance: random.Random) -> int:
    prev = database.execute("SELECT hash FROM journal WHERE seq = ?", (ENTRIES,)).fetchone()[0]
    row = (ENTRIES + 1, prev, link(prev, b"{}"), b"{}")
    database.execute("INSERT INTO journal VALUES (?, ?, ?, ?)", row)
    return ENTRIES + 1


CHANGES = {
    "a byte of a body": ("HG502", change("body")),
    "a byte of a hash": ("HG502", change("hash")),
    "a byte of a link": ("HG502", change("prev")),
    "an entry deleted": ("HG502", delete),
    "an entry deleted, numbers closed up": ("HG502", delete_and_close_up),
    "an entry inserted": ("HG502", insert),
    "two entries swapped": ("HG502", swap),
    "the end cut off": ("HG504", cut),
    "an entry added": ("HG504", add),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_of_the_table_is_found_where_it_was_made(table: Home, tmp_path: Path, kind: str) -> None:
    code, spoil = CHANGES[kind]
    for seed in SEEDS:
        home = copy(table, tmp_path)
        database = opened(home)
        seq = spoil(database, random.Random(f"{kind} {seed}"))
        database.close()

        assert (code, seq) == found(home), seed


@pytest.mark.parametrize("column", ["hash", "signature", "key"])
def test_a_byte_of_the_signed_end_is_found(table: Home, tmp_path: Path, column: str) -> None:
    for seed in SEEDS:
        home = copy(table, tmp_path)
        database = opened(home)
        value = database.execute(f"SELECT {column} FROM head").fetchone()[0]
        database.execute(f"UPDATE head SET {column} = ?", (flipped(value, random.Random(seed)),))
        database.close()

        assert ("HG504", ENTRIES) == found(home)


@pytest.mark.parametrize(
    ("change", "seq"),
    [
        ("UPDATE head SET seq = seq - 1", ENTRIES),
        ("UPDATE head SET seq = seq + 1", ENTRIES + 1),
        ("DELETE FROM head", ENTRIES + 1),
        ("UPDATE head SET signature = x''", ENTRIES),
        ("UPDATE head SET key = 'x'", ENTRIES),
    ],
)
def test_another_signed_end_is_found(table: Home, tmp_path: Path, change: str, seq: int) -> None:
    home = copy(table, tmp_path)
    opened(home).execute(change)

    assert ("HG504", seq) == found(home)


# -- who rewrites and links anew ------------------------------------------------------------------


def rewritten(home: Home, seq: int, sign: SigningKey | None) -> None:
    """Change entry *seq* as somebody would who knows the form, and sign the new end with *sign*."""
    database = opened(home)
    rows = database.execute(
        "SELECT seq, CAST(body AS BLOB) FROM journal WHERE seq >= ? ORDER BY seq", (seq,)
    ).fetchall()
    prev = database.execute("SELECT prev FROM journal WHERE seq = ?", (seq,)).fetchone()[0]
    database.execute("BEGIN")
    for number, old in rows:
        body = old.replace(b"message", b"massage") if number == seq else old
        database.execute(
            "UPDATE journal SET prev = ?, hash = ?, body = ? WHERE seq = ?", (prev, link(prev, body), body, number)
        )
        prev = link(prev, body)
    if sign is not None:
        gate = database.execute("SELECT name FROM gate").fetchone()[0]
        row = (prev, sign.sign(head_text(gate, rows[-1][0], prev)), sign.public)
        database.execute("UPDATE head SET hash = ?, signature = ?, key = ?", row)
    database.execute("COMMIT")
    database.close()


def test_a_past_that_was_written_anew_does_not_fit_the_next_checkpoint(table: Home, tmp_path: Path) -> None:
    for signer in (None, SigningKey.open(table.gate_key)):
        home = copy(table, tmp_path)
        rewritten(home, 4_321, signer)

        assert ("HG505", 5_000) == found(home)


def test_without_checkpoints_only_the_key_makes_a_new_past(table: Home, tmp_path: Path) -> None:
    """What the page says cannot be proved: whoever has the key can write all anew since the last kept checkpoint."""
    kept = list(NoteFile(table.checkpoints).texts())
    for signer, result in (
        (None, ("HG504", ENTRIES)),
        (SigningKey.open(tmp_path / "other.key"), ("HG504", ENTRIES)),
        (SigningKey.open(table.gate_key), None),
    ):
        home = copy(table, tmp_path)
        home.checkpoints.unlink()
        rewritten(home, 9_500, signer)

        assert result == found(home)

    with pytest.raises(BrokenError, match="from elsewhere says something else") as raised:
        checked(home, elsewhere=kept)
    assert ("HG505", ENTRIES) == (raised.value.code, raised.value.seq)


def test_a_journal_cut_with_its_end_and_checkpoints_needs_one_from_elsewhere(table: Home, tmp_path: Path) -> None:
    home = copy(table, tmp_path)
    key = SigningKey.open(home.gate_key)
    database = opened(home)
    database.execute("DELETE FROM journal WHERE seq > 500")
    last = database.execute("SELECT hash FROM journal WHERE seq = 500").fetchone()[0]
    gate = database.execute("SELECT name FROM gate").fetchone()[0]
    database.execute("UPDATE head SET seq = 500, hash = ?, signature = ?", (last, key.sign(head_text(gate, 500, last))))
    database.close()

    assert ("HG504", 501) == found(home)

    kept = list(NoteFile(home.checkpoints).texts())
    home.checkpoints.unlink()

    assert None is found(home)
    with pytest.raises(BrokenError, match="the end was cut off: checkpoint 1 from elsewhere tells of 1000 entries"):
        checked(home, elsewhere=kept)


def test_another_key_is_not_this_gates(table: Home, tmp_path: Path) -> None:
    home = copy(table, tmp_path)
    home.gate_key.unlink()
    other = SigningKey.open(home.gate_key)

    assert ("HG504", ENTRIES) == found(home)
    with pytest.raises(BrokenError, match="not signed by this gate's key"):
        checked(home, other.public)
    home.gate_key.unlink()
    assert None is found(home)  # its own first entry declares the key


# -- checkpoints ----------------------------------------------------------------------------------


def test_a_byte_of_the_checkpoints_is_found(table: Home, tmp_path: Path) -> None:
    home = copy(table, tmp_path)
    content = home.checkpoints.read_bytes()
    for seed in range(40):
        home.checkpoints.write_bytes(flipped(content, random.Random(seed)))

        result = found(home)
        assert result is not None, seed
        assert result[0] in {"HG504", "HG505"}


def test_checkpoints_in_another_order_or_of_another_journal_are_found(table: Home, tmp_path: Path) -> None:
    home = copy(table, tmp_path)
    texts = list(NoteFile(home.checkpoints).texts())
    home.checkpoints.write_text("".join([texts[1], texts[0], *texts[2:]]))
    assert ("HG505", 2_000) == found(home)

    other = SigningKey.open(home.gate_key)
    home.checkpoints.write_text(str(signed("another", 5, bytes(32), other.public, other.sign)))
    assert ("HG505", 1) == found(home)


def test_the_same_checkpoint_twice_is_no_harm(table: Home, tmp_path: Path) -> None:
    home = copy(table, tmp_path)
    texts = list(NoteFile(home.checkpoints).texts())
    home.checkpoints.write_text("".join([texts[0], texts[0], *texts[1:]]))

    assert 11 == checked(home).checkpoints


# -- segments -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["jsonl.gz", "index", "json"])
def test_a_byte_of_a_segments_files_is_found(moved: Home, tmp_path: Path, kind: str) -> None:
    home = copy(moved, tmp_path)
    files = sorted(home.segments.glob(f"*.{kind}"))
    assert 4 == len(files)
    for seed in range(20):
        chance = random.Random(f"{kind} {seed}")
        file = chance.choice(files)
        content = file.read_bytes()
        file.write_bytes(flipped(content, chance))

        result = found(home)
        first = int(file.name.split(".")[0])
        assert result is not None, (file, seed)
        assert first <= result[1] < first + SEGMENT
        file.write_bytes(content)
    assert None is found(home)


@pytest.mark.parametrize("kind", ["jsonl.gz", "index", "json"])
def test_a_segments_file_that_is_missing_or_cut_is_found(moved: Home, tmp_path: Path, kind: str) -> None:
    home = copy(moved, tmp_path)
    file = home.segments / f"{SEGMENT * 2 + 1:012}.{kind}"
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    half = found(home)
    file.unlink()
    none = found(home)

    assert half is not None
    assert none == ("HG507", SEGMENT * 2 + 1)
    assert SEGMENT * 2 < half[1] <= SEGMENT * 3


def test_a_segment_in_place_of_another_is_found(moved: Home, tmp_path: Path) -> None:
    home = copy(moved, tmp_path)
    for kind in ("jsonl.gz", "index", "json"):
        shutil.copy(home.segments / f"{1:012}.{kind}", home.segments / f"{SEGMENT + 1:012}.{kind}")

    assert ("HG507", SEGMENT + 1) == found(home)


def test_an_entry_changed_in_a_segment_is_named(moved: Home, tmp_path: Path) -> None:
    """Packed anew, with everything around it right, it is still not what its index says."""
    import gzip

    home = copy(moved, tmp_path)
    file = home.segments / f"{SEGMENT + 1:012}.jsonl.gz"
    lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    lines[77] = lines[77].replace(b"message", b"massage")
    file.write_bytes(gzip.compress(b"".join(lines)))

    assert ("HG502", SEGMENT + 1 + 77) == found(home)


def test_a_segment_that_the_table_does_not_know_is_missed_in_the_table(moved: Home, tmp_path: Path) -> None:
    home = copy(moved, tmp_path)
    opened(home).execute("DELETE FROM segments WHERE first > ?", (SEGMENT,))

    assert ("HG502", SEGMENT + 1) == found(home)


def test_what_was_moved_is_read_as_one_stream(moved: Home) -> None:
    store = SqliteStore(moved.database, writable=False)
    entries = list(store.entries())
    some = [entry.seq for entry in store.entries(3_999)][:2]
    tree = Tree()
    for entry in entries:
        tree.add(leaf(entry.body))

    assert list(range(1, MOVED + 1)) == [entry.seq for entry in entries]
    assert [4_000, 4_001] == some
    assert tree.root() == store.tree().root()
    assert [entries[5], entries[-1], entries[4_000]] == [
        store.find(entries[number].hash.hex()[:20].upper()) for number in (5, -1, 4_000)
    ]
    store.close()


def test_other_processes_that_look_ahead_change_nothing_of_what_is_found(
    table: Home, moved: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = checked(table), checked(moved)
    monkeypatch.setattr(journal_check, "WORTH", 1)
    for module in (journal_check, journal_ahead):
        monkeypatch.setattr(module, "PART", 3_000)
    taken: list[bool] = []
    takes = journal_check.Check._takes

    def counted(check: journal_check.Check, part: journal_ahead.Part | None, count: int) -> bool:
        taken.append(takes(check, part, count))
        return taken[-1]

    monkeypatch.setattr(journal_check.Check, "_takes", counted)
    assert alone == (checked(table), checked(moved))
    assert ([True] * 4, [True] * 5) == (taken[:4], taken[4:])

    home = copy(table, tmp_path)
    opened(home).execute("UPDATE journal SET body = x'00' WHERE seq = 7000")
    assert ("HG502", 7_000) == found(home)
    home = copy(moved, tmp_path)
    file = home.segments / f"{SEGMENT + 1:012}.jsonl.gz"
    file.write_bytes(flipped(file.read_bytes(), random.Random(1)))
    broken = found(home)
    assert broken is not None
    assert SEGMENT < broken[1] <= 2 * SEGMENT


# -- the command ----------------------------------------------------------------------------------


def test_the_command_says_it_in_words_and_in_json(table: Home, tmp_path: Path) -> None:
    run = CliRunner()
    note = tmp_path / "kept"
    note.write_text(list(NoteFile(table.checkpoints).texts())[3])
    key = SigningKey.open(table.gate_key).public.hex()

    words = run.invoke(command, ["--checkpoint", str(note), "--key", key], obj=table, standalone_mode=False)
    told = run.invoke(command, ["--json"], obj=table, standalone_mode=False)

    assert (0, 0) == (words.return_value, told.return_value)
    assert "is whole: 10000 entries" in words.output
    assert f"its end and 11 checkpoints, by {key}" in words.output
    assert {"whole": True, "entries": ENTRIES, "signed": True, "keys": [key]}.items() <= json.loads(told.output).items()


def test_the_command_says_what_is_broken(table: Home, tmp_path: Path) -> None:
    home = copy(table, tmp_path)
    opened(home).execute("UPDATE journal SET body = x'00' WHERE seq = 777")
    run = CliRunner()

    words = run.invoke(command, [], obj=home, standalone_mode=False)
    told = run.invoke(command, ["--json"], obj=home, standalone_mode=False)

    assert (1, 1) == (words.return_value, told.return_value)
    assert "HG502 headgate: the journal is broken at entry 777: its content was changed" in words.output
    assert {"code": "HG502", "seq": 777, "why": "its content was changed"} == json.loads(told.output)["break"]


@pytest.mark.parametrize(("option", "value"), [("--key", "abc"), ("--key", "zz" * 32), ("--checkpoint", "EMPTY")])
def test_the_command_refuses_what_is_no_key_or_checkpoint(table: Home, tmp_path: Path, option: str, value: str) -> None:
    (tmp_path / "EMPTY").touch()
    done = CliRunner().invoke(command, [option, value.replace("EMPTY", str(tmp_path / "EMPTY"))], obj=table)

    assert "HG130" == getattr(done.exception, "code", "")
