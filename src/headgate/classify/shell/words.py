"""Which words are literal, and which we cannot know: expansion with the values that the text itself gives."""

import re
from collections.abc import Callable, Iterable

import msgspec

from headgate.classify.effect import HIDDEN
from headgate.classify.shell.syntax import Node, Substitution, Text, Unknown, Variable, Word

MAX_FIELDS = 256
"""More fields than this from one word are not told apart."""

MAX_BODIES = 8
"""More definitions of one function than this are not kept apart."""

_RANGE = re.compile(r"\{(-?\d+)\.\.(-?\d+)\}")
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_GUARD = str.maketrans("{},", "\x01\x02\x03")
_UNGUARD = str.maketrans("\x01\x02\x03", "{},")


_POSITIONAL = frozenset("123456789@*")


class Function(msgspec.Struct, frozen=True):
    """What a name may run, and whether it surely shadows the program of that name."""

    bodies: tuple[Node, ...]
    certain: bool


class Scope:
    """Names that the text has given a value: variables, functions and aliases.

    A variable that nobody set in the text has no known value, and one set to something unknown has `None`.
    A function is known with all its bodies, and by whether it is certain that one of them shadows a program.
    """

    def __init__(self, parent: "Scope | None" = None) -> None:
        self.variables: dict[str, str | None] = dict(parent.variables) if parent else {}
        self.functions: dict[str, Function] = dict(parent.functions) if parent else {}
        self.aliases: dict[str, str] = dict(parent.aliases) if parent else {}
        self.read: set[str] = parent.read if parent else set()
        self.words: tuple[str, ...] | None = parent.words if parent else None

    def value(self, name: str) -> str:
        """Return the value of the variable *name*, or the mark of the unknown."""
        self.read.add(name)
        value = self.variables.get(name)
        return HIDDEN if value is None else value

    def assign(self, name: str, value: str | None, *, certain: bool) -> None:
        """Give a variable a value; one that is only perhaps given leaves a variable that had another unknown."""
        if value is not None and HIDDEN in value:
            value = None
        if not certain and self.variables.get(name, value) != value:
            value = None
        self.variables[name] = value

    def define(self, name: str, body: Node, *, certain: bool) -> None:
        """Define a function; one that is only perhaps defined keeps what the name meant before."""
        before = self.functions.get(name)
        if before is None:
            self.functions[name] = Function((body,), certain)
        elif certain:
            self.functions[name] = Function((body,), certain=True)
        else:
            self.functions[name] = Function((*before.bodies[:MAX_BODIES], body), before.certain)

    def give(self, words: tuple[str, ...] | None) -> None:
        """Let *words* be what `$1`, `$@` and their like stand for; `None` where nobody knows."""
        self.words = words
        self.variables.update(dict.fromkeys("123456789@*"))
        for place, word in enumerate((words or ())[:9], start=1):
            self.variables[str(place)] = word
        if words is not None:
            self.variables["@"] = self.variables["*"] = " ".join(words)

    def learn(self, called: "Scope") -> None:
        """Take what a function that ran in this shell may have left: its values may be local, so none is certain."""
        for name, value in called.variables.items():
            if name not in _POSITIONAL and self.variables.get(name) != value:
                self.variables[name] = None
        for name, function in called.functions.items():
            if self.functions.get(name) is not function:
                for body in function.bodies:
                    self.define(name, body, certain=False)
        self.aliases.update(called.aliases)

    def forget(self, names: Iterable[str]) -> None:
        """Forget what *names* stand for: they were read, or unset."""
        for name in names:
            self.variables[name] = None
            if name in self.functions:
                self.functions[name] = Function(self.functions[name].bodies, certain=False)


def fields(word: Word, scope: Scope, output: Callable[[Node], str | None]) -> tuple[str, ...]:
    """Return the fields that *word* expands to; *output* tells what a substitution is known to print."""
    if word.literal is not None:
        return (word.literal,)
    braces = any(isinstance(part, Text) and not part.quoted and "{" in part.text for part in word.parts)
    guard = braces and len(word.parts) > 1
    pieces = _pieces(word, scope, output, guard=guard)
    found = [piece for whole in pieces for piece in expand_braces(whole)] if braces else pieces
    if guard:
        found = [piece.translate(_UNGUARD) for piece in found]
    return tuple(found[:MAX_FIELDS]) if len(found) <= MAX_FIELDS else (HIDDEN,)


def _pieces(word: Word, scope: Scope, output: Callable[[Node], str | None], *, guard: bool) -> list[str]:
    """Join the parts; an unquoted value splits where it holds white space."""
    done: list[str] = []
    now = ""
    quoted = False
    for part in word.parts:
        if isinstance(part, Variable) and part.quoted and part.name == "@" and scope.words is not None:
            *whole, last = (now + scope.words[0], *scope.words[1:]) if scope.words else (now,)
            done += whole
            now, quoted = last, bool(scope.words)
            continue
        value = _value(part, scope, output)
        if isinstance(part, Text):
            now += value.translate(_GUARD) if guard and part.quoted else value
            quoted = quoted or part.quoted
            continue
        if isinstance(part, Unknown) or part.quoted or not any(mark in value for mark in " \t\n"):
            now += value
            quoted = quoted or (not isinstance(part, Unknown) and part.quoted)
            continue
        head, *rest = re.split(r"[ \t\n]+", value)
        for piece in rest:
            if now + head:
                done.append(now + head)
            now, head = "", piece
        now += head
    if now or quoted:
        done.append(now)
    return done


def _value(part: Text | Variable | Substitution | Unknown, scope: Scope, output: Callable[[Node], str | None]) -> str:
    match part:
        case Text(text):
            return text
        case Variable(name):
            return scope.value(name)
        case Substitution(body):
            printed = output(body)
            return HIDDEN if printed is None else printed.rstrip("\n")
        case Unknown():
            return HIDDEN


def expand_braces(text: str) -> list[str]:
    """Return what brace expansion makes of *text* (bash manual, 3.5.1)."""
    match = _BRACES.search(text)
    if match:
        return [
            done
            for choice in match[1].split(",")
            for done in expand_braces(text[: match.start()] + choice + text[match.end() :])[:MAX_FIELDS]
        ][: MAX_FIELDS + 1]
    match = _RANGE.search(text)
    if match is None:
        return [text]
    first, last = int(match[1]), int(match[2])
    step = 1 if last >= first else -1
    numbers = range(first, last + step, step)[: MAX_FIELDS + 1]
    return [f"{text[: match.start()]}{number}{text[match.end() :]}" for number in numbers]
