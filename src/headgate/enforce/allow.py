"""Let it run, within its terms."""

from headgate.enforce.ruling import Ruling
from headgate.model.action import ShellAction
from headgate.model.outcome import Run


def carry_out(ruling: Ruling) -> Run:
    """Return leave to run under the comfort budget."""
    action = ruling.action
    detached = isinstance(action, ShellAction) and action.detached  # its end is not that of the call
    return Run(ruling.decision.terms.budget, "" if detached else ruling.facts.routine)
