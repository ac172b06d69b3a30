"""The gate's own files: touching them is `control-plane`, however ordinary the program that does it."""

import fnmatch
import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change
from headgate.classify.paths import absolute, inside
from headgate.classify.programs.call import Call
from headgate.classify.shell.ways import reached
from headgate.classify.surroundings import Surroundings
from headgate.model.facts import Evidence, Workload
from headgate.model.span import Span

_RECORDS = {("add",), ("commit",)}
"""What git does without touching the files that its words name, or quote in a message."""

_SETTINGS = frozenset({"settings.json", "settings.local.json"})
_FILLS_FOLDERS = frozenset({"cp", "install"})
_MAY_WRITE = frozenset("7z 7za 7zr bsdtar file iconv indent script sort sqlite3 tidy uniq xmllint xxd yq".split())
"""Programs that as a rule read, and write a file that an operand or some option names."""

_COPIES = frozenset("cp scp rsync zip tar bsdtar gtar 7z 7za pax ditto sftp".split())
_CONTAINERS = frozenset({"docker", "podman", "nerdctl"})
_HOLDS_TEXT = frozenset(
    "sqlite3 duckdb vim nvim vi view ex ed emacs curl socat websocat ncat expect litecli datasette".split()
)
"""Programs whose words hold paths inside of texts and addresses of their own."""

_SEARCHES = frozenset("find gfind fd fdfind locate plocate mdfind".split())
_PRIVATE_NAMES = frozenset({"gate.key", "authority.key", "headgate.db", "daemon.sock"})
_SHADOWS = ("/bin/headgate", "/bin/headgate-hook", "/bin/headgate-shim")
"""Ends of paths under which a shell would find a program of that name."""

_FREEZERS = ("/cgroup.freeze", "/cgroup.kill", "/cgroup.procs", "/cgroup.threads", "/freezer.state")
_SHOWN = frozenset({"status", "stat", "comm", "cmdline"})
"""What anybody may read of a process (proc(5))."""

_MOVES_FOLDERS = frozenset({"rm", "mv", "chmod", "chown", "chattr", "ln", "shred", "rmdir", "unlink", "rsync", "mount"})

_TAKES_FOLDERS = _MOVES_FOLDERS | _COPIES | _CONTAINERS


def guarded(call: Call, effect: Effect) -> Effect:
    """Return *effect*, marked where *call* reaches the gate; a plain look at its files is free but for the private."""
    if call.machine or effect.has(Workload.CONTROL_PLANE):
        return effect
    why = reached(call, effect) or _touched(call, effect)
    if not why:
        return effect
    return change(effect, evidence=(*effect.evidence, *call.shows(Workload.CONTROL_PLANE, why)))


def _touched(call: Call, effect: Effect) -> str:
    """Return why *call* touches a file of the gate; empty where it does not."""
    if not effect.does & (fx.READS | fx.CHANGES | fx.UNSURE):
        return ""
    if call.name in _HOLDS_TEXT and call.stdin and (named := names_gate(call.stdin, call.around)):
        return f"what is fed to `{call.name}` names `{named}`, which belongs to the gate"
    if (call.name == "git" and call.words[:1] in _RECORDS) or not _may_name(call):
        return ""
    around = call.around
    if call.name in _SEARCHES and _finds_private(call):
        return f"`{call.name}` looks for private files of the gate"
    looks = effect.read_only and call.name not in _MAY_WRITE
    forbidden, suffixes = (around.private, ()) if looks else (around.protected, around.protected_suffixes)
    for word in (*call.words, *_filled(call)):
        folders = call.name in _MOVES_FOLDERS and (call.name != "rsync" or word is call.words[-1])
        for path in _paths(word, call):
            owned = _owned(path, forbidden, folders=folders) or _in_project(path, suffixes, folders=folders)
            owned = owned or _of_process(path, around) or ("" if looks else _shadow(path))
            if owned:
                return f"`{call.name}` reaches `{owned}`, which belongs to the gate or installs it"
    owned = next((file for path in _whole(call) if (file := _owned(path, around.private, folders=True))), "")
    owned = owned or (names_gate(" ".join(call.words), around) if call.name in _HOLDS_TEXT and not looks else "")
    return f"`{call.name}` takes `{owned}`, which belongs to the gate" if owned else ""


def _finds_private(call: Call) -> bool:
    """Whether a search names files that only the gate has, in a place that holds them or is not known."""
    if _PRIVATE_NAMES.isdisjoint(word.strip("*^$").replace("\\", "") for word in call.words):
        return False
    places = [path for word in call.words if word.startswith(("/", "~", "$", HIDDEN)) for path in _paths(word, call)]
    return any(_owned(path, call.around.private, folders=True) for path in places or [call.cwd or "/"])


