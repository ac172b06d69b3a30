"""What a supervisor wrote down of the starts it saw: one line each, in their order, bounded by its writer."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from headgate.record.redact import redact

NAME = "starts"
"""The file, in the folder of the call or of the job that it became (csrc/headgate_shim_gate.c)."""

MOST = 512 << 10
"""Bytes of it that are read."""

SHOWN = 50
"""Commands that the journal tells of one call."""

KEPT = 500
"""Commands that are kept of one job."""

_KEPT = "started.json"

WIDTH = 160
"""Characters of a command that people and the journal see."""


class Started(msgspec.Struct, frozen=True):
    """One start: *seconds* after the call began, by the process *parent*; *command* holds what it was given, raw."""

    seconds: float
    pid: int
    parent: int
    path: str
    command: str

    @property
    def shown(self) -> str:
        """The command without secrets, in one line."""
        text = " ".join(redact(self.command).split()) or self.path
        return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


def read(folder: Path) -> tuple[Started, ...]:
    """Return the starts that are written down in *folder*; none where nobody wrote any."""
    try:
        with (folder / NAME).open("rb") as file:
            text = file.read(MOST).decode("utf-8", "replace")
    except OSError:
        return ()
    return tuple(_lines(text))


def _lines(text: str) -> Iterator[Started]:
    for line in text.splitlines():
        head, _, command = line.partition("\t")
        fields = head.split(" ", 3)
        if len(fields) == 4 and all(field.isdigit() for field in fields[:3]):  # noqa: PLR2004 as it is written
            yield Started(int(fields[0]) / 1000, int(fields[1]), int(fields[2]), fields[3], command.strip())


class Kept(msgspec.Struct, frozen=True):
    """What is known of the starts of a job: their *total*, and the first kinds of commands, without secrets."""

    total: int = 0
    programs: tuple[tuple[str, int], ...] = ()


def keep(folder: Path, total: int) -> None:
    """Write down, without secrets, what *folder* holds of *total* starts: that stays with a job; raises `OSError`."""
    kept = Kept(total, counted(read(folder), KEPT))
    (folder / _KEPT).write_bytes(msgspec.json.encode(kept))


def kept(folder: Path) -> Kept:
    """Return what is known of the starts of the job in *folder*, whether it runs or has ended."""
    try:
        return msgspec.json.decode((folder / _KEPT).read_bytes(), type=Kept)
    except (OSError, msgspec.DecodeError):
        found = read(folder)
        return Kept(len(found), counted(found, KEPT))


def counted(starts: tuple[Started, ...], most: int = SHOWN) -> tuple[tuple[str, int], ...]:
    """Return the first *most* commands of *starts*, without secrets, each with how often it was started."""
    found: dict[str, int] = {}
    for item in starts:
        if item.shown in found or len(found) < most:
            found[item.shown] = found.get(item.shown, 0) + 1
    return tuple(found.items())
