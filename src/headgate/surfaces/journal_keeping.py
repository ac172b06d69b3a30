"""What a daemon does for its journal while it runs: checkpoints, their witness, segments and retention."""

import asyncio
import time

from headgate.configure.journal import JournalTerms
from headgate.host.home import Home
from headgate.model.errors import HeadgateError
from headgate.record.notes import Note, signed
from headgate.surfaces.journal_notes import NoteFile, Witness
from headgate.wiring import Adapters

LOOK = 2.0
"""Seconds between two looks at how much is new."""

OFTEN = 1000
"""New entries that are worth a checkpoint at once."""

SELDOM = 60.0
"""Seconds after which one new entry is worth a checkpoint, and a witness that failed is tried again."""

FAREWELL = 5.0
"""Seconds that the witness has for the last checkpoint of a daemon."""

_NONE = JournalTerms()


class Keeping:
    """Keeps the journal of one gate, as its operator says."""

    def __init__(self, home: Home, adapters: Adapters) -> None:
        self._store = adapters.store
        self._signer = adapters.signer
        self._clock = adapters.clock
        self._rotation = adapters.rotation
        self._world = adapters.world
        self._file = NoteFile(home.checkpoints)
        self._witness = Witness()
        self._last: Note | None = None
        self._tried = self._taken = time.monotonic()
        self._troubles: dict[str, str] = {}
        self._rotating = asyncio.Lock()
        self._tree = adapters.store.tree()

    @property
    def key(self) -> str:
        """The public key that signs, in hexadecimal."""
        return self._signer.public.hex()

    def _terms(self) -> JournalTerms:
        return self._world.reading().configuration.journal or _NONE

    async def run(self) -> None:
        """Look after checkpoints until cancelled."""
        self._last = self._known()
        while True:
            await asyncio.sleep(LOOK)
            self.look()

    def _known(self) -> Note | None:
        try:
            self._file.mend()
            return self._file.latest()
        except OSError as error:
            self._troubles["checkpoints"] = f"the checkpoints cannot be read ({error.strerror})"
            return None

    def look(self) -> None:
        """Make a checkpoint where it is time, and hand the last one on where its witness has not got it."""
        now = time.monotonic()
        new = self._store.length() - (self._last.size if self._last else 0)
        if new >= OFTEN or (new > 0 and now - self._taken >= SELDOM):
            self.checkpoint()
        elif self._last and self._witness.size < self._last.size and now - self._tried >= SELDOM:
            self._hand(self._last)

    def checkpoint(self, patience: float = 0.0) -> Note | None:
        """Make a checkpoint of all entries, durably, and hand it on; `None` where it could not be kept."""
        self._taken = time.monotonic()
        try:
            for leaf in self._store.leaves(self._tree.size):
                self._tree.add(leaf)
            tree = self._tree
            note = signed(self._store.gate, tree.size, tree.root(), self._signer.public, self._signer.sign)
            self._file.add(note)
            self._store.keep_tree(tree)
        except (OSError, HeadgateError) as error:
            self._troubles["checkpoints"] = f"no checkpoint could be made ({error})"
            return None
        self._last = note
        self._troubles.pop("checkpoints", None)
        self._hand(note, patience)
        return note

    def _hand(self, note: Note, patience: float = 0.0) -> None:
        to = self._terms().witness
        self._tried = time.monotonic()
        if to:
            self._witness.hand(note, to, patience)

    def close(self) -> None:
        """Make the last checkpoint; the witness has a few seconds for it."""
        if self._store.length() > (self._last.size if self._last else 0):
            self.checkpoint(FAREWELL)

    # -- segments ----------------------------------------------------------------------------

    async def tidy(self, *, all_of_it: bool = False) -> dict[str, object]:
        """Seal the segments that are due, and forget what is too old; returns how many of each.

        Raises `HeadgateError` where a segment cannot be written, or the entries are not whole.
        """
        async with self._rotating:
            terms = self._terms()
            sealed = forgotten = 0
            through = self._store.length() - 1 if all_of_it else 0  # each move adds an entry that says so
            while due := self._rotation.due(terms.segment, through):
                manifest = await asyncio.to_thread(self._rotation.write, *due)
                self._rotation.seal(manifest, self._clock.now())
                sealed += 1
            await self._trim()
            if terms.keep:
                self._rotation.clear()
                for manifest in self._rotation.old(self._clock.now() - terms.keep):
                    self._rotation.forget(manifest, self._clock.now(), terms.keep)
                    forgotten += 1
        return {"sealed": sealed, "forgotten": forgotten}

    async def _trim(self) -> None:
        """Take what moved out of the table, in small steps: a call that waits goes first."""
        more = True
        while more:
            more = self._rotation.trim()
            await asyncio.sleep(0)

    async def tidy_quietly(self) -> None:
        """Do the same, and keep what goes wrong for `status`."""
        try:
            await self.tidy()
        except HeadgateError as error:
            self._troubles["segments"] = str(error)
        else:
            self._troubles.pop("segments", None)

    def status(self) -> dict[str, object]:
        """Return how the journal is kept: its key, the last checkpoint, the witness, and what goes wrong."""
        to = self._terms().witness
        return {
            "key": self.key,
            "checkpoint": self._last.size if self._last else 0,
            "witness": to if isinstance(to, str) else list(to),
            "witnessed": self._witness.size,
            "witness_failure": self._witness.failure if to else "",
            "troubles": list(self._troubles.values()),
        }
