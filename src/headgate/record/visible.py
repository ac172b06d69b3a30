"""Texts of agents as people must see them: nothing hides or turns round, and no line of theirs looks like ours."""

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_LAYOUT = frozenset({"\n", "\t"})

MOST = 6000
"""Characters of one text that people are shown; of a longer one, the beginning and the end."""

_HEAD, _TAIL = 4000, 1800


def visible(text: str) -> str:
    """Return *text* with characters that hide or turn round others written out, as `<U+202E>`."""
    return "".join(f"<U+{ord(mark):04X}>" if _hides(mark) else mark for mark in text)


def _hides(mark: str) -> bool:
    return mark not in _LAYOUT and unicodedata.category(mark) in _HIDDEN


def whole(text: str) -> str:
    """Return *text* to be judged by a person: visible, and where its middle is left out that is said loudly."""
    if len(text) <= MOST:
        return visible(text)
    left = len(text) - _HEAD - _TAIL
    gap = f"\n!!! {left} CHARACTERS ARE NOT SHOWN HERE: look at the whole before you say yes !!!\n"
    return f"{visible(text[:_HEAD])}{gap}{visible(text[-_TAIL:])}"


def under(text: str, margin: str) -> str:
    """Return *text* with *margin* and a bar in front of each line but the first: no line of it is taken for ours."""
    return text.replace("\n", f"\n{margin}| ")
