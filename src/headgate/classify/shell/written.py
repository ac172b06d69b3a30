"""What the programs of a text leave in files, so that a script it runs later is judged by that."""

from headgate.classify.effect import HIDDEN
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.classify.shell.state import State

_REWRITE = frozenset({"git", "patch", "tar", "unzip"})
_KEEPS = frozenset({"chmod", "chown", "chgrp", "touch", "setfacl", "chattr", "mkdir"})
"""Programs that change a file, and not its text."""

_COPIES = frozenset({"cp", "mv", "install", "ln"})
_VALUED = words_of("-t --target-directory -S --suffix -m --mode -o --owner -g --group")


def remember(state: State, call: Call) -> None:
    """Remember that *call* may have changed the files it names, or any file of the tree; or what it put there."""
    if call.name in _KEEPS:
        return
    state.rewritten = state.rewritten or call.name in _REWRITE
    known = _put(call)
    for word in call.words:
        path = call.absolute(word) if word and not word.startswith("-") and HIDDEN not in word else ""
        if path:
            state.written[path] = None
    state.written.update(known)


def _put(call: Call) -> dict[str, str | None]:
    """Return the texts that *call* is known to put into files."""
    if call.name == "tee" and call.stdin is not None and not {"-a", "--append"} & {*call.words}:
        return {path: call.stdin for word in call.words if (path := _path(call, word))}
    found = split(call.words, _VALUED) if call.name in _COPIES else None
    if found is None or found.has("-t", "--target-directory", "-d") or len(found.operands) != 2:  # noqa: PLR2004 from, to
        return {}
    source, target = (_path(call, word) for word in found.operands)
    text = call.around.read(source) if source else None
    if text is None or not target:
        return {}
    moved: dict[str, str | None] = {source: None} if call.name == "mv" else {}
    return moved | {target: text, f"{target}/{source.rpartition('/')[2]}": text}


def _path(call: Call, word: str) -> str:
    return call.absolute(word) if word and not word.startswith("-") and HIDDEN not in word else ""
