"""Claude Code's settings files: where they stand, and what we register in them."""

import re
from pathlib import Path

import msgspec

from headgate.surfaces import hooks_file
from headgate.surfaces.hooks_file import PREFIX, read_settings, registered, uninstall

__all__ = [
    "PREFIX",
    "Installation",
    "install",
    "prefix_in",
    "read_settings",
    "registered",
    "settings_file",
    "uninstall",
    "version_of",
]

BLOCKS_SINCE = (2, 1, 295)
"""The first version that knows `onFailure: "block"` (client's notes; an older one may reject the whole file)."""

REWAKES_SINCE = (2, 1, 330)
"""The first version in which `asyncRewake` was seen to wake an idle session, and to take `rewakeMessage`."""

WAKE_TIMEOUT = 6 * 3600 + 120
"""Seconds the client gives the hook that waits for news: more than the hook takes."""

DECIDE_TIMEOUT = 30
"""Seconds the client gives the deciding hook: more than the hook's own watchdog (27), which denies."""

WOKEN = "Nothing failed here: there is news of work that this session has delegated."
"""What the client puts in front of the news, in place of words about a hook that failed."""

_WAKING = (("PostToolUse", "Bash|Monitor"), ("Stop", ""))
"""Where a hook begins to wait: after a call that may have delegated something, and whenever a turn is over."""

_OBSERVED = ("PostToolUse", "PostToolUseFailure", "UserPromptSubmit", "SessionStart")


class Installation(msgspec.Struct, frozen=True):
    """What to register: the hook program and the home, both absolute; whether failures can block, and hooks wake.

    *owner* is the user of the daemon, where that is another one than the client's; -1 where not. *prefix* is what the
    client puts in front of each text for a shell; empty where there is nothing that could stand there.
    """

    program: str
    home: str
    blocks: bool
    rewakes: bool = False
    owner: int = -1
    prefix: str = ""


def settings_file(scope: str, user: Path, project: Path) -> Path:
    """Return the settings file of a *scope*: `user` or `project`."""
    return (user if scope == "user" else project) / ".claude" / "settings.json"


def install(file: Path, wanted: Installation) -> bool:
    """Merge our hooks into *file*; return whether anything changed. Raises `HeadgateError` HG120, changing nothing."""
    groups = {"PreToolUse": [_group(wanted, "decide", DECIDE_TIMEOUT)]}
    groups |= {event: [_group(wanted, "observe", 10)] for event in _OBSERVED}
    if wanted.rewakes:
        for event, matcher in _WAKING:
            groups.setdefault(event, []).append(_group(wanted, "wake", WAKE_TIMEOUT, matcher))
    return hooks_file.install(file, groups, {PREFIX: wanted.prefix} if wanted.prefix else {})


def prefix_in(settings: dict[str, object]) -> str:
    """Return what stands in front of each text for a shell by *settings*; empty where nothing does."""
    variables = settings.get("env")
    return str(variables.get(PREFIX, "")) if isinstance(variables, dict) else ""


def version_of(text: str) -> tuple[int, ...]:
    """Return the numbers of the version in what a client says of itself, or nothing."""
    match = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(number) for number in match.groups()) if match else ()


def _group(wanted: Installation, mode: str, timeout: int, matcher: str = "*") -> dict[str, object]:
    owner = ["--owner", str(wanted.owner)] if wanted.owner >= 0 else []
    handler: dict[str, object] = {
        "type": "command",
        "command": wanted.program,
        "args": ["--home", wanted.home, "claude-code", mode, *owner],
        "timeout": timeout,
    }
    if wanted.blocks and mode == "decide":
        handler["onFailure"] = "block"
    if mode == "wake":
        handler |= {"asyncRewake": True, "rewakeMessage": WOKEN, "rewakeSummary": "headgate: news of delegated work"}
    return {"matcher": matcher, "hooks": [handler]}
