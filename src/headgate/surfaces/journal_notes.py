"""The file of checkpoints in the home, and the witness elsewhere that gets each of them."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from headgate.configure.journal import SYSLOG
from headgate.model.errors import HeadgateError
from headgate.record.notes import DASH, Note, in_a_line, parts, read

TAIL = 8192
"""Bytes at the end of the file in which the last checkpoint is looked for."""

PATIENCE = 30.0
"""Seconds that a command may take with one checkpoint."""

_SYSLOGS = ("/dev/log", "/var/run/syslog")
_PRIORITY = 10 << 3 | 5
"""Facility `authpriv`, severity `notice` (RFC 5424)."""


class NoteFile:
    """The checkpoints at *path*, one behind the other, the owner's alone; they are only added."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def texts(self) -> Iterator[str]:
        """Yield what should be one checkpoint each, as far as the file reaches now."""
        try:
            size = self.path.stat().st_size
        except FileNotFoundError:
            return iter(())
        return parts(self._lines(size))

    def _lines(self, size: int) -> Iterator[str]:
        try:
            with self.path.open("rb") as file:
                yield from _lines(file, size)
        except OSError as error:
            what = "see whose file it is"
            raise HeadgateError("HG505", f"`{self.path}` cannot be read ({error.strerror})", what) from None

    def latest(self) -> Note | None:
        """Return the last checkpoint that can be read. Raises `OSError`."""
        try:
            with self.path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                texts = list(_at_the_end(file, size))
        except FileNotFoundError:
            return None
        return next((note for text in reversed(texts) if (note := _read(text))), None)

    def mend(self) -> None:
        """Cut off what a crash left half written at the end. Raises `OSError`."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        with open(descriptor, "r+b") as file:  # noqa: PTH123 a descriptor
            size = os.fstat(descriptor).st_size
            texts = list(_at_the_end(file, size))
            if texts and _torn(texts[-1]):
                file.truncate(size - len(texts[-1].encode("utf-8", "surrogateescape")))

    def add(self, note: Note) -> None:
        """Add *note*, durably; raises `OSError`."""
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with open(descriptor, "ab", buffering=0) as file:  # noqa: PTH123 a descriptor
            file.write(str(note).encode())
            os.fsync(descriptor)


def _lines(file: BinaryIO, size: int) -> Iterator[str]:
    """Yield the lines in the first *size* bytes of *file*."""
    for line in file:
        yield line[:size].decode("utf-8", "replace")
        size -= len(line)
        if size <= 0:
            return


def _at_the_end(file: BinaryIO, size: int) -> Iterator[str]:
    """Yield the last texts of *file*; the first of them may lack its beginning."""
    file.seek(max(size - TAIL, 0))
    return parts(line.decode("utf-8", "surrogateescape") for line in file)


def _torn(text: str) -> bool:
    """Whether *text* is the beginning of a checkpoint only."""
    return not text.endswith("\n") or not any(line.startswith(DASH) for line in text.splitlines())


def _read(text: str) -> Note | None:
    try:
        return read(text)
    except ValueError:
        return None


class Witness:
    """Whoever gets each checkpoint, off this machine; slow or dead, it holds nobody up.

    *failure* says why it did not get the last one, empty where it did.
    """

    def __init__(self) -> None:
        self.size = 0
        self.failure = ""
        self._thread: threading.Thread | None = None

    def hand(self, note: Note, to: str | tuple[str, ...], patience: float = 0.0) -> None:
        """Begin to hand *note* on *to* a witness of the configuration; wait *patience* seconds at most for the end."""
        if self._thread is not None and self._thread.is_alive():
            self.failure = "it has not taken the last checkpoint yet"
            return
        self._thread = threading.Thread(target=self._try, args=(note, to), name="witness", daemon=True)
        self._thread.start()
        if patience:
            self._thread.join(patience)

    def _try(self, note: Note, to: str | tuple[str, ...]) -> None:
        try:
            _hand(note, to)
        except (OSError, subprocess.SubprocessError) as error:
            self.failure = str(error)[:300]
        else:
            self.size, self.failure = max(self.size, note.size), ""


def _hand(note: Note, to: str | tuple[str, ...]) -> None:
    """Hand *note* on, durably where that is known; raises `OSError` or `subprocess.SubprocessError`."""
    if to == SYSLOG:
        _log(note)
    elif isinstance(to, str):
        NoteFile(Path(to)).add(note)
    else:
        done = subprocess.run(  # noqa: S603 the operator's own command
            to, input=str(note).encode(), capture_output=True, check=False, timeout=PATIENCE
        )
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip()[-200:]
            raise OSError(f"`{to[0]}` ended with status {done.returncode}: {said}")


def _log(note: Note) -> None:
    """Write *note* to the system's log; unlike the C library's call, say where nobody takes it."""
    path = next((name for name in _SYSLOGS if Path(name).exists()), _SYSLOGS[0])
    line = f"<{_PRIORITY}>headgate[{os.getpid()}]: {in_a_line(note)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.settimeout(PATIENCE)
        log.connect(path)
        log.send(line.encode())
