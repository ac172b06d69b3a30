"""A proof that one entry stands in the journal, for somebody who has nothing else of it."""

from headgate.model.errors import HeadgateError
from headgate.record.chain import Entry
from headgate.record.notes import Note, Verifies
from headgate.record.tree import includes, inclusion, leaf
from headgate.store.sqlite import SqliteStore

FORM = "headgate-proof/1"


def proof(store: SqliteStore, entry: Entry, note: Note | None, key: bytes, verifies: Verifies) -> dict[str, object]:
    """Return the proof that *entry* of *store* is in the checkpoint *note*, which *key* signed; hashes in hexadecimal.

    Raises `HeadgateError` HG508 where no checkpoint covers it yet, HG505 where the checkpoint does not hold.
    """
    if note is None or note.size < entry.seq:
        made = f"the last checkpoint is of {note.size} entries" if note else "there is no checkpoint"
        raise HeadgateError("HG508", f"{made}, and this is entry {entry.seq}", "try again in a minute")
    path = inclusion(store.leaves(), entry.seq - 1, note.size)
    if not note.signed_by(key, verifies) or not includes(note.root, note.size, entry.seq - 1, leaf(entry.body), path):
        raise HeadgateError("HG505", "the last checkpoint does not fit the journal", "run `headgate verify`")
    return {
        "form": FORM,
        "body": entry.body.decode("utf-8", "replace"),
        "hash": entry.hash.hex(),
        "index": entry.seq - 1,
        "size": note.size,
        "path": [part.hex() for part in path],
        "checkpoint": str(note),
        "key": key.hex(),
    }
