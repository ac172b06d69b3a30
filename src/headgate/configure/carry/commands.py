"""The words of a command in a rule of another agent, as patterns for the fact `commands`."""

import re
import shlex
from collections.abc import Sequence

import msgspec

from headgate.configure.carry.rules import CarryError

_APART = frozenset("\n\r;|&<>()")
_BRACES = re.compile(r"\{[^{}]*(?:,|\.\.)[^{}]*\}")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(?:\[[^]]*\])?\+?=")
_RESERVED = frozenset(
    "if then else elif fi for while until do done case esac in function select coproc { } ! [[ ]]".split()
)


class Words(msgspec.Struct, frozen=True):
    """The words of a command, the program by its base name; *wider* says what else they now stand for."""

    words: tuple[str, ...]
    wider: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The words as the fact `commands` joins them."""
        return " ".join(self.words)


def prefix(words: Words) -> tuple[str, str]:
    """Return the patterns for the command *words* alone and with more words behind."""
    return words.text, f"{words.text} *"


def shell_words(text: str) -> Words:
    """Return the words of *text* as a shell reads them; raises `CarryError` where more than words stand in it."""
    if not _APART.isdisjoint(text):
        raise CarryError("it spans several commands, or a redirection: each command is seen by itself here")
    if "$" in text or "`" in text:
        raise CarryError("it names what the shell puts in (`$`, backticks): the words are seen with that done here")
    if "\\" in text:
        raise CarryError("it holds a backslash: patterns here have no escapes")
    if _BRACES.search(text):
        raise CarryError("it holds braces that the shell expands: the words are seen with that done here")
    try:
        found = shlex.split(text)
    except ValueError:
        raise CarryError("a quote in it is not closed, so its words are not known") from None
    words = plain_words(found)
    rewritten = " ".join(found) != text
    return Words(words.words, (*words.wider, *(["holds however the words are quoted and spaced"] if rewritten else [])))


def plain_words(found: Sequence[str]) -> Words:
    """Return the words *found*, the first of which is the program; raises `CarryError` where it can be none."""
    if not found or not found[0]:
        raise CarryError("it names no program")
    first, *rest = found
    if _ASSIGNMENT.match(first):
        raise CarryError("a variable is set in front: the words of a command start with its program here")
    if first in _RESERVED:
        raise CarryError(f"`{first}` is a word of the shell itself, not a program")
    wider = []
    if "/" in first:
        name = first.rpartition("/")[2]
        if not name or "*" in first:
            raise CarryError(f"`{first}` names a folder: programs are known by their base names here")
        first = name
        wider.append(f"holds for `{name}` in any folder")
    wider += [f"`{word}` also fits as separate words" for word in found if " " in word]
    return Words((first, *rest), tuple(wider))


def literal(words: Words) -> Words:
    """Return *words*; raises `CarryError` where a star in them stands for itself."""
    for word in words.words:
        if "*" in word:
            raise CarryError(f"the star in `{word}` stands for itself there, and for any text here")
    return words
