"""Which environment a machine belongs to, by the operator's patterns."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from types import MappingProxyType

import msgspec

from headgate.classify.effect import SOME_MACHINE, WITHIN

UNKNOWN = "unknown"
LOCAL = "local"
_NO_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType({})
_STRICTEST_FIRST = ("prod", UNKNOWN, "staging", "dev", LOCAL)


class Inventory(msgspec.Struct, frozen=True):
    """Pairs of an environment and a pattern for names of machines (`*`, `?`, any case); the first that fits counts."""

    patterns: tuple[tuple[str, str], ...] = ()

    def environment(self, machines: tuple[str, ...], names: Mapping[str, tuple[str, ...]] = _NO_NAMES) -> str:
        """Return the strictest environment among *machines*; no known machine is `unknown`.

        *names* are the other names of a machine (of `SOME_MACHINE`: of one that is not named itself): the
        strictest that a pattern fits counts. A name that starts with `WITHIN` can only tighten.
        """
        found = {self._of(machine, names) for machine in machines} or {UNKNOWN}
        if SOME_MACHINE in names:
            found.add(self._of(SOME_MACHINE, names))
        return _strictest(found)

    def _of(self, machine: str, names: Mapping[str, tuple[str, ...]]) -> str:
        if machine not in names:
            return _environment(self.patterns, machine)
        own, within = {_environment(self.patterns, machine)}, set[str]()
        for name in names[machine]:
            (within if name.startswith(WITHIN) else own).add(_environment(self.patterns, name.removeprefix(WITHIN)))
        if machine != SOME_MACHINE:
            own.discard(UNKNOWN)
        return _strictest({_strictest(own), *(within - {UNKNOWN})})


def _strictest(found: set[str]) -> str:
    return next((name for name in _STRICTEST_FIRST if name in found), UNKNOWN)


@lru_cache(maxsize=4096)
def _environment(patterns: tuple[tuple[str, str], ...], machine: str) -> str:
    if machine == SOME_MACHINE:
        return UNKNOWN
    name = machine.lower()
    return next((found for found, pattern in patterns if fnmatchcase(name, pattern.lower())), UNKNOWN)
