"""What a text of ssh's configuration says, block by block (ssh_config(5)): text in, structure out, never an error."""

import fnmatch
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice

import msgspec

from headgate.classify.effect import HIDDEN

MAX_FILES = 64
"""Files that `Include` lines may bring in; what lies beyond is not read."""
MAX_DEPTH = 8
MAX_BLOCKS = 4000
_HEADS = frozenset({"host", "match", "include"})
_RAW = _HEADS | {"proxycommand", "localcommand", "remotecommand", "knownhostscommand"}
_ALONE = frozenset({"all", "canonical", "final"})
_BLANK = " \t\r\f"

Files = Callable[[str], tuple[tuple[str, str], ...]]
"""Returns the paths and texts of the files that a path, or a pattern for paths, names."""


class Criterion(msgspec.Struct, frozen=True):
    """One word of a `Match` line and its argument; *wanted* is false behind `!`."""

    name: str
    value: str = ""
    wanted: bool = True


class Block(msgspec.Struct, frozen=True):
    """Settings in their order, and the `Host` and `Match` lines that all have to hold for them.

    A condition is a tuple of patterns (`Host`) or of criteria (`Match`).
    """

    hosts: tuple[tuple[str, ...], ...] = ()
    matches: tuple[tuple[Criterion, ...], ...] = ()
    settings: tuple[tuple[str, str], ...] = ()


class Config:
    """The blocks of all files, in the order in which ssh reads them; compared by identity, so that it can be a key.

    *whole* is false where a part is not known, or was past a limit.
    """

    def __init__(self, blocks: tuple[Block, ...], files: tuple[tuple[str, str], ...], *, whole: bool) -> None:
        self.blocks = blocks
        self.files = files
        self.whole = whole


def load(files: Files, roots: tuple[str, ...], home: str) -> Config:
    """Return what the configuration files *roots*, and those they include, say."""
    found: dict[str, str] = {}
    included: dict[str, tuple[str, ...]] = {}
    for root in roots:
        _gather(files, (root, home, 0), found, included)
    if not found:
        return NO_CONFIG
    return _config(home, roots, tuple(found.items()), tuple(included.items()))


NO_CONFIG = Config((), (), whole=True)


def _gather(
    files: Files, place: tuple[str, str, int], found: dict[str, str], included: dict[str, tuple[str, ...]]
) -> None:
    """Read what *place* (a pattern, the home directory, the depth) names, and what that includes."""
    pattern, home, depth = place
    if pattern in included:
        return
    pairs = files(pattern)
    included[pattern] = tuple(path for path, _text in pairs)
    for path, text in pairs:
        if path in found or len(found) >= MAX_FILES:
            continue
        found[path] = text
        if depth < MAX_DEPTH:
            for name in _includes(text):
                _gather(files, (_beside(name, path, home), home, depth + 1), found, included)


def _beside(name: str, path: str, home: str) -> str:
    """Return the path that an `Include` line in the file *path* means."""
    if name.startswith("~/"):
        return home + name[1:]
    if name.startswith("/"):
        return name
    return ("/etc/ssh/" if path.startswith("/etc/ssh/") else home + "/.ssh/") + name


@lru_cache(maxsize=256)
def _includes(text: str) -> tuple[str, ...]:
    return tuple(name for keyword, value in lines(text) if keyword == "include" for name in words_in(value))


class _Reading(msgspec.Struct, frozen=True):
    """Texts by path, paths by the name that an `Include` line gives them, and the home directory."""

    texts: dict[str, str]
    places: dict[str, tuple[str, ...]]
    home: str


@lru_cache(maxsize=16)
def _config(
    home: str,
    roots: tuple[str, ...],
    files: tuple[tuple[str, str], ...],
    included: tuple[tuple[str, tuple[str, ...]], ...],
) -> Config:
    reading = _Reading(dict(files), dict(included), home)
    every = (
        block for root in roots for path in reading.places.get(root, ()) for block in _blocks(reading, (path,), Block())
    )
    blocks = tuple(islice(every, MAX_BLOCKS + 1))
    return Config(blocks, files, whole=len(blocks) <= MAX_BLOCKS and HIDDEN not in "".join(reading.texts.values()))


