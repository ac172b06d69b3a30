"""Ask a person; a yes grants exactly `then`, and nothing more."""

from headgate.enforce import allow, delegate
from headgate.enforce.ruling import Ruling
from headgate.enforce.words import because, evidence_of, from_of, people_see, where_of
from headgate.model.approval import Approval
from headgate.model.decision import Allow, Confirm
from headgate.model.outcome import Ask, Refuse, Rewrite, Run
from headgate.ports import Tickets
from headgate.record.visible import under

_ABOUT = 160
_MARGIN = " " * 7
_TO_THE_AGENT = (
    "If you are the agent and read this as an error, nobody approved it: do not try again or another way round; "
    "tell the user what you wanted to do and why. Once a person approves it, you are told: then make the "
    "same call again, once."
)


def carry_out(ruling: Ruling, tickets: Tickets, now: float) -> Ask | Refuse:
    """Return the question for the person, with what their answer grants.

    Where the rules say who has to answer, no prompt of a client is enough: the call is refused until they did.
    """
    decision, question = ruling.decision, ruling.question
    if question is not None and ruling.refused:
        return Refuse(_refused(question))
    if question is not None and question.needs.named:
        return Refuse(_question(ruling, question), question.id)
    then: Run | Rewrite | Refuse
    if isinstance(decision, Confirm) and isinstance(decision.then, Allow):
        then = allow.carry_out(ruling, tickets, now)
    else:
        then = delegate.carry_out(ruling, tickets, now)
    if isinstance(then, Refuse):
        return then
    return Ask(_question(ruling, question), then, about(ruling), question.id if question else 0)


def about(ruling: Ruling) -> str:
    """Return in one line what is asked."""
    return f"{' '.join(people_see(ruling).split())[:_ABOUT]} on {where_of(ruling)}: {because(ruling)}"


def _question(ruling: Ruling, question: Approval | None) -> str:
    decision = ruling.decision
    delegates = isinstance(decision, Confirm) and not isinstance(decision.then, Allow)
    lines = [
        f"headgate: a person must approve this ({_names(ruling, question)}).",
        f"  what   {under(people_see(ruling), _MARGIN)}",
        f"  where  {under(f'{where_of(ruling)}, from {from_of(ruling)}', _MARGIN)}",
        f"  why    {under(because(ruling) + evidence_of(ruling), _MARGIN)}",
        *(f"  who    {line}" for line in who(question)),
        f"  yes    {_grants(ruling, delegates=delegates)}; nothing else is granted",
        "  no     nothing runs",
        *_elsewhere(question),
        *([f"  note   {ruling.leave}"] if ruling.leave else []),
        _TO_THE_AGENT,
    ]
    return "\n".join(lines)


def _names(ruling: Ruling, question: Approval | None) -> str:
    number = f"question {question.id}, " if question else ""
    return f"{number}decision {ruling.decision_id}"


def _grants(ruling: Ruling, *, delegates: bool) -> str:
    terms = ruling.decision.terms
    if delegates:
        most = f", for at most {terms.max_run:g} s" if terms.max_run is not None else ""
        return f"exactly this runs once, as a job of a worker of pool {terms.pool}{most}"
    most = f", for at most {terms.budget:g} s" if terms.budget is not None else ""
    return f"exactly this runs once, here{most}"


def who(question: Approval | None) -> list[str]:
    """Return who has to say yes, in words, a line each; nothing where anybody who may answer is enough."""
    if question is None or not question.needs.named:
        return []
    needs = question.needs
    lines = [f"{name} must say yes" for name in needs.approvers]
    if needs.count > 1:
        lines.append(f"{needs.count} different people must say yes")
    if needs.others:
        lines.append(f"{question.requester or 'whoever asks'} does not count")
    said = ", ".join(answer.by.name for answer in question.answers if answer.yes)
    return [*lines, f"{said} said yes"] if said else lines


def _elsewhere(question: Approval | None) -> list[str]:
    if question is None:
        return []
    return [f"  or     in a terminal of your own: headgate approve {question.id}, headgate refuse {question.id}"]


def _refused(question: Approval) -> str:
    said = next((answer for answer in reversed(question.answers) if not answer.yes), None)
    by = said.by.name if said else "a person"
    why = f": {said.reason}" if said and said.reason else ""
    return (
        f"HG603 headgate: {by} refused this (question {question.id}){why}. It does not run. "
        "Do not ask again or try another way round; tell the user, or go on with other work."
    )
