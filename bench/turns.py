"""Measurements that take turns, so that what else a machine does hits all of them alike."""

import statistics
from collections.abc import Callable, Mapping


class Taken(dict[str, list[float]]):
    """The seconds of every turn, by what was measured."""

    def median(self, name: str) -> float:
        """Return the median of *name*, in seconds."""
        return statistics.median(self[name])

    def against(self, name: str, other: str) -> tuple[float, float]:
        """Return how much longer *name* took than *other* in the same turn, in seconds and as a ratio: medians."""
        pairs = list(zip(self[name], self[other], strict=True))
        return statistics.median(one - two for one, two in pairs), statistics.median(one / two for one, two in pairs)


def turns(routes: Mapping[str, Callable[[], float]], rounds: int) -> Taken:
    """Take each of *routes* in turn, *rounds* times after one that does not count; a route returns its seconds."""
    taken = Taken({name: [] for name in routes})
    names = list(routes)
    for turn in range(-1, rounds):
        for at in range(len(names)):  # whoever goes first changes, since that is not the same
            name = names[(at + turn) % len(names)]
            seconds = routes[name]()
            if turn >= 0:
                taken[name].append(seconds)
    return taken
