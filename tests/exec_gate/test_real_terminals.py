"""Signals, terminals and job control are untouched: the same keys and signals give the same under the gate."""

import difflib
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import HEADGATE, Gate

PATIENCE = 45.0
"""Seconds until what is waited for has to be there."""

VARIABLES = {"PATH": os.environ["PATH"], "TERM": "dumb", "PS1": "@ ", "LANG": "C.UTF-8", "HOME": "/nonexistent"}


@dataclass(frozen=True)
class Place:
    """A folder, and the gate around what is run in it."""

    folder: Path
    gate: Gate

    def words(self, *words: str, guard: bool) -> list[str]:
        return [str(HEADGATE), "--home", str(self.gate.home), "guard", "--", *words] if guard else list(words)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp") as folder:
        gate = Gate(Path(folder) / "home")
        gate("status")
        work = Path(folder) / "work"
        work.mkdir()
        yield Place(work, gate)
        gate.end()


# -- signals ------------------------------------------------------------------------------------------

SIGNALLED = {
    "nobody minds": ("touch ready; sleep 60; echo not reached", ["group INT"]),
    "a trap": ("trap 'echo trapped; exit 3' INT; touch ready; sleep 60", ["group INT"]),
    "it goes on": ("trap 'echo trapped' INT; touch ready; sleep 60; echo on; exit 4", ["group INT"]),
    "python": (
        'touch ready; exec python3 -c \'import time; open("ready2", "w"); time.sleep(60)\' 2>/dev/null',
        ["group INT"],
    ),
    "the end is asked for": (
        "trap 'echo ends; exit 5' TERM; touch ready; sleep 60 >/dev/null 2>&1 & wait",
        ["one TERM"],
    ),
    "the terminal is gone": (
        "trap 'echo hung up; exit 6' HUP; touch ready; sleep 60 >/dev/null 2>&1 & wait",
        ["one HUP"],
    ),
    "its own signals": (
        "exec 3>&1 >&-; trap 'echo 1 >&3' USR1; trap 'exit 7' USR2; touch ready; sleep 60 2>&- 3>&- & wait; wait",
        ["one USR1", "one USR2"],
    ),
    "it stands still": (
        "touch ready; until test -e go; do sleep 0.1; done; echo goes on",
        ["group STOP", "group CONT"],
    ),
}


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def sleeps(*, session: int = 0, group: int = 0) -> bool:
    """Whether a `sleep` of this *session* or this *group* has been started."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, _, rest = status.read_text(errors="replace").partition("(")[2].rpartition(")")
            its_group, its_session = map(int, rest.split()[2:4])
            if name == "sleep" and (its_session == session or its_group == group):
                return True
    return False


def signalled(place: Place, how: str, *, guard: bool) -> tuple[int, str]:
    """Run a text, send it signals once it is ready, and return its status and its output."""
    text, signals = SIGNALLED[how]
    ready = place.folder / "ready"
    for name in ("ready", "ready2", "go"):
        (place.folder / name).unlink(missing_ok=True)
    with subprocess.Popen(
        place.words("bash", "-c", text, guard=guard),
        cwd=place.folder,
        env=VARIABLES,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as running:
        until(ready.exists)
        if "ready2" in text:
            until((place.folder / "ready2").exists)
        else:
            until(lambda: sleeps(session=running.pid))
        for order in signals:
            time.sleep(0.2)  # for the shell to be where it waits; nothing tells
            whom, number = order.split()
            (os.killpg if whom == "group" else os.kill)(running.pid, getattr(signal, f"SIG{number}"))
        (place.folder / "go").touch()
        said, complained = running.communicate(timeout=PATIENCE)
    return running.returncode, said + complained


@pytest.mark.parametrize("name", SIGNALLED)
def test_a_signal_does_what_it_does_without_the_gate(place: Place, name: str) -> None:
    assert signalled(place, name, guard=True) == signalled(place, name, guard=False)


# -- terminals ----------------------------------------------------------------------------------------

Keys = Sequence[tuple[str, str]]
"""What is typed, each with an expression for what has to be seen before the next."""

INSIDE: Keys = [
    ("stty size; tty >/dev/null && test -t 0 -a -t 1 -a -t 2 && echo it is one\n", r"it is one\r\n@ $"),
    ("sleep 60\n", r"sleep 60\r\n$"),
    ("\x1a", r"Stopped.*@ $"),
    ("jobs\n", r"jobs\r\n.*Stopped.*@ $"),
    ("bg\n", r"sleep 60 &\r\n@ $"),
    ("fg\n", r"fg\r\nsleep 60\r\n$"),
    ("\x03", r"\^C\r\n@ $"),
    ("echo $?; cat | tr a-z A-Z\n", r"130\r\n$"),
    ("typed\n\x04", r"TYPED\r\n@ $"),
    ("(sleep 60; echo never); echo after $?\n", r"\$\?\r\n$"),
    ("\x03", r"@ $"),
    ("stty -echo; echo sil''ent; read -r secret; stty echo; echo got $secret\n", r"\nsilent\r\n$"),
    ("hidden\n", r"got hidden\r\n@ $"),
    ("python3 -c 'import os; print(os.get_terminal_size(), os.tcgetpgrp(0) == os.getpgrp())'\n", r"True\r\n@ $"),
    ("exit 4\n", r""),
]
OUTSIDE: Keys = [
    ("HELD sh -c 'echo beg''un; sleep 60'\n", r"\nbegun\r\n$"),
    ("\x1a", r"Stopped.*@ $"),
    ("fg >/dev/null\n", r"fg.*\r\n$"),
    ("\x03", r"\^C(\r\n)?@ $"),  # bash begins a new line or not
    ("echo $?\n", r"130\r\n@ $"),
    ("HELD bash -c 'read -r line; echo got $line; exit 3'; echo $?\n", r"\$\?\r\n$"),
    ("words\n", r"got words\r\n3\r\n@ $"),
    ("HELD cat | tr a-z A-Z; echo ${PIPESTATUS[@]}\n", r"\]\}\r\n$"),
    ("typed\n\x04", r"TYPED\r\n0 0\r\n@ $"),
    ("exit\n", r""),
]
"""The gate is around single commands of a shell that is outside of it."""


def typed(words: Sequence[str], where: Path, keys: Keys) -> tuple[int, str]:
    """Run *words* on a terminal of its own, type *keys*, and return the status and all that was seen."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(where)
        with suppress(OSError):
            os.execvpe(words[0], list(words), VARIABLES)
        os._exit(127)
    seen, shown = "", r"@ $"
    try:
        seen += _seen(terminal, shown, "")
        for text, then in keys:
            if len(text) == 1:
                until(lambda: sleeps(group=os.tcgetpgrp(terminal)))  # it has the terminal
            elif not shown.endswith("@ $"):
                until(lambda: bool(termios.tcgetattr(terminal)[3] & termios.ICANON))  # the shell has let it go
            shown = then
            os.write(terminal, text.encode())
            seen += "\n>" + _seen(terminal, then, repr(text))
        _child, status = os.waitpid(child, 0)
    finally:
        os.close(terminal)
    return os.waitstatus_to_exitcode(status), seen


