"""Which part of the journal a report is about."""

from datetime import UTC, datetime

import msgspec

from headgate.decide.durations import duration
from headgate.model.errors import HeadgateError

USUAL = "7d"


class Period(msgspec.Struct, frozen=True):
    """From *since* up to, and without, *until* (seconds since 1970); with a *session*, only what that one did."""

    since: float
    until: float
    session: str | None = None

    def has(self, at: float) -> bool:
        """Whether something at *at* belongs to it."""
        return self.since <= at < self.until

    def of(self, session: str) -> bool:
        """Whether what *session* did belongs to it."""
        return self.session is None or self.session == session


def period(since: str, until: str | None, session: str | None, now: float) -> Period:
    """Return the period that these words of a command line mean at *now*.

    A duration (`7d`, `12h`) counts back from *now*; a date or time is ISO 8601, in UTC where it names no zone, and a
    date is its first moment. Raises `HeadgateError` HG130 for anything else, and for a period without length.
    """
    first = _moment(since, "--since", now)
    last = now if until is None else _moment(until, "--until", now)
    if first >= last:
        raise HeadgateError("HG130", "the period ends before it begins", "give a `--since` earlier than `--until`")
    return Period(first, last, session or None)


def _moment(text: str, option: str, now: float) -> float:
    back = None if text.isdigit() else duration(text)
    if back is not None:
        return now - back
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise HeadgateError(
            "HG130", f"`{option} {text[:40]}` is neither a time nor a duration", "write `7d`, or `2026-11-21T08:00`"
        ) from None
