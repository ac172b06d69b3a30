"""The time of day, and one that nobody can set."""

import subprocess
import sys
import time
from pathlib import Path
from secrets import token_hex

from headgate.decide.schema import WEEKDAYS, Moment
from headgate.model.steady import Steady

_EPOCH = 719163
"""The proleptic ordinal of 1 January 1970."""

_DAY = 86400


class SystemClock:
    """The clock of this machine."""

    def __init__(self) -> None:
        self._boot = _boot()

    def now(self) -> float:
        """Return seconds since 1970."""
        return time.time()

    def moment(self, at: float) -> Moment:
        """Return the local time at *at*, as policies may test it."""
        local = time.localtime(at)
        day = int((at + local.tm_gmtoff) // _DAY) + _EPOCH
        return Moment(day, WEEKDAYS[local.tm_wday], local.tm_hour)

    def steady(self) -> Steady:
        """Return how long this machine has run, sleep included (Linux: CLOCK_BOOTTIME, clock_gettime(2))."""
        return Steady(self._boot, time.clock_gettime(_SLEEPS_TOO))


_SLEEPS_TOO: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # that of macOS counts sleep as well


def _boot() -> str:
    """Return the name of this run of the machine; one that nobody has again where the system does not tell."""
    if sys.platform == "darwin":
        asked = ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 our own words
        return done.stdout.strip() or token_hex(16)
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return token_hex(16)
