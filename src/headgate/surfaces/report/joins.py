"""What later events say about earlier ones: a call's end about its decision, a job's end about its start."""

from collections import OrderedDict
from typing import TypeVar

import msgspec

from headgate.model.facts import HEAVY_WORKLOADS
from headgate.surfaces.report.reading import NAME, CallEnded, Decided, JobEnded, JobHandedOver, JobStarted

MOST = 20_000
"""Decisions, and calls, that wait for what comes of them; of more, the oldest are forgotten."""

COMMAND = 300
"""Characters of a command that are kept."""

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_HEAVY = frozenset(map(str, HEAVY_WORKLOADS))


class Seen(msgspec.Struct, frozen=True, gc=False):
    """What is remembered of a decision."""

    at: float
    name: str
    session: str
    thread: str
    command: str
    heavy: bool
    enforced: str
    then: str
    why: tuple[str, str]


class Joins:
    """Remembers, within bounds, the decisions whose ends are still to come."""

    def __init__(self) -> None:
        self._decisions: OrderedDict[str, Seen] = OrderedDict()
        self._calls: OrderedDict[tuple[str, str], Seen] = OrderedDict()
        self._jobs: OrderedDict[int, tuple[str, Seen | None]] = OrderedDict()

    def decided(self, hashed: bytes, event: Decided) -> Seen:
        """Remember a decision, whose entry has this hash."""
        caller = event.caller
        seen = Seen(
            event.at,
            hashed[:NAME].hex(),
            caller.session,
            caller.thread,
            event.command[:COMMAND],
            not _HEAVY.isdisjoint(event.workloads),
            event.enforced,
            event.then,
            _why(event),
        )
        kept(self._decisions, seen.name, seen)
        kept(self._calls, (caller.session, caller.call_id), seen)
        return seen

    def decision(self, name: str) -> Seen | None:
        """Return the decision of this name."""
        return self._decisions.get(name)

    def ended(self, event: CallEnded) -> Seen | None:
        """Return the decision about a call that ended, and let go of the call."""
        return self._calls.pop((event.session, event.call_id), None)

    def started(self, event: JobStarted | JobHandedOver) -> Seen | None:
        """Return the decision that a job comes of, and remember it for the job."""
        seen = self._decisions.get(event.decision)
        kept(self._jobs, event.job, (event.session, seen))
        return seen

    def job(self, number: int) -> tuple[str, Seen | None]:
        """Return the session of a job, empty where nobody knows, and the decision that it comes of."""
        return self._jobs.get(number, ("", None))

    def job_ended(self, event: JobEnded) -> tuple[str, Seen | None]:
        """Return what `job` returns; the job stays known only where it may come back."""
        return self.job(event.job) if event.state == "lost" else self._jobs.pop(event.job, ("", None))


def kept(table: OrderedDict[_Key, _Value], key: _Key, value: _Value, most: int = MOST) -> None:
    """Put *value* into *table*, the oldest out of one that is full."""
    table[key] = value
    if len(table) > most:
        table.popitem(last=False)  # of a plain dictionary the first is found slower, the more were taken out before


def _why(event: Decided) -> tuple[str, str]:
    """Return why a call that was let go was: an override, an approval, nothing being enforced, or the rules."""
    if event.mode == "observe":
        return "observe", ""
    if event.override:
        return "override", str(event.override)
    if event.approval:
        return "approval", str(event.approval)
    return "rules", ", ".join(event.rules)