def _blocks(reading: _Reading, chain: tuple[str, ...], outer: Block) -> Iterator[Block]:
    """Yield the blocks of the last file of *chain*; those of an included file hold only where its own block does."""
    path = chain[-1]
    now, settings = outer, list[tuple[str, str]]()
    for keyword, value in lines(reading.texts.get(path, "")):
        if keyword not in _HEADS:
            settings.append((keyword, value))
            continue
        yield Block(now.hosts, now.matches, tuple(settings))
        settings = []
        if keyword == "host":
            now = Block((*outer.hosts, words_in(value)), outer.matches)
        elif keyword == "match":
            now = Block(outer.hosts, (*outer.matches, criteria(value)))
        elif len(chain) <= MAX_DEPTH:
            yield from _within(reading, chain, value, now)
    yield Block(now.hosts, now.matches, tuple(settings))


def _within(reading: _Reading, chain: tuple[str, ...], value: str, now: Block) -> Iterator[Block]:
    """Yield the blocks of the files that an `Include` line names; ssh itself refuses a file that includes itself."""
    for name in words_in(value):
        for inner in reading.places.get(_beside(name, chain[-1], reading.home), ()):
            if inner not in chain:
                yield from _blocks(reading, (*chain, inner), now)


@lru_cache(maxsize=256)
def lines(text: str) -> tuple[tuple[str, str], ...]:
    """Return the keywords of *text*, in lower case, each with what stands behind it."""
    found: list[tuple[str, str]] = []
    for line in text.split("\n"):
        bare = line.strip(_BLANK)
        if not bare or bare.startswith("#"):
            continue
        keyword, value = setting(bare)
        found.append((keyword, value if keyword in _RAW else first_word(value)))
    return tuple(found)


def setting(line: str) -> tuple[str, str]:
    """Return the keyword, in lower case, and the value of `Keyword value` or `Keyword=value`."""
    bare = line.strip(_BLANK)
    end = next((at for at, letter in enumerate(bare) if letter in " \t="), len(bare))
    rest = bare[end:].lstrip(_BLANK)
    return bare[:end].strip('"').lower(), rest.removeprefix("=").strip(_BLANK)


_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"?|\'([^\']*)\'?|([^\s"\'#]\S*)|(#)')


def words_in(value: str) -> tuple[str, ...]:
    """Return the words of *value*, quoted ones whole, up to a comment."""
    found: list[str] = []
    for match in _WORD.finditer(value):
        if match[4]:
            break
        found.append(match[1] or match[2] or match[3] or "")
    return tuple(found)


def first_word(value: str) -> str:
    """Return the first word of *value*, without its quotes."""
    if '"' not in value and "'" not in value:
        return value.partition(" ")[0].partition("\t")[0]
    return next(iter(words_in(value)), "")


def criteria(value: str) -> tuple[Criterion, ...]:
    """Return what a `Match` line asks for."""
    found: list[Criterion] = []
    rest = list(words_in(value))
    while rest:
        word = rest.pop(0)
        name, equals, given = word.removeprefix("!").partition("=")
        name = name.lower()
        if not equals and name not in _ALONE:
            given = rest.pop(0) if rest else ""
        found.append(Criterion(name, given.strip('"'), not word.startswith("!")))
    return tuple(found)


def listed(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether *name* fits one of *patterns* (`*`, `?`), and none behind `!`; case does not matter."""
    name = name.lower()
    fits = False
    for pattern in patterns:
        if pattern.startswith("!"):
            if _fits(name, pattern[1:].lower()):
                return False
        elif not fits:
            fits = _fits(name, pattern.lower())
    return fits


def _fits(name: str, pattern: str) -> bool:
    return bool(_pattern(pattern).match(name)) if "*" in pattern or "?" in pattern else name == pattern


@lru_cache(maxsize=4096)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")))
