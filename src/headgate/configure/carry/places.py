"""Where things stand in a JSON text: the standard library's parser keeps no places."""

import json
import re
from collections.abc import Iterator

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')

Path = tuple[str | int, ...]


class _Pairs(list[tuple[str, object]]):
    """The pairs of an object as they are written."""


def parsed(text: str) -> tuple[object, dict[Path, int]]:
    """Return what *text* says, and the line (from 1) of every key and every text in a list, by their paths.

    Of keys that stand twice, the last counts. Raises `ValueError` or `RecursionError` where *text* is no JSON.
    """
    found = json.loads(text, object_pairs_hook=_Pairs)
    return _plain(found), dict(_walk(found, _lines(text), ()))


def _plain(value: object) -> object:
    if isinstance(value, _Pairs):
        return {key: _plain(item) for key, item in value}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _lines(text: str) -> Iterator[int]:
    """Yield the line of each string in *text*."""
    line, at = 1, 0
    for found in _STRING.finditer(text):
        line += text.count("\n", at, found.start())
        at = found.start()
        yield line


def _walk(value: object, lines: Iterator[int], path: Path) -> Iterator[tuple[Path, int]]:
    """Yield the path and the line of each string in *value*, in the order of the text."""
    if isinstance(value, str):
        yield path, next(lines)
    elif isinstance(value, _Pairs):
        for key, item in value:
            line = next(lines)
            yield from _walk(item, lines, (*path, key))
            yield (*path, key), line
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _walk(item, lines, (*path, number))
