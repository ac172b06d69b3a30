"""The proof that a journal is whole: its chain, its signed end, its segments, and every checkpoint of it."""

import hashlib
from collections.abc import Collection, Generator, Iterable, Mapping
from contextlib import closing

import msgspec

from headgate.record import notes
from headgate.record.chain import GENESIS, head_text
from headgate.record.events import DaemonStarted, JournalFlawed
from headgate.record.reading import read
from headgate.record.tree import Tree, leaf
from headgate.store.segments import HASH, Manifest
from headgate.store.sqlite import SqliteStore
from headgate.surfaces.journal_ahead import MARKS, PART, WORTH, Ahead, Part
from headgate.surfaces.journal_marks import NEVER, BrokenError, Marks, Trust


class Verdict(msgspec.Struct):
    """What was found to hold: *entries* with the last one's hash *head* and the *root* of the tree over all.

    *forgotten* counts those whose text is no longer kept, *checkpoints* those that fit. *keys* are the public keys
    (hexadecimal) that signed, and are known; *signed* says that the end is signed. *unread* counts entries of a later
    version.
    """

    gate: str = ""
    entries: int = 0
    head: str = ""
    root: str = ""
    segments: int = 0
    forgotten: int = 0
    checkpoints: int = 0
    signed: bool = False
    keys: tuple[str, ...] = ()


