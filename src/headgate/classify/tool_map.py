"""What named tools do, as data: entries of the operator's file and of the shipped map, and what they take of a call."""

import re
import shlex
from collections.abc import Iterator
from enum import Enum
from fnmatch import fnmatchcase, translate
from functools import lru_cache

import msgspec

from headgate.classify.tool_names import forms
from headgate.model.action import ToolAction

Path = tuple[str, ...]
"""The keys that lead to a value among a tool's arguments."""

_MAX_WORDS = 2000


class Form(Enum):
    """How an entry says what its tool does; each is the key that says it."""

    IS = "is"
    SHELL = "shell"
    ARGV = "argv"
    CODE = "code"
    SQL = "sql"
    LIKE = "like"


class Source(msgspec.Struct, frozen=True):
    """Where a value comes from: the first of *paths* that the call gives, else *literal*, else nobody knows."""

    paths: tuple[Path, ...] = ()
    literal: str | None = None

    def value(self, args: dict[str, object]) -> object:
        """Return the value for a call with *args*; `None` where there is none."""
        return next((found for path in self.paths if (found := at(args, path)) is not None), self.literal)

    def given(self, args: dict[str, object]) -> tuple[Path, ...]:
        """Return the paths that lead to a value in *args*."""
        return tuple(path for path in self.paths if at(args, path) is not None)

    def text(self, args: dict[str, object]) -> str | None:
        """Return the value as text; `None` where there is none, or it is no text."""
        found = self.value(args)
        return found if isinstance(found, str) else None

    def every(self, args: dict[str, object]) -> Iterator[str]:
        """Yield each text that one of the paths leads to, or that a list there holds."""
        for path in self.paths:
            found = at(args, path)
            yield from (item for item in (found if isinstance(found, list) else [found]) if isinstance(item, str))


TOO_MUCH: dict[str, object] = {}
"""Stands for a value that is no text: the call says more than one thing."""


class Hole(msgspec.Struct, frozen=True):
    """A place for an argument in the words of a command: *several* words, or one; left out where *optional*.

    Of several *paths* a call may give one.
    """

    paths: tuple[Path, ...]
    optional: bool = False
    several: bool = False

    def value(self, args: dict[str, object]) -> object:
        """Return what stands here in a call with *args*: `None` for nothing, `TOO_MUCH` where it gives several."""
        found = [value for path in self.paths if (value := at(args, path)) not in _NOTHING]
        if len(found) > 1:
            return TOO_MUCH
        return found[0] if found else None


Word = tuple[str | Hole, ...]
"""A word of a command: text and holes, one after the other."""


class Entry(msgspec.Struct, frozen=True):
    """What the tools named by *names* do, where each argument in *when* has one of its values.

    *classes* are the words behind `is`; *source* is the text, the words, the code or the SQL; *like* are the words of
    the command that does the same. *mentions* are the arguments that the entry speaks of.
    """

    names: tuple[str, ...]
    form: Form
    when: tuple[tuple[str, tuple[str, ...]], ...] = ()
    classes: tuple[str, ...] = ()
    source: Source = Source()
    like: tuple[Word, ...] = ()
    language: Source = Source()
    machine: Source | None = None
    service: Source = Source()
    cwd: Source | None = None
    detached: Source = Source()
    writes: Source = Source()
    mentions: frozenset[str] = frozenset()

    def names_tool(self, name: str) -> bool:
        """Whether the tool *name* is meant: as the client sends it, behind `mcp__server__`, or that in snake case."""
        plain, patterns = _matcher(self.names)
        every = forms(name)
        return not plain.isdisjoint(every) or (patterns is not None and any(map(patterns.match, every)))

    @property
    def judged(self) -> frozenset[str]:
        """The arguments that are judged as a text or as words, with every file that these name."""
        if self.form is Form.LIKE:
            return self.mentions
        return frozenset() if self.form is Form.IS else frozenset(path[0] for path in self.source.paths)

    def fits(self, args: dict[str, object]) -> bool:
        """Whether a call with *args* is one that the entry speaks of."""
        return all(_is_one_of(args.get(key), patterns) for key, patterns in self.when)


class ToolMap(msgspec.Struct, frozen=True, eq=False):
    """Entries in the order in which they count: the first that fits."""

    entries: tuple[Entry, ...] = ()

    def entry(self, action: ToolAction) -> Entry | None:
        """Return what is known about the tool of *action*, called as it is."""
        return next((entry for entry in _named(self, action.name) if entry.fits(action.args)), None)


