"""The usual form of a policy file: keys in one order and in line, one blank line between tables; comments stay."""

import re
import tomllib
from collections.abc import Iterator

import msgspec

from headgate.decide.examples import TEST
from headgate.decide.mistakes import Mistakes
from headgate.decide.source import Statement, statements
from headgate.decide.vocabulary import INVARIANT, RULE, TOP, WINDOW
from headgate.model.errors import HeadgateError

_ORDER = {"rule": RULE, "invariant": INVARIANT, "test": TEST, "window": WINDOW, "": TOP}
_PARTS = ("rule", "invariant", "test", "window")
_ALIGNED = 8
"""Columns that a plain key of a rule fills, so that its values stand in line; elsewhere the longest key decides."""


class _Item(msgspec.Struct):
    """A statement with the comment lines above it, and its own lines."""

    statement: Statement
    above: list[str]
    lines: list[str]


def formatted(text: str, name: str) -> str:
    """Return *text* in the usual form; it means the same, and doing it twice changes nothing more.

    Raises `HeadgateError` HG110 where it is no TOML.
    """
    mistakes = Mistakes(name, text)
    document = mistakes.document()
    if document is None:
        raise HeadgateError("HG110", "the file is no policy:\n" + "\n".join(mistakes.found), "repair it")
    items, rest = _items(text)
    blocks = [_block(block) for block in _tables(items)]
    after = "\n\n".join("\n".join(block) for block in blocks if block)
    after = "\n".join([*([after] if after else []), *_trimmed(rest)]).strip("\n") + "\n"
    if tomllib.loads(after) != document:  # what it means comes before how it looks
        return text
    return after


def comments(text: str) -> dict[int, str]:
    """Return the comment right above each table's head, by the line of the head; *text* is valid TOML."""
    found: dict[int, str] = {}
    for item in _items(text)[0]:
        above = [line.strip() for line in item.above]
        last = len(above) - 1 - above[::-1].index("") if "" in above else -1
        words = [line.removeprefix("#").strip() for line in above[last + 1 :]]
        if item.statement.head and words:
            found[item.statement.first] = "\n".join(words)
    return found


def _items(text: str) -> tuple[list[_Item], list[str]]:
    """Return the statements with the comments above each, and the lines behind the last."""
    lines = text.replace("\r\n", "\n").split("\n")
    items: list[_Item] = []
    at = 0
    for statement in statements(text):
        above = lines[at : statement.first - 1]
        items.append(_Item(statement, above, lines[statement.first - 1 : statement.last]))
        at = statement.last
    return items, lines[at:]


def _tables(items: list[_Item]) -> Iterator[list[_Item]]:
    """Yield the statements of each table, its head first."""
    block: list[_Item] = []
    for item in items:
        if item.statement.head and block:
            yield block
            block = []
        block.append(item)
    if block:
        yield block


def _block(block: list[_Item]) -> list[str]:
    head = block[0] if block[0].statement.head else None
    part = str(head.statement.path[0]) if head else ""
    depth = len(head.statement.path) if head else 0
    order = _ORDER.get(part, ())
    found = _spaced(head.above) + [line.strip() for line in head.lines] if head else []
    rest = block[1:] if head else block
    if part in _PARTS:
        rest = sorted(rest, key=lambda item: _place(item, order, depth))
    width = _ALIGNED if part in _PARTS else max((len(_key(item)) for item in rest), default=0)
    for item in rest:
        above = _spaced(item.above) if not head else [line.strip() for line in item.above if line.strip()]
        found += [*above, *_aligned(item, width)]
    return _trimmed(found)


def _place(item: _Item, order: tuple[str, ...], depth: int) -> int:
    key = item.statement.path[depth]
    return order.index(str(key)) if key in order else len(order)


def _spaced(lines: list[str]) -> list[str]:
    """Return comment lines; more than one blank line between them is one."""
    found: list[str] = []
    for line in (line.rstrip() for line in lines):
        if line or (found and found[-1]):
            found.append(line)
    return found


def _trimmed(lines: list[str]) -> list[str]:
    found = _spaced(lines)
    while found and not found[-1]:
        found.pop()
    return found


_PAIR = re.compile(r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=\s*")


def _key(item: _Item) -> str:
    found = _PAIR.match(item.lines[0])
    return re.sub(r"\s*\.\s*", ".", found[1]) if found else ""


def _aligned(item: _Item, width: int) -> list[str]:
    """Return the lines of a key with its value; plain keys with a short value fill *width* columns."""
    first, *more = item.lines
    found = _PAIR.match(first)
    if found is None:
        return item.lines
    key = _key(item)
    columns = 0 if "." in key or more else width
    return [f"{key:<{columns}} = {first[found.end() :].rstrip()}", *(line.rstrip() for line in more)]
