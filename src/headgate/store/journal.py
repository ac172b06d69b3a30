"""The journal in the store's file: entries that are only added, a signed end, and older entries in segments."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from headgate.host.keys import verify
from headgate.model.errors import HeadgateError
from headgate.ports import Signer
from headgate.record.chain import GENESIS, Entry, head_text, link
from headgate.record.events import Event, encode
from headgate.record.tree import Tree, leaf
from headgate.store.faults import durably
from headgate.store.segments import Manifest, Segments

SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (
  seq  INTEGER PRIMARY KEY,   -- from 1, without a gap
  prev BLOB NOT NULL,         -- hash of the entry before, 32 zero bytes for the first
  hash BLOB NOT NULL,         -- SHA-256 of prev and body
  body BLOB NOT NULL          -- canonical JSON of one event
);

-- Older entries, which stand in sealed files in the folder `journal` and may leave the table.
CREATE TABLE IF NOT EXISTS segments (
  first INTEGER PRIMARY KEY,
  last  INTEGER NOT NULL,
  hash  BLOB NOT NULL         -- of the last entry
);
CREATE TRIGGER IF NOT EXISTS segments_are_not_changed BEFORE UPDATE ON segments
  BEGIN SELECT raise(ABORT, 'the journal is only added to'); END;
CREATE TRIGGER IF NOT EXISTS segments_are_not_cut BEFORE DELETE ON segments
  BEGIN SELECT raise(ABORT, 'the journal is only added to'); END;
CREATE TRIGGER IF NOT EXISTS segments_follow_each_other BEFORE INSERT ON segments
  WHEN new.first IS NOT (SELECT coalesce(max(last), 0) + 1 FROM segments)
    OR new.hash IS NOT (SELECT hash FROM journal WHERE seq = new.last)
    OR new.last >= (SELECT max(seq) FROM journal)
  BEGIN SELECT raise(ABORT, 'a segment holds entries of the journal, and never the last'); END;

CREATE TRIGGER IF NOT EXISTS journal_is_not_changed BEFORE UPDATE ON journal
  BEGIN SELECT raise(ABORT, 'the journal is only added to'); END;
CREATE TRIGGER IF NOT EXISTS journal_is_only_moved BEFORE DELETE ON journal
  WHEN old.seq > (SELECT coalesce(max(last), 0) FROM segments)
  BEGIN SELECT raise(ABORT, 'the journal is only added to'); END;
DROP TRIGGER IF EXISTS journal_is_not_cut;  -- of an earlier version, which had no segments

-- The end of the journal, signed with each change of it: what was cut off shows.
CREATE TABLE IF NOT EXISTS head (
  one       INTEGER PRIMARY KEY CHECK (one = 1),
  seq       INTEGER NOT NULL,
  hash      BLOB NOT NULL,
  signature BLOB NOT NULL,
  key       BLOB NOT NULL     -- the public key, Ed25519
);

-- The tree over the first entries, so that nobody has to hash them again; made with each checkpoint.
CREATE TABLE IF NOT EXISTS tree (
  one   INTEGER PRIMARY KEY CHECK (one = 1),
  size  INTEGER NOT NULL,
  nodes BLOB NOT NULL
);
"""

_SIZE = 32
_LIVE = "SELECT seq, prev, hash, CAST(body AS BLOB) FROM journal WHERE seq > ? ORDER BY seq"
_FIND = (
    "SELECT seq, prev, hash, CAST(body AS BLOB) FROM journal"
    " WHERE substr(hex(hash), 1, ?) = ? ORDER BY seq DESC LIMIT 1"
)


