"""Removing secrets before an event exists on disk."""

import re
from collections.abc import Iterator
from itertools import islice

from headgate.record.secret_kinds import by_chance, kinds_in

MARK = "‹secret›"

MOST = 100
"""Secrets of one text that are looked for elsewhere."""

SHORTEST = 4
"""Characters of a secret that is looked for elsewhere; a shorter one would be found in any word."""

_NAMED = re.compile(
    r"(?i)((?:password|passwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)s?[\w-]{0,64}"
    r"(?:\s*(?:::|:=|=>|[=:])\s*|\s+))(\"[^\"]*\"|'[^']*'|[\"']?[^\s'\";&|]+)"
)
_FLAG = re.compile(r"(?i)(\s-{1,2}(?:password|passwd|token|secret|api-key)(?:=|\s+))(\"[^\"]*\"|'[^']*'|[^\s'\";&|]+)")
_BEARER = re.compile(r"(?i)(\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}")
_URL = re.compile(r"(://[^\s/:@]{0,256}:)[^\s/]+@")
_TELLING = ("password", "passwd", "secret", "token", "key", "credential", "bearer", "basic", "://")


def redact(text: str) -> str:
    """Return *text* with what looks like a secret replaced; doing it twice changes nothing more."""
    for kind in kinds_in(text):
        text = kind.pattern.sub(_marked if kind.telling else _marked_by_chance, text)
    small = text.lower()
    if any(name in small for name in _TELLING):
        text = _FLAG.sub(rf"\1{MARK}", text)
        text = _NAMED.sub(_named, text)
        text = _BEARER.sub(rf"\1{MARK}", text)
        text = _URL.sub(rf"\1{MARK}@", text)
    return text


def _marked(match: re.Match[str]) -> str:
    """Replace the secret in a place that takes one, but for its quotes; what is replaced already stays."""
    if MARK in match["s"]:
        return match[0]
    start, end = (at - match.start() for at in match.span("s"))
    return match[0][:start] + MARK + match[0][end:]


def _marked_by_chance(match: re.Match[str]) -> str:
    return _marked(match) if by_chance(match["s"]) else match[0]


def _of_kinds(text: str) -> Iterator[str]:
    for kind in kinds_in(text):
        for match in kind.pattern.finditer(text):
            if kind.telling or by_chance(match["s"]):
                yield match["s"]


def secrets_in(text: str) -> tuple[str, ...]:
    """Return what `redact` takes out of *text*, without the quotes around it, the longest first; not many of it."""
    found = list(islice(_of_kinds(text), MOST + 1))
    small = text.lower()
    if any(name in small for name in _TELLING):
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
    if head[-1:].isspace() and not re.search(r"[=:]>?\s*$", head):
        return head + _NAMED.sub(_named, value)  # the value may be named itself: `passwd PASSWD=…`
    return head + (value if MARK in value else MARK)