def _seen(terminal: int, then: str, after: str) -> str:
    """Return what the terminal shows until *then*; with nothing to wait for, until its end."""
    seen, deadline = "", time.monotonic() + PATIENCE
    while not (then and re.search(then, seen, re.DOTALL)):
        assert time.monotonic() < deadline, (after, then, seen)
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            more = os.read(terminal, 65536)
        except OSError:
            break
        if not more:
            break
        seen += more.decode(errors="replace")
    return seen


def cleaned(given: tuple[int, str]) -> tuple[int, str]:
    """Return what was seen without what two runs never have in common: the numbers of processes."""
    status, seen = given
    seen = seen.replace("^C\r\n@ ", "^C@ ")
    return status, re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]|\b\d{3,7}\b", "", seen)


def differing(plain: tuple[int, str], guarded: tuple[int, str]) -> list[str]:
    """Return the lines in which two runs differ, and how they ended where that differs."""
    ends = [] if plain[0] == guarded[0] else [f"{plain[0]} became {guarded[0]}"]
    return ends + list(difflib.unified_diff(plain[1].splitlines(), guarded[1].splitlines(), lineterm="", n=1))


SHELL = ("bash", "--norc", "--noprofile", "-i")


def test_a_shell_in_a_terminal_has_its_jobs(place: Place) -> None:
    plain = cleaned(typed(place.words(*SHELL, guard=False), place.folder, INSIDE))

    guarded = cleaned(typed(place.words(*SHELL, guard=True), place.folder, INSIDE))

    assert differing(plain, guarded) == []
    assert plain[0] == 4


def test_the_gate_itself_is_a_job_like_what_it_is_around(place: Place) -> None:
    held = place.folder / "held"
    seen = []
    for guard in (False, True):
        held.write_text(f'#!/bin/sh\nexec {" ".join(place.words(guard=guard))} "$@"\n')
        held.chmod(0o755)
        keys = [(text.replace("HELD", str(held)), then) for text, then in OUTSIDE]
        seen.append(cleaned(typed(SHELL, place.folder, keys)))

    assert differing(seen[0], seen[1]) == []


@pytest.mark.skipif(shutil.which("script") is None, reason="no script on this machine")
def test_a_program_sees_the_terminal_that_another_made(place: Place) -> None:
    text = (
        "script -qefc 'test -t 0 && test -t 1 && tty | sed s/[0-9]*$// && stty rows 7 cols 70 && stty size; exit 5' log"
        " </dev/null; echo $?; wc -l <log"
    )
    seen = [
        subprocess.run(
            place.words("bash", "-c", text, guard=guard),
            cwd=place.folder,
            env=VARIABLES,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        for guard in (False, True)
    ]

    assert (seen[0].returncode, seen[0].stdout) == (seen[1].returncode, seen[1].stdout)
    assert "7 70" in seen[0].stdout
