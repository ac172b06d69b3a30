"""A person's standing exception: what it covers, why, until when, and how often."""

import msgspec

from headgate.model.person import Person
from headgate.model.steady import NEVER, Steady


class Scope(msgspec.Struct, frozen=True):
    """What an override covers; an empty part covers anything, and *everything* says that all of them are meant to be.

    *workloads*, *environments*, *sessions* are names, *machines* patterns (`*`, `?`), *projects* absolute directories;
    *rules* are the only ones that are lifted, where some are named; *actions* are the SHA-256 of single actions, as the
    journal has them.
    """

    workloads: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    everything: bool = False
    actions: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is named, so that it would cover anything without saying so."""
        parts = (
            self.workloads,
            self.machines,
            self.environments,
            self.sessions,
            self.projects,
            self.rules,
            self.actions,
        )
        return not self.everything and not any(parts)


class Override(msgspec.Struct, frozen=True):
    """One grant, as it was signed.

    It ends at *expires* (seconds since 1970) or *until*, whichever is first, or after *uses* decisions that it changed
    (`None`: as many as come). *approval* is the question that it answers, 0 where nobody asked.
    """

    id: int
    scope: Scope
    reason: str
    by: Person
    created: float
    expires: float
    until: Steady = NEVER
    uses: int | None = None
    approval: int = 0


class Standing(msgspec.Struct, frozen=True):
    """An override as it stands now: how many decisions it changed, and why it has ended (empty: it has not)."""

    override: Override
    used: int = 0
    ended: str = ""

    def over(self, now: float, steady: Steady) -> bool:
        """Whether it covers nothing any more."""
        spent = self.override.uses is not None and self.used >= self.override.uses
        return bool(self.ended) or spent or now >= self.override.expires or steady.reached(self.override.until)
