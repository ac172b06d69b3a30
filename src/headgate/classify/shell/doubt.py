"""Texts that the grammar is known to read wrongly without saying so; we refuse to trust it there.

Each case was seen with tree-sitter-bash 0.25: two backtick substitutions on one line are read as one,
a word broken by a line continuation is read as two, and control characters are taken for letters.
"""

import re

_JOINED = re.compile(r"[^\s\\]\\\n[^\s]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_SINGLE_QUOTED = re.compile(r"'[^']*'")
_QUOTED_HEREDOC = re.compile(r"""(<<-?[ \t]*(['"])(\w+)\2[^\n]*\n).*?^\s*\3$""", re.DOTALL | re.MULTILINE)
_UNSEEN = re.compile(r"<<-?\s*\w.*`|`.*<<-?\s*\w|\$\{[^}]*`|\$\{[^}]*\^\^?[^}]*\$\(", re.DOTALL)
_ONE_PAIR = 2


def doubt(text: str) -> str:
    """Return why the grammar must not be trusted with *text*, or an empty string."""
    if _CONTROL.search(text):
        return "it holds control characters"
    if "\\\n" in text and _JOINED.search(text):
        return "a word is broken by a line continuation"
    if "`" in text:
        return _backticks(text)
    if "$[" in text or ("^" in text and _UNSEEN.search(text)):
        return "it uses an expansion that cannot be read"
    return ""


def _backticks(text: str) -> str:
    ticks = _QUOTED_HEREDOC.sub(r"\1", text)
    if '"' not in ticks:  # an apostrophe between double quotes opens nothing
        ticks = _SINGLE_QUOTED.sub("", ticks)
    if "`" not in ticks.replace("\\`", ""):
        return ""
    if ticks.count("`") > _ONE_PAIR or "\\`" in ticks or _UNSEEN.search(ticks):
        return "it nests or repeats backticks"
    return ""
