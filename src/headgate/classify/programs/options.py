"""Splitting a program's words into options and operands, by that program's own grammar."""

from collections.abc import Collection

import msgspec


class Options(msgspec.Struct, frozen=True):
    """The *options* given, each with its values (an empty string for a plain flag), and the *operands*.

    For a grammar that stops at its first operand, *operands* is that word and all behind it.
    """

    options: dict[str, list[str]]
    operands: tuple[str, ...]

    def has(self, *names: str) -> bool:
        """Whether one of *names* was given."""
        return any(name in self.options for name in names)

    def value(self, *names: str) -> str:
        """Return the last value given for one of *names*, or an empty string."""
        for name in names:
            if name in self.options:
                return self.options[name][-1]
        return ""

    def values(self, *names: str) -> tuple[str, ...]:
        """Return every value given for *names*."""
        return tuple(value for name in names for value in self.options.get(name, ()))


def words_of(text: str) -> frozenset[str]:
    """Return the words of *text*: a set of options, subcommands or programs, written the short way."""
    return frozenset(text.split())


def split(
    words: tuple[str, ...], valued: Collection[str] = (), *, stops: bool = False, long_dash: bool = False
) -> Options:
    """Split *words* the way getopt does.

    *valued* are the options that take a value (`-p`, `--port`); with *stops* the first operand ends the
    options (ssh, sudo and all wrappers); with *long_dash* a single dash starts a whole name (`-auto-approve`).
    """
    options: dict[str, list[str]] = {}
    operands: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            operands.extend(words[at:])
            break
        if not word.startswith("-") or word == "-":
            operands.append(word)
            if stops:
                operands.extend(words[at:])
                break
        elif long_dash or word.startswith("--"):
            at += _long(word, words[at : at + 1], valued, options)
        else:
            at += _cluster(word, words[at : at + 1], valued, options)
    return Options(options, tuple(operands))


def _long(word: str, following: tuple[str, ...], valued: Collection[str], options: dict[str, list[str]]) -> int:
    """Take one long option; return how many of the *following* words it used."""
    name, equals, value = word.partition("=")
    if not equals and name in valued and following:
        options.setdefault(name, []).append(following[0])
        return 1
    options.setdefault(name, []).append(value)
    return 0


def _cluster(word: str, following: tuple[str, ...], valued: Collection[str], options: dict[str, list[str]]) -> int:
    """Take a cluster of one-letter options; return how many of the *following* words it used."""
    for position, letter in enumerate(word[1:], start=2):
        name = "-" + letter
        if name in valued:
            rest = word[position:]
            options.setdefault(name, []).append(rest or (following[0] if following else ""))
            return 0 if rest else len(following)
        options.setdefault(name, []).append("")
    return 0
