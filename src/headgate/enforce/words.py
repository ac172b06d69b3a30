"""The sentences that answers have in common."""

from headgate.enforce.ruling import Ruling
from headgate.record.redact import redact

_MOST = 4


def because(ruling: Ruling) -> str:
    """Return what the rules say, without the full stop at the end."""
    return " ".join(reason.message for reason in ruling.decision.reasons[:_MOST]).rstrip(".")


def evidence_of(ruling: Ruling) -> str:
    """Return what the text shows, in brackets; nothing where it shows nothing."""
    shown = [f"{item.workload}: {item.message}" for item in ruling.facts.evidence[:_MOST]]
    return f" ({redact('; '.join(shown))})" if shown else ""
