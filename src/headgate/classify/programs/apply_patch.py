"""`apply_patch` of coding agents: writes, moves and deletes the files that its text names (developers.openai.com)."""

import re

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.files import writes_to
from headgate.classify.shell.guard import guarded_write

_NAMES = re.compile(r"^\s*\*\*\* (?:(Delete) File|(?:Update|Add) File|Move to): ?(.+)$", re.MULTILINE)
"""The program takes padding in front of these lines; behind the colon is one space, and then the path."""

_HELP = frozenset({"--help", "-h", "--version", "-V"})


def apply_patch(call: Call) -> Effect:
    """Change files as a text says: the argument, or where there is none the standard input."""
    if (call.words[:1] and call.words[0] in _HELP) or not (call.words or call.fed):
        return Effect(fx.READS)
    text = call.words[0] if call.words else call.stdin
    if text is None or HIDDEN in text or len(call.words) > 1:
        return call.opaque("a patch cannot be seen before it is applied")
    found = [(bool(gone), path.rstrip()) for gone, path in _NAMES.findall(text)]
    return join([_changed(call, path, gone=gone) for gone, path in found]) if found else Effect(fx.CHANGES)


def _changed(call: Call, path: str, *, gone: bool) -> Effect:
    """Return the effect on one file: one that is deleted goes as with `rm`."""
    if gone:
        return call.start(("rm", "-f", "--", path))
    guarded = () if call.machine else tuple(guarded_write(call.around, call.absolute(path) or path, call.span))
    return Effect(fx.CHANGES, guarded, writes=writes_to(call, path))


PROGRAMS = dict.fromkeys(("apply_patch", "applypatch"), apply_patch)
