"""The tree: few node types, every one with a span of character offsets into the text it came from."""

from __future__ import annotations

import msgspec


class Text(msgspec.Struct, frozen=True, gc=False):
    """Characters that stand for themselves; only unquoted ones split, glob or expand braces."""

    text: str
    quoted: bool


class Variable(msgspec.Struct, frozen=True, gc=False):
    """`$name` or `${name}` without an operator."""

    name: str
    quoted: bool


class Substitution(msgspec.Struct, frozen=True):
    """`$( … )` or backticks: *body* runs, its output stands here."""

    body: Node
    quoted: bool


class Unknown(msgspec.Struct, frozen=True):
    """A part whose value we do not compute; the *bodies* inside it run all the same."""

    bodies: tuple[Node, ...] = ()


class Expansion(msgspec.Struct, frozen=True):
    """`${name…}` with more than the name: *before* is `#` or `!`, *index* what stands in brackets, *op* the operator.

    *operands* stand behind the operator; the *bodies* in all of it run, whatever the value is.
    """

    name: str
    quoted: bool
    before: str = ""
    index: str = ""
    op: str = ""
    operands: tuple[tuple[Part, ...], ...] = ()
    bodies: tuple[Node, ...] = ()


Part = Text | Variable | Substitution | Unknown | Expansion


class Word(msgspec.Struct, frozen=True):
    """One word; *literal* is its value where the text alone tells it, else the *parts* do."""

    start: int
    end: int
    literal: str | None = None
    parts: tuple[Part, ...] = ()


class Assignment(msgspec.Struct, frozen=True):
    """`name=value`; an *array* has its words in *others*, as has an element of one, with *value* `None`.

    *appends* is `+=`.
    """

    name: str
    value: Word | None
    others: tuple[Word, ...] = ()
    array: bool = False
    appends: bool = False


class Redirect(msgspec.Struct, frozen=True):
    """`op target`, or a here-document with its *body*; where that expands, *filled* has its parts."""

    op: str
    target: Word | None
    body: str | None = None
    filled: Word | None = None


class Simple(msgspec.Struct, frozen=True):
    """Assignments, then words."""

    start: int
    end: int
    words: tuple[Word, ...]
    assignments: tuple[Assignment, ...] = ()
    exports: bool = False


class Redirected(msgspec.Struct, frozen=True):
    """A node with its redirections."""

    body: Node
    redirects: tuple[Redirect, ...]


class Pipeline(msgspec.Struct, frozen=True):
    """Stages that feed each other."""

    stages: tuple[Node, ...]


class Sequence(msgspec.Struct, frozen=True):
    """Items that may run one after the other, whatever joins them."""

    items: tuple[Node, ...]


class AndOr(msgspec.Struct, frozen=True):
    """`a && b || c`: the first item runs, the others may; *chained*, each runs only behind all before it."""

    items: tuple[Node, ...]
    chained: bool = False


class Background(msgspec.Struct, frozen=True):
    """`body &`."""

    body: Node


class Subshell(msgspec.Struct, frozen=True):
    """`( body )`: what it defines stays inside."""

    body: Node


class Choice(msgspec.Struct, frozen=True):
    """`if` and `case`: any of the *branches* may run; *words* are only looked at."""

    branches: tuple[Node, ...]
    words: tuple[Word, ...] = ()


class While(msgspec.Struct, frozen=True):
    """`while` or `until`."""

    start: int
    end: int
    condition: Node
    body: Node
    until: bool


class For(msgspec.Struct, frozen=True):
    """`for name in items`; *items* is `None` for a C-style header, whose words are in *header*."""

    start: int
    end: int
    name: str
    items: tuple[Word, ...] | None
    body: Node
    header: str = ""


class Function(msgspec.Struct, frozen=True):
    """A definition: *body* runs when *name* is called."""

    name: str
    body: Node


class Test(msgspec.Struct, frozen=True):
    """`[ … ]`, `[[ … ]]`, `(( … ))`: runs nothing but the substitutions in *parts*; *text* is all of it."""

    parts: tuple[Node, ...] = ()
    text: str = ""


class Broken(msgspec.Struct, frozen=True):
    """Text we cannot read, with why."""

    start: int
    end: int
    why: str


Node = (
    Simple
    | Redirected
    | Pipeline
    | Sequence
    | AndOr
    | Background
    | Subshell
    | Choice
    | While
    | For
    | Function
    | Test
    | Broken
)
