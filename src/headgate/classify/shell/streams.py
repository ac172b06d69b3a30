"""Data of another machine that a redirection keeps here."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect, change
from headgate.model.facts import Workload
from headgate.model.span import Span


def kept(effect: Effect, span: Span | None) -> Effect:
    """Return *effect*, a transfer where what another machine sends whole goes into a file here."""
    far = effect.does & fx.SENDS and effect.does & fx.REMOTE
    if not far or not effect.writes or effect.steps > 1 or effect.has(Workload.TRANSFER):
        return effect
    moved = fx.evidence(Workload.TRANSFER, "data of another machine goes into a file here", span)
    return change(effect, evidence=(*effect.evidence, moved))
