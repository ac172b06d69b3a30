"""What `${…}` comes to, where the text itself tells (bash manual, 3.5.3)."""

import fnmatch
import re
from collections.abc import Callable

from headgate.classify.effect import HIDDEN
from headgate.classify.shell.scope import Scope
from headgate.classify.shell.syntax import Expansion, Part, Substitution, Text, Variable

_WHOLE = frozenset({"@", "*"})
_CASES: dict[str, Callable[[str], str]] = {
    "^^": str.upper,
    ",,": str.lower,
    "@U": str.upper,
    "@L": str.lower,
    "^": lambda text: text[:1].upper() + text[1:],
    ",": lambda text: text[:1].lower() + text[1:],
}
_NUMBER = re.compile(r" ?-?\d+\Z")
_MAX_PATTERN = 200


def elements(part: Expansion, scope: Scope) -> tuple[str, ...] | None:
    """Return the fields of `${name[@]}` and of a slice of it; `None` where it is something else, or not known."""
    if part.name in _WHOLE and part.op == ":" and not part.before:
        return _arguments(part, scope)
    if part.before or part.index not in _WHOLE or part.op not in {"", ":"}:
        return None
    items = scope.elements(part.name)
    if items is None or not part.op:
        return items
    found = _slice(part, scope, items)
    return found if isinstance(found, tuple) else None


def _arguments(part: Expansion, scope: Scope) -> tuple[str, ...] | None:
    """Return the fields of `${@:first:length}`, which counts from one: before that stands the name of the shell."""
    if scope.words is None:
        return None
    found = _slice(part, scope, (HIDDEN, *scope.words))
    return found if isinstance(found, tuple) else None


def value(part: Expansion, scope: Scope) -> str:
    """Return the value of *part*, with the mark of the unknown where the text does not tell it."""
    if part.before == "!":
        return _indirect(part, scope)
    now = _now(part, scope)
    if part.before == "#":
        return HIDDEN if now is None or part.op else str(len(now))
    if (part.op[:1] == ":" and part.op != ":") or part.op in {"-", "=", "+", "?"}:
        return _default(part, scope, now)
    if now is None:
        return HIDDEN
    done = _changed(part, scope, now)
    return HIDDEN if done is None else done


def _now(part: Expansion, scope: Scope) -> str | None:
    """Return the value that the operator works on; `None` where nobody knows."""
    if not part.index:
        found = scope.value(part.name)
        return None if HIDDEN in found else found
    items = scope.elements(part.name)
    if items is None:
        return None
    if part.index in _WHOLE:
        return " ".join(items)
    return items[int(part.index)] if part.index.isdigit() and int(part.index) < len(items) else None


def _indirect(part: Expansion, scope: Scope) -> str:
    name = scope.value(part.name)
    return HIDDEN if part.op or part.index or HIDDEN in name or not name.isidentifier() else scope.value(name)


def _default(part: Expansion, scope: Scope, now: str | None) -> str:
    """Return the value of `:-` and its kin: what nobody set in the text may be set outside it."""
    if now is None or (not now and part.op.startswith(":")):
        known_empty = now is not None
        if "+" in part.op:
            return "" if known_empty else HIDDEN
        return (_literal(part, 0, scope) or HIDDEN) if known_empty and "?" not in part.op else HIDDEN
    if "+" in part.op:
        found = _literal(part, 0, scope)
        return HIDDEN if found is None else found
    return now


def _changed(part: Expansion, scope: Scope, now: str) -> str | None:
    op = part.op
    done: str | None = None
    if not op:
        done = now
    elif op in _CASES:
        done = None if part.operands[0] else _CASES[op](now)
    elif op == ":":
        found = _slice(part, scope, now)
        done = found if isinstance(found, str) else None
    elif op[0] in "#%/":
        pattern = _literal(part, 0, scope)
        if pattern is not None and len(pattern) <= _MAX_PATTERN:
            done = _replaced(part, scope, now, pattern) if op[0] == "/" else _trimmed(op, now, pattern)
    return done


def _slice(part: Expansion, scope: Scope, now: str | tuple[str, ...]) -> str | tuple[str, ...] | None:
    numbers = [_literal(part, place, scope) for place in range(len(part.operands))]
    if not all(number is not None and _NUMBER.match(number) for number in numbers):
        return None
    first, *length = (int(number or 0) for number in numbers)
    rest = now[first:] if first >= 0 or -first <= len(now) else now[:0]
    return rest[: length[0]] if length else rest


def _trimmed(op: str, now: str, pattern: str) -> str:
    """Return *now* without the shortest, or with a doubled sign longest, start or end that fits *pattern*."""
    lengths = range(len(now) + 1) if len(op) == 1 else range(len(now), -1, -1)
    wanted = re.compile(fnmatch.translate(pattern))
    for length in lengths:
        piece = now[:length] if op[0] == "#" else now[len(now) - length :]
        if wanted.match(piece):
            return now[length:] if op[0] == "#" else now[: len(now) - length]
    return now


def _replaced(part: Expansion, scope: Scope, now: str, pattern: str) -> str | None:
    if any(mark in pattern for mark in "*?[\\") or not pattern:
        return None
    other = _literal(part, 1, scope) if len(part.operands) > 1 else ""
    if other is None:
        return None
    if part.op == "/#":
        return other + now[len(pattern) :] if now.startswith(pattern) else now
    if part.op == "/%":
        return now[: -len(pattern)] + other if now.endswith(pattern) else now
    return now.replace(pattern, other) if part.op == "//" else now.replace(pattern, other, 1)


def _literal(part: Expansion, place: int, scope: Scope) -> str | None:
    """Return the text of one operand; `None` where a part of it is not known."""
    found = "".join(_text(piece, scope) for piece in part.operands[place]) if place < len(part.operands) else ""
    return None if HIDDEN in found else found


def _text(part: Part, scope: Scope) -> str:
    match part:
        case Text(text):
            return text
        case Variable(name):
            return scope.value(name)
        case Expansion():
            return value(part, scope)
        case Substitution() | _:
            return HIDDEN
