"""What a session did lately: one entry for each admitted call, and the counts that rules may test."""

from collections.abc import Iterable

import msgspec

from headgate.model.decision import Allow, Confirm, Decision, Deny
from headgate.model.facts import Facts, History, Touch, Workload

WINDOW = 600.0
"""Seconds that count as recent (`workloads.md`: "within ten minutes")."""

LONGEST_WINDOW = 86400.0
"""Seconds of the longest window a policy may declare: what a session did is kept for a day."""

SHORTEST_WAIT = 1.0
"""Seconds below which a known wait leaves no entry of its own."""


class Entry(msgspec.Struct, frozen=True):
    """One call of a session; *at* is in seconds, *seconds* held the main thread, *waits* was known to before.

    *windows* is what it adds to the windows of the policy, by their keys.
    """

    at: float
    machines: tuple[str, ...] = ()
    probes: int = 0
    remote_calls: int = 0
    restarts: int = 0
    log_reads: int = 0
    seconds: float = 0.0
    denials: int = 0
    touches: tuple[Touch, ...] = ()
    waits: float = 0.0
    windows: dict[str, tuple[str, ...]] = {}


def entry(
    facts: Facts,
    decision: Decision,
    at: float,
    windows: dict[str, tuple[str, ...]] | None = None,
    *,
    refused: bool = False,
) -> Entry | None:
    """Return what to remember of a call, at the moment it is admitted: its work; else that it was not admitted.

    What is put to a person counts as admitted, for they may say yes. *refused* says that the decision was carried out
    as a refusal, as where no worker can take a tool. Probes and waits count where the call runs in its own thread, and
    waits only where a budget bounds that. *windows* is what it adds to those of the policy. `None` where there is
    nothing to count, as for most light work.
    """
    if refused or isinstance(decision, Deny):
        return Entry(at, denials=1)
    here = isinstance(decision.then if isinstance(decision, Confirm) else decision, Allow)
    waits = facts.waits if here and decision.terms.budget is not None else 0.0
    if not (facts.remote or facts.touches or facts.heavy or windows or waits >= SHORTEST_WAIT):
        return None
    return Entry(
        at,
        machines=facts.machines,
        probes=facts.probes if here else 0,
        remote_calls=int(facts.remote),
        restarts=int(Workload.RESTART in facts.workloads),
        log_reads=int(Workload.LOG_TAIL in facts.workloads),
        touches=facts.touches,
        waits=waits,
        windows=windows or {},
    )


def history(entries: Iterable[Entry], now: float) -> History:
    """Return the counts over the *entries* of one session that are recent at *now*."""
    recent = [item for item in entries if now - WINDOW < item.at <= now]
    if not recent:
        return _NO_HISTORY
    return History(
        machines_recent=tuple(dict.fromkeys([name for item in recent for name in item.machines])),
        probes_recent=sum([item.probes for item in recent]),
        remote_calls_recent=sum([item.remote_calls for item in recent]),
        restarts_recent=sum([item.restarts for item in recent]),
        log_reads_recent=sum([item.log_reads for item in recent]),
        seconds_used_recent=sum([item.seconds for item in recent]),
        denials_recent=sum([item.denials for item in recent]),
        touches_recent=tuple([touch for item in recent for touch in item.touches]),
        waits_recent=tuple([item.waits for item in recent if item.waits]),
    )


_NO_HISTORY = History()
