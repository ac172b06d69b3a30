"""The operator's configuration files on this machine, read again when they change."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

import msgspec

from headgate.configure import Configuration, joined, load
from headgate.configure.language import wrong
from headgate.model.errors import HeadgateError

NAME = "headgate.toml"
MAX_SIZE = 1024 * 1024
"""Bytes of a configuration; a longer one is a mistake."""

_Stamp = tuple[int, int, int] | None


class Reading(msgspec.Struct, frozen=True):
    """What was read: the *configuration* in force, the *files* it is made of with the digest of each, the *mistakes*.

    Where there are mistakes, what is in force is older than what stands in the files.
    """

    configuration: Configuration = Configuration()
    files: tuple[tuple[str, str], ...] = ()
    mistakes: str = ""


class _File(msgspec.Struct):
    """One file: what tells its last seen state from another, its last good content, and what is wrong with it now."""

    path: Path
    stamp: _Stamp = (-1, -1, -1)
    good: Configuration | None = None
    mistakes: str = ""

    def look(self) -> bool:
        """Read the file if it changed, and say whether it did; raises nothing once it was good, or not there."""
        stamp = _stamp(self.path)
        if stamp == self.stamp:
            return False
        self.stamp = stamp
        try:
            self.good, self.mistakes = _read(self.path) if stamp else Configuration(), ""
        except HeadgateError as error:
            if self.good is None:
                self.stamp = (-1, -1, -1)
                raise
            self.mistakes = error.message
        return True


class OperatorFiles:
    """The files at *paths*; what stands in the first counts first.

    Raises `HeadgateError` HG111 where one of them is wrong from the start. A version that is wrong later changes
    nothing: the last good one stays in force.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._files = [_File(path) for path in paths]
        wrongs = [error for file in self._files if (error := _first_look(file))]
        if wrongs:
            raise wrong([line for error in wrongs for line in error.message.splitlines()[1:]])
        self._reading = self._made()

    def reading(self) -> Reading:
        """Return what is in force now; the same object as before where no file changed."""
        changed = [file.look() for file in self._files]
        if any(changed):
            self._reading = self._made()
        return self._reading

    def _made(self) -> Reading:
        there = [file for file in self._files if file.good is not None and file.good.digest]
        return Reading(
            joined(file.good for file in there if file.good is not None),
            tuple((str(file.path), file.good.digest) for file in there if file.good is not None),
            "\n".join(line for file in self._files for line in file.mistakes.splitlines()[1:]),
        )


def _first_look(file: _File) -> HeadgateError | None:
    try:
        file.look()
    except HeadgateError as error:
        return error
    return None


def places(user: str) -> tuple[Path, ...]:
    """Return where the configuration stands: that of the machine, then that of the *user*, whose home it is."""
    return (Path("/etc/headgate") / NAME, folder(user) / NAME)


def folder(user: str) -> Path:
    """Return the folder of the *user*'s configuration; a relative name in the variable is none (XDG Base Directory)."""
    named = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(named) if os.path.isabs(named) else Path(user) / ".config") / "headgate"  # noqa: PTH117 it may be empty


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        return (-2, error.errno or 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def _read(path: Path) -> Configuration:
    """Return the configuration at *path*; raises `HeadgateError` HG111."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
            content = file.read(MAX_SIZE + 1) if regular else b""
    except OSError as error:
        raise wrong([f"{path}:1: it cannot be read ({error.strerror})"]) from None
    if not regular or len(content) > MAX_SIZE:
        raise wrong([f"{path}:1: it is no file, or one of more than {MAX_SIZE} bytes"])
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise wrong([f"{path}:1: it is not UTF-8 text"]) from None
    return load(text, str(path))
