"""The tools that a rule of Claude Code names, as patterns for the fact `tool`."""

import re

import msgspec

from headgate.configure.carry.rules import ANYTHING, SHELL, WRITE, CarryError
from headgate.decide.globs import fits

WRITERS = ("Edit", "Write", "MultiEdit", "NotebookEdit")

_ONE_TOOL = (
    ("Agent", "Task"),
    ("TaskStop", "KillShell", "KillBash"),
    ("ListMcpResourcesTool", "ListMcpResources"),
    ("ReadMcpResourceTool", "ReadMcpResource"),
    ("ReadMcpResourceDirTool", "ReadMcpResourceDir"),
)
"""Names that one tool has or had; a rule with any of them is about it."""

_SHELL, _WATCH = "Bash", "Monitor"
_MCP = "mcp__"
_NAME = re.compile(r"[\w.*:-]+\Z")


class Names(msgspec.Struct, frozen=True):
    """Patterns for names of tools; *wider* says which others they fit."""

    patterns: tuple[str, ...]
    wider: tuple[str, ...] = ()


def names(text: str, *, loosens: bool) -> Names:
    """Return the tools that *text* names, with the words that the gate has for shells and writers.

    Raises `CarryError` where they cannot be told, and where a rule that *loosens* may not name so many.
    """
    if not _NAME.match(text):
        raise CarryError(f"`{text}` is no name of a tool")
    if text.startswith(_MCP):
        return _of_server(text, loosens=loosens)
    if ANYTHING in text:
        return _pattern(text, loosens=loosens)
    if text == _WATCH:
        raise CarryError(f"a command of `{_WATCH}` is seen here as any other shell command")
    if text in WRITERS:
        return _writer(text)
    if text == _SHELL:
        return Names((SHELL,))
    return Names(next((group for group in _ONE_TOOL if text in group), (text,)))


def _of_server(text: str, *, loosens: bool) -> Names:
    server, marks, tool = text.removeprefix(_MCP).partition("__")
    if loosens and (ANYTHING in server or not server):
        raise CarryError(f"`{text}`: Claude Code itself refuses to allow tools of servers that are not named")
    if ANYTHING in text or tool:
        return Names((text,))
    if not server or marks:
        raise CarryError(f"`{text}` names no server")
    return Names((f"{text}__{ANYTHING}",))


def _pattern(text: str, *, loosens: bool) -> Names:
    if loosens:
        raise CarryError(f"`{text}`: Claude Code itself refuses to allow tools by such a pattern")
    found, wider = [text], []
    if fits(text, _SHELL) and text != ANYTHING:
        found.append(SHELL)
    elif fits(text, _WATCH) and text != ANYTHING:
        raise CarryError(f"it fits `{_WATCH}`, whose commands are seen here as any other shell command")
    if any(fits(text, name) for name in WRITERS) and text != ANYTHING:
        found.append(WRITE)
        wider += [] if all(fits(text, name) for name in WRITERS) else [_EVERY_WRITE]
    return Names(tuple(dict.fromkeys(found)), tuple(wider))


_EVERY_WRITE = "holds for every file that a client writes itself"


def _writer(name: str) -> Names:
    """Return the tool *name* that writes files: a rule about `Edit` is about all of them there too."""
    return Names((WRITE,), () if name == "Edit" else (_EVERY_WRITE,))
