"""The time of day."""

import time

from headgate.decide.schema import WEEKDAYS, Moment

_EPOCH = 719163
"""The proleptic ordinal of 1 January 1970."""

_DAY = 86400


class SystemClock:
    """The clock of this machine."""

    def now(self) -> float:
        """Return seconds since 1970."""
        return time.time()

    def moment(self, at: float) -> Moment:
        """Return the local time at *at*, as policies may test it."""
        local = time.localtime(at)
        day = int((at + local.tm_gmtoff) // _DAY) + _EPOCH
        return Moment(day, WEEKDAYS[local.tm_wday], local.tm_hour)
