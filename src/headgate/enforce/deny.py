"""Say no in words that steer the agent."""

from headgate.enforce.ruling import Ruling
from headgate.enforce.words import because, evidence_of
from headgate.model.outcome import Refuse

_WISH = (
    "Where it has to be exactly this, you may ask a person for an exception, with a good reason: "
    'headgate request-override --decision {decision} --reason "…"'
)


def carry_out(ruling: Ruling) -> Refuse:
    """Return the refusal: what, why, and what to do instead."""
    hints = dict.fromkeys(reason.hint for reason in ruling.decision.reasons if reason.hint)
    instead = f" Instead: {' '.join(hints)}" if hints else ""
    wish = f" {_WISH.format(decision=ruling.decision_id)}" if ruling.liftable else ""
    why = f"{because(ruling)}{evidence_of(ruling)}"
    return Refuse(f"headgate denied this (decision {ruling.decision_id}): {why}.{instead}{wish}")
