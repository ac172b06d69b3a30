"""Claude Code's settings files: our hooks merged in, and taken out again, with everything else as it was."""

import json
import os
import re
import tempfile
from pathlib import Path

import msgspec

from headgate.model.errors import HeadgateError

BLOCKS_SINCE = (2, 1, 295)
"""The first version that knows `onFailure: "block"` (client's notes; an older one may reject the whole file)."""

HOOK = "headgate-hook"
DECIDE_TIMEOUT = 30
"""Seconds the client gives the deciding hook: more than the hook's own watchdog (20), which denies."""

_BACKUP = ".before-headgate"
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
    file = _real(file)
    before = _read(file)
    settings = _parse(file, before)
    merged = _with_hooks(_without_hooks(settings), wanted)
    if merged == settings:
        return False
    if before is not None and not registered(settings):
        _replace(_backup(file), before, file)
    _replace(file, _render(merged, before), file)
    return True


def uninstall(file: Path) -> bool:
    """Take our hooks out of *file*; return whether there were any. What was there before us comes back to the byte."""
    file = _real(file)
    before = _read(file)
    settings = _parse(file, before)
    if before is None or not registered(settings):
        return False
    rest = _without_hooks(settings)
    kept = _read(_backup(file))
    if kept is not None and _bare(_parse(file, kept)) == _bare(rest):
        _replace(file, kept, file)
    elif rest or kept is not None:
        _replace(file, _render(rest, before), file)
    else:
        file.unlink()
    _backup(file).unlink(missing_ok=True)
    return True


def registered(settings: dict[str, object]) -> list[dict[str, object]]:
    """Return our own handlers in *settings*, those that decide first."""
    found = [handler for _event, _group, handler in _handlers(settings) if _ours(handler)]
    return sorted(found, key=lambda handler: "decide" not in str(handler.get("args")))


def read_settings(file: Path) -> dict[str, object]:
    """Return the settings in *file*, empty where there is none; raises `HeadgateError` HG120."""
    return _parse(file, _read(file))


def version_of(text: str) -> tuple[int, ...]:
    """Return the numbers of the version in what a client says of itself, or nothing."""
    match = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(number) for number in match.groups()) if match else ()


def _with_hooks(settings: dict[str, object], wanted: Installation) -> dict[str, object]:
    hooks = settings.get("hooks", {})
    assert isinstance(hooks, dict)  # noqa: S101 `_parse` saw to it
    added = {"PreToolUse": _group(wanted, "decide", DECIDE_TIMEOUT)} | {
        event: _group(wanted, "observe", 10) for event in _OBSERVED
    }
    return settings | {"hooks": hooks | {event: [*hooks.get(event, []), group] for event, group in added.items()}}


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


def _without_hooks(settings: dict[str, object]) -> dict[str, object]:
    hooks = settings.get("hooks")
    if not isinstance(hooks, dict):
        return settings
    kept: dict[str, object] = {}
    for event, groups in hooks.items():
        left = [other for group in groups for other in _group_without(group)]
        if left or not groups:
            kept[event] = left
    if not kept and hooks:
        return {key: value for key, value in settings.items() if key != "hooks"}
    return settings | {"hooks": kept}


def _bare(settings: dict[str, object]) -> dict[str, object]:
    """Return *settings* without what says nothing: events without groups, and `hooks` without events."""
    hooks = settings.get("hooks")
    said = {event: groups for event, groups in hooks.items() if groups} if isinstance(hooks, dict) else {}
    return {key: value for key, value in settings.items() if key != "hooks"} | ({"hooks": said} if said else {})


def _group_without(group: object) -> list[object]:
    """Return *group* without our handlers; nothing where they were all it had."""
    if not isinstance(group, dict) or not isinstance(group.get("hooks"), list):
        return [group]
    left = [handler for handler in group["hooks"] if not _ours(handler)]
    if len(left) == len(group["hooks"]):
        return [group]
    return [group | {"hooks": left}] if left else []


def _handlers(settings: dict[str, object]) -> list[tuple[str, dict[str, object], dict[str, object]]]:
    hooks = settings.get("hooks")
    found = []
    for event, groups in hooks.items() if isinstance(hooks, dict) else ():
        for group in groups if isinstance(groups, list) else ():
            handlers = group.get("hooks") if isinstance(group, dict) else None
            found += [(event, group, item) for item in handlers or () if isinstance(item, dict)]
    return found


def _ours(handler: object) -> bool:
    return isinstance(handler, dict) and Path(str(handler.get("command", ""))).name == HOOK


def _parse(file: Path, content: bytes | None) -> dict[str, object]:
    try:
        settings = json.loads(content) if content and content.strip() else {}
    except ValueError as error:
        raise _unusable(file, f"it is not JSON: {error}") from None
    if not isinstance(settings, dict):
        raise _unusable(file, "it holds no object")
    hooks = settings.get("hooks", {})
    if not isinstance(hooks, dict) or not all(isinstance(groups, list) for groups in hooks.values()):
        raise _unusable(file, "its `hooks` are not lists under the names of events")
    return settings


def _unusable(file: Path, why: str) -> HeadgateError:
    return HeadgateError("HG120", f"`{file}` cannot be used ({why})", "repair it and try again; nothing was changed")


def _render(settings: dict[str, object], before: bytes | None) -> bytes:
    """Return *settings* as text, indented as the file was."""
    indent = re.search(rb"\n([ \t]+)\S", before or b"")
    step: str | int = indent[1].decode() if indent else 2
    return (json.dumps(settings, indent=step, ensure_ascii=False) + "\n").encode()


def _real(file: Path) -> Path:
    return file.resolve() if file.is_symlink() else file


def _backup(file: Path) -> Path:
    return file.with_name(file.name + _BACKUP)


def _read(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(file, error.strerror or "it cannot be read") from None


def _replace(file: Path, content: bytes, like: Path) -> None:
    """Write *file* at once or not at all, with the mode of *like*."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        mode = like.stat().st_mode & 0o777 if like.exists() else 0o600
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=file.name)
        with os.fdopen(descriptor, "wb") as new:
            new.write(content)
            new.flush()
            os.fsync(descriptor)
        Path(name).chmod(mode)
        Path(name).replace(file)
    except OSError as error:
        raise _unusable(file, error.strerror or "it cannot be written") from None
