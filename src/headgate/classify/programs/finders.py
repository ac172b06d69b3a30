"""Finders of files: what they start for each file, and what they delete."""

import fnmatch
from itertools import pairwise

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change, join
from headgate.classify.paths import inside, wide
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.options import split
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_WALK = Effect(fx.READS | fx.BULK)
_EXEC = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
_ASKS = frozenset({"-ok", "-okdir"})
_WRITES = {"-fprint": 1, "-fprint0": 1, "-fls": 1, "-fprintf": 1}
_NAMES = frozenset({"-name", "-iname"})
_ALTERS = frozenset("rm unlink rmdir shred mv truncate chmod chown tee cp ln".split())
_EDITORS = frozenset({"sed", "gsed", "perl"})
_FD_VALUED = frozenset(
    """-d --max-depth --min-depth --exact-depth -E --exclude -t --type -e --extension -S --size --changed-within
    --changed-before -o --owner -c --color -j --threads --max-results --base-directory --path-separator --search-path
    --format --ignore-file --max-buffer-time --batch-size --gen-completions --and --hyperlink
    --strip-cwd-prefix""".split()
)
_FD_EXEC = frozenset({"-x", "--exec", "-X", "--exec-batch"})
_FD_MARKS = ("{/.}", "{//}", "{/}", "{.}", "{}")


def find(call: Call) -> Effect:
    """Look for files; `-exec` runs a program for each, `-delete` removes them (find(1))."""
    words = _past_options(call.words)
    start = next((at for at, word in enumerate(words) if word.startswith(("-", "(", "!"))), len(words))
    roots, rest = words[:start] or (".",), words[start:]
    names = tuple(value for word, value in pairwise(rest) if word in _NAMES)
    found = [_WALK if "-maxdepth" not in rest and any(map(wide, roots)) else _LOOK]
    at = 0
    while at < len(rest):
        word = rest[at]
        at += 1
        if word in _EXEC:
            end = _end(rest, at)
            found.append(_started(call, rest[at:end], _places(roots, names), asks=word in _ASKS))
            if _alters(rest[at:end]):
                found.append(_guarded(call, roots, names))
            at = end + 1
        elif word == "-delete":
            found += [call.start(("rm", "-rf", *_places(roots, names))), _guarded(call, roots, names)]
        elif word in _WRITES:
            found.append(_written(call, rest[at : at + 1]))
            at += 1
    return found[0] if len(found) == 1 else change(join(found), rounds=1, output=None)


def _alters(words: tuple[str, ...]) -> bool:
    """Whether *words* remove or rewrite the files they are given."""
    name = words[0].rpartition("/")[2] if words else ""
    return name in _ALTERS or (name in _EDITORS and any(word.startswith(("-i", "--in-place", "-pi")) for word in words))


def _past_options(words: tuple[str, ...]) -> tuple[str, ...]:
    at = 0
    while at < len(words) and (words[at] in {"-H", "-L", "-P", "-E", "-X", "-x", "-D"} or words[at].startswith("-O")):
        at += 2 if words[at] == "-D" else 1
    return words[at:]


def _end(words: tuple[str, ...], at: int) -> int:
    """Return where the command behind `-exec` ends: at `;`, or at `+` behind `{}`."""
    while at < len(words):
        if words[at] == ";" or (words[at] == "+" and words[at - 1] == "{}"):
            return at
        at += 1
    return at


def _places(roots: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return one path below each of *roots*, with a name as *names* ask for: it stands for all files found there."""
    name = names[0] if names else "found"
    for mark in ("*", "?", "[", "]", HIDDEN, "/"):
        name = name.replace(mark, "f" if mark == "*" else "")
    return tuple(root.rstrip("/") + "/" + (name or "found") for root in roots)


def _started(call: Call, words: tuple[str, ...], places: tuple[str, ...], *, asks: bool) -> Effect:
    """Return the effect of *words* run for each file found."""
    if not words:
        return _LOOK
    filled = [HIDDEN if "{}" in words[0] else words[0]]
    for word in words[1:]:
        filled.extend(places if word == "{}" else (word.replace("{}", places[0]),))
    if filled[0].rpartition("/")[2] == "rm":
        filled.insert(1, "-r")  # all that is found goes, as below a folder
    inner = call.start(tuple(filled))
    if asks and not call.fed:
        inner = change(inner, evidence=inner.evidence + call.shows(Workload.INTERACTIVE, "asks before each file"))
    return inner


def _guarded(call: Call, roots: tuple[str, ...], names: tuple[str, ...]) -> Effect:
    """Return evidence where a file of the gate is among those that would be found."""
    for root in roots if not call.machine else ():
        where = call.absolute(root) if known(root) else ""
        for file in call.around.protected if where else ():
            parts = file.removeprefix(where).split("/")
            hit = not names or any(fnmatch.filter(parts, name.replace(HIDDEN, "*")) for name in names)
            if hit and inside(file, where):
                why = f"would change `{file}`, which belongs to the gate or installs it"
                return Effect(fx.CHANGES, call.shows(Workload.CONTROL_PLANE, why))
    return fx.EMPTY


def _written(call: Call, words: tuple[str, ...]) -> Effect:
    path = words[0] if words and known(words[0]) else ""
    return Effect(fx.CHANGES, writes=(call.absolute(path) or path,) if path else ())


def fd(call: Call) -> Effect:
    """Look for files; `-x` and `-X` run a program for each or for all (fd(1))."""
    at = next(
        (n for n, word in enumerate(call.words) if word in _FD_EXEC or word.startswith(("--exec=", "--exec-b"))), None
    )
    if at is None:
        return _LOOK
    found = split(call.words[:at], _FD_VALUED)
    extension = found.value("-e", "--extension")
    names = (f"*.{extension}",) if extension else ()
    roots = found.operands[1:] or (
        (found.value("--search-path", "--base-directory"),) if found.has("--search-path") else (".",)
    )
    first = call.words[at].partition("=")[2]
    words = (*((first,) if first else ()), *call.words[at + 1 :])
    words = words[: words.index(";")] if ";" in words else words
    words = tuple(_one_mark(word) for word in words)
    if words and not any("{}" in word for word in words):
        words = (*words, "{}")
    effects = [_LOOK, _started(call, words, _places(roots, names), asks=False)]
    if _alters(words):
        effects.append(_guarded(call, roots, names))
    return change(join(effects), rounds=1, output=None)


def _one_mark(word: str) -> str:
    """Write every placeholder of fd as `{}`."""
    for mark in _FD_MARKS:
        word = word.replace(mark, "{}")
    return word


def ripgrep(call: Call) -> Effect:
    """Search files; `--pre` starts a program for each of them (rg(1))."""
    words = call.words[: call.words.index("--")] if "--" in call.words else call.words
    for at, word in enumerate(words):
        if word == "--pre" or word.startswith("--pre="):
            program = word.partition("=")[2] or "".join(words[at + 1 : at + 2])
            return change(join((_LOOK, call.start((program, "found")))), rounds=1) if program else _LOOK
    return Effect(fx.READS | fx.FILTERS)


PROGRAMS = {"find": find, "gfind": find, "fd": fd, "fdfind": fd, "rg": ripgrep, "ripgrep": ripgrep}
