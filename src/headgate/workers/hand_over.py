"""Allowed calls under a keeper: they run in the caller's own shell, and become jobs, alive, after their budget."""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from headgate.host.home import Home
from headgate.host.processes import alive

STALE = 3600.0
"""Seconds after which the folder of a call that never came to run, or ended unseen, is removed."""

_NOTE, _BEGUN = "asked.json", "begun"


TEXT = """\
__hgn=; case ${{ZSH_VERSION-}} in ?*) case $- in *6*) __hgn=6; setopt no_bg_nice;; esac;; esac
__hgt=; [ ! -t 1 ] || __hgt=tty
( {{ trap - INT QUIT; IFS= read -r -t 15 __hg <>{folder}/go || exit 126
exec </dev/null >>{folder}/${{__hgt:-out.log}} 2>&1 || exit 126; case $__hgn in 6) setopt bg_nice;; esac; eval {command}
__hg=$?; {{ pwd >|{folder}/cwd; }} 2>/dev/null; exit $__hg; }} & exec {program} keep {folder} $! $__hgt ) &
disown 2>/dev/null || :; case $__hgn in 6) setopt bg_nice;; esac
{program} front {folder} {seconds} {max_run} {socket} && __hg=0 || __hg=$?
if [ -r {folder}/cwd ] && {{ IFS= read -r __hgd && ! IFS= read -r __hge; }} <{folder}/cwd && [ "$__hgd" != "$PWD" ]
then case ${{ZSH_VERSION-}} in ?*) builtin cd -q -- "$__hgd";; *) command cd -- "$__hgd";; esac; fi
case $__hg in 0) ;; *) (exit $__hg);; esac"""
"""What runs a command under a keeper, in bash and in zsh.

The command waits on `go` until its keeper can end whatever it starts, and its front is there; where the caller is on a
terminal, so is the command. A keeper is never niced: zsh would do that to what is in the background. A directory with
a newline in its name is not followed.
"""


class Terms(msgspec.Struct, frozen=True):
    """How a call is wrapped: *seconds* of foreground, then at most *max_run* seconds (`None`: no limit) as a job."""

    seconds: float
    max_run: float | None


class Noted(msgspec.Struct):
    """How a call is wrapped once the shell of its *client* asks, a process that started *since*; *name* is its folder.

    The text *before* stands in front of its *command*; *call_id* is what the client calls it, in *session*. It can
    become a job before *expires* (seconds since 1970).
    """

    name: str
    terms: Terms
    expires: float
    before: str = ""
    client: int = 0
    since: str = ""
    command: str = ""
    call_id: str = ""
    session: str = ""


class Runs:
    """The folders of wrapped calls in *home*; *program* is the keeper's program."""

    def __init__(self, home: Home, program: str) -> None:
        self._home = home
        self._folder = home.path / "runs"
        self._program = program

    @property
    def available(self) -> bool:
        """Whether calls can be wrapped here."""
        return bool(self._program)

    @property
    def program(self) -> str:
        """The keeper's program; empty where there is none that can wrap calls."""
        return self._program

    def open(self, name: str) -> None:
        """Make the folder of the call *name*; raises `OSError`."""
        folder = self._folder / name
        folder.mkdir(mode=0o700, parents=True)
        for pipe in ("up", "down", "go"):
            os.mkfifo(folder / pipe, 0o600)

    def close(self, name: str) -> None:
        """Remove the folder of a call that has ended; one that was handed over is a job's by now."""
        if not (self._folder / name / "handed").exists():
            shutil.rmtree(self._folder / name, ignore_errors=True)

    def wrapped(self, command: str, name: str, terms: Terms, before: str = "") -> str:
        """Return the text, for bash and zsh, that runs *command* in a fork of the caller's shell, under a keeper.

        The shell that forks the command becomes its keeper by `exec`, so functions, aliases and options of the caller's
        shell hold in it. Its status is that of the command, and where the command left its directory, so does it. The
        text *before* stands in front of the command.
        """
        return TEXT.format(
            folder=quoted(str(self._folder / name)),
            program=quoted(self._program),
            command=quoted(before + command),
            seconds=f"{terms.seconds:g}",
            max_run=quoted("" if terms.max_run is None else f"{terms.max_run:g}"),
            socket=quoted(str(self._home.socket)),
        )

    def note(self, noted: Noted) -> None:
        """Write down, in its folder, how a call is to be wrapped; raises `OSError`."""
        (self._folder / noted.name / _NOTE).write_bytes(msgspec.json.encode(noted))

    def notes(self) -> Iterator[Noted]:
        """Yield how calls are to be wrapped whose shells have not ended."""
        for path in sorted(self._folder.glob(f"*/{_NOTE}"), key=_age):
            with contextlib.suppress(OSError, msgspec.DecodeError):
                yield msgspec.json.decode(path.read_bytes(), type=Noted)

    def lives(self, name: str) -> bool:
        """Whether the command of the call *name* may still run: its keeper does."""
        return _lives(self._folder / name)

    def has_begun(self, name: str) -> bool:
        """Whether a shell of its client has come for the call *name*."""
        return (self._folder / name / _BEGUN).exists()

    def begin(self, name: str) -> None:
        """Note that a shell of its client has come for the call *name*; raises `OSError`."""
        (self._folder / name / _BEGUN).touch()

    def take(self, name: str, job: int) -> int:
        """Make the folder of the call *name* that of *job*; return how many bytes of output were shown already.

        Raises `OSError` where there is no such folder.
        """
        target = self._home.job(job)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._folder / name).rename(target)
        return shown(target)

    def handed(self) -> tuple[str, ...]:
        """Return the calls that outlived their budget and are no jobs yet, the oldest first."""
        return tuple(path.parent.name for path in sorted(self._folder.glob("*/handed"), key=_age))

    def clean(self) -> None:
        """Remove what calls left that ended unseen."""
        now = time.time()
        for folder in self._folder.glob("*"):
            with contextlib.suppress(OSError, ValueError):
                if now - folder.stat().st_mtime > STALE and not _lives(folder):
                    self.close(folder.name)


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _lives(folder: Path) -> bool:
    """Whether what *folder* is for may still come: its keeper runs, or the client that may still be asking a person."""
    with contextlib.suppress(OSError, msgspec.DecodeError):
        noted = msgspec.json.decode((folder / _NOTE).read_bytes(), type=Noted)
        if not (folder / _BEGUN).exists():
            return alive(noted.client, noted.since)
    try:
        return alive(int(msgspec.json.decode((folder / "shim.json").read_bytes())["pid"]), "")
    except (OSError, ValueError, KeyError, TypeError):
        return False


def shown(folder: Path) -> int:
    """Return how many bytes of output the foreground saw before the call was handed over."""
    try:
        return int((folder / "handed").read_text())
    except (OSError, ValueError):
        return 0


def quoted(text: str) -> str:
    """Quote *text* for a shell, where it needs that."""
    if text and all(mark.isalnum() or mark in "/._-+@:" for mark in text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"
