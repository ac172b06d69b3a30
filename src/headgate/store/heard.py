"""A store whose journal is listened to: whoever listens hears of what is durable, and of nothing else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from headgate.ports import Signer
from headgate.record.chain import Entry
from headgate.record.events import Event
from headgate.store.sqlite import SqliteStore

NAME = 12
"""Characters of an entry's hash, in hexadecimal, that are its name."""


class HeardStore(SqliteStore):
    """A store that tells of each event once it is durable, in order; a listener must raise nothing, and be quick."""

    def __init__(self, path: Path, *, signer: Signer | None = None) -> None:
        """Open the file at *path* to write."""
        super().__init__(path, signer=signer)
        self._listeners: list[Callable[[str, Event], None]] = []
        self._pending: list[tuple[Entry, Event]] = []

    def on_append(self, heard: Callable[[str, Event], None]) -> None:
        """Have *heard* called with the name of each entry (12 hexadecimal digits) and its event."""
        self._listeners.append(heard)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make everything inside durable at once, or not at all; then tell of it."""
        try:
            with super().together():
                yield
        except BaseException:
            self._pending.clear()
            raise
        told, self._pending = self._pending, []
        for entry, event in told:
            for heard in self._listeners:
                heard(entry.hash.hex()[:NAME], event)

    def append(self, event: Event) -> Entry:
        """Add *event*; once this returns, the entry is durable (or, inside `together`, once that ends)."""
        with self._whole():
            entry = super().append(event)
            self._pending.append((entry, event))
        return entry
