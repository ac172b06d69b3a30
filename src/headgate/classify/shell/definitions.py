"""What the text itself defines: functions, aliases, and the builtins that change what later words mean."""

from typing import TYPE_CHECKING

from headgate.classify.effect import HIDDEN, Effect, join
from headgate.classify.programs.call import Call
from headgate.classify.shell.nested import MAX_NESTING
from headgate.classify.shell.parse import parse
from headgate.classify.shell.redirects import Stdin
from headgate.classify.shell.scope import Scope
from headgate.classify.shell.syntax import Node
from headgate.model.span import Span

if TYPE_CHECKING:
    from headgate.classify.shell.walk import Walk

_DECLARES = frozenset({"export", "declare", "typeset", "local", "readonly"})
_FORGETS = frozenset({"popd", "read", "mapfile", "readarray", "unset", "getopts", "printf", "let"})
BUILTINS = _DECLARES | _FORGETS | {"cd", "pushd", "set", "shift"}


def call_function(walk: "Walk", name: str, words: tuple[str, ...], stdin: Stdin, span: Span) -> Effect:
    """Return the effect of calling a function: of each body it may have, and of the program it may not hide."""
    function = walk.scope.functions[name]
    if walk.depth >= MAX_NESTING:
        return walk.opaque(span.start, span.end, f"`{name}` calls itself without end")
    effects = [_body(walk, name, body, words, stdin) for body in function.bodies]
    if not function.certain:
        effects.append(walk.command((name, *words), span, stdin, plain=True))
    return join(effects)


def _body(walk: "Walk", name: str, body: Node, words: tuple[str, ...], stdin: Stdin) -> Effect:
    called = walk.inside(Scope(walk.scope))
    called.scope.functions.pop(name)  # a function that calls its own name runs the program, or for ever
    called.scope.give(words)
    effect = called.node(body, stdin)
    walk.scope.learn(called.scope)
    return effect


def call_alias(walk: "Walk", name: str, words: tuple[str, ...], span: Span, stdin: Stdin) -> Effect:
    """Return the effect of the text that an alias stands for, with *words* behind it."""
    text = walk.scope.aliases[name]
    if text[-1:].isspace() and words and words[0] in walk.scope.aliases:
        text, words = text + walk.scope.aliases[words[0]], words[1:]
    if walk.depth >= MAX_NESTING:
        return walk.opaque(span.start, span.end, f"`{name}` stands for itself without end")
    called = walk.inside(Scope(walk.scope), origin=span)
    called.scope.aliases.pop(name)
    return called.node(parse(" ".join((text, *map(_quoted, words))), walk.language), stdin)


def _quoted(word: str) -> str:
    """Return *word* as it is written so that a shell reads just it; an unknown part is an unset variable."""
    return "'" + word.replace("'", "'\\''").replace(HIDDEN, "'\"${_}\"'") + "'"


def builtin(walk: "Walk", name: str, words: tuple[str, ...], call: Call) -> None:
    """Follow a builtin that changes what later words mean."""
    if name in {"cd", "pushd"}:
        where = words[-1] if words else "~"
        walk.cwd = call.absolute(where) if HIDDEN not in where and where != "-" else ""
        walk.scope.assign("PWD", walk.cwd or None)
    elif name in _DECLARES:
        _declare(walk, words)
    elif name in {"set", "shift"}:
        walk.scope.give(_shifted(walk, name, words))
    else:
        walk.scope.forget(words)


def _declare(walk: "Walk", words: tuple[str, ...]) -> None:
    for word in words:
        variable, equals, value = word.partition("=")
        if equals:
            walk.scope.assign(variable, value)


def _shifted(walk: "Walk", name: str, words: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the positional parameters behind `shift` or `set`; `None` where nobody knows."""
    if name == "set":
        return words[1:] if words[:1] == ("--",) else None
    count = words[0] if words else "1"
    return walk.scope.words[int(count) :] if walk.scope.words is not None and count.isdigit() else None