class SqliteJournal:
    """The journal of the gate named *gate*; used by the one thread of a daemon, or for reading.

    *folder* has the segments, *signer* the gate's own key (none: the end is not signed). Every method raises
    `HeadgateError` HG501 where the file cannot be read or written.
    """

    def __init__(self, database: sqlite3.Connection, folder: Path, gate: str, signer: Signer | None) -> None:
        self._database = database
        self._gate = gate
        self._signer = signer
        self.segments = Segments(folder)
        self.head = self._last()
        names = database.execute("SELECT name FROM sqlite_master WHERE name IN ('head', 'segments', 'tree')")
        self._tables = {row[0] for row in names}  # a file of an earlier version that is only read has none
        self.flaw = self._flaw() if signer else ""

    def _last(self) -> tuple[int, bytes]:
        row = self._database.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
        return (row[0], row[1]) if row else (0, GENESIS)

    def _flaw(self) -> str:
        """Return how the end is not what was signed last; empty where it is, or nothing was signed yet."""
        (seq, last), signed, kept = self.head, self.signed_head(), self._kept()
        if signed is None:
            return "the signature of its end is missing" if kept else ""
        number, found, signature, key = signed
        if number != seq:
            return f"it ended with entry {seq}, and entry {number} was signed as the last"
        if found != last or not verify(key, signature, head_text(self._gate, seq, last)):
            return "its last entry is not the one that was signed"
        return f"it ended with entry {seq}, and a checkpoint was made of {kept}" if kept > seq else ""

    def _kept(self) -> int:
        row = self._database.execute("SELECT size FROM tree").fetchone()
        return int(row[0]) if row else 0

    # -- writing -----------------------------------------------------------------------------

    def append(self, event: Event) -> Entry:
        """Add *event* within the transaction that is open; `sign` has to follow before its end."""
        body = encode(event)
        seq, prev = self.head
        entry = Entry(seq + 1, prev, link(prev, body), body)
        self._database.execute("INSERT INTO journal VALUES (?, ?, ?, ?)", (entry.seq, prev, entry.hash, body))
        self.head = (entry.seq, entry.hash)
        return entry

    def sign(self) -> None:
        """Sign the end of the journal within the transaction that is open."""
        if self._signer is None:
            return
        seq, last = self.head
        row = (seq, last, self._signer.sign(head_text(self._gate, seq, last)), self._signer.public)
        done = self._database.execute("UPDATE head SET seq = ?, hash = ?, signature = ?, key = ?", row)
        if not done.rowcount:
            self._database.execute("INSERT INTO head VALUES (1, ?, ?, ?, ?)", row)

    def seal(self, manifest: Manifest) -> None:
        """Let the entries of *manifest*, whose files are durable, count as moved; the table may then lose them."""
        row = (manifest.first, manifest.last, bytes.fromhex(manifest.hash))
        with durably():
            self._database.execute("INSERT INTO segments VALUES (?, ?, ?)", row)

    def trim(self, most: int = 500) -> bool:
        """Take *most* moved entries out of the table, durably; false where there are no more."""
        with durably():
            done = self._database.execute(
                "DELETE FROM journal WHERE seq <= (SELECT coalesce(max(last), 0) FROM segments)"
                " AND seq < (SELECT min(seq) FROM journal) + ?",
                (most,),
            )
        return done.rowcount > 0

    def keep_tree(self, tree: Tree) -> None:
        """Keep *tree*, which is over the first entries, for the next start."""
        with durably():
            self._database.execute("INSERT OR REPLACE INTO tree VALUES (1, ?, ?)", (tree.size, b"".join(tree.nodes)))

    # -- reading -----------------------------------------------------------------------------

    def signed_head(self) -> tuple[int, bytes, bytes, bytes] | None:
        """Return the number and hash that were signed last, the signature, and the public key."""
        if "head" not in self._tables:
            return None
        with durably():
            row: tuple[int, bytes, bytes, bytes] | None = self._database.execute(
                "SELECT CAST(seq AS INTEGER), CAST(hash AS BLOB), CAST(signature AS BLOB), CAST(key AS BLOB) FROM head"
            ).fetchone()
        return row

    def tree(self) -> Tree:
        """Return the tree over all entries: the kept one, and what was added since."""
        kept = Tree()
        with durably():
            row = self._database.execute("SELECT size, nodes FROM tree").fetchone() if "tree" in self._tables else None
        if row and row[0] <= self.head[0] and len(row[1]) == _SIZE * int(row[0]).bit_count():
            kept = Tree(row[0], [row[1][at : at + _SIZE] for at in range(0, len(row[1]), _SIZE)])
        for found in self.leaves(kept.size):
            kept.add(found)
        return kept

    def sealed(self) -> list[tuple[int, int]]:
        """Return the first and the last number of each segment, the oldest first."""
        if "segments" not in self._tables:
            return []
        with durably():
            return self._database.execute("SELECT first, last FROM segments ORDER BY first").fetchall()

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Yield the entries with a number above *after*, in order; those that are no longer kept are left out."""
        with durably():
            # the open cursor holds one state of the file: what leaves the table meanwhile is still in it
            rows = self._database.execute(_LIVE, (after,))
            for first, last in self.sealed():
                if last > after:
                    yield from self.segments.entries(first, after)
                    after = last
            for row in rows:
                if row[0] > after:
                    yield Entry(*row)

    def last(self) -> int:
        """Return the highest number in the table; 0 where it is empty."""
        with durably():
            return int(self._database.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0])

    def rows(self, after: int = 0) -> Iterator[tuple[int, bytes, bytes, bytes]]:
        """Yield number, previous hash, hash and body of what stands in the table above *after*, unchecked."""
        with durably():
            yield from self._database.execute(_LIVE, (after,))

    def leaves(self, after: int = 0) -> Iterator[bytes]:
        """Yield the leaves of the tree behind the first *after*, also of entries that are no longer kept."""
        with durably():
            rows = self._database.execute(_LIVE, (after,))
            for first, last in self.sealed():
                if last > after:
                    yield from self.segments.leaves(first, after)
                    after = last
            for row in rows:
                if row[0] > after:
                    yield leaf(row[3])

    def find(self, prefix: str) -> Entry | None:
        """Return the latest entry whose hash starts with the hexadecimal *prefix*.

        Raises `HeadgateError` HG506 where it is known, and no longer kept.
        """
        with durably():
            row = self._database.execute(_FIND, (len(prefix), prefix.upper())).fetchone()
            if row:
                return Entry(*row)
            for first, _last in reversed(self.sealed()):
                seq = self.segments.find(first, prefix.lower())
                if seq:
                    return self._moved(first, seq)
        return None

    def _moved(self, first: int, seq: int) -> Entry:
        """Return entry *seq* of the segment that begins with *first*."""
        for entry in self.segments.entries(first, seq - 1):
            return entry
        raise HeadgateError("HG506", f"entry {seq} is there, but what it says is no longer kept", _FORGOTTEN)


_FORGOTTEN = "`[journal] keep` in headgate.toml says for how long"
