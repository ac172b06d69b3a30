"""Which words are literal, and which we cannot know: expansion with the values that the text itself gives."""

import re
from collections.abc import Callable

from headgate.classify.effect import HIDDEN
from headgate.classify.shell.braces import MAX_FIELDS, expand_braces
from headgate.classify.shell.scope import Scope
from headgate.classify.shell.syntax import Expansion, Node, Part, Substitution, Text, Unknown, Variable, Word
from headgate.classify.shell.values import elements, value

_GUARD = str.maketrans("{},", "\x01\x02\x03")
_UNGUARD = str.maketrans("\x01\x02\x03", "{},")


MAX_TEXT = 128 * 1024
"""A longer word is not known: the values in it may be many times as long as the text."""


def assigned(word: Word, scope: Scope, output: Callable[[Node], str | None]) -> str:
    """Return the value that *word* gives a variable: it is neither split nor expanded to several."""
    if word.literal is not None:
        return word.literal
    value = ""
    for part in word.parts:
        items = _items(part, scope)
        value += " ".join(items) if items is not None else _value(part, scope, output)
        if len(value) > MAX_TEXT:
            return HIDDEN
    return value


def fields(word: Word, scope: Scope, output: Callable[[Node], str | None]) -> tuple[str, ...]:
    """Return the fields that *word* expands to; *output* tells what a substitution is known to print."""
    if word.literal is not None:
        return (word.literal,)
    braces = any(isinstance(part, Text) and not part.quoted and "{" in part.text for part in word.parts)
    guard = braces and len(word.parts) > 1
    pieces = _pieces(word, scope, output, guard=guard)
    found = [piece for whole in pieces for piece in expand_braces(whole)] if braces else pieces
    if braces and not any(_keeps(part) for part in word.parts):
        found = [piece for piece in found if piece]
    if guard:
        found = [piece.translate(_UNGUARD) for piece in found]
    return tuple(found[:MAX_FIELDS]) if len(found) <= MAX_FIELDS else (HIDDEN,)


def _pieces(word: Word, scope: Scope, output: Callable[[Node], str | None], *, guard: bool) -> list[str]:
    """Join the parts; an unquoted value splits where it holds a separator, which is what the text says it is."""
    done: list[str] = []
    now = ""
    quoted = False
    separators = scope.variables.get("IFS", " \t\n")
    size = 0
    for part in word.parts:
        if size > MAX_TEXT:
            return [HIDDEN]
        items = _items(part, scope)
        if items is not None:
            *whole, last = (now + items[0], *items[1:]) if items else (now,)
            done, now, quoted = done + whole, last, bool(items)
            continue
        found = _value(part, scope, output)
        size += len(found)
        holds = not isinstance(part, Unknown) and part.quoted
        quoted = quoted or holds
        if isinstance(part, Text):
            now += found.translate(_GUARD) if guard and holds else found
        elif isinstance(part, Unknown) or holds or not _splits(found, separators):
            now += found
        else:
            *whole, now = _split(now, found, separators)
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


def _keeps(part: Part) -> bool:
    """Whether *part* makes an empty field count: a quote does."""
    return not isinstance(part, Unknown) and part.quoted


def _items(part: Part, scope: Scope) -> tuple[str, ...] | None:
    """Return the fields that `"$@"` or an array's `"${name[@]}"` stand for; `None` for any other part."""
    if isinstance(part, Variable) and part.quoted and part.name == "@":
        return scope.words
    if isinstance(part, Expansion) and ("@" in {part.index, part.name} or not part.quoted):
        return elements(part, scope)
    return None


def _value(part: Part, scope: Scope, output: Callable[[Node], str | None]) -> str:
    match part:
        case Text(text):
            return text
        case Variable(name):
            return scope.value(name)
        case Substitution(body):
            printed = output(body)
            return HIDDEN if printed is None else printed.rstrip("\n")
        case Expansion():
            return value(part, scope)
        case Unknown():
            return HIDDEN
