"""Names that a text gives a value, and how sure that is."""

from collections.abc import Iterable

import msgspec

from headgate.classify.effect import HIDDEN
from headgate.classify.shell.syntax import Node

MAX_BODIES = 8
"""More definitions of one function than this are not kept apart."""

MAX_VALUE = 16 * 1024
"""A longer value is not known: values grow by each other."""

_POSITIONAL = frozenset("123456789@*")
_BETWEEN = "\x1f"
"""Stands between the elements of an array, which is kept as one value: no text can hold this character."""


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
        known = value is not None and HIDDEN not in value and len(value) <= MAX_VALUE
        self.variables[name] = value if known else None
        if self.variables.get(f"{name}[@]") is not None:
            del self.variables[f"{name}[@]"]

    def elements(self, name: str) -> tuple[str, ...] | None:
        """Return the elements of the array *name*; a plain value is an array of one, `None` where nobody knows."""
        kept = self.variables.get(f"{name}[@]")
        if kept is not None:
            self.read.add(name)
            return tuple(kept.split(_BETWEEN)) if kept else ()
        value = self.value(name)
        return None if HIDDEN in value else (value,)

    def assign_array(self, name: str, words: tuple[str, ...] | None, *, appends: bool = False) -> None:
        """Give an array its *words*; `None`, or a word that sets an index of its own, leaves it unknown."""
        before = self.elements(name) if appends and words is not None else ()
        whole = (*(before or ()), *(words or ()))
        known = words is not None and before is not None and not any(map(_odd, words))
        known = known and sum(map(len, whole)) + len(whole) <= MAX_VALUE
        self.variables[f"{name}[@]"] = _BETWEEN.join(whole) if known else None
        self.variables[name] = (whole[0] if whole else "") if known else None

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
            self.variables[name] = self.variables[f"{name}[@]"] = None
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


def _odd(word: str) -> bool:
    return HIDDEN in word or (word.startswith("[") and "]=" in word)


def _either(earlier: Function | None, later: Function) -> Function:
    """Return what a name means that was *earlier*, and perhaps became *later*."""
    if earlier is None:
        return Function(later.bodies, certain=False)
    bodies = tuple(dict.fromkeys((*earlier.bodies, *later.bodies)))[-MAX_BODIES:]
    return Function(bodies, earlier.certain and later.certain)
