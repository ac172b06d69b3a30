"""Checkpoints held against a journal while it is walked over, and whose signatures count."""

from collections.abc import Callable, Collection, Iterable

import msgspec

from headgate.model.errors import HeadgateError
from headgate.record import notes
from headgate.record.notes import Note, Verifies
from headgate.record.tree import Tree

NEVER = -1
"""What a list of checkpoints waits for where it has no more."""


class BrokenError(HeadgateError):
    """The first place, entry *seq*, where a journal is not what was written."""

    def __init__(self, code: str, seq: int, why: str) -> None:
        """Name the entry and say what is wrong with it."""
        super().__init__(code, f"the journal is broken at entry {seq}: {why}", _WHAT_TO_DO)
        self.seq = seq
        self.why = why


class Trust(msgspec.Struct, frozen=True):
    """Whose signatures count: those by *given* keys alone where there are any, else by the gate's *own* and declared.

    *verifies* tells whether, under a key, a signature is one of some bytes.
    """

    verifies: Verifies
    given: tuple[bytes, ...] = ()
    own: bytes = b""


class Marks:
    """One list of checkpoints of the journal named *origin*, the smallest tree first; *awaited* is the next size.

    *known* returns the keys that may have signed them.
    """

    def __init__(
        self, name: str, texts: Iterable[str], origin: str, trust: Trust, known: Callable[[], Collection[bytes]]
    ) -> None:
        self.name = name
        self.held = 0
        self.keys: set[bytes] = set()
        self.awaited = NEVER
        self._texts = iter(texts)
        self._origin = origin
        self._trust = trust
        self._known = known
        self._note: Note | None = None

    def begin(self) -> None:
        """Take up the first checkpoint."""
        self._next(0)

    def hold(self, tree: Tree) -> None:
        """Hold the checkpoints of this size against *tree*; raises `BrokenError` where one does not fit."""
        while self._note is not None and self._note.size == tree.size:
            self._fits(self._note, tree)
            self.held += 1
            self._next(tree.size)

    def _fits(self, note: Note, tree: Tree) -> None:
        seq = max(note.size, 1)
        if note.root != tree.root():
            why = "says something else of the entries up to here: the past was written anew, or the checkpoint was"
            raise BrokenError("HG505", seq, f"{self._one} {why}")
        keys = {key for key in self._known() if note.signed_by(key, self._trust.verifies)}
        if not keys:
            raise BrokenError("HG505", seq, f"{self._one} is not signed by this gate's key")
        self.keys |= keys

    def end(self, size: int) -> None:
        """Raise `BrokenError` where a checkpoint tells of more than *size* entries."""
        if self._note is not None:
            why = f"the end was cut off: {self._one} tells of {self._note.size} entries"
            raise BrokenError("HG504", size + 1, why)

    @property
    def _one(self) -> str:
        return f"checkpoint {self.held + 1} {self.name}"

    def _next(self, size: int) -> None:
        """Take up the next checkpoint, of a tree of at least *size*."""
        text = next(self._texts, None)
        if text is None:
            self._note, self.awaited = None, NEVER
            return
        try:
            note = notes.read(text)
        except ValueError as error:
            raise BrokenError("HG505", max(size, 1), f"{self._one} cannot be read: {error}") from None
        if note.origin != self._origin:
            raise BrokenError("HG505", max(size, 1), f"{self._one} is of another journal, `{note.origin[:80]}`")
        if note.size < size:
            raise BrokenError("HG505", max(size, 1), f"{self._one} tells of fewer entries than the one before it")
        self._note, self.awaited = note, note.size


_WHAT_TO_DO = "keep the files as they are, and compare them with a copy or a checkpoint from elsewhere"
