"""Which environment a machine belongs to, by the operator's patterns."""

from fnmatch import fnmatchcase
from functools import lru_cache

import msgspec

from headgate.classify.effect import SOME_MACHINE

UNKNOWN = "unknown"
LOCAL = "local"
_STRICTEST_FIRST = ("prod", UNKNOWN, "staging", "dev", LOCAL)


class Inventory(msgspec.Struct, frozen=True):
    """Pairs of an environment and a pattern for names of machines (`*` and `?`); the first that fits counts."""

    patterns: tuple[tuple[str, str], ...] = ()

    def environment(self, machines: tuple[str, ...]) -> str:
        """Return the strictest environment among *machines*; no known machine is `unknown`."""
        found = {_environment(self.patterns, machine) for machine in machines} or {UNKNOWN}
        return next((name for name in _STRICTEST_FIRST if name in found), UNKNOWN)


@lru_cache(maxsize=4096)
def _environment(patterns: tuple[tuple[str, str], ...], machine: str) -> str:
    if machine == SOME_MACHINE:
        return UNKNOWN
    return next((name for name, pattern in patterns if fnmatchcase(machine, pattern)), UNKNOWN)
