"""Claude Code's settings files: where they stand, and what we register in them."""

import re
from pathlib import Path

import msgspec

from headgate.surfaces import hooks_file
from headgate.surfaces.hooks_file import read_settings, registered, uninstall

__all__ = ["Installation", "install", "read_settings", "registered", "settings_file", "uninstall", "version_of"]

BLOCKS_SINCE = (2, 1, 295)
"""The first version that knows `onFailure: "block"` (client's notes; an older one may reject the whole file)."""

DECIDE_TIMEOUT = 30
"""Seconds the client gives the deciding hook: more than the hook's own watchdog (20), which denies."""

_OBSERVED = ("PostToolUse", "PostToolUseFailure", "UserPromptSubmit", "SessionStart")


class Installation(msgspec.Struct, frozen=True):
    """What to register: the hook program and the home, both absolute, and whether failures can block."""

    program: str
    home: str
    blocks: bool


def settings_file(scope: str, user: Path, project: Path) -> Path:
    """Return the settings file of a *scope*: `user` or `project`."""
    return (user if scope == "user" else project) / ".claude" / "settings.json"


def install(file: Path, wanted: Installation) -> bool:
    """Merge our hooks into *file*; return whether anything changed. Raises `HeadgateError` HG120, changing nothing."""
    observed = {event: _group(wanted, "observe", 10) for event in _OBSERVED}
    return hooks_file.install(file, {"PreToolUse": _group(wanted, "decide", DECIDE_TIMEOUT)} | observed)


def version_of(text: str) -> tuple[int, ...]:
    """Return the numbers of the version in what a client says of itself, or nothing."""
    match = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(number) for number in match.groups()) if match else ()


def _group(wanted: Installation, mode: str, timeout: int) -> dict[str, object]:
    handler: dict[str, object] = {
        "type": "command",
        "command": wanted.program,
        "args": ["--home", wanted.home, "claude-code", mode],
        "timeout": timeout,
    }
    if wanted.blocks and mode == "decide":
        handler["onFailure"] = "block"
    return {"matcher": "*", "hooks": [handler]}
