"""How long earlier runs of the same routine took: what is kept, and what it tells."""

from collections.abc import Sequence
from math import ceil

import msgspec

KEPT = 50
"""Latest durations that are kept of one routine."""

FEWEST = 3
"""Runs before history speaks: one slow run, or two, are an accident."""


class Sample(msgspec.Struct, frozen=True):
    """What *runs* earlier runs of one routine tell: nine of ten took *seconds* or less."""

    seconds: float
    runs: int


def sample(durations: Sequence[float]) -> Sample | None:
    """Return the 90th percentile of *durations* by nearest rank, `None` where they are too few to tell anything."""
    if len(durations) < FEWEST:
        return None
    return Sample(sorted(durations)[ceil(len(durations) * 9 / 10) - 1], len(durations))


def no_runs(_routine: str) -> Sequence[float]:
    """Know of no earlier run."""
    return ()
