"""Let it run, within its terms."""

from headgate.enforce.ruling import Ruling
from headgate.model.outcome import Run


def carry_out(ruling: Ruling) -> Run:
    """Return leave to run under the comfort budget."""
    return Run(ruling.decision.terms.budget)
