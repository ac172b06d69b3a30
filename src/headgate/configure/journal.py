"""The `[journal]` table: when older entries move to files, how long they are kept, and who gets the checkpoints."""

import msgspec

from headgate.decide.durations import duration
from headgate.decide.mistakes import Mistakes

KEYS = ("segment", "keep", "witness")
SYSLOG = "syslog"
SEGMENT, SMALLEST, LARGEST = 100_000, 1_000, 1_000_000
"""Entries of one segment: as usual, and the bounds of what may be asked for."""


class JournalTerms(msgspec.Struct, frozen=True):
    """How the journal is kept: entries of a *segment*, seconds to *keep* what they say (0: for ever), the *witness*.

    The witness gets each checkpoint: `syslog`, the absolute path of a file, or the words of a command; empty is none.
    """

    segment: int = SEGMENT
    keep: float = 0.0
    witness: str | tuple[str, ...] = ""


def journal(value: object, mistakes: Mistakes) -> JournalTerms | None:
    """Return what the table `journal` says, `None` where it says nothing; what is wrong goes to *mistakes*."""
    if value == {}:
        return None
    if not isinstance(value, dict):
        mistakes.add(0, "journal", '`journal` is a table: `[journal]`, then `keep = "400d"`')
        return None
    mistakes.enter_at(("journal",), "table", "journal")
    mistakes.unknown_keys(value, KEYS, "the journal")
    return JournalTerms(
        _segment(value.get("segment", SEGMENT), mistakes),
        _keep(value.get("keep"), mistakes),
        _witness(value.get("witness", ""), mistakes),
    )


def _segment(value: object, mistakes: Mistakes) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and SMALLEST <= value <= LARGEST:
        return value
    mistakes.add_here("segment", f"`segment` is a number of entries from {SMALLEST} to {LARGEST}")
    return SEGMENT


def _keep(value: object, mistakes: Mistakes) -> float:
    found = 0.0 if value is None else duration(value)
    if found is None or (found <= 0 and value is not None):
        mistakes.add_here("keep", '`keep` is a duration such as `"400d"`')
        return 0.0
    return found


def _witness(value: object, mistakes: Mistakes) -> str | tuple[str, ...]:
    if isinstance(value, list) and value and all(isinstance(word, str) and word for word in value):
        return tuple(value)
    if isinstance(value, str) and (value in {"", SYSLOG} or value.startswith("/")):
        return value
    what = '`witness` is `"syslog"`, the absolute path of a file, or the words of a command such as `["logger"]`'
    mistakes.add_here("witness", what)
    return ""
