"""How an interpreter is called: where its code, its script and its input stand among its words."""

import re

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, HIDDEN, Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.gate_code import reaches
from headgate.model.facts import Workload

LOOK = Effect(fx.READS)
UNSURE = Effect(fx.UNSURE)
FILTER = Effect(fx.READS | fx.FILTERS)
MAX_CODE = 64 * 1024
MAX_STARTS = 64
MAX_DEPTH = 3
"""Scripts that scripts start are read this deep and no deeper."""

HOLE = "ǁ"
"""Stands in code for `HIDDEN`, which no parser takes: a letter, so that it may be a name or part of a literal."""


class Language(msgspec.Struct, frozen=True):
    """An interpreter's options: those that hold code, take a value, take it attached only, or end at once.

    *shell* finds the words that start a process with a shell's text or a list of words.
    """

    code: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()
    attached: str = ""
    looks: frozenset[str] = frozenset({"--version", "--help", "-v", "-h", "-V"})
    opens: frozenset[str] = frozenset({"-i"})
    starts: re.Pattern[str] | None = None
    texts: re.Pattern[str] | None = None
    unknown: re.Pattern[str] | None = None


class Entry(msgspec.Struct):
    """What an interpreter was told to run: *code* texts, else a *script* (`-` for what is fed)."""

    code: list[str]
    options: set[str]
    script: str = ""
    rest: tuple[str, ...] = ()


def entry_of(words: tuple[str, ...], language: Language) -> Entry:
    """Split *words*: options end at the first operand, which is the script unless an option held code."""
    entry = Entry([], set())
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            break
        if not word.startswith("-") or word == "-":
            at -= 1
            break
        at += _option(entry, word, words[at : at + 1], language)
    if not entry.code and at < len(words):
        entry.script = words[at]
        at += 1
    entry.rest = words[at:]
    return entry


def _option(entry: Entry, word: str, following: tuple[str, ...], language: Language) -> int:
    """Take the option *word*; return how many of the *following* words it used."""
    name, equals, value = word.partition("=")
    whole = len(name) > len("-x") and name in language.code | language.valued
    if word.startswith("--") or whole or name in language.looks:
        entry.options.add(name)
        takes = name in language.code or name in language.valued
        if name in language.code and (equals or following):
            entry.code.append(value if equals else following[0])
        return 1 if takes and not equals else 0
    for position, letter in enumerate(word[1:], start=2):
        name, rest = "-" + letter, word[position:]
        entry.options.add(name)
        if letter in language.attached:
            return 0
        if name in language.code or name in language.valued:
            if name in language.code and (rest or following):
                entry.code.append(rest or following[0])
            return 0 if rest else 1
    return 0


def person(call: Call) -> Effect:
    """Return the effect of waiting for the lines a person types."""
    shown = call.shows(Workload.INTERACTIVE, f"`{call.name}` waits for a person to type")
    return Effect(fx.INTERACTIVE | fx.UNSURE, shown)


def alone(call: Call) -> Call:
    """Return *call* with nothing on its standard input, which it has read as its program."""
    return msgspec.structs.replace(call, stdin="", fed=True, piped=False)


def fed(call: Call) -> str | None:
    """Return the program that is fed to *call*, or `None` where it cannot be known."""
    return (
        call.stdin if call.stdin is not None and call.stdin.strip(HIDDEN + " \n") else "" if call.stdin == "" else None
    )


def unknown_input(call: Call) -> Effect:
    """Return the effect of a program that is fed and not known."""
    return call.opaque(f"what is fed to `{call.name}` cannot be known before it runs")


def names_the_gate(call: Call, code: str) -> Effect:
    """Return the effect of code that reaches the gate by what it names; empty for any other."""
    why = reaches(code, call.around) if not call.machine and call.around.protected else ""
    return control(call, why) if why else EMPTY


def control(call: Call, why: str) -> Effect:
    """Return the effect of code that reaches the gate, because of *why*."""
    return Effect(fx.CHANGES, call.shows(Workload.CONTROL_PLANE, why))


IN_SCRIPT = "its script starts processes that are not known before it runs"
"""Marks a script that starts what its arguments say, as most tools do: not `opaque`, but its name then tells more."""
