"""Ask a person; a yes grants exactly `then`, and nothing more."""

from headgate.enforce import allow, delegate
from headgate.enforce.ruling import Ruling
from headgate.enforce.words import because, evidence_of, shown
from headgate.model.action import ShellAction, ToolAction, WriteAction
from headgate.model.decision import Allow, Confirm
from headgate.model.outcome import Ask, Refuse, Rewrite, Run
from headgate.ports import Tickets
from headgate.record.redact import redact

_SHOWN = 1500
_ABOUT = 160
_TO_THE_AGENT = (
    "If you are the agent and read this as an error, nobody approved it: do not try again or another way round; "
    "tell the user what you wanted to do and why."
)


def carry_out(ruling: Ruling, tickets: Tickets, now: float) -> Ask | Refuse:
    """Return the question for the person, with what their answer grants."""
    decision = ruling.decision
    then: Run | Rewrite | Refuse
    if isinstance(decision, Confirm) and isinstance(decision.then, Allow):
        then = allow.carry_out(ruling, tickets, now)
    else:
        then = delegate.carry_out(ruling, tickets, now)
    return then if isinstance(then, Refuse) else Ask(_question(ruling, then), then, _about(ruling))


def _about(ruling: Ruling) -> str:
    return f"{' '.join(redact(_shown(ruling)).split())[:_ABOUT]} on {_where(ruling)}: {because(ruling)}"


def _where(ruling: Ruling) -> str:
    facts = ruling.facts
    names = ", ".join(facts.machines) or ("a machine it does not name" if facts.remote else "this machine")
    return f"{names} ({facts.environment})"


def _question(ruling: Ruling, then: Run | Rewrite) -> str:
    grants = "it runs once, as a job of a worker" if isinstance(then, Rewrite) else "it runs once, here"
    lines = [
        f"headgate: a person must approve this (decision {ruling.decision_id}).",
        f"  what   {redact(_shown(ruling))}",
        f"  where  {_where(ruling)}, from {ruling.action.cwd or 'an unknown directory'}",
        f"  why    {because(ruling)}{evidence_of(ruling)}",
        *_approvers(ruling),
        f"  yes    {grants}; nothing else is granted",
        "  no     nothing runs",
        _TO_THE_AGENT,
    ]
    return "\n".join(lines)


def _approvers(ruling: Ruling) -> list[str]:
    """Return whom the rules want to be asked; who answers the client's own prompt is not known to the gate."""
    names = ", ".join(ruling.decision.terms.approvers)
    return [f"  who    {names} should answer (not checked: whoever answers this prompt does)"] if names else []


def _shown(ruling: Ruling) -> str:
    kind, text = shown(ruling.action)
    match ruling.action:
        case ShellAction():
            return text[:_SHOWN]
        case WriteAction():
            return f"write {text}"
        case ToolAction():
            return f"tool {kind} {text}"[:_SHOWN]
