"""START HERE: intercept → classify → decide → record → enforce, in one screen."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

import msgspec

from headgate.classify import Inventory, Surroundings, classify, with_history, with_runs
from headgate.decide import ledger, windows
from headgate.decide.evaluate import decide
from headgate.decide.names import Value
from headgate.decide.policy import Policy
from headgate.decide.rules import Mode
from headgate.decide.schema import Situation, values
from headgate.enforce import Ruling, enforce, manner, observe
from headgate.enforce.words import shown
from headgate.model.action import Action, Caller, ShellAction
from headgate.model.decision import Allow, Confirm, Decision, Delegate
from headgate.model.facts import Facts
from headgate.model.outcome import Outcome
from headgate.model.pool import Staff
from headgate.model.runs import no_runs, sample
from headgate.ports import Clock, Store, World
from headgate.record.events import Decided
from headgate.record.facts import recorded
from headgate.record.redact import redact, secrets_in

SHOWN = 4000
"""Characters of a command that the journal keeps; its hash covers all of it."""


class Ports(msgspec.Struct, frozen=True):
    """What the pipeline needs from the world."""

    clock: Clock
    world: World
    store: Store
    staff: Callable[[], Staff] = Staff


class Asked(msgspec.Struct, frozen=True):
    """How a call came to be asked for.

    *depth* counts the agents above the caller; *hands_over* says that the caller itself wants a worker to do it.
    """

    depth: int = 0
    hands_over: bool = False


class Judgement(msgspec.Struct, frozen=True):
    """A decision, and all that it rests on; *counts* is what the call adds to the windows of the policy."""

    facts: Facts
    situation: Situation
    decision: Decision
    counts: windows.Counted = {}


def handle(action: Action, caller: Caller, policy: Policy, ports: Ports, asked: Asked = Asked()) -> Outcome:  # noqa: B008
    """Decide *action* and carry the decision out; the journal is written before anything happens.

    Raises `HeadgateError` where no decision can be made or recorded; a surface answers that with deny.
    """
    now = ports.clock.now()
    entries = ports.store.recent(caller.session, now - windows.longest(policy, ledger.WINDOW))
    situation = Situation(
        caller.thread,
        ledger.history(entries, now),
        ports.world.client_rule(action),
        client=caller.client,
        moment=ports.clock.moment(now),
    )
    around = ports.world.surroundings(policy.comfort)
    judged = judge(action, situation, around, policy, ports.store.durations, (entries, now))
    if asked.hands_over:
        judged = msgspec.structs.replace(judged, decision=_handed_over(judged.decision, action))
    facts, decision = judged.facts, judged.decision
    observed = policy.mode is Mode.OBSERVE
    with ports.store.together():
        staff = ports.staff()
        how = "observe" if observed else manner(decision, action, staff)
        entry = ports.store.append(_decided(action, caller, judged, policy, now, how))
        refused = how == "refuse"
        counted = ledger.entry(facts, decision, now, judged.counts, refused=refused)
        if counted is not None:
            ports.store.add_to_ledger(caller.session, counted)
        ruling = Ruling(
            action,
            caller,
            facts,
            decision,
            entry.hash.hex()[:12],
            policy.quick_wait,
            policy.digest,
            situation.history.seconds_used_recent,
            policy.session_budget,
            staff=staff,
            depth=asked.depth,
            outright=asked.hands_over,
        )
        return observe(ruling) if observed else enforce(ruling, ports.store, now)


def judge(  # noqa: PLR0913, PLR0917 a function of all that a decision may depend on
    action: Action,
    situation: Situation,
    around: Surroundings,
    policy: Policy,
    ran: Callable[[str], Sequence[float]] = no_runs,
    past: tuple[Iterable[ledger.Entry], float] = ((), 0.0),
) -> Judgement:
    """Return what *policy* says to the facts of *action*: a function of its arguments.

    *ran* returns the seconds that earlier runs of a routine took; it is asked once at most. *past* are the entries of
    the session, and the time of this call.
    """
    facts = classify(action, around, Inventory(around.inventory + policy.inventory))
    if facts.routine:
        facts = with_runs(facts, sample(ran(facts.routine)), around.comfort)
    facts = with_history(facts, situation.history, around.comfort)
    if not policy.windows:
        return Judgement(facts, situation, decide(facts, situation, policy))
    this = windows.counted(policy.windows, values(facts, situation))
    situation = msgspec.structs.replace(situation, windows=windows.counts(policy.windows, *past, this))
    return Judgement(facts, situation, decide(facts, situation, policy), this)


def _handed_over(decision: Decision, action: Action) -> Decision:
    """Return *decision* for a caller that wants a worker to do what it may do itself: that is stricter."""
    if not isinstance(decision, Allow) or not isinstance(action, ShellAction):
        return decision
    return Delegate(msgspec.structs.replace(decision.terms, budget=None), decision.reasons, decision.rules)


def values_of(judged: Judgement, policy: Policy) -> dict[str, Value]:
    """Return the value of every fact that *policy* could see, its windows included."""
    named = {window.name: count for window, count in zip(policy.windows, judged.situation.windows, strict=True)}
    return values(judged.facts, judged.situation) | named


def _decided(  # noqa: PLR0913, PLR0917 all that the journal says of a decision
    action: Action, caller: Caller, judged: Judgement, policy: Policy, now: float, how: str
) -> Decided:
    tool, command = shown(action)
    facts, situation, decision = judged.facts, judged.situation, judged.decision
    told, masked = recorded(values_of(judged, policy), secrets_in(command))
    return Decided(
        at=now,
        caller=caller,
        tool=tool,
        command=redact(command[:SHOWN]),
        action=sha256(msgspec.json.encode(action, order="sorted")).hexdigest(),
        cwd=action.cwd,
        decision=decision.strictness.word,
        then=decision.then.strictness.word if isinstance(decision, Confirm) else "",
        enforced=how,
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
        facts=told,
        masked=masked,
        mode=policy.mode,
        terms=decision.terms,
    )