class Check:
    """One walk over a journal; holds no more of it than one entry, and the hashes of one segment."""

    def __init__(self, store: SqliteStore, trust: Trust, checkpoints: Mapping[str, Iterable[str]]) -> None:
        """Prepare to walk over *store*; *checkpoints* are lists of texts, and where each list was found.

        In each the smallest tree stands first. They have to be read before now: later ones tell of more entries.
        """
        self._store = store
        self._journal = store.journal
        self._ahead = Ahead(store.path)
        self._trust = trust
        self._declared: set[bytes] = {trust.own} - {b""}
        self._used: dict[bytes, tuple[str, int, str]] = {}  # a key to what to say where nobody declares it
        self._tree = Tree()
        self._prev = GENESIS
        self.verdict = Verdict(store.gate)
        origin = notes.origin_of(store.gate)
        self._marks = [Marks(name, texts, origin, trust, self._known) for name, texts in checkpoints.items()]
        self._awaited = NEVER

    def run(self) -> Verdict:
        """Return what holds; raises `BrokenError` at the first place that does not."""
        for marks in self._marks:
            marks.begin()
        self._hold()
        with self._store.snapshot():
            head = self._journal.signed_head()
            sealed = self._journal.sealed()
            last = self._journal.last()
            begin = sealed[-1][1] + 1 if sealed else 1
            firsts = [first for first, _ in sealed]
            with closing(self._ahead.parts(firsts, begin, last) if last >= WORTH else _nothing()) as parts:
                for first, end in sealed:
                    self._segment(first, end, next(parts, None))
                for first in range(begin, last + 1, PART):
                    self._table(min(first + PART - 1, last), next(parts, None))
        self._ended(head)
        for marks in self._marks:
            marks.end(self._tree.size)
        self._strangers()
        found = self.verdict
        found.entries, found.head, found.root = self._tree.size, self._prev.hex(), self._tree.root().hex()
        found.checkpoints = sum(marks.held for marks in self._marks)
        keys = set(self._used).union(*(marks.keys for marks in self._marks))
        found.keys = tuple(sorted(key.hex() for key in keys))
        return found

    # -- entries -----------------------------------------------------------------------------

    def _takes(self, part: Part | None, count: int) -> bool:
        """Go on over *part* where it is *count* whole entries that follow; false, and nothing is done, where not."""
        if part is None or part.prev != self._prev or len(part.leaves) != count * HASH:
            return False
        if any(isinstance(read(body), JournalFlawed) for body in part.heard):
            return False
        for body in part.heard:
            self._heard(0, body)
        for at in range(0, len(part.leaves), HASH):
            self._tree.add(part.leaves[at : at + HASH])
            if self._tree.size == self._awaited:
                self._hold()
        self._prev = part.last
        return True

    def _table(self, end: int, part: Part | None) -> None:
        """Walk over the entries of the table up to number *end*."""
        tree, prev, sha256 = self._tree, self._prev, hashlib.sha256
        if self._takes(part, end - tree.size):
            return
        for seq, before, found, body in self._journal.rows(tree.size):
            if seq != tree.size + 1:
                raise BrokenError("HG502", tree.size + 1, "an entry is missing")
            if before != prev or found != sha256(prev + body).digest():
                changed = "its content was changed" if before == prev else "it does not follow the entry before it"
                raise BrokenError("HG502", seq, changed)
            self._prev = prev = found
            tree.add(sha256(b"\0" + body).digest())
            if MARKS[0] in body or MARKS[1] in body:
                self._heard(seq, body)
            if seq == self._awaited:
                self._hold()
            if seq == end:
                return

    def _heard(self, seq: int, body: bytes) -> None:
        """Take up what an entry says of the journal itself."""
        match read(body):
            case DaemonStarted(key=key) if key:
                self._declared.add(bytes.fromhex(key))
            case JournalFlawed(why=why):
                raise BrokenError("HG504", seq, f"a daemon found at its start that before this, {why}")
            case _:
                pass

    # -- segments ----------------------------------------------------------------------------

    def _segment(self, first: int, last: int, part: Part | None) -> None:
        """Walk over the entries that left the table."""
        try:
            manifest = self._journal.segments.manifest(first)
            index = self._journal.segments.index(first)
        except (OSError, msgspec.DecodeError) as error:
            raise BrokenError(
                "HG507", first, f"the manifest or index of its segment cannot be read ({error})"
            ) from None
        self._check_manifest(manifest, index, last)
        if manifest.forgotten:
            self._forgotten(index)
        elif not self._takes(part, last + 1 - first):
            self._bodies(manifest, index)
        if tuple(part.hex() for part in self._tree.nodes) != manifest.tree or self._prev.hex() != manifest.hash:
            raise BrokenError("HG507", first, "its segment is not what its manifest says")
        self.verdict.segments += 1

    def _check_manifest(self, manifest: Manifest, index: bytes, last: int) -> None:
        first = self._tree.size + 1
        if (manifest.gate, manifest.first, manifest.last) != (self._store.gate, first, last):
            raise BrokenError("HG507", first, "the manifest of its segment is another's")
        if manifest.prev != self._prev.hex():
            raise BrokenError("HG507", first, "its segment does not follow the entry before it")
        if manifest.key:
            self._sign(manifest, first)
        elif self._trust.given or self._declared:
            raise BrokenError("HG507", first, "the manifest of its segment is not signed")
        if hashlib.sha256(index).hexdigest() != manifest.index or len(index) != 2 * HASH * (last + 1 - first):
            raise BrokenError("HG507", first, "the index of its segment was changed")

    def _sign(self, manifest: Manifest, first: int) -> None:
        try:
            key, signature = bytes.fromhex(manifest.key), bytes.fromhex(manifest.signature)
        except ValueError:
            key = signature = b""
        if not self._trust.verifies(key, signature, manifest.text()):
            raise BrokenError("HG507", first, "the signature of its segment's manifest does not hold")
        self._uses(key, ("HG507", first, "the manifest of its segment is signed by a key that is not this gate's"))

    def _forgotten(self, index: bytes) -> None:
        for at in range(0, len(index), 2 * HASH):
            self._tree.add(index[at : at + HASH])
            self._prev = index[at + HASH : at + 2 * HASH]
            self.verdict.forgotten += 1
            if self._tree.size == self._awaited:
                self._hold()

    def _bodies(self, manifest: Manifest, index: bytes) -> None:
        seq, prev = manifest.first, self._prev
        try:
            for body in self._journal.segments.bodies(manifest.first):
                at = (seq - manifest.first) * 2 * HASH
                prev = hashlib.sha256(prev + body).digest()
                found = leaf(body)
                if index[at : at + 2 * HASH] != found + prev:
                    raise BrokenError("HG502", seq, "its content was changed")
                self._tree.add(found)
                if MARKS[0] in body or MARKS[1] in body:
                    self._heard(seq, body)
                if seq == self._awaited:
                    self._hold()
                seq += 1
        except OSError as error:
            raise BrokenError("HG507", seq, f"its segment cannot be read ({error})") from None
        if seq != manifest.last + 1:
            raise BrokenError("HG507", seq, "an entry is missing in its segment")
        if self._journal.segments.digest(manifest.first) != manifest.bodies:
            raise BrokenError("HG507", manifest.first, "the file of its segment was changed")
        self._prev = prev

    def _hold(self) -> None:
        """Hold the checkpoints that wait for this size against the tree."""
        for marks in self._marks:
            marks.hold(self._tree)
        self._awaited = min((marks.awaited for marks in self._marks if marks.awaited != NEVER), default=NEVER)

    # -- signatures --------------------------------------------------------------------------

    def _known(self) -> Collection[bytes]:
        return self._trust.given or self._declared

    def _uses(self, key: bytes, else_say: tuple[str, int, str]) -> None:
        self._used.setdefault(key, else_say)

    def _strangers(self) -> None:
        """Raise where something was signed by a key that nobody declared."""
        known = self._known()
        for key, (code, seq, why) in self._used.items():
            if key not in known:
                raise BrokenError(code, seq, why)

    def _ended(self, head: tuple[int, bytes, bytes, bytes] | None) -> None:
        """Hold the end against what was signed last."""
        size = self._tree.size
        if head is None:
            if self._declared or self._trust.given or any(marks.held for marks in self._marks):
                raise BrokenError("HG504", size + 1, "the signature of the journal's end is missing")
            return
        seq, last, signature, key = head
        if seq > size:
            raise BrokenError("HG504", size + 1, f"the end was cut off: entry {seq} was signed as the last")
        if seq < size:
            raise BrokenError("HG504", seq + 1, "it was added by somebody without the key")
        if last != self._prev:
            raise BrokenError("HG504", max(seq, 1), "it is not what was signed as the last")
        if not self._trust.verifies(key, signature, head_text(self._store.gate, seq, last)):
            raise BrokenError("HG504", max(seq, 1), "the signature of the journal's end does not hold")
        stranger = ("HG504", max(seq, 1), "the journal's end is signed by a key that is not this gate's")
        if self._trust.own and not self._trust.given and key != self._trust.own:
            raise BrokenError(*stranger)
        self._uses(key, stranger)
        self.verdict.signed = True


def _nothing() -> Generator[Part | None, None, None]:
    """Yield no parts: the walk looks at all of it itself."""
    yield from ()
