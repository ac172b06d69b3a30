"""Text to tree: our own reading, and a second one that bears witness to it."""

import re

from headgate.classify.shell.scan import Reading
from headgate.classify.shell.scan_compounds import RESERVED
from headgate.classify.shell.syntax import Broken, Choice, Node, Sequence
from headgate.classify.shell.witness import witness

MAX_CHARACTERS = 64 * 1024
"""Longer texts are not parsed: their classes are unknown."""

_WORDS = re.compile(r"[A-Za-z0-9_@%+=:,./~ -]*\Z")
"""Words that no syntax stands between or in."""

MAX_TORN = 4 * 1024
"""A longer text that ours cannot read is not read by the library: its recovery takes more than linear time."""

MAX_MARKS = 4000
"""More opening braces, or marks of here-documents, than this are not read: the library takes seconds for them."""

MAX_MISSED = 32
MAX_LENGTH = 1000
"""Of commands that only the second reading sees, so many and so much: such a text is `opaque` whatever they are."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]|\r(?!\n)")


def parse(text: str, shell: str = "bash") -> Node:
    """Return the tree of *text* as *shell* reads it; what cannot be read is a `Broken` node in it, never an exception.

    The grammar is bash's. What only zsh reads in its own way cannot be read unless *shell* is surely `bash`.

    The tree is ours. Where the second reading sees a command that ours lacks, that command is in the tree too, as
    one that may run, and so is the doubt; its errors alone are none.
    """
    size = len(text)
    if size > MAX_CHARACTERS:
        return Broken(0, size, "the text is too long to judge")
    if size > MAX_TORN and max(text.count("{"), text.count("<<")) > MAX_MARKS:
        return Broken(0, size, "it holds more braces or here-documents than are read")
    if _CONTROL.search(text):
        return Broken(0, size, "it holds control characters")
    own = Reading(text)
    readable, seen = (False, []) if _alone(own, text) else witness(text)
    missed = _missed(text, own, seen) if own.why or readable else ()
    doubts: list[Node] = [Choice(missed)] if missed else []
    if missed and not own.why:
        doubts.append(Broken(0, size, "two readings of the text find different commands"))
    if own.shared.zsh and shell != "bash":
        doubts.append(Broken(0, size, f"another shell may read it: {own.shared.zsh}"))
    return Sequence((own.tree, *doubts)) if doubts else own.tree


def _alone(own: Reading, text: str) -> bool:
    """Whether our reading has no second one: of plain words there is but one, a long torn text takes too long."""
    return len(text) > MAX_TORN if own.why else _WORDS.match(text) is not None


def _missed(text: str, own: Reading, seen: list[tuple[int, int, int]]) -> tuple[Node, ...]:
    """Return the commands that only the second reading sees, each read by ours."""
    starts, regions = own.shared.starts, own.shared.regions
    missed = [
        text[start:end]
        for start, name, end in seen
        if starts.isdisjoint((start, name))
        and RESERVED.match(text, name) is None  # it takes `coproc`, `time` and misplaced words for programs
        and not any(first <= name < last for first, last in regions)
    ]
    return tuple(Reading(command[:MAX_LENGTH]).tree for command in missed[:MAX_MISSED])
