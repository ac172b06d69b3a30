"""START HERE: intercept → classify → decide → record → enforce, in one screen."""

from collections.abc import Callable, Sequence
from hashlib import sha256

import msgspec

from headgate.classify import Inventory, Surroundings, classify, with_history, with_runs
from headgate.decide import ledger
from headgate.decide.evaluate import decide
from headgate.decide.policy import Policy
from headgate.decide.schema import Situation
from headgate.enforce import Ruling, enforce, manner
from headgate.enforce.words import shown
from headgate.model.action import Action, Caller
from headgate.model.decision import Confirm, Decision
from headgate.model.facts import Facts
from headgate.model.outcome import Outcome
from headgate.model.runs import no_runs, sample
from headgate.ports import Clock, Store, World
from headgate.record.events import Decided
from headgate.record.redact import redact

SHOWN = 4000
"""Characters of a command that the journal keeps; its hash covers all of it."""


class Ports(msgspec.Struct, frozen=True):
    """What the pipeline needs from the world."""

    clock: Clock
    world: World
    store: Store


def handle(action: Action, caller: Caller, policy: Policy, ports: Ports) -> Outcome:
    """Decide *action* and carry the decision out; the journal is written before anything happens.

    Raises `HeadgateError` where no decision can be made or recorded; a surface answers that with deny.
    """
    now = ports.clock.now()
    recent = ledger.history(ports.store.recent(caller.session, now - ledger.WINDOW), now)
    situation = Situation(caller.thread, recent, ports.world.client_rule(action))
    around = ports.world.surroundings(policy.comfort)
    facts, decision = judge(action, situation, around, policy, ports.store.durations)
    with ports.store.together():
        entry = ports.store.append(_decided(action, caller, facts, decision, policy, situation, now))
        counted = ledger.entry(facts, decision, now, refused=manner(decision, action) == "refuse")
        if counted is not None:
            ports.store.add_to_ledger(caller.session, counted)
        ruling = Ruling(action, caller, facts, decision, entry.hash.hex()[:12], policy.quick_wait)
        return enforce(ruling, ports.store, now)


def judge(
    action: Action,
    situation: Situation,
    around: Surroundings,
    policy: Policy,
    ran: Callable[[str], Sequence[float]] = no_runs,
) -> tuple[Facts, Decision]:
    """Return the facts of *action* and what *policy* says to them: a function of its arguments.

    *ran* returns the seconds that earlier runs of a routine took; it is asked once at most.
    """
    facts = classify(action, around, Inventory(around.inventory + policy.inventory))
    if facts.routine:
        facts = with_runs(facts, sample(ran(facts.routine)), around.comfort)
    facts = with_history(facts, situation.history, around.comfort)
    return facts, decide(facts, situation, policy)


def _decided(  # noqa: PLR0913, PLR0917 an event is made of all its parts at once
    action: Action,
    caller: Caller,
    facts: Facts,
    decision: Decision,
    policy: Policy,
    situation: Situation,
    now: float,
) -> Decided:
    tool, command = shown(action)
    return Decided(
        at=now,
        caller=caller,
        tool=tool,
        command=redact(command[:SHOWN]),
        action=sha256(msgspec.json.encode(action, order="sorted")).hexdigest(),
        cwd=action.cwd,
        decision=decision.strictness.word,
        then=decision.then.strictness.word if isinstance(decision, Confirm) else "",
        enforced=manner(decision, action),
        workloads=tuple(map(str, facts.workloads)),
        machines=facts.machines,
        environment=facts.environment,
        reasons=decision.reasons,
        evidence=facts.evidence,
        rules=decision.rules,
        budget=decision.terms.budget,
        policy=policy.digest,
        scripts=tuple((script.path, script.sha256) for script in facts.scripts),
        history=situation.history,
        client_rule=situation.client_rule,
        estimate=facts.estimate,
        estimate_from=facts.estimate_from,
    )
