"""Removing secrets before an event exists on disk."""

import re

MARK = "‹secret›"

SHORTEST = 4
"""Characters of a secret that is looked for elsewhere; a shorter one would be found in any word."""

_NAMED = re.compile(
    r"(?i)(\b[\w-]*(?:password|passwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)s?[\w-]*"
    r"(?:\s*[=:]\s*|\s+))(\"[^\"]*\"|'[^']*'|[^\s'\";&|]+)"
)
_FLAG = re.compile(r"(?i)(\s-{1,2}(?:password|passwd|token|secret|api-key)(?:=|\s+))(\"[^\"]*\"|'[^']*'|[^\s'\";&|]+)")
_BEARER = re.compile(r"(?i)(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}")
_URL = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+@")
_KNOWN = re.compile(
    r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|sk-[A-Za-z0-9_-]{16,}|xox[baprs]-[\w-]{10,}"
    r"|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,})"
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
    """Return what `redact` takes out of *text*, without the quotes around it, the longest first."""
    found = [match[0] for match in _KNOWN.finditer(text)]
    if _NAMES.search(text):
        found += [match[2] for pattern in (_FLAG, _NAMED) for match in pattern.finditer(text)]
        found += [match[0].removeprefix(match[1]) for match in _BEARER.finditer(text)]
        found += [match[0].removeprefix(match[1]).removesuffix("@") for match in _URL.finditer(text)]
    kept = {word.strip("'\"") for word in found if redact(text) != text and word not in redact(text)}
    return tuple(sorted((word for word in kept if len(word) >= SHORTEST), key=len, reverse=True))


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
