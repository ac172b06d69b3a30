"""The gate's own files: touching them is `control-plane`, however ordinary the program that does it."""

import fnmatch
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change
from headgate.classify.paths import absolute, inside
from headgate.classify.programs.call import Call
from headgate.classify.surroundings import Surroundings
from headgate.model.facts import Evidence, Workload
from headgate.model.span import Span

_RECORDS = {("add",), ("commit",)}
"""What git does without touching the files that its words name, or quote in a message."""

_SETTINGS = frozenset({"settings.json", "settings.local.json"})
_FILLS_FOLDERS = frozenset({"cp", "install"})
_MAY_WRITE = frozenset("7z 7za 7zr bsdtar file iconv indent script sort sqlite3 tidy uniq xmllint xxd yq".split())
"""Programs that as a rule read, and write a file that an operand or some option names."""

_MOVES_FOLDERS = frozenset({"rm", "mv", "chmod", "chown", "chattr", "ln", "shred", "rmdir", "unlink", "rsync", "mount"})


def guarded(call: Call, effect: Effect) -> Effect:
    """Return *effect*, marked where *call* names a file of the gate; a plain look is free but for the private ones."""
    if call.machine or effect.has(Workload.CONTROL_PLANE):
        return effect
    if not effect.does & (fx.READS | fx.CHANGES | fx.UNSURE):
        return effect
    if call.name == "git" and call.words[:1] in _RECORDS:
        return effect
    around = call.around
    if not _may_name(call):
        return effect
    looks = effect.read_only and call.name not in _MAY_WRITE
    forbidden, suffixes = (around.private, ()) if looks else (around.protected, around.protected_suffixes)
    folders = call.name in _MOVES_FOLDERS
    for word in (*call.words, *_filled(call)):
        for path in _paths(word, call):
            owned = _owned(path, forbidden, folders=folders) or _in_project(path, suffixes, folders=folders)
            if owned:
                why = f"`{call.name}` reaches `{owned}`, which belongs to the gate or installs it"
                return change(effect, evidence=(*effect.evidence, *call.shows(Workload.CONTROL_PLANE, why)))
    return effect


def _filled(call: Call) -> Iterator[str]:
    """Yield what copying into a folder writes there: the folder, with the last name of each source."""
    if call.name in _FILLS_FOLDERS:
        *sources, target = call.words or ("",)
        yield from (f"{target}/{source.rstrip('/').rpartition('/')[2]}" for source in sources)


def sets_gate(name: str) -> bool:
    """Whether the variable *name* steers the gate, or switches a client's hooks or their place."""
    return name.startswith("HEADGATE_") or name in _STEERING


_STEERING = frozenset(
    {"CLAUDE_CODE_SIMPLE", "CLAUDE_CONFIG_DIR", "CLAUDE_CODE_SHELL_PREFIX", "CLAUDE_ENV_FILE", "CODEX_HOME"}
)


def _may_name(call: Call) -> bool:
    """Whether the words of *call* could name a file of the gate at all: cheap, and never wrongly false."""
    tells = _tells(call.around.protected, call.around.protected_suffixes)
    if call.name in _MOVES_FOLDERS or tells.search(" ".join(call.words)):
        return True
    return not call.cwd or tells.search(call.cwd) is not None


def may_name(around: Surroundings, text: str) -> bool:
    """Whether *text* could name a file of the gate at all: cheap, and never wrongly false."""
    return _tells(around.protected, around.protected_suffixes).search(text) is not None


