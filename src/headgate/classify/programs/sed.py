"""sed: its script is read as sed reads it, for the texts it runs and the files it writes (sed(1))."""

import re

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change, join
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.files import writes_to
from headgate.classify.programs.options import split, words_of
from headgate.classify.shell.guard import guarded_write

_LOOK = Effect(fx.READS | fx.FILTERS)
_VALUED = words_of("-e --expression -f --file -l --line-length -s")
_ADDRESS = re.compile(
    r"[\s;{}]*(?:[\d$~+,!\s\0]|/(?:[^/\\\n]|\\.)*/[IM]*|\\(.)(?:(?!\1)[^\\\n]|\\.)*\1[IM]*)*", re.DOTALL
)
_TO_LINE_END = frozenset("rRaci:btTv")
_MAX_STEPS = 500
_REFERENCE = re.compile(r"\\\d|(?<!\\)&")


class _Script(msgspec.Struct):
    """What a script runs and writes, and whether part of it cannot be known."""

    runs: list[str] = []
    writes: list[str] = []
    doubtful: bool = False


def _read(text: str) -> _Script:
    found, at = _Script(), 0
    for _ in range(_MAX_STEPS):
        address = _ADDRESS.match(text, at)
        at = address.end() if address else at
        if at >= len(text):
            if text[-1:] == HIDDEN and not text.strip(HIDDEN + " "):
                found.doubtful = True
            return found
        at = _command(text, at, found)
    found.doubtful = True
    return found


def _command(text: str, at: int, found: _Script) -> int:
    """Take the command at *at*; return where it ends."""
    name = text[at]
    if name in {"s", "y"} and at + 1 < len(text):
        return _substitution(text, at, found)
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    if name == "e":
        found.runs.append(text[at + 1 : end].strip() or HIDDEN)
        return end
    if name in {"w", "W"}:
        found.writes.append(text[at + 1 : end].strip())
        return end
    if name in _TO_LINE_END:
        while name in "aci" and text[end - 1 : end] == "\\" and end < len(text):
            later = text.find("\n", end + 1)
            end = len(text) if later < 0 else later
        stop = text.find(";", at, end) if name in ":btTv" else -1
        return end if stop < 0 else stop
    return at + 1


def _substitution(text: str, at: int, found: _Script) -> int:
    """Take `s/…/…/flags`; with the flag `e` what it makes of a line is run, with `w` it is written."""
    mark = text[at + 1]
    begun = _past(text, at + 2, mark)
    at = _past(text, begun, mark)
    replacement = text[begun : at - 1]
    while at < len(text) and text[at] not in ";}\n#":
        if text[at] == "w":
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            found.writes.append(text[at + 1 : end].strip())
            return end
        if text[at] == "e":
            found.runs.append(_REFERENCE.sub(HIDDEN, replacement) + " " + HIDDEN)
        at += 1
    return at


def _past(text: str, at: int, mark: str) -> int:
    """Return where the part that *mark* ends is over."""
    while at < len(text) and text[at] != mark:
        at += 2 if text[at] == "\\" else 1
    return at + 1


def sed(call: Call) -> Effect:
    """Print edited text; `-i` writes the files, and a script may write or run things itself."""
    found = split(call.words, _VALUED)
    scripts = list(found.values("-e", "--expression"))
    files = found.operands
    named = found.values("-f", "--file")
    if not scripts and not named:
        scripts, files = list(files[:1]), files[1:]
    texts = [_file(call, path) for path in named]
    doubts = [call.opaque("the script that it runs cannot be read")] if None in texts else []
    edits = found.has("-i", "--in-place") or any(name.startswith("-i") for name in found.options)
    base = (
        Effect(fx.CHANGES, writes=tuple(where for path in files for where in writes_to(call, path))) if edits else _LOOK
    )
    if found.has("--sandbox"):
        return base
    script = _read("\n".join([*scripts, *(text for text in texts if text)]))
    return _done(call, script, [base, *doubts])


def _done(call: Call, script: _Script, effects: list[Effect]) -> Effect:
    effects += [call.run(text) for text in script.runs]
    if script.doubtful:
        effects.append(call.opaque("the script that it runs is not known before it runs"))
    for path in script.writes:
        if path.startswith("/dev/std"):
            continue
        where = call.absolute(path) if known(path) else ""
        guarded = tuple(guarded_write(call.around, where or path, call.span)) if not call.machine else ()
        effects.append(Effect(fx.CHANGES, guarded, writes=writes_to(call, path)))
    return effects[0] if len(effects) == 1 else change(join(effects), rounds=1)


def _file(call: Call, path: str) -> str | None:
    where = call.absolute(path) if known(path) and not call.machine else ""
    return call.around.read(where) if where else None


PROGRAMS = dict.fromkeys(("sed", "gsed", "ssed"), sed)
