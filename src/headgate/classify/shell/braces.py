"""Brace expansion, as the shell does it before anything else (bash manual, 3.5.1)."""

import itertools
import re

MAX_FIELDS = 256
"""More fields than this from one word are not told apart."""

MAX_NESTING = 8
"""Braces in braces deeper than this are left as they are, and give one field more than any limit."""

MAX_BRACES = 64
"""More braces than this in one word give one field more than any limit as well."""

_RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)(?:\.\.(-?\d+))?\Z|([A-Za-z])\.\.([A-Za-z])(?:\.\.(-?\d+))?\Z")


def expand_braces(text: str, nesting: int = 0) -> list[str]:
    """Return what brace expansion makes of *text*; never more than one field above the limit."""
    found = [""]
    at = 0
    if text.count("{") > MAX_BRACES:
        return [text] * (MAX_FIELDS + 1)
    while at < len(text) and len(found) <= MAX_FIELDS:
        opened = text.find("{", at)
        if opened < 0:
            break
        head, close, choices = text[at:opened], *_choices(text, opened, nesting)
        if not choices:
            found = [field + head + "{" for field in found]
            at = opened + 1
            continue
        made = (field + head + choice for field in found for choice in choices)
        found = list(itertools.islice(made, MAX_FIELDS + 1))
        at = close + 1
    return [field + text[at:] for field in found]


def _choices(text: str, opened: int, nesting: int) -> tuple[int, list[str]]:
    """Return where the brace at *opened* closes, and what stands for it; nothing where it is an ordinary character."""
    if text[opened - 1 : opened] == "$":
        return opened, []
    commas: list[int] = []
    depth = 0
    for at in range(opened, len(text)):
        mark = text[at]
        if mark == "{":
            depth += 1
        elif mark == "," and depth == 1:
            commas.append(at)
        elif mark == "}":
            depth -= 1
            if depth == 0:
                return at, _between(text, [opened, *commas, at], nesting)
    return opened, []


def _between(text: str, marks: list[int], nesting: int) -> list[str]:
    if len(marks) == 2:  # noqa: PLR2004 no comma: a range, or nothing
        return _range(text[marks[0] + 1 : marks[1]])
    if nesting >= MAX_NESTING:
        return [text] * (MAX_FIELDS + 1)
    pieces = [text[start + 1 : end] for start, end in itertools.pairwise(marks)]
    return [field for piece in pieces for field in expand_braces(piece, nesting + 1)][: MAX_FIELDS + 1]


def _range(text: str) -> list[str]:
    match = _RANGE.match(text)
    if match is None:
        return []
    letters = match[4] is not None
    first, last = (ord(match[4]), ord(match[5])) if letters else (int(match[1]), int(match[2]))
    step = abs(int(match[6] or match[3] or 1)) or 1
    numbers = range(first, last + 1, step) if first <= last else range(first, last - 1, -step)
    if letters:
        return [chr(number) for number in numbers][: MAX_FIELDS + 1]
    padded = any(len(word.lstrip("-")) > 1 and word.lstrip("-").startswith("0") for word in (match[1], match[2]))
    width = max(len(match[1]), len(match[2])) if padded else 0
    return [f"{number:0{width}d}" for number in numbers[: MAX_FIELDS + 1]]
