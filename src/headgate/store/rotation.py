"""Moving older entries out of the store's file into sealed ones, and deleting what the oldest of them say."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from headgate.model.errors import HeadgateError
from headgate.ports import Signer
from headgate.record.chain import GENESIS, Entry, link
from headgate.record.events import JournalForgot, JournalSealed
from headgate.record.tree import Tree
from headgate.store.segments import Manifest
from headgate.store.sqlite import SqliteStore


class Rotation:
    """The segments of the journal in the file at *path*, which *store* has open for writing.

    A crash between any two steps loses nothing: files count from `seal` on, and the table is trimmed after it.
    """

    def __init__(self, path: Path, store: SqliteStore, signer: Signer | None) -> None:
        self._path = path
        self._store = store
        self._signer = signer

    def due(self, segment: int, through: int = 0) -> tuple[int, int] | None:
        """Return the first and last number of the next segment of *segment* entries; the last entry always stays.

        What is left up to entry *through* is due as well, as a segment of fewer.
        """
        sealed = self._store.journal.sealed()
        first = sealed[-1][1] + 1 if sealed else 1
        left = self._store.length() - 1
        last = first + segment - 1
        if last > left:
            last = min(through, left)
        return (first, last) if first <= last <= left else None

    def write(self, first: int, last: int) -> Manifest:
        """Make the files of the entries from *first* to *last*, durably; may run in another thread than the store's.

        Raises `HeadgateError` HG502 where the entries are not whole: what is broken is left as it is.
        """
        try:
            with closing(SqliteStore(self._path, writable=False)) as reader:
                tree = self._tree_before(reader, first)
                return reader.journal.segments.write(_whole(reader, first, last), tree, reader.gate, self._signer)
        except (OSError, msgspec.DecodeError, ValueError) as error:
            raise HeadgateError("HG507", f"a segment cannot be written ({error})", _SPACE) from None

    @staticmethod
    def _tree_before(reader: SqliteStore, first: int) -> Tree:
        sealed = reader.journal.sealed()
        if not sealed:
            return Tree()
        nodes = reader.journal.segments.manifest(sealed[-1][0]).tree
        return Tree(first - 1, [bytes.fromhex(part) for part in nodes])

    def seal(self, manifest: Manifest, now: float) -> None:
        """Let the files of *manifest* count, and record it."""
        with self._store.together():
            self._store.journal.seal(manifest)
            self._store.append(JournalSealed(now, manifest.first, manifest.last, manifest.hash))

    def trim(self) -> bool:
        """Take some entries that moved out of the table; false where there are no more."""
        return self._store.journal.trim()

    def old(self, before: float) -> list[Manifest]:
        """Return the segments whose last event is older than *before*, and whose text is still kept."""
        found = [self._manifest(first) for first, _last in self._store.journal.sealed()]
        return [manifest for manifest in found if not manifest.forgotten and manifest.ended < before]

    def clear(self) -> None:
        """Delete the texts of forgotten segments that a crash left."""
        for first, _last in self._store.journal.sealed():
            if self._manifest(first).forgotten:
                self._store.journal.segments.file(first, "jsonl.gz").unlink(missing_ok=True)

    def _manifest(self, first: int) -> Manifest:
        try:
            return self._store.journal.segments.manifest(first)
        except (OSError, msgspec.DecodeError) as error:
            raise HeadgateError("HG507", f"the segment from entry {first} cannot be read ({error})", _SPACE) from None

    def forget(self, manifest: Manifest, now: float, keep: float) -> None:
        """Delete what the entries of *manifest* say, and record it first; their hashes stay."""
        self._store.append(JournalForgot(now, manifest.first, manifest.last, keep))
        try:
            self._store.journal.segments.forget(manifest, now, self._signer)
        except OSError as error:
            raise HeadgateError("HG507", f"a segment cannot be changed ({error})", _SPACE) from None


def _whole(reader: SqliteStore, first: int, last: int) -> Iterator[Entry]:
    """Yield the entries from *first* to *last* of the table; raises `HeadgateError` HG502 where they are not whole."""
    expected, prev = first, _hash_before(reader)
    for row in reader.journal.rows(first - 1):
        entry = Entry(*row)
        if entry.seq != expected or entry.prev != prev or entry.hash != link(entry.prev, entry.body):
            raise HeadgateError("HG502", f"entry {expected} is not what was written", "run `headgate verify`")
        yield entry
        if entry.seq == last:
            return
        expected, prev = expected + 1, entry.hash
    raise HeadgateError("HG502", f"entry {expected} is missing", "run `headgate verify`")


def _hash_before(reader: SqliteStore) -> bytes:
    sealed = reader.journal.sealed()
    return bytes.fromhex(reader.journal.segments.manifest(sealed[-1][0]).hash) if sealed else GENESIS


_SPACE = "see that the folder `journal` of the home can be written, and has space"
