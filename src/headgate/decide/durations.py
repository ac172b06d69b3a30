"""Durations as people write them."""

import re

MOST = 2.0**53
"""The largest number that is told apart from its neighbours."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\Z")
_SECONDS = {"ms": 0.001, "s": 1.0, None: 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration(value: object) -> float | None:
    """Return the seconds in `30s`, `10m`, `2h`, `1d` or a plain number; `None` where it is none, or below 0."""
    if isinstance(value, str):
        match = _DURATION.match(value)
        seconds = float(match[1]) * _SECONDS[match[2]] if match else None
    else:
        seconds = number(value)
    return seconds if seconds is not None and 0 <= seconds <= MOST else None


def number(value: object) -> float | None:
    """Return *value* as a number; `None` where it is none, or none that can be compared (`nan`, `inf`, too large)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -MOST <= value <= MOST:
        return None
    return float(value)
