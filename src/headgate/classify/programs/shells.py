"""Shells and the builtins that run text: their text is parsed again."""

import re
import shlex

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, join
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.options import Options, split, words_of
from headgate.model.facts import Workload

_VALUED = words_of("-o -O +o +O --rcfile --init-file --command --commands --log-level")
_INPUT = frozenset({"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", "-"})
_SETUP = re.compile(
    r"(?:^|/)(?:activate(?:\.\w+)?|nvm\.sh|\.?(?:bash|zsh)(?:rc|_profile|_aliases|env)|\.profile|profile|cargo/env"
    r"|sdkman-init\.sh|conda\.sh|asdf\.sh|env\.sh|\.envrc|\.env(?:\.\w+)?|setvars\.sh|virtualenvwrapper\.sh)\Z"
)


def shell(call: Call) -> Effect:
    """Run a shell: `-c` text, a script file, or what is fed to it; else it waits for a person."""
    words = tuple(_plain_option(word) for word in call.words)
    found = split(words, _VALUED, stops=True)
    files = found.values("--rcfile", "--init-file")
    begun = _begun(call, found)
    return (
        join((*(call.shell.file(call, path) for path in files if not _SETUP.search(path)), begun)) if files else begun
    )


def _begun(call: Call, found: Options) -> Effect:
    """Return the effect of what a shell runs behind its start-up files."""
    if found.has("-c", "--command", "--commands"):  # the long names are those of fish and nu
        text = found.value("--command", "--commands") or (found.operands[0] if found.operands else "")
        given = () if found.has("--command", "--commands") else found.operands[1:]
        return _run(call, text, given) if text else Effect(fx.FILTERS)
    if found.has("--version", "--help"):
        return Effect(fx.READS)
    if found.has("-n", "--no-execute") and found.operands:
        return Effect(fx.READS)
    if found.operands and not found.has("-s") and found.operands[0] not in _INPUT:
        return _script(call, found.operands[0], tuple(found.operands[1:]))
    return _fed(call)


def _script(call: Call, path: str, rest: tuple[str, ...]) -> Effect:
    """Return the effect of a script; one in a folder of programs is the program of its name as well."""
    inside, name = call.shell.file(call, path), path.rpartition("/")[2]
    return join((inside, call.start((name, *rest)))) if "/bin/" in path and name and known(path) else inside


def _run(call: Call, text: str, given: tuple[str, ...]) -> Effect:
    """Return the effect of a `-c` *text*, for which the words *given* are `$0`, `$1` and so on."""
    if given and HIDDEN not in given[0]:
        call = msgspec.structs.replace(call, environment={**call.environment, "0": given[0]})
    rest = given[1:]
    return call.run(f"set -- {shlex.join(rest)}\n{text}" if rest and HIDDEN not in "".join(rest) else text)


def _plain_option(word: str) -> str:
    """Read `+x` as `-x`: both are settings."""
    return "-" + word[1:] if word.startswith("+") and len(word) > 1 else word


def _fed(call: Call) -> Effect:
    if call.stdin is not None:
        return call.run(call.stdin)
    if call.fed:
        return call.opaque(f"what is fed to `{call.name}` cannot be known before it runs")
    return Effect(fx.INTERACTIVE | fx.UNSURE, call.shows(Workload.INTERACTIVE, "opens a shell that waits for a person"))


def evaluate(call: Call) -> Effect:
    """Run the words as a text of this shell (`eval`)."""
    text = " ".join(call.words[1:] if call.words[:1] == ("--",) else call.words)
    if not text.strip():
        return Effect(fx.FILTERS)
    if HIDDEN in text and len(text.strip(HIDDEN + " ")) == 0:
        return call.opaque("the text it runs is not known before it runs")
    return call.shell.source(call, text)


def source(call: Call) -> Effect:
    """Run a file in this shell; the well-known set-up files are light, one that cannot be read is not."""
    words = call.words[1:] if call.words[:1] == ("--",) else call.words
    if not words:
        return Effect(fx.FILTERS)
    if words[0] in _INPUT and call.stdin is not None:
        return call.shell.source(call, call.stdin)
    if _SETUP.search(words[0].replace(HIDDEN, "x")):
        return _set_up(call, words[0])
    return call.shell.file(call, words[0], here=True)


def _set_up(call: Call, path: str) -> Effect:
    """Return the effect of a set-up file: what it certainly does, where it can be read."""
    where = call.absolute(path) if HIDDEN not in path and not call.machine else ""
    if not where or call.around.read(where) is None:
        return Effect(fx.FILTERS)
    return call.shell.file(call, path, here=True).without(Workload.OPAQUE)


def alias(call: Call) -> Effect:
    """Define aliases; they stand for their text from here on."""
    for word in call.words:
        name, equals, text = word.partition("=")
        if equals and HIDDEN not in text:
            call.shell.define_alias(name, text)
    return Effect(fx.FILTERS)


def trap(call: Call) -> Effect:
    """Run a text when a signal comes, or at the end: it counts as run."""
    words = [word for word in call.words if not word.startswith("-") or word == "-"]
    return call.run(words[0]) if len(words) > 1 and words[0] not in {"", "-"} else Effect(fx.FILTERS)


def su(call: Call) -> Effect:
    """Run a shell as another user: `-c` text, or a person types."""
    found = split(call.words, words_of("-c --command -s --shell -g --group -G --supp-group -w"))
    text = found.value("-c", "--command")
    if text:
        return call.run(text)
    return Effect(fx.INTERACTIVE | fx.UNSURE, call.shows(Workload.INTERACTIVE, "opens a shell of another user"))


PROGRAMS = {
    **dict.fromkeys(
        words_of("bash sh zsh dash ksh ash fish rbash mksh oksh tcsh csh yash elvish nu xonsh osh ysh"), shell
    ),
    "eval": evaluate,
    "source": source,
    ".": source,
    "alias": alias,
    "trap": trap,
    "su": su,
}
