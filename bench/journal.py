"""What the journal costs: appends with and without a signature, the proof of a million entries, one proof, redaction.

python bench/journal.py [--entries 1000000] [--rounds 3]
"""

import argparse
import hashlib
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

from headgate.host.home import Home
from headgate.host.keys import SigningKey, verify
from headgate.model.action import Caller, Thread
from headgate.record.events import Decided, encode
from headgate.record.notes import signed
from headgate.record.redact import redact
from headgate.store.rotation import Rotation
from headgate.store.sqlite import SqliteStore
from headgate.surfaces.journal_check import Check
from headgate.surfaces.journal_marks import Trust
from headgate.surfaces.journal_notes import NoteFile
from headgate.surfaces.journal_proof import proof

EVENT = Decided(
    at=1.0,
    caller=Caller("claude-code", "0f8b3c52-session", Thread.MAIN, "toolu_01"),
    tool="shell",
    command="ssh web1 'systemctl restart app && tail -n 50 /var/log/app.log'",
    action="ab" * 32,
    cwd="/home/user/project",
    decision="delegate",
    then="",
    enforced="rewrite",
    workloads=("restart",),
    machines=("web1",),
    environment="prod",
    reasons=(),
    evidence=(),
    rules=("main-restart",),
    budget=30.0,
    policy="cd" * 32,
    facts={"remote": True, "heavy": True, "commands": ("ssh web1", "systemctl restart app"), "machines": ("web1",)},
)
TEXTS = (
    "ls -la",
    "git status && make test",
    EVENT.command,
    "curl -H 'Authorization: Bearer abcdef123456' https://x/a?b=c",
)


def event(number: int) -> Decided:
    """Return a decision of its own."""
    return msgspec.structs.replace(EVENT, at=float(number))


def timed(do: Callable[[], object], count: int) -> float:
    """Return the median microseconds of one call."""
    found = []
    for _ in range(count):
        start = time.perf_counter()
        do()
        found.append(time.perf_counter() - start)
    return statistics.median(found) * 1e6


def appends(folder: Path, rounds: int) -> None:
    """Measure durable appends, interleaved: a plain table, ours without a key, ours with one."""
    key = SigningKey.open(folder / "key")
    plain = sqlite3.connect(folder / "plain.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        plain.execute(f"PRAGMA {pragma}")
    plain.execute("CREATE TABLE log (seq INTEGER PRIMARY KEY, body BLOB)")
    body = encode(EVENT)
    stores = {name: SqliteStore(folder / f"{name}.db", signer=by) for name, by in (("unsigned", None), ("signed", key))}
    ways: dict[str, Callable[[], object]] = {
        "plain SQLite insert, durable": lambda: plain.execute("INSERT INTO log (body) VALUES (?)", (body,)),
        "append, chained": lambda: stores["unsigned"].append(EVENT),
        "append, chained and signed": lambda: stores["signed"].append(EVENT),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, do in ways.items():
            found[name].append(timed(do, 300))
    base = min(found["plain SQLite insert, durable"])
    for name, values in found.items():
        print(f"{name:<42} {min(values):8.1f} µs  {min(values) / base:5.2f}x")
    print(f"{'… of it the signature alone':<42} {timed(lambda: key.sign(body), 1000):8.1f} µs")
    print(f"{'… of it encoding and hashing':<42} {timed(lambda: hashlib.sha256(encode(EVENT)), 1000):8.1f} µs")
    plain.close()
    for store in stores.values():
        store.close()


def filled(home: Home, entries: int) -> SigningKey:
    """Make a journal of *entries* in *home*, with a checkpoint every 10,000; return its key."""
    home.make()
    key = SigningKey.open(home.gate_key)
    store = SqliteStore(home.database, signer=key)
    file = NoteFile(home.checkpoints)
    tree = store.tree()
    for first in range(0, entries, 10_000):
        with store.together():
            for number in range(first, min(first + 10_000, entries)):
                store.append(event(number))
        for leaf in store.leaves(tree.size):
            tree.add(leaf)
        file.add(signed(store.gate, tree.size, tree.root(), key.public, key.sign))
    store.keep_tree(tree)
    store.close()
    return key


def whole(home: Home, key: SigningKey) -> float:
    """Return the seconds of one verification."""
    start = time.perf_counter()
    reader = SqliteStore(home.database, writable=False)
    Check(reader, Trust(verify, own=key.public), {"of the home": NoteFile(home.checkpoints).texts()}).run()
    reader.close()
    return time.perf_counter() - start


def proofs(home: Home, key: SigningKey) -> None:
    """Measure one proof of an entry in the middle, and what a start reads."""
    reader = SqliteStore(home.database, writable=False)
    entry = next(reader.entries(reader.length() // 2))
    note = NoteFile(home.checkpoints).latest()
    print(f"{'one proof':<42} {timed(lambda: proof(reader, entry, note, key.public, verify), 3) / 1e6:8.2f} s")
    print(f"{'start: the tree from what is kept':<42} {timed(reader.tree, 3) / 1e3:8.2f} ms")
    reader.close()


def plain_hash(home: Home) -> float:
    """Return the seconds to read the same file and hash each body once: what no verification can be faster than."""
    start = time.perf_counter()
    database = sqlite3.connect(home.database)
    for (body,) in database.execute("SELECT body FROM journal ORDER BY seq"):
        hashlib.sha256(body).digest()
    database.close()
    return time.perf_counter() - start


def rotation(home: Home, key: SigningKey) -> None:
    """Measure how long segments take, and the longest time that a call waits for them."""
    store = SqliteStore(home.database, signer=key)
    moves = Rotation(home.database, store, key)
    before = home.database.stat().st_size
    start = time.perf_counter()
    done = 0
    while due := moves.due(100_000):
        moves.seal(moves.write(*due), 0.0)
        done += 1
    sealed = time.perf_counter() - start
    steps = []
    while True:
        begun = time.perf_counter()
        if not moves.trim():
            break
        steps.append(time.perf_counter() - begun)
    store.close()
    size = sum(file.stat().st_size for file in home.segments.iterdir())
    told = f"{done} segments written"
    print(f"{told:<42} {sealed:8.1f} s   {before / size:.1f} times smaller")
    if steps:
        print(f"{'longest step of taking them out':<42} {max(steps) * 1e3:8.1f} ms")


def redaction() -> None:
    """Measure what one text costs, beside the detectors of a library."""
    plugins = [kind() for name, kind in sorted(get_mapping_from_secret_type_to_class().items()) if name]
    for text in TEXTS:
        ours = timed(lambda text=text: redact(text), 300)  # type: ignore[misc]
        theirs = timed(lambda text=text: [list(item.analyze_string(text)) for item in plugins], 30)  # type: ignore[misc]
        beside = f"detect-secrets, detectors alone: {theirs / ours:.0f}x"
        print(f"redact {len(text):>3} characters {'':<20} {ours:8.1f} µs  {beside}")


def main() -> None:
    """Run it all, in a folder that is thrown away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="headgate-journal-"))
    try:
        print(f"an entry has {len(encode(EVENT))} bytes")
        appends(folder, asked.rounds)
        home = Home(folder / "home")
        key = filled(home, asked.entries)
        seconds, least = whole(home, key), plain_hash(home)
        told = f"verify {asked.entries} entries"
        print(f"{told:<42} {seconds:8.1f} s   {seconds / least:.1f}x reading and hashing once")
        proofs(home, key)
        rotation(home, key)
        print(f"{'verify, most of it in segments':<42} {whole(home, key):8.1f} s")
        redaction()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
