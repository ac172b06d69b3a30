"""Which messages were taken by their receiver, so that a daemon that starts again sends only the others."""

import os
from collections.abc import Collection
from pathlib import Path

MOST = 4 * 1024 * 1024
"""Bytes of the file that are read; what stands behind is sent once more."""


class Delivered:
    """The names in the file *path*, a line each; one that is lost is a message that is sent twice."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names: set[str] = set()

    def load(self, wanted: Collection[str]) -> None:
        """Read the file, and leave in it the *wanted* names alone; raises `OSError`."""
        try:
            with self._path.open("rb") as file:
                found = file.read(MOST).decode("ascii", "replace").splitlines()
        except FileNotFoundError:
            found = []
        self._names = set(found) & set(wanted)
        new = self._path.with_name(f"{self._path.name}.new")
        new.write_text("".join(f"{name}\n" for name in sorted(self._names)), "ascii")
        new.chmod(0o600)
        new.rename(self._path)

    def add(self, name: str) -> None:
        """Keep that the message *name* was taken; where the disk says no, it is known only until the daemon ends."""
        self._names.add(name)
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(f"{name}\n")
        except OSError:
            return

    def __contains__(self, name: str) -> bool:
        return name in self._names
