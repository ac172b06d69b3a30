"""The option grammar of a program that runs another: where its own words end and the other's begin (getopt(3))."""

import re

import msgspec

from headgate.classify.effect import HIDDEN, Effect, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import Options, words_of


class Grammar(msgspec.Struct, frozen=True):
    """The *flags*, the options that take a value, those whose value is *attached* or absent, and the words to pass by.

    With *plain* no option takes a word of its own, so that one more does not matter; with *numbers* `-10` is one.
    """

    flags: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()
    attached: frozenset[str] = frozenset()
    passes: int = 0
    long_dash: bool = False
    numbers: bool = False
    plain: bool = False


class Reading(msgspec.Struct):
    """What a grammar makes of a program's words; *doubtful* once an option is none of the grammar's."""

    options: dict[str, list[str]]
    operands: tuple[str, ...] = ()
    doubtful: bool = False

    @property
    def found(self) -> Options:
        """Return the options as every program's file reads them."""
        return Options(self.options, self.operands)


_NUMBER = re.compile(r"-[-+]?\d+\Z")


def grammar(flags: str = "", valued: str = "", *, attached: str = "", passes: int = 0, **others: bool) -> Grammar:
    """Return a grammar, its options written the short way."""
    return Grammar(words_of(flags), words_of(valued), words_of(attached), passes, **others)


def read(words: tuple[str, ...], rules: Grammar) -> Reading:
    """Split *words* at the first one that is neither an option nor the value of one."""
    reading = Reading({})
    at = 0
    while at < len(words):
        word = words[at]
        if word == "--":
            at += 1
            break
        if not word.startswith("-") or word == "-":
            break
        at += 1 + _option(reading, word, words[at + 1 : at + 2], rules)
    reading.operands = words[at:]
    reading.doubtful = reading.doubtful and len(reading.operands) > rules.passes
    return reading


def _option(reading: Reading, word: str, following: tuple[str, ...], rules: Grammar) -> int:
    """Take one option, or a cluster; return how many of the *following* words it used."""
    if rules.numbers and _NUMBER.match(word):
        return 0
    if word.startswith("--") or rules.long_dash:
        return _long(reading, word, following, rules)
    for position, letter in enumerate(word[1:], start=2):
        name, rest = "-" + letter, word[position:]
        if name in rules.valued:
            reading.options.setdefault(name, []).append(rest or "".join(following))
            return 0 if rest else len(following)
        if name in rules.attached:
            reading.options.setdefault(name, []).append(rest)
            return 0
        reading.options.setdefault(name, []).append("")
        if name not in rules.flags and not rules.plain:
            reading.doubtful = True
    return 0


def _long(reading: Reading, word: str, following: tuple[str, ...], rules: Grammar) -> int:
    """Take one long option, which may be cut short as far as it stays the only one (getopt_long(3))."""
    given, equals, value = word.partition("=")
    name = _whole(given, rules)
    if equals or name in rules.attached or name in rules.flags:
        reading.options.setdefault(name, []).append(value)
        return 0
    if name in rules.valued:
        reading.options.setdefault(name, []).append("".join(following))
        return len(following)
    reading.options.setdefault(name, []).append("")
    reading.doubtful = reading.doubtful or not rules.plain
    return 0


def _whole(name: str, rules: Grammar) -> str:
    """Return the option that *name* begins; itself where none or several do."""
    options = (rules.flags, rules.valued, rules.attached)
    if rules.long_dash or any(name in group for group in options):
        return name
    longer = [option for group in options for option in group if option.startswith(name)]
    return longer[0] if len(longer) == 1 else name


def begun(call: Call, reading: Reading, words: tuple[str, ...]) -> Effect:
    """Return the effect of starting *words*; behind a doubtful option they may begin a word later."""
    if not reading.doubtful or not words:
        return call.start(words)
    unknown = call.opaque(f"`{call.name}` has an option that is not known, so where its command begins is not")
    readings = (words, words[1:]) if HIDDEN not in words[0] else (words,)
    return join((unknown, *(call.start(some) for some in readings if some)))
