"""Text of others, made harmless: no secrets, no control characters, and no way out of its quotation."""

import re
import unicodedata

from headgate.record.redact import redact

MARK = "| "
"""Stands in front of every quoted line; a line of our own never begins with it."""

CUT = "… (cut)"
MOST_READ = 64 * 1024
"""Characters of a text that are looked at; a longer one is cut before anything else."""

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)?|[@-_])")
_BREAKS = re.compile(r"\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def plain(text: str) -> str:
    """Return *text* without secrets, escape sequences and characters that do not show; lines end with a line feed."""
    text = _BREAKS.sub("\n", _ESCAPES.sub("", text[:MOST_READ]))
    return redact("".join(mark for mark in text if mark in "\n\t" or unicodedata.category(mark)[0] != "C"))


def quoted(text: str, most: int) -> str:
    """Return *text* as a quotation of at most *most* bytes: each line of it stands behind the mark."""
    lines: list[str] = []
    left = most - len(f"\n{MARK}{CUT}".encode())
    for line in plain(text).strip("\n").split("\n"):
        whole = MARK + line
        size = len(whole.encode()) + 1
        if size > left:
            lines += [cut(whole, left - 1), MARK + CUT] if left > len(MARK) + 1 else [MARK + CUT]
            break
        lines.append(whole)
        left -= size
    return "\n".join(lines)


def cut(text: str, most: int) -> str:
    """Return the first part of *text* that has no more than *most* bytes."""
    return text.encode()[: max(most, 0)].decode("utf-8", "ignore")


def bounded(text: str, most: int, *, end: bool = False) -> str:
    """Return *text* made plain and cut to *most* characters: its beginning, or its *end*."""
    whole = plain(text[-most * 4 :] if end else text).strip()
    if len(whole) <= most:
        return whole
    return CUT + whole[-most:] if end else whole[:most] + CUT
