"""The lines of the corpus: read, and held to their form."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
WORKLOADS = (
    "remote-session remote-probe multi-host deploy restart log-tail remediation-loop transfer cross-machine "
    "long-running interactive opaque destructive control-plane"
).split()
HEAVY = frozenset(WORKLOADS) - {"remote-probe"}
DECISIONS = ("allow", "delegate", "confirm", "deny")
THREADS = ("main", "subagent", "worker", "background")
USUAL_CWD = "/home/user/repo"
"""Where a command runs whose line names no `cwd`: a working tree with no file that can be read."""

Line = dict[str, Any]
Check = Callable[[object], bool]


class WrongLine(Exception):  # noqa: N818 it says what it is
    """A line breaks the form; the message names the file, the line and the field."""


def commands(folder: Path = HERE) -> list[Line]:
    """Return every labelled command; raises `WrongLine`."""
    found = list(_lines(folder / "commands", _COMMAND, optional={"cwd", "thread", "open", "note"}))
    _unique(found)
    return found


def sessions(folder: Path = HERE) -> list[Line]:
    """Return every labelled session; raises `WrongLine`."""
    found = list(_lines(folder / "sessions", _SESSION, optional=set()))
    _unique(found)
    return found


def known_misses(folder: Path = HERE) -> dict[str, str]:
    """Return the ids whose silent pass is known, each with its reason."""
    file = folder / "known-misses.txt"
    rows = [row for row in file.read_text().splitlines() if row.strip() and not row.startswith("#")]
    return {name: reason.strip() for name, _, reason in (row.partition(" ") for row in rows)}


def folder_of(line: Line) -> str:
    """Return the absolute directory a command runs in; a relative `cwd` is a folder of the corpus."""
    cwd = line.get("cwd", USUAL_CWD)
    return cwd if cwd.startswith("/") else str(HERE / cwd)


def _names(known: tuple[str, ...] | list[str]) -> Check:
    return lambda value: isinstance(value, list) and set(value) <= set(known) and len(set(value)) == len(value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_machines(value: object) -> bool:
    return isinstance(value, list) and all(_is_text(name) for name in value) and len(set(value)) == len(value)


_COMMAND: dict[str, Check] = {
    "id": _is_text,
    "command": _is_text,
    "workloads": _names(WORKLOADS),
    "machines": _is_machines,
    "bounded": lambda value: value is None or isinstance(value, bool),
    "main": lambda value: value in DECISIONS,
    "cwd": _is_text,
    "thread": lambda value: value in THREADS,
    "open": _names(WORKLOADS),
    "note": _is_text,
}
_STEP: dict[str, Check] = {
    "command": _is_text,
    "at": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and value >= 0,
    "thread": lambda value: value in THREADS,
    "main": lambda value: value in DECISIONS,
    "workloads": _names(WORKLOADS),
}
_SESSION: dict[str, Check] = {
    "id": _is_text,
    "note": _is_text,
    "steps": lambda value: isinstance(value, list) and bool(value),
}


def _lines(folder: Path, form: dict[str, Check], optional: set[str]) -> Iterator[Line]:
    for file in sorted(folder.glob("*.jsonl")):
        for number, text in enumerate(file.read_text().splitlines(), 1):
            where = f"{file.relative_to(folder.parent)}:{number}"
            try:
                line = json.loads(text)
            except json.JSONDecodeError as error:
                raise WrongLine(f"{where}: this is no JSON ({error.msg})") from None
            _hold(line, form, optional, where)
            _steps_hold(line.get("steps", []), where)
            yield line


def _steps_hold(steps: list[Line], where: str) -> None:
    before = 0.0
    for number, step in enumerate(steps, 1):
        _hold(step, _STEP, {"workloads"}, f"{where}: step {number}")
        if step["at"] < before:
            raise WrongLine(f"{where}: step {number}: `at` goes back in time")
        before = step["at"]


def _hold(line: object, form: dict[str, Check], optional: set[str], where: str) -> None:
    if not isinstance(line, dict):
        raise WrongLine(f"{where}: a line is one JSON object")
    for name in form.keys() - optional - line.keys():
        raise WrongLine(f"{where}: `{name}` is missing")
    for name, value in line.items():
        if name not in form:
            raise WrongLine(f"{where}: `{name}` is no field")
        if not form[name](value):
            raise WrongLine(f"{where}: {json.dumps(value)[:60]} is no value of `{name}`")


def _unique(lines: list[Line]) -> None:
    seen: set[str] = set()
    for line in lines:
        if line["id"] in seen:
            raise WrongLine(f"the id `{line['id']}` is used twice")
        seen.add(line["id"])
