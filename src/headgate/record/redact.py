"""Removing secrets before an event exists on disk."""

import re
from itertools import islice

MARK = "‹secret›"

MOST = 100
"""Secrets of one text that are looked for elsewhere."""

SHORTEST = 4
"""Characters of a secret that is looked for elsewhere; a shorter one would be found in any word."""

_NAMED = re.compile(
    r"(?i)((?:password|passwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)s?[\w-]{0,64}"
    r"(?:\s*[=:]\s*|\s+))(\"[^\"]*\"|'[^']*'|[^\s'\";&|]+)"
)
_FLAG = re.compile(r"(?i)(\s-{1,2}(?:password|passwd|token|secret|api-key)(?:=|\s+))(\"[^\"]*\"|'[^']*'|[^\s'\";&|]+)")
_BEARER = re.compile(r"(?i)(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}")
_URL = re.compile(r"(://[^\s/:@]{0,256}:)[^\s/@]+@")
_KNOWN = re.compile(
    r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|sk-[A-Za-z0-9_-]{16,}|xox[baprs]-[\w-]{10,}"
    r"|eyJ[\w-]{10,512}\.[\w-]{10,}\.[\w-]{5,})"
)
_NAMES = re.compile(r"(?i)(?:password|passwd|secret|token|key|credential|bearer|basic|://)")


def redact(text: str) -> str:
    """Return *text* with what looks like a secret replaced; doing it twice changes nothing more."""
    if _NAMES.search(text):
        text = _FLAG.sub(rf"\1{MARK}", text)
        text = _NAMED.sub(_named, text)
        text = _BEARER.sub(rf"\1{MARK}", text)
        text = _URL.sub(rf"\1{MARK}@", text)
    return _KNOWN.sub(MARK, text)


def secrets_in(text: str) -> tuple[str, ...]:
    """Return what `redact` takes out of *text*, without the quotes around it, the longest first; not many of it."""
    found = [match[0] for match in _KNOWN.finditer(text)]
    if _NAMES.search(text):
        found += [match[2] for pattern in (_FLAG, _NAMED) for match in pattern.finditer(text)]
        found += [match[0].removeprefix(match[1]) for match in _BEARER.finditer(text)]
        found += [match[0].removeprefix(match[1]).removesuffix("@") for match in _URL.finditer(text)]
    words = dict.fromkeys(word.strip("'\"") for word in found)
    left = redact(text)
    kept = [word for word in islice(words, MOST + 1) if len(word) >= SHORTEST and word not in left]
    return tuple(sorted(kept, key=len, reverse=True))


def without(text: str, secrets: tuple[str, ...]) -> str:
    """Return *text* with *secrets* and whatever else looks like one replaced."""
    for secret in secrets:
        text = text.replace(secret, MARK)
    return redact(text)


def _named(match: re.Match[str]) -> str:
    """Replace a value behind a telling name; a word in prose (`the token is`) needs `=` or `:` to count."""
    head, value = match.groups()
    if head[-1:].isspace() and not re.search(r"[=:]\s*$", head):
        return head + _NAMED.sub(_named, value)  # the value may be named itself: `passwd PASSWD=…`
    return head + (value if MARK in value else MARK)
