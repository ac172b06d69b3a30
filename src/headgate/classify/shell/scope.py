"""Names that a text gives a value, and how sure that is."""

from collections.abc import Iterable

import msgspec

from headgate.classify.effect import HIDDEN
from headgate.classify.shell.syntax import Node

MAX_BODIES = 8
"""More definitions of one function than this are not kept apart."""

_POSITIONAL = frozenset("123456789@*")


class Function(msgspec.Struct, frozen=True):
    """What a name may run, and whether it surely shadows the program of that name."""

    bodies: tuple[Node, ...]
    certain: bool


class Scope:
    """Variables, functions and aliases, as the text left them.

    A variable that nobody set in the text has no known value, and one set to something unknown has `None`.
    What a part of the text did that may not run is told apart by `settle`.
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

    def assign(self, name: str, value: str | None) -> None:
        """Give a variable a value; one with an unknown part is unknown."""
        self.variables[name] = None if value is None or HIDDEN in value else value

    def define(self, name: str, body: Node) -> None:
        """Define a function."""
        self.functions[name] = Function((body,), certain=True)

    def give(self, words: tuple[str, ...] | None) -> None:
        """Let *words* be what `$1`, `$@` and their like stand for; `None` where nobody knows."""
        self.words = words
        self.variables.update(dict.fromkeys("123456789@*"))
        for place, word in enumerate((words or ())[:9], start=1):
            self.variables[str(place)] = word
        if words is not None:
            self.variables["@"] = self.variables["*"] = " ".join(words)

    def forget(self, names: Iterable[str]) -> None:
        """Forget what *names* stand for: they were read, or unset."""
        for name in names:
            self.variables[name] = None
            if name in self.functions:
                self.functions[name] = Function(self.functions[name].bodies, certain=False)

    def settle(self, before: "Scope") -> bool:
        """Make uncertain all that changed since *before*: it may not have run. Say whether anything changed."""
        if self.variables == before.variables and self.functions == before.functions:
            return False
        for name, value in self.variables.items():
            if name not in before.variables or before.variables[name] != value:
                self.variables[name] = None
        for name, function in self.functions.items():
            earlier = before.functions.get(name)
            if earlier is not function:
                self.functions[name] = _either(earlier, function)
        if self.words != before.words:
            self.give(None)
        return True

    def learn(self, called: "Scope") -> None:
        """Take what a function that ran in this shell may have left: its values may be local, so none is certain."""
        before = Scope(self)
        self.variables.update({name: value for name, value in called.variables.items() if name not in _POSITIONAL})
        self.functions.update(called.functions)
        self.aliases.update(called.aliases)
        self.settle(before)


def _either(earlier: Function | None, later: Function) -> Function:
    """Return what a name means that was *earlier*, and perhaps became *later*."""
    if earlier is None:
        return Function(later.bodies, certain=False)
    bodies = tuple(dict.fromkeys((*earlier.bodies, *later.bodies)))[-MAX_BODIES:]
    return Function(bodies, earlier.certain and later.certain)
