"""The shell's own account of a job: how to have it, and which step of the plan it tells of."""

import contextlib
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from headgate.model.plan import Plan, PlanStep, outer
from headgate.record.redact import redact

DESCRIPTOR = 63
"""Where a traced shell writes; whoever starts it opens the job's trace file there, to append, with mode 0600."""

TAIL = 64 * 1024
"""Bytes of a trace that are read."""

MOST = 4 << 20
"""Bytes that a trace may have; of more, all is given up: a busy loop must not fill the disk."""

_SCRIPT = Path(__file__).with_name("trace.bash")
_MARK = re.compile(r"^\++headgate ", re.MULTILINE)
_MAX_RECORD = 4000
_OFTEN = re.compile(r" \((?:in a loop|\d+ times)\)$")
_LAST = "…"

_SEES = re.compile(
    r"xtrace|XTRACEFD|PS4|SHELLOPTS|BASH_ENV|\$-|\$\{-|[<>]\(|[<>&]\s*63\b|\b63[<>]"
    r"|\b(?:source|eval|shopt|compgen)\b|(?:^|[\s;&|({])\.\s|\blocal -"
    r"|\b(?:set|(?:declare|typeset)(?:\s+-p)?)\s*(?:$|[;&|)\n])|\bset(?:\s+\S+){0,8}?\s+[-+]\w*x"
)
"""Texts that could tell a traced shell from another, or would be traced to another place than they expect."""

_STEERS = frozenset(
    {"BASH_ENV", "SHELLOPTS", "BASHOPTS", "POSIXLY_CORRECT", "PS4", "BASH_XTRACEFD"}
    | {f"BASH_FUNC_{name}%%" for name in ("set", "unset", ":")}
)


def traced(command: str, shell: str, environment: Mapping[str, str]) -> dict[str, str] | None:
    """Return the variables with which *shell* tells what it does while it runs *command*; `None` where it cannot.

    The command runs as it would: same text, lines, status and output, and its children see no variable more. It sees an
    `x` in `$-`, and they inherit the descriptor; texts that look at such things are not traced.
    """
    if Path(shell).name != "bash" or _SEES.search(command) or not _STEERS.isdisjoint(environment):
        return None
    return {"BASH_ENV": str(_SCRIPT)}


def tail(path: Path) -> bytes:
    """Return the end of the trace at *path*; a trace of more than `MOST` bytes is emptied."""
    with contextlib.suppress(OSError), path.open("rb+") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL))
        found = file.read(TAIL)
        if size > MOST:
            file.truncate(0)
        return found
    return b""


def current(trace: bytes, plan: Plan) -> int | None:
    """Return the number of the step, from 1, that began last as *trace* tells; `None` where it tells of none."""
    steps = outer(plan)
    at = -1
    for record in _records(trace):
        fitting = _fitting(record, steps)
        if fitting:
            at = next((place for place in fitting if place > at), fitting[0])
    return at + 1 if at >= 0 else None


def _records(trace: bytes) -> Iterator[str]:
    """Yield the commands that *trace* tells of, oldest first; the cut one at its begin is left out."""
    text = trace[-TAIL:].decode("utf-8", "replace")
    starts = [(match.start(), match.end()) for match in _MARK.finditer(text)]
    ends = [*(begin for begin, _end in starts[1:]), len(text)]
    for (_begin, begin), end in zip(starts, ends, strict=False):
        yield text[begin : min(end, begin + _MAX_RECORD)].rstrip("\n")


def _fitting(record: str, steps: Plan) -> list[int]:
    """Return the places of the steps that *record* may be: those of its text, else those of its program and machine."""
    name = record.partition(" ")[0].strip("'").rpartition("/")[2]
    known = [place for place, step in enumerate(steps) if step.program == name]
    if not known:
        return []
    text = redact(_words(record))
    exact = [place for place in known if _reads(steps[place].text, text)]
    return exact or [place for place in known if _reaches(steps[place], text)]


def _words(record: str) -> str:
    """Return *record* as a plan would show it."""
    try:
        words = shlex.split(record)
    except ValueError:  # cut, or a quoting of the shell's own
        return " ".join(record.split())
    return " ".join(" ".join(map(shlex.quote, words)).split())


def _reads(shown: str, text: str) -> bool:
    """Whether *text* is what a plan shows as *shown*, where `…` may stand for anything."""
    pieces = [_plain(piece) for piece in _OFTEN.sub("", shown).split(_LAST)]
    first, *others = pieces
    text = _plain(text)
    if not others:
        return text == first
    if not text.startswith(first):
        return False
    at = len(first)
    for piece in others[:-1]:
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return len(text) - at >= len(others[-1]) and text.endswith(others[-1])


def _plain(text: str) -> str:
    return text.replace("'", "").replace('"', "")


def _reaches(step: PlanStep, text: str) -> bool:
    """Whether *text* names the machine of *step*, or that has none."""
    names = [name for name in step.machine.split(", ") if name and name != "?"]
    return not names or any(re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text) for name in names)
