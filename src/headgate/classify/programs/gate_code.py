"""Code in any language that reaches the gate: by a file, its address, its package or its processes."""

import re
from collections.abc import Iterator

from headgate.classify.addresses import names_api
from headgate.classify.effect import HIDDEN
from headgate.classify.paths import absolute
from headgate.classify.shell.guard import may_name, names_gate, touches
from headgate.classify.shell.ways import steers
from headgate.classify.surroundings import Surroundings

_JOINTS = re.compile(r"['\"`]\s*(?:\+|\.(?!\w)|\.\.|<>|~)?\s*['\"`]")
"""Between two literals that code puts together."""

_SIGNALS = re.compile(r"kill|signal|terminate|suspend|ptrace|pidfd|SIG[A-Z]{3,}", re.IGNORECASE)
_EVERYBODY = re.compile(r"kill(?:pg)?\s*\(?\s*(?:['\"]?\w+['\"]?\s*,\s*)?-1(?!\d)|kill\s*\(\s*0\s*,")
_PYTHON_IMPORT = re.compile(r"^\s*(?:import|from)\s+headgate\b", re.MULTILINE)
_PURE = ("headgate.model", "headgate.classify", "headgate.decide", "headgate.intercept", "headgate.configure")
"""Parts of our package that touch nothing: code may ask them what a call would be."""


def reaches(code: str, around: Surroundings) -> str:
    """Return why *code* (not a shell's) reaches the gate, or an empty string."""
    named = names_gate(code, around)
    joined = _JOINTS.sub("", code)
    named = named or (names_gate(joined, around) if joined != code else "")
    if named:
        return f"its code names `{named}`, which belongs to the gate or installs it"
    if "HEADGATE_HOME" in code:
        return "its code asks where the gate's home is, or says where"
    if around.api and names_api(code, around):
        return "its code speaks with the gate's API, which is for people"
    if _SIGNALS.search(code) and (_EVERYBODY.search(code) or _processes(code, around)):
        return "its code signals or follows processes of the gate"
    return ""


def _processes(code: str, around: Surroundings) -> bool:
    """Whether *code* names a process of the gate, by its number or its name."""
    numbers = "|".join(map(str, around.gate_pids))
    return "headgate" in code or bool(numbers and re.search(rf"(?<![\w.])(?:{numbers})(?![\w.])", code))


def holds_command(text: str) -> bool:
    """Whether *text*, a value in code, is a command that steers the gate."""
    return "headgate" in text and steers(text)


def imports(names: set[str]) -> str:
    """Return which of the imported *names* is a part of our package that can do more than judge; empty for none."""
    return next((name for name in sorted(names) if internal(name)), "")


def internal(name: str) -> bool:
    """Whether the module or name *name* is of our package, and not of its pure parts."""
    ours = name == "headgate" or name.startswith("headgate.")
    return ours and not any(name == part or name.startswith(f"{part}.") for part in _PURE)


def imports_by_text(code: str) -> bool:
    """Whether *code* that nobody can parse imports our package."""
    return _PYTHON_IMPORT.search(code) is not None


def value_reaches(values: Iterator[str], cwd: str, around: Surroundings) -> str:
    """Return which file of the gate one of the *values*, texts that code makes, names as a path; empty for none."""
    for value in values:
        if "/" not in value or len(value) > _MAX_PATH or not may_name(around, value):
            continue
        path = around.home + value[1:] if value.startswith(HIDDEN + "/") else absolute(value, cwd, around.home)
        found = touches(around, path) if path else ""
        if found:
            return found
    return ""


_MAX_PATH = 4096
