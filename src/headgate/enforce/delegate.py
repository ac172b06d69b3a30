"""Hand it to a worker, and leave the caller a ticket to collect the receipt with."""

from headgate.enforce.ruling import Ruling
from headgate.enforce.words import because
from headgate.model.action import ShellAction
from headgate.model.decision import Terms
from headgate.model.facts import Workload
from headgate.model.job import Ticket
from headgate.model.outcome import Refuse, Rewrite
from headgate.ports import Tickets

TICKET_LIFE = 900.0
"""Seconds in which a client must come with its ticket; a person may have to answer its prompt in between."""

_NEVER_QUICK = frozenset({Workload.LOG_TAIL, Workload.LONG_RUNNING, Workload.REMEDIATION_LOOP, Workload.INTERACTIVE})


SERVED = frozenset({"local"})
"""The pools that this version has workers in; they run commands, and are no agents."""


def served(terms: Terms) -> bool:
    """Whether there is a worker that takes a job of these *terms*."""
    return terms.pool in SERVED and terms.worker == "command"


def carry_out(ruling: Ruling, tickets: Tickets, now: float) -> Rewrite | Refuse:
    """Return a ticket for a shell command; any other tool is refused, with where to run it instead."""
    if not isinstance(ruling.action, ShellAction):
        return Refuse(
            f"HG404 headgate: this tool cannot be handed to a worker ({because(ruling)}). "
            "Run it from a subagent, or do the same with a shell command, which the gate hands to a worker."
        )
    terms = ruling.decision.terms
    if not served(terms):
        what = f"an agent of pool `{terms.pool}`" if terms.worker == "agent" else f"a worker of pool `{terms.pool}`"
        return Refuse(
            f"HG407 headgate: the policy sends this to {what}, and none is here ({because(ruling)}). "
            "Tell the user: `headgate policy show` lists the rules, and only the operator can change them."
        )
    ticket = tickets.issue(_ticket(ruling, ruling.action, now))
    return Rewrite(
        ticket,
        f"headgate: this call was delegated to a worker (decision {ruling.decision_id}: {because(ruling)}). "
        "What the tool printed is the receipt of the job; do not run the command again.",
    )


def _ticket(ruling: Ruling, action: ShellAction, now: float) -> Ticket:
    terms = ruling.decision.terms
    endless = not _NEVER_QUICK.isdisjoint(ruling.facts.workloads)
    return Ticket(
        id="",
        session=ruling.caller.session,
        call_id=ruling.caller.call_id,
        decision=ruling.decision_id,
        command=action.command,
        cwd=action.cwd,
        expires=now + TICKET_LIFE,
        pool=terms.pool,
        max_run=terms.max_run,
        quick_wait=0.0 if endless else ruling.quick_wait,
        workloads=tuple(map(str, ruling.facts.workloads)),
        machines=ruling.facts.machines,
        estimate=ruling.facts.estimate,
        endless=endless,
        caller=ruling.caller,
        detached=action.detached,
        scripts=ruling.facts.scripts,
        routine=ruling.facts.routine,
        lease=terms.lease,
        environment=ruling.facts.environment,
        policy=ruling.policy,
    )
