"""The folder of a job on the machine that runs it: what its keeper reads, and what it leaves."""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from headgate.host.acting import acting, hand_to_agents, served

FORM = "headgate-shim/1"
"""The first field of a start file; csrc/headgate_shim.c and workers/shim.py read it."""

_HEAD = 7
"""Fields in front of the number of words."""

FENCE = "HEADGATE_FENCE"
"""The variable that tells a command how often its work was taken up; it is added when the work is begun."""

LOG_CAP = 2 << 30
"""Bytes of disk that a job's output may take; of more, the middle is given up."""


_SECRET = (
    "start",
    "start.new",
    "work",
    "work.new",
    "trace.log",
    "starts",
    "remotes",
    "up",
    "down",
    "go",
    "handed",
    "cwd",
    "alive",
    "tty",
)


class Start(msgspec.Struct, frozen=True):
    """All that a keeper must know; *max_run* is in seconds, *argv* begins with an absolute path."""

    argv: tuple[str, ...]
    cwd: str
    umask: int
    environment: Mapping[str, str]
    max_run: float | None = None
    tty: bool = False
    trace: bool = False
    log_cap: int = LOG_CAP


class Folder(msgspec.Struct, frozen=True):
    """One job's files, in a folder of mode 0700."""

    path: Path

    @property
    def log(self) -> Path:
        """All output, from its first byte."""
        return self.path / "out.log"

    @property
    def trace(self) -> Path:
        """What the shell said it was doing; holds secrets, and goes with the job."""
        return self.path / "trace.log"

    @property
    def remotes(self) -> Path:
        """The connections that the job's `ssh` opened."""
        return self.path / "remotes"

    def prepare(self, start: Start) -> None:
        """Write down, durably, what to run; raises `OSError`."""
        limit = "" if start.max_run is None else f"{start.max_run:.3f}"
        head = (FORM, start.cwd, f"{start.umask:o}", limit, f"{start.tty:d}", str(start.log_cap), f"{start.trace:d}")
        pairs = (f"{name}={value}" for name, value in start.environment.items())
        fields = (*head, str(len(start.argv)), *start.argv, *pairs)
        self.keep("start", b"".join(field.encode("utf-8", "surrogateescape") + b"\0" for field in fields))

    def keep(self, name: str, content: bytes) -> None:
        """Write *content* down, durably, in the file *name*, which never holds a part of it; raises `OSError`."""
        self._make()
        new = self.path / f"{name}.new"
        with acting():
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            new.rename(self.path / name)

    def _make(self) -> None:
        """Make the folder; it belongs to the user whose job it is, and what stands above it does not."""
        if self.path.parent.is_dir():
            with contextlib.suppress(FileExistsError):
                self.path.mkdir(mode=0o700)
                hand_to_agents(self.path)
            return
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if served():
            self.path.parent.chmod(0o711)
        self._make()

    @property
    @acting()
    def prepared(self) -> bool:
        """Whether there is something to start."""
        return (self.path / "start").exists()

    @acting()
    def begin(self, fence: int) -> None:
        """Note, durably, that from now on a keeper may be there, and tell the command its *fence*; raises `OSError`."""
        with (self.path / "start").open("r+b") as file:
            file.seek(0, os.SEEK_END)
            file.write(f"{FENCE}={fence}".encode() + b"\0")
            file.flush()
            os.fsync(file.fileno())

    @property
    @acting()
    def begun(self) -> bool:
        """Whether a keeper is there, or may have been."""
        return not self.prepared or FENCE in self.environment() or (self.path / "shim.json").exists()

    @acting()
    def environment(self) -> dict[str, str]:
        """Return the variables that the command has; none where that is not known any more."""
        try:
            fields = (self.path / "start").read_bytes().decode("utf-8", "surrogateescape").split("\0")
            pairs = fields[_HEAD + 1 + int(fields[_HEAD]) :]
        except (OSError, ValueError, IndexError):
            return {}
        return dict(pair.split("=", 1) for pair in pairs if "=" in pair)

    @acting()
    def keeper(self) -> int:
        """Return the process number that the keeper wrote down; 0 where there is none yet."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            return int(json.loads((self.path / "shim.json").read_bytes())["pid"])
        return 0

    @acting()
    def end(self) -> dict[str, object] | None:
        """Return what the keeper wrote of the end; `None` where it has not."""
        try:
            end = json.loads((self.path / "end.json").read_bytes())
        except (OSError, ValueError):
            return None
        return end if isinstance(end, dict) else None

    @acting()
    def forget(self) -> None:
        """Remove what holds the caller's environment, and what holds secrets."""
        for name in _SECRET:
            with contextlib.suppress(OSError):
                (self.path / name).unlink()

    @acting()
    def begin_again(self) -> None:
        """Make way for another attempt of work that may be repeated; its output goes on in the same log."""
        for name in ("shim.json", "end.json"):
            with contextlib.suppress(OSError):
                (self.path / name).unlink()

    @acting()
    def size(self) -> int:
        """Return how many bytes of output there are."""
        try:
            return self.log.stat().st_size
        except OSError:
            return 0

    @acting()
    def read(self, offset: int, most: int) -> bytes:
        """Return at most *most* bytes of output from byte *offset* on; a negative one counts from the end."""
        try:
            with self.log.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size + offset) if offset < 0 else min(offset, size))
                return file.read(most)
        except OSError:
            return b""
