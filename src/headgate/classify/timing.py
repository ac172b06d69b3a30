"""How long an action will take: what its text tells, what earlier runs took, what such work takes as a rule."""

import msgspec

from headgate.classify.effect import Effect, evidence
from headgate.classify.trajectory import adding
from headgate.model.facts import Facts, Workload
from headgate.model.runs import Sample

KNOWN, USUAL = "known wait", "table"


def estimate(effect: Effect) -> tuple[float | None, str]:
    """Return the seconds that *effect* will take as far as its text and the table tell, and which of them it was."""
    if effect.typical > effect.seconds:
        return effect.typical, USUAL
    return (effect.seconds, KNOWN) if effect.seconds else (None, "")


def with_runs(facts: Facts, sample: Sample | None, comfort: float) -> Facts:
    """Return *facts* with what earlier runs of the same routine tell.

    Runs of *comfort* seconds or more add `long-running`. Short ones take no class away, and no time off a known wait:
    whoever runs the commands could teach the history that they are quick.
    """
    if sample is None:
        return facts
    if sample.seconds >= facts.waits:
        told = f"history: p90 of {sample.runs} runs"
        facts = msgspec.structs.replace(facts, estimate=sample.seconds, estimate_from=told)
    if sample.seconds < comfort or Workload.LONG_RUNNING in facts.workloads:
        return facts
    why = f"took {sample.seconds:.3g} s or less in 9 of 10 earlier runs here ({sample.runs} runs)"
    return adding(facts, [evidence(Workload.LONG_RUNNING, why, None)])