def _whole(call: Call) -> Iterator[str]:
    """Yield the paths of folders that *call* takes with all that is below: copies, archives, mounts."""
    words = call.words
    if call.name in _CONTAINERS:
        found = [word.partition(":")[0] for last, word in pairwise(words) if last in {"-v", "--volume"}]
        found += [word.partition("=")[2].partition(":")[0] for word in words if word.startswith("--volume=")]
        found += re.findall(r"(?:source|src)=([^,\s]+)", " ".join(words))
    elif call.name in _COPIES:
        last = 1 if call.name in {"cp", "scp", "rsync", "ditto"} else 0
        skips = {"-C", "--directory", "-t", "--target-directory"}
        found = [word for before, word in pairwise(("", *words[: len(words) - last])) if before not in skips]
        there = [word for before, word in pairwise(words) if before in {"-C", "--directory"}]
        found += [f"{folder}/{word}" for folder in there for word in found if word != folder]
    else:
        return
    for word in found:
        where = absolute(word, call.cwd, call.around.home) if word and not word.startswith("-") else ""
        yield from (where,) if where else ()


def _of_process(path: str, around: Surroundings) -> str:
    """Return *path* where it is a process of the gate, seen through its files (proc(5))."""
    if not path.startswith("/proc/"):
        return ""
    number, _, name = path.removeprefix("/proc/").partition("/")
    return path if name not in _SHOWN and any(str(pid) == number for pid in around.gate_pids) else ""


def _shadow(path: str) -> str:
    """Return *path* where a program of the gate's name would be found there, or processes are moved or held."""
    return path if path.endswith(_SHADOWS) or (path.startswith("/sys/fs/cgroup/") and path.endswith(_FREEZERS)) else ""


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
    if call.name in _TAKES_FOLDERS or tells.search(" ".join(call.words)):
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
    names |= {*_PRIVATE_NAMES, "bin/headgate", "/proc/", "cgroup."}
    return re.compile("|".join([r"[*?\[{\0]", *(re.escape(name) for name in sorted(names | folders) if name)]))


def guarded_write(around: Surroundings, path: str, span: Span | None) -> Iterator[Evidence]:
    """Yield the evidence that writing *path* (absolute) touches the gate."""
    if path.rpartition("/")[2] in _SETTINGS and (HIDDEN in path or not path.startswith("/")):
        message = f"writes a `{path.rpartition('/')[2]}` in a folder that is not known"
        yield fx.evidence(Workload.CONTROL_PLANE, message, span)
    if not path.startswith("/"):
        return
    owned = touches(around, path)
    if owned:
        yield fx.evidence(Workload.CONTROL_PLANE, f"writes `{owned}`, which belongs to the gate or installs it", span)


def private(around: Surroundings, path: str) -> str:
    """Return which private file of the gate *path* (absolute) names, or something of a process of the gate."""
    return _owned(path, around.private, folders=False) or _of_process(path, around)


def touches(around: Surroundings, path: str) -> str:
    """Return which file of the gate *path* (absolute, perhaps a pattern) names; empty for none."""
    owned = _owned(path, around.protected, folders=False) or _in_project(path, around.protected_suffixes, folders=False)
    return owned or _shadow(path) or _of_process(path, around)


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


def _candidates(word: str) -> list[str]:
    """Return the parts of *word* that may be a path: itself, and what stands behind a mark or an option."""
    candidates = [word]
    if "=" in word:
        candidates.append(word.partition("=")[2])
    if any(mark in word for mark in ":@,") and " " not in word:  # `unix:PATH`, `FROM:TO`, `@PATH`
        candidates += [part for part in re.split(r"[:@,=]", word) if part]
    if word.startswith("-"):  # an option with its value behind it: `-o/etc/x`
        candidates += [word[word.index(mark) :] for mark in ("/", "~", ".") if mark in word]
    return candidates


def _paths(word: str, call: Call) -> Iterator[str]:
    """Yield the absolute paths that *word* may name."""
    for candidate in _candidates(word):
        if not candidate.strip(HIDDEN) or candidate.startswith("-"):
            continue
        where = absolute(candidate, call.cwd, call.around.home)
        if where:
            yield where
        if candidate.startswith(HIDDEN + "/"):  # a folder that is not known: home, or that of the gate
            yield posixpath.normpath(call.around.home + candidate[1:])
            if candidate[2:] in _PRIVATE_NAMES:
                yield from (f"{folder}{candidate[1:]}" for folder in call.around.private[:1])


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
