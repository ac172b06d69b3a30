"""Journals for tests: real files, a real key, and ways to spoil them."""

import sqlite3
from pathlib import Path

from headgate.host.home import Home
from headgate.host.keys import SigningKey, verify
from headgate.record.events import DaemonStarted, Refused
from headgate.record.notes import signed
from headgate.record.tree import Tree, leaf
from headgate.store.rotation import Rotation
from headgate.store.sqlite import SqliteStore
from headgate.surfaces.journal_check import Check, Verdict
from headgate.surfaces.journal_marks import BrokenError, Trust
from headgate.surfaces.journal_notes import NoteFile


def made(folder: Path, entries: int, *, segment: int = 0, every: int = 0) -> Home:
    """Return a home with a signed journal of *entries*; *segment* of them in each segment, a checkpoint for *every*."""
    home = Home(folder / "home")
    home.make()
    key = SigningKey.open(home.gate_key)
    store = SqliteStore(home.database, signer=key)
    notes, tree = NoteFile(home.checkpoints), Tree()
    with store.together():
        store.append(DaemonStarted(0.0, 1, "0", "", key.public.hex()))
        for number in range(2, entries + 1):
            store.append(Refused(float(number), "claude-code", "HG101", f"message {number}"))
    if every:
        lines = b""
        for entry in store.entries():
            tree.add(leaf(entry.body))
            if tree.size % every == 0:
                lines += str(signed(store.gate, tree.size, tree.root(), key.public, key.sign)).encode()
        notes.path.write_bytes(lines)
    if segment:
        rotate(store, home, key, segment)
    store.close()
    return home


def rotate(store: SqliteStore, home: Home, key: SigningKey, segment: int) -> None:
    """Move all whole segments out of the table."""
    rotation = Rotation(home.database, store, key)
    while due := rotation.due(segment):
        rotation.seal(rotation.write(*due), 0.0)
    while rotation.trim():
        pass


def checked(home: Home, *given: bytes, elsewhere: list[str] | None = None) -> Verdict:
    """Return what holds of the journal in *home*; raises `BrokenError`."""
    own = SigningKey.open(home.gate_key).public if home.gate_key.exists() and not given else b""
    lists = {"of the home": NoteFile(home.checkpoints).texts(), "from elsewhere": iter(elsewhere or [])}
    store = SqliteStore(home.database, writable=False)
    try:
        return Check(store, Trust(verify, given, own), lists).run()
    finally:
        store.close()


def found(home: Home) -> tuple[str, int] | None:
    """Return the code and the entry of the first broken place, `None` where the journal is whole."""
    try:
        checked(home)
    except BrokenError as error:
        return error.code, error.seq
    return None


def opened(home: Home) -> sqlite3.Connection:
    """Return the file as whoever owns it can change it: without its guards."""
    database = sqlite3.connect(home.database, isolation_level=None)
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f"DROP TRIGGER {name}")
    return database
