"""Which words are literal, and which we cannot know: expansion with the values that the text itself gives."""

import re
from collections.abc import Callable

from headgate.classify.effect import HIDDEN
from headgate.classify.shell.scope import Scope
from headgate.classify.shell.syntax import Node, Substitution, Text, Unknown, Variable, Word

MAX_FIELDS = 256
"""More fields than this from one word are not told apart."""

_RANGE = re.compile(r"\{(-?\d+)\.\.(-?\d+)\}")
_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_GUARD = str.maketrans("{},", "\x01\x02\x03")
_UNGUARD = str.maketrans("\x01\x02\x03", "{},")


def fields(word: Word, scope: Scope, output: Callable[[Node], str | None]) -> tuple[str, ...]:
    """Return the fields that *word* expands to; *output* tells what a substitution is known to print."""
    if word.literal is not None:
        return (word.literal,)
    braces = any(isinstance(part, Text) and not part.quoted and "{" in part.text for part in word.parts)
    guard = braces and len(word.parts) > 1
    pieces = _pieces(word, scope, output, guard=guard)
    found = [piece for whole in pieces for piece in expand_braces(whole)] if braces else pieces
    if guard:
        found = [piece.translate(_UNGUARD) for piece in found]
    return tuple(found[:MAX_FIELDS]) if len(found) <= MAX_FIELDS else (HIDDEN,)


def _pieces(word: Word, scope: Scope, output: Callable[[Node], str | None], *, guard: bool) -> list[str]:
    """Join the parts; an unquoted value splits where it holds a separator, which is what the text says it is."""
    done: list[str] = []
    now = ""
    quoted = False
    separators = scope.variables.get("IFS", " \t\n")
    for part in word.parts:
        if isinstance(part, Variable) and part.quoted and part.name == "@" and scope.words is not None:
            *whole, last = (now + scope.words[0], *scope.words[1:]) if scope.words else (now,)
            done, now, quoted = done + whole, last, bool(scope.words)
            continue
        value = _value(part, scope, output)
        holds = not isinstance(part, Unknown) and part.quoted
        quoted = quoted or holds
        if isinstance(part, Text):
            now += value.translate(_GUARD) if guard and holds else value
        elif isinstance(part, Unknown) or holds or not _splits(value, separators):
            now += value
        else:
            *whole, now = _split(now, value, separators)
            done += [piece for piece in whole if piece]
    if now or quoted:
        done.append(now)
    return done


def _split(before: str, value: str, separators: str | None) -> list[str]:
    """Return the fields of *value*, the first one joined to what stands *before* it."""
    head, *rest = re.split(f"[{re.escape(separators)}]+", value) if separators else (HIDDEN,)
    return [before + head, *rest]


def _splits(value: str, separators: str | None) -> bool:
    return separators is None or any(mark in value for mark in separators)


def _value(part: Text | Variable | Substitution | Unknown, scope: Scope, output: Callable[[Node], str | None]) -> str:
    match part:
        case Text(text):
            return text
        case Variable(name):
            return scope.value(name)
        case Substitution(body):
            printed = output(body)
            return HIDDEN if printed is None else printed.rstrip("\n")
        case Unknown():
            return HIDDEN


def expand_braces(text: str) -> list[str]:
    """Return what brace expansion makes of *text* (bash manual, 3.5.1)."""
    match = _BRACES.search(text)
    if match:
        return [
            done
            for choice in match[1].split(",")
            for done in expand_braces(text[: match.start()] + choice + text[match.end() :])[:MAX_FIELDS]
        ][: MAX_FIELDS + 1]
    match = _RANGE.search(text)
    if match is None:
        return [text]
    first, last = int(match[1]), int(match[2])
    step = 1 if last >= first else -1
    numbers = range(first, last + step, step)[: MAX_FIELDS + 1]
    return [f"{text[: match.start()]}{number}{text[match.end() :]}" for number in numbers]
