"""What SQL does: statements by their first words, client commands included."""

import re

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import words_of

_QUOTED = re.compile(r"'(?:[^'\\]|''|\\.)*'|--[^\n]*|/\*.*?\*/|\$\$.*?\$\$", re.DOTALL)
_SQL_READS = words_of(
    """
    select show explain describe desc with values table use set begin commit rollback start end pragma list info
    help declare fetch close discard reset print source go exit quit analyze
    """
)
_SQL_DESTROYS = frozenset({"drop", "truncate"})
_WRITES_WITHIN = re.compile(
    r"\b(?:insert\s+into|update\s+\w|delete\s+from|into\s+outfile|pg_terminate|pg_cancel|nextval)", re.IGNORECASE
)
_META_READS = frozenset(
    {"\\c", "\\connect", "\\x", "\\l", "\\timing", "\\conninfo", "\\q", "\\echo", "\\pset", "\\h", "\\s"}
)


def sql(call: Call, text: str) -> tuple[int, tuple[Effect, ...]]:
    """Return what the statements of *text* do, and the effects of the programs they start."""
    does = 0
    started: list[Effect] = []
    for piece in _QUOTED.sub("''", text).split(";"):
        for statement in piece.split("\n") if piece.lstrip().startswith("\\") else (piece,):
            stripped = statement.strip()
            if stripped.startswith("\\!"):
                started.append(call.run(stripped[2:]))
            elif stripped:
                does |= _statement(stripped)
    return does or fx.READS, tuple(started)


def _statement(text: str) -> int:  # noqa: PLR0911 one return a kind of statement
    words = text.lower().split(None, 4)
    first = words[0].lstrip("(")
    if HIDDEN in first:
        return fx.UNSURE
    if first.startswith("\\"):
        return fx.READS if first.startswith("\\d") or first.rstrip("+") in _META_READS else fx.UNSURE
    if first.startswith("."):
        return (
            fx.READS
            if first not in {".import", ".restore", ".shell", ".system", ".load", ".save", ".clone"}
            else fx.UNSURE
        )
    if first in _SQL_DESTROYS or (first == "alter" and " drop " in text.lower()):
        return fx.CHANGES | fx.DESTROYS
    if first == "delete":
        return fx.CHANGES if " where " in " ".join(text.lower().split()) else fx.CHANGES | fx.DESTROYS
    if first in _SQL_READS:
        return _reading(first, words, text)
    return fx.CHANGES


def _reading(first: str, words: list[str], text: str) -> int:
    if first == "explain" and not any("analy" in word for word in words[1:3]):
        return fx.READS
    if first == "set" and words[1:2] in (["global"], ["persist"], ["password"]):
        return fx.CHANGES
    if first == "pragma" and "=" in text:
        return fx.CHANGES
    return fx.CHANGES if _WRITES_WITHIN.search(text) else fx.READS