@lru_cache(maxsize=4096)
def _matcher(names: tuple[str, ...]) -> tuple[frozenset[str], re.Pattern[str] | None]:
    """Return the *names* that are no patterns, and one pattern for the others."""
    patterns = [name for name in names if any(mark in name for mark in "*?[")]
    return frozenset(names).difference(patterns), re.compile("|".join(map(translate, patterns))) if patterns else None


@lru_cache(maxsize=1024)
def _named(tools: ToolMap, name: str) -> tuple[Entry, ...]:
    return tuple(entry for entry in tools.entries if entry.names_tool(name))


def _is_one_of(value: object, patterns: tuple[str, ...]) -> bool:
    text = str(value).lower() if isinstance(value, bool) else value
    return isinstance(text, str) and any(fnmatchcase(text, pattern) for pattern in patterns)


def at(args: object, path: Path) -> object:
    """Return the value that *path* leads to; `None` where it leads nowhere."""
    for key in path:
        if not isinstance(args, dict):
            return None
        args = args.get(key)
    return args


# -- the words of a command -----------------------------------------------------------------------

_HOLE = re.compile(r"\{args\.([\w.|-]+?)(\.\.\.)?(\?)?\}")
_NOTHING: tuple[object, ...] = (None, "")


def word_of(text: str) -> Word:
    """Return the word in *text*, where `{args.a}`, `{args.a|b}`, `{args.a?}` and `{args.a...}` are holes."""
    parts: list[str | Hole] = []
    end = 0
    for found in _HOLE.finditer(text):
        paths = tuple(tuple(path.removeprefix("args.").split(".")) for path in found[1].split("|"))
        parts += [text[end : found.start()], Hole(paths, bool(found[3]), bool(found[2]))]
        end = found.end()
    return tuple(part for part in (*parts, text[end:]) if part)


def filled(words: tuple[Word, ...], args: dict[str, object]) -> tuple[tuple[str, ...], bool]:
    """Return *words* with their holes filled from *args*, and whether every hole could be."""
    done: list[str] = []
    sure = True
    for word in words:
        if len(word) == 1 and isinstance(word[0], Hole):
            found = _words_of(word[0], word[0].value(args))
        else:
            found = _one_word(word, args)
        sure = sure and found is not None
        done += found if found is not None else [UNKNOWN]
    if done[1:2] == done[:1]:
        del done[0]  # some tools are given the program's name again
    return tuple(done[:_MAX_WORDS]), sure and len(done) <= _MAX_WORDS


UNKNOWN = "\0"
"""A word that nobody knows (`HIDDEN` of the walk)."""


def _words_of(hole: Hole, value: object) -> list[str] | None:
    """Return the words of a value in a place of its own; `None` where they are not known."""
    if value is None:
        return [] if hole.optional else None
    if hole.several:
        return listed(value)
    text = _plain(value)
    return None if text is None or text.startswith("-") else [text]  # an option in the place of a name is none


def _one_word(word: Word, args: dict[str, object]) -> list[str] | None:
    text = ""
    for part in word:
        value = part.value(args) if isinstance(part, Hole) else part
        if value is None and isinstance(part, Hole) and part.optional:
            return []
        plain = _plain(value)
        if plain is None:
            return None
        text += plain
    return [text]


def _plain(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def listed(value: object) -> list[str] | None:
    """Return the words in *value*: a list of them, or a text whose words stand apart; `None` for anything else."""
    if isinstance(value, str):
        return _split(value)
    if isinstance(value, list):
        found = [_plain(item) for item in value]
        return None if None in found else [item for item in found if item is not None]
    return None


def _split(text: str) -> list[str] | None:
    """Return the words of *text*; `None` where a shell would do more with it than split it."""
    if not FOR_A_SHELL.isdisjoint(text):
        return None
    try:
        return shlex.split(text)
    except ValueError:
        return None


FOR_A_SHELL = frozenset("\n\r;&|<>()$`\\")


# -- patches --------------------------------------------------------------------------------------

_PATCHED = re.compile(
    r"^(?:\s*\*\*\* (?:(?:Update|Add|Delete) File|Move to): ?|(?:\+\+\+|---) (?:[ab]/)?|rename (?:from|to) )(.+)$",
    re.MULTILINE,
)


def patched(text: str) -> list[str]:
    """Return the files that a patch in *text* names (diff(1), git-diff(1), and the `*** Update File:` form)."""
    found = dict.fromkeys(match[1].partition("\t")[0].strip() for match in _PATCHED.finditer(text))
    return list(found)
