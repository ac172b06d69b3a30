"""What only the session shows: the third machine, look–change–look–change on one target, one long wait in pieces."""

import msgspec

from headgate.classify.effect import evidence
from headgate.model.facts import Evidence, Facts, History, Look, Touch, Workload

MACHINES_ARE_MANY = 3
"""Distinct machines in the window, this action's included, that make it `multi-host` (`workloads.md`, hard cases)."""

ROUNDS_ARE_A_LOOP = 2
"""Changes of one target, each after a look at it, that make a remediation loop."""

PIECE = 1 / 3
"""The part of the comfort budget from which on a wait is a piece of a longer one, and not a pause beside other work."""


def with_history(facts: Facts, history: History, comfort: float) -> Facts:
    """Return *facts* with the classes that the *history* of the session adds."""
    found: list[Evidence] = []
    machines = set(history.machines_recent) | set(facts.machines)
    if facts.machines and len(machines) >= MACHINES_ARE_MANY and Workload.MULTI_HOST not in facts.workloads:
        found.append(evidence(Workload.MULTI_HOST, f"machine {len(machines)} within ten minutes", None))
    if _closes_a_loop(facts, history) and Workload.REMEDIATION_LOOP not in facts.workloads:
        found.append(evidence(Workload.REMEDIATION_LOOP, "looked and changed this target twice in ten minutes", None))
    waited = _waited(facts, history, comfort)
    if waited >= comfort and Workload.LONG_RUNNING not in facts.workloads:
        found.append(evidence(Workload.LONG_RUNNING, f"waited {waited:g} s in all within ten minutes", None))
    return adding(facts, found)


def _waited(facts: Facts, history: History, comfort: float) -> float:
    """Return the seconds of the wait that this action goes on with; 0 where it is no piece of one."""
    least = comfort * PIECE
    if facts.waits < least:
        return 0.0
    return facts.waits + sum(wait for wait in history.waits_recent if wait >= least)


def adding(facts: Facts, found: list[Evidence]) -> Facts:
    """Return *facts* with the classes that *found* gives as well."""
    if not found:
        return facts
    classes = {*facts.workloads, *(item.workload for item in found)}
    return msgspec.structs.replace(
        facts,
        workloads=tuple(workload for workload in Workload if workload in classes),
        evidence=(*facts.evidence, *found),
    )


def _closes_a_loop(facts: Facts, history: History) -> bool:
    changes = [touch for touch in facts.touches if touch.look is Look.CHANGE]
    return any(_rounds(change, (*history.touches_recent, *facts.touches)) >= ROUNDS_ARE_A_LOOP for change in changes)


def _rounds(target: Touch, touches: tuple[Touch, ...]) -> int:
    """Count the changes of *target* that each followed a look at it."""
    rounds = 0
    looked = False
    for touch in touches:
        if not _same(target, touch):
            continue
        if touch.look is Look.READ:
            looked = True
        elif looked:
            rounds += 1
            looked = False
    return rounds


def _same(one: Touch, other: Touch) -> bool:
    services = {one.service, other.service} - {""}
    return one.machine == other.machine and len(services) <= 1
