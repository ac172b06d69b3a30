"""What quotes and backslashes leave behind (bash manual, 3.1.2 Quoting)."""

import re

_DOUBLE = re.compile(r'\\([$`"\\\n])')
_DOCUMENT = re.compile(r"\\([$`\\\n])")
_ANSI = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.)|(.))", re.DOTALL
)
_NAMED = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LAST_CHARACTER = 0x10FFFF


def unescape_in_double_quotes(text: str) -> str:
    """Return what *text* means between double quotes, expansions apart."""
    if "\\" not in text:
        return text
    return _DOUBLE.sub(lambda match: "" if match[1] == "\n" else match[1], text)


def unescape_in_document(text: str) -> str:
    """Return what *text* means in a here-document that expands: a quote keeps its backslash."""
    if "\\" not in text:
        return text
    return _DOCUMENT.sub(lambda match: "" if match[1] == "\n" else match[1], text)


def ansi_c(text: str) -> str:
    """Return what *text* means between `$'` and `'`."""
    return _ANSI.sub(_ansi_character, text).partition("\0")[0]


def _ansi_character(match: re.Match[str]) -> str:
    two, four, eight, octal, control, other = match.groups()
    for digits in (two, four, eight):
        if digits:
            return _character(int(digits, 16))
    if octal:
        return chr(int(octal, 8) & 0xFF)
    if control:
        return chr(ord(control) & 0x1F)
    return _NAMED.get(other, other if other in "\\'\"?" else "\\" + other)


def _character(number: int) -> str:
    return chr(number) if number <= _LAST_CHARACTER else "\ufffd"
