"""What only the session shows: the third machine, the look–change–look–change on one target."""

import msgspec

from headgate.classify.effect import evidence
from headgate.model.facts import Evidence, Facts, History, Look, Touch, Workload

MACHINES_ARE_MANY = 3
"""Distinct machines in the window, this action's included, that make it `multi-host` (`workloads.md`, hard cases)."""

ROUNDS_ARE_A_LOOP = 2
"""Changes of one target, each after a look at it, that make a remediation loop."""


def with_history(facts: Facts, history: History) -> Facts:
    """Return *facts* with the classes that the *history* of the session adds."""
    found: list[Evidence] = []
    machines = set(history.machines_recent) | set(facts.machines)
    if facts.machines and len(machines) >= MACHINES_ARE_MANY and Workload.MULTI_HOST not in facts.workloads:
        found.append(evidence(Workload.MULTI_HOST, f"machine {len(machines)} within ten minutes", None))
    if _closes_a_loop(facts, history) and Workload.REMEDIATION_LOOP not in facts.workloads:
        found.append(evidence(Workload.REMEDIATION_LOOP, "looked and changed this target twice in ten minutes", None))
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