@lru_cache(maxsize=64)
def _tells(protected: tuple[str, ...], suffixes: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern for what a word must hold to name one of these files: a last name, or something to expand."""
    names = {path.rstrip("/").rpartition("/")[2] for path in (*protected, *suffixes)}
    folders = {suffix.strip("/").partition("/")[0] for suffix in suffixes}
    return re.compile("|".join([r"[*?\[{\0]", *(re.escape(name) for name in sorted(names | folders) if name)]))


def guarded_write(around: Surroundings, path: str, span: Span | None) -> Iterator[Evidence]:
    """Yield the evidence that writing *path* (absolute) touches the gate."""
    if path.rpartition("/")[2] in _SETTINGS and (HIDDEN in path or not path.startswith("/")):
        message = f"writes a `{path.rpartition('/')[2]}` in a folder that is not known"
        yield fx.evidence(Workload.CONTROL_PLANE, message, span)
    if not path.startswith("/"):
        return
    owned = _owned(path, around.protected, folders=False) or _in_project(path, around.protected_suffixes, folders=False)
    if owned:
        yield fx.evidence(Workload.CONTROL_PLANE, f"writes `{owned}`, which belongs to the gate or installs it", span)


def names_gate(text: str, around: Surroundings) -> str:
    """Return the file of the gate that program *text* (not a shell's) names, or an empty string."""
    for suffix in around.protected_suffixes:
        if suffix.lstrip("/") in text:
            return suffix
    for path in around.protected:
        short = path.removeprefix(around.home)
        if path in text or (short != path and short.lstrip("/") in text):
            return path
    return ""


def _paths(word: str, call: Call) -> Iterator[str]:
    """Yield the absolute paths that *word* may name: itself, or the value behind `=`."""
    candidates = [word]
    if "=" in word:
        candidates.append(word.partition("=")[2])
    if word.startswith("-"):  # an option with its value behind it: `-o/etc/x`
        candidates += [word[word.index(mark) :] for mark in ("/", "~", ".") if mark in word]
    for candidate in candidates:
        if not candidate.strip(HIDDEN) or candidate.startswith("-"):
            continue
        where = absolute(candidate, call.cwd, call.around.home)
        if where:
            yield where


def _owned(path: str, files: Iterable[str], *, folders: bool) -> str:
    """Return which of *files* a *path* means: one of them, one below, a folder that holds one, or a pattern."""
    pattern = any(mark in path for mark in "*?[" + HIDDEN)
    for file in files:
        if inside(path, file) or (folders and inside(file, path)):
            return file
        if pattern and (_fits(path, file) or (folders and _holds(path, file))):
            return file
    return ""


def _fits(pattern: str, file: str) -> bool:
    """Whether *pattern* may name *file*, or something below it: as a shell matches, segment by segment."""
    wanted, parts = pattern.strip("/").split("/"), file.strip("/").split("/")
    if len(wanted) < len(parts):
        return False
    return all(_segment(part, word) for word, part in zip(wanted, parts, strict=False))


def _holds(pattern: str, file: str) -> bool:
    """Whether *pattern* may name a folder that holds *file*."""
    wanted, parts = pattern.strip("/").split("/"), file.strip("/").split("/")
    return len(wanted) < len(parts) and all(_segment(part, word) for word, part in zip(wanted, parts, strict=False))


def _segment(name: str, word: str) -> bool:
    if name.startswith(".") and word[:1] in {"*", "?", "["}:
        return False
    return fnmatch.fnmatchcase(name, word.replace(HIDDEN, "*"))


def _may_end(pattern: str, suffix: str, *, folders: bool) -> bool:
    """Whether *pattern* may name a path that ends in *suffix*, or one below it, or (with *folders*) above it."""
    wanted, parts = pattern.strip("/").split("/"), suffix.strip("/").split("/")
    for first in range(len(wanted)):
        there = wanted[first : first + len(parts)]
        whole = len(there) == len(parts) or folders
        if whole and there and all(_segment(part, word) for word, part in zip(there, parts, strict=False)):
            return True
    return False


def _in_project(path: str, suffixes: tuple[str, ...], *, folders: bool) -> str:
    """Return which of the *suffixes* a *path* ends in, or lies below, or (with *folders*) holds."""
    pattern = any(mark in path for mark in "*?[")
    for suffix in suffixes:
        if pattern and _may_end(path, suffix, folders=folders):
            return path
        if path.endswith(suffix) or suffix + "/" in path:
            return path
        holder = suffix.rpartition("/")[0]
        if folders and holder and path.endswith(holder):
            return path
    return ""
