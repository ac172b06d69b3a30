"""Hand it to a worker, and leave the caller a ticket to collect the receipt with."""

from headgate.enforce.ruling import Ruling
from headgate.enforce.words import because
from headgate.model.action import ShellAction
from headgate.model.decision import Terms
from headgate.model.facts import Workload
from headgate.model.job import Ticket
from headgate.model.outcome import Refuse, Rewrite
from headgate.model.pool import Staff
from headgate.ports import Tickets

TICKET_LIFE = 900.0
"""Seconds in which a client must come with its ticket; a person may have to answer its prompt in between."""

_NEVER_QUICK = frozenset({Workload.LOG_TAIL, Workload.LONG_RUNNING, Workload.REMEDIATION_LOOP, Workload.INTERACTIVE})


FOR_AGENTS = frozenset({Workload.MULTI_HOST, Workload.REMEDIATION_LOOP})
"""What is a task rather than a command: an agent takes it, where there is one."""

MAX_DEPTH = 2
"""Agents that may stand above one another: one that was started by an agent starts none."""


def served(terms: Terms, staff: Staff) -> bool:
    """Whether there is a worker that takes a job of these *terms*."""
    return terms.pool in staff.pools and (terms.worker == "command" or bool(staff.agents))


def agent_for(ruling: Ruling) -> str:
    """Return the agent that takes the work of *ruling*; empty where a command worker does."""
    staff, terms = ruling.staff, ruling.decision.terms
    if not staff.agents or ruling.depth + 1 >= MAX_DEPTH:
        return ""
    task = not ruling.outright and not FOR_AGENTS.isdisjoint(ruling.facts.workloads)
    return staff.agents[0] if terms.worker == "agent" or task else ""


def carry_out(ruling: Ruling, tickets: Tickets, now: float) -> Rewrite | Refuse:
    """Return a ticket for a shell command; any other tool is refused, with where to run it instead."""
    if not isinstance(ruling.action, ShellAction):
        return Refuse(
            f"HG404 headgate: this tool cannot be handed to a worker ({because(ruling)}). "
            "Run it from a subagent, or do the same with a shell command, which the gate hands to a worker."
        )
    terms = ruling.decision.terms
    if not served(terms, ruling.staff):
        what = f"an agent of pool `{terms.pool}`" if terms.worker == "agent" else f"a worker of pool `{terms.pool}`"
        return Refuse(
            f"HG407 headgate: the policy sends this to {what}, and none is here ({because(ruling)}). "
            "Tell the user: `headgate policy show` lists the rules, and only the operator can change them."
        )
    if terms.worker == "agent" and not agent_for(ruling):
        return Refuse(
            f"HG408 headgate: the policy sends this to an agent, and the caller is itself one that an agent started "
            f"({because(ruling)}). Do it in smaller steps, or leave it to whoever asked."
        )
    ticket = tickets.issue(ticket_for(ruling, ruling.action, now + TICKET_LIFE))
    return Rewrite(
        ticket,
        f"headgate: this call was delegated to a worker (decision {ruling.decision_id}: {because(ruling)}). "
        "What the tool printed is the receipt of the job; do not run the command again."
        f"{f' {ruling.leave}' if ruling.leave else ''}",
    )


def ticket_for(ruling: Ruling, action: ShellAction, expires: float, *, run: bool = False) -> Ticket:
    """Return the right to start *action* as a job; with *run* only to let it become one, alive."""
    terms = ruling.decision.terms
    agent = "" if run else agent_for(ruling)
    endless = not _NEVER_QUICK.isdisjoint(ruling.facts.workloads)
    return Ticket(
        id="",
        session=ruling.caller.session,
        call_id=ruling.caller.call_id,
        decision=ruling.decision_id,
        command=action.command,
        cwd=action.cwd,
        expires=expires,
        pool=terms.pool,
        max_run=min((limit for limit in (terms.max_run, ruling.left) if limit is not None), default=None),
        quick_wait=0.0 if endless or agent else ruling.quick_wait,
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
        run=run,
        once=ruling.facts.changes or ruling.facts.destroys or not ruling.facts.reads,
        agent=agent,
        depth=ruling.depth + bool(agent),
        leave=ruling.leave,
        requester=ruling.requester,
        approval=ruling.question.id if ruling.question else 0,
    )
