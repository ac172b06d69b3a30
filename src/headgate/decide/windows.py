"""Windows of a policy: what a session did lately, counted as the operator declared it."""

from collections.abc import Iterable, Mapping, Sequence

from headgate.decide.ledger import Entry
from headgate.decide.names import HOLE, MAX_NAMES, Value
from headgate.decide.policy import Policy
from headgate.decide.rules import Window

Counted = dict[str, tuple[str, ...]]
"""What one call adds to each window it counts in, by the window's key: names, or none where calls are counted."""


MANY = HOLE * 2
"""Stands for a set of more names than are followed."""


def counted(windows: Sequence[Window], values: Mapping[str, Value]) -> Counted:
    """Return what a call with these *values* adds to *windows*; a condition on something unknown counts as met."""
    return {
        window.key: _names(window, values)
        for window in windows
        if all(item.holds(values[item.fact], may=True) for item in window.where)
    }


def _names(window: Window, values: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the names that the call adds; where nobody knows how many there are, `MANY`."""
    if not window.fact:
        return ()
    found = values[window.fact]
    return found if isinstance(found, tuple) else (MANY,)


def counts(windows: Sequence[Window], entries: Iterable[Entry], now: float, this: Counted) -> tuple[float, ...]:
    """Return the count of each of *windows* at *now*, over the *entries* of a session and a call that adds *this*."""
    kept = list(entries) if windows else []
    return tuple(_count(window, kept, now, this) for window in windows)


def _count(window: Window, entries: Sequence[Entry], now: float, this: Counted) -> float:
    found = [
        item.windows[window.key]
        for item in entries
        if now - window.over < item.at <= now and window.key in item.windows
    ]
    if window.key in this:
        found.append(this[window.key])
    if not window.fact:
        return float(len(found))
    known = {name for names in found for name in names if HOLE not in name}
    unknown = sum(MAX_NAMES + 1 if name == MANY else 1 for names in found for name in names if HOLE in name)
    return float(len(known) + unknown)  # what nobody knows may be another one each time


def longest(policy: Policy, least: float) -> float:
    """Return how many seconds back the windows of *policy* look, and *least* at least."""
    return max([least, *(window.over for window in policy.windows)])
