"""Durations as people write them."""

import re

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\Z")
_SECONDS = {"ms": 0.001, "s": 1.0, None: 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration(value: object) -> float | None:
    """Return the seconds in `30s`, `10m`, `2h`, `1d` or a plain number; `None` where it is neither."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    match = _DURATION.match(value) if isinstance(value, str) else None
    return float(match[1]) * _SECONDS[match[2]] if match else None
