"""Windows of a policy: what a session did lately, counted as the operator declared it."""

from collections.abc import Iterable, Mapping, Sequence

from headgate.decide.ledger import Entry
from headgate.decide.policy import Policy
from headgate.decide.rules import Window
from headgate.decide.schema import HOLE, Value

Counted = dict[str, tuple[str, ...]]
"""What one call adds to each window it counts in, by the window's key: names, or none where calls are counted."""


def counted(windows: Sequence[Window], values: Mapping[str, Value]) -> Counted:
    """Return what a call with these *values* adds to *windows*; a condition on something unknown counts as met."""
    return {
        window.key: _names(window, values)
        for window in windows
        if all(item.holds(values[item.fact], may=True) for item in window.where)
    }


def _names(window: Window, values: Mapping[str, Value]) -> tuple[str, ...]:
    found = values[window.fact] if window.fact else ()
    return tuple(name for name in found if name != HOLE) if isinstance(found, tuple) else ()


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
    return float(len({name for names in found for name in names}) if window.fact else len(found))


def longest(policy: Policy, least: float) -> float:
    """Return how many seconds back the windows of *policy* look, and *least* at least."""
    return max([least, *(window.over for window in policy.windows)])
