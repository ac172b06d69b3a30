"""A time that nobody can set."""

import msgspec


class Steady(msgspec.Struct, frozen=True):
    """How long this machine has run, in *seconds*, sleep included; *boot* names this run of it among others.

    The time of day can be set back, this cannot: what a person granted ends by whichever of the two comes first.
    """

    boot: str
    seconds: float

    def later(self, seconds: float) -> "Steady":
        """Return the time *seconds* after this one."""
        return Steady(self.boot, self.seconds + seconds)

    def reached(self, end: "Steady") -> bool:
        """Whether this is not before *end*; a time of another run of the machine is over."""
        return self.boot != end.boot or self.seconds >= end.seconds


NEVER = Steady("", 0.0)
"""Over from the start."""
