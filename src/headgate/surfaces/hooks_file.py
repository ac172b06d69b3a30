"""Hooks in a client's JSON file: ours merged in, and taken out again, with everything else as it was."""

import json
import os
import re
import shlex
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from headgate.host.home import SHELL as SHELL_LINK
from headgate.model.errors import HeadgateError

HOOK = "headgate-hook"
PREFIX = "CLAUDE_CODE_SHELL_PREFIX"
"""The variable of Claude Code that names a program to run each text for a shell by (seen in 2.1.330)."""

SHELL = ["/bin/sh", "-c"]

_BACKUP = ".before-headgate"


Groups = Mapping[str, Sequence[object]]
"""Groups of handlers, by event."""


def install(file: Path, groups: Groups, variables: Mapping[str, str] | None = None) -> bool:
    """Merge *groups* of handlers, by event, into *file* in place of any of ours; return whether anything changed.

    The *variables* are those of ours that the client is to have; where it has one of that name already, that stays.
    Raises `HeadgateError` HG120, changing nothing.
    """
    file = real(file)
    before = read(file)
    settings = _parse(file, before)
    merged = _with_variables(_with_hooks(_without_ours(settings), groups), variables or {})
    if merged == settings:
        return False
    if before is not None and not registered(settings):
        replace(_backup(file), before, file)
    replace(file, _render(merged, before), file)
    return True


def uninstall(file: Path) -> bool:
    """Take our hooks out of *file*; return whether there were any. What was there before us comes back to the byte."""
    file = real(file)
    before = read(file)
    settings = _parse(file, before)
    rest = _without_ours(settings)
    if before is None or rest == settings:
        return False
    kept = read(_backup(file))
    if kept is not None and _bare(_parse(file, kept)) == _bare(rest):
        replace(file, kept, file)
    elif rest or kept is not None:
        replace(file, _render(rest, before), file)
    else:
        file.unlink()
    _backup(file).unlink(missing_ok=True)
    return True


def registered(settings: dict[str, object]) -> list[dict[str, object]]:
    """Return our own handlers in *settings*, those that decide first."""
    found = [handler for handler in _handlers(settings) if _ours(handler)]
    return sorted(found, key=lambda handler: not decides(handler))


def read_settings(file: Path) -> dict[str, object]:
    """Return the settings in *file*, empty where there is none; raises `HeadgateError` HG120."""
    return _parse(file, read(file))


def decides(handler: Mapping[str, object]) -> bool:
    """Say whether a *handler* of ours is the one that decides."""
    return " ".join(argv(handler)).endswith(" decide")


def argv(handler: Mapping[str, object]) -> list[str]:
    """Return the words that run *handler*: those that it has, or a shell with its text."""
    command, args = str(handler.get("command", "")), handler.get("args")
    return [command, *map(str, args)] if isinstance(args, list) else [*SHELL, command]


def program(handler: Mapping[str, object]) -> Path:
    """Return the program that *handler* runs: ours, where a shell's text runs it by itself or in `sh -c`."""
    command = str(handler.get("command", ""))
    if "args" in handler:
        return Path(command)
    try:
        words = shlex.split(command) or [""]
    except ValueError:
        return Path()
    inner = words[3:4] if words[:2] == SHELL else []
    return next((Path(word) for word in (words[0], *inner) if Path(word).name == HOOK), Path(words[0]))


def _with_hooks(settings: dict[str, object], groups: Groups) -> dict[str, object]:
    hooks = settings.get("hooks", {})
    assert isinstance(hooks, dict)  # noqa: S101 `_parse` saw to it
    return settings | {"hooks": hooks | {event: [*hooks.get(event, []), *added] for event, added in groups.items()}}


def _with_variables(settings: dict[str, object], variables: Mapping[str, str]) -> dict[str, object]:
    present = settings.get("env", {})
    if not variables or not isinstance(present, dict):
        return settings
    said = {name: value for name, value in present.items() if value or name not in variables}
    return settings | {"env": dict(variables) | said}


def _without_ours(settings: dict[str, object]) -> dict[str, object]:
    """Return *settings* without our handlers and our variable."""
    settings, present = _without_hooks(settings), settings.get("env")
    if not isinstance(present, dict) or Path(str(present.get(PREFIX, ""))).name != SHELL_LINK:
        return settings
    left = {name: value for name, value in present.items() if name != PREFIX}
    rest = {key: value for key, value in settings.items() if key != "env"}
    return settings | {"env": left} if left else rest


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
    """Return *settings* without what says nothing: events without groups, `hooks` without events, an empty `env`."""
    hooks = settings.get("hooks")
    settings = {key: value for key, value in settings.items() if key != "env" or value != {}}
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


def _handlers(settings: dict[str, object]) -> list[dict[str, object]]:
    hooks = settings.get("hooks")
    found: list[dict[str, object]] = []
    for groups in hooks.values() if isinstance(hooks, dict) else ():
        for group in groups if isinstance(groups, list) else ():
            handlers = group.get("hooks") if isinstance(group, dict) else None
            found += [item for item in handlers or () if isinstance(item, dict)]
    return found


def _ours(handler: object) -> bool:
    return isinstance(handler, dict) and program(handler).name == HOOK


def _parse(file: Path, content: bytes | None) -> dict[str, object]:
    try:
        settings = json.loads(content) if content and content.strip() else {}
    except ValueError as error:
        raise unusable(file, f"it is not JSON: {error}") from None
    if not isinstance(settings, dict):
        raise unusable(file, "it holds no object")
    hooks = settings.get("hooks", {})
    if not isinstance(hooks, dict) or not all(isinstance(groups, list) for groups in hooks.values()):
        raise unusable(file, "its `hooks` are not lists under the names of events")
    return settings


def unusable(file: Path, why: str) -> HeadgateError:
    """Return the fault of a *file* that is left as it is."""
    return HeadgateError("HG120", f"`{file}` cannot be used ({why})", "repair it and try again; nothing was changed")


def _render(settings: dict[str, object], before: bytes | None) -> bytes:
    """Return *settings* as text, indented as the file was."""
    indent = re.search(rb"\n([ \t]+)\S", before or b"")
    step: str | int = indent[1].decode() if indent else 2
    return (json.dumps(settings, indent=step, ensure_ascii=False) + "\n").encode()


def real(file: Path) -> Path:
    """Return the file that a link stands for."""
    return file.resolve() if file.is_symlink() else file


def _backup(file: Path) -> Path:
    return file.with_name(file.name + _BACKUP)


def read(file: Path) -> bytes | None:
    """Return what is in *file*, `None` where it is not there; raises `HeadgateError` HG120."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unusable(file, error.strerror or "it cannot be read") from None


def replace(file: Path, content: bytes, like: Path) -> None:
    """Write *file* at once or not at all, with the mode of *like*; raises `HeadgateError` HG120."""
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
        raise unusable(file, error.strerror or "it cannot be written") from None
