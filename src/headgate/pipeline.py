"""START HERE: intercept → classify → decide → record → enforce, in one screen."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

import msgspec

from headgate.classify import Inventory, Surroundings, at_start, classify, with_history, with_runs
from headgate.decide import ledger, windows
from headgate.decide.evaluate import decide, decide_lifted
from headgate.decide.exceptions import Asking
from headgate.decide.names import Value
from headgate.decide.policy import Policy
from headgate.decide.rules import Mode
from headgate.decide.schema import Situation, values
from headgate.enforce import Ruling, enforce, manner, observe
from headgate.enforce.questions import NOTHING, Now, Turn, asking, record, settle
from headgate.enforce.words import shown
from headgate.excepted import Lift, lift, spend
from headgate.model.action import Action, Caller, ShellAction
from headgate.model.decision import Allow, Confirm, Decision, Delegate, Deny
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

    *depth* counts the agents above the caller, *left* is how many seconds the lowest of them has left (`None`: no
    limit); *hands_over* says that the caller itself wants a worker to do it. *requester* is the user who asks.
    *within* is the decision of the call that started this program by itself; *loses_rights* says that the program
    cannot have there what its file gives it, *of_git* that git starts it for a command of its own, *cut* that it has
    more words than are read, *typed* that a terminal is its input. *gated* says that an exec gate can be put around it.
    """

    depth: int = 0
    hands_over: bool = False
    left: float | None = None
    requester: str = ""
    within: str = ""
    loses_rights: bool = False
    of_git: bool = False
    cut: bool = False
    typed: bool = False
    gated: bool = False


USUAL = Asked()


class Judgement(msgspec.Struct, frozen=True):
    """A decision, and all that it rests on; *counts* is what the call adds to the windows of the policy.

    *lift* is the person's override that made it so, where one did.
    """

    facts: Facts
    situation: Situation
    decision: Decision
    counts: windows.Counted = {}
    lift: Lift | None = None


def handle(action: Action, caller: Caller, policy: Policy, ports: Ports, asked: Asked = USUAL) -> Outcome:
    """Decide *action* and carry the decision out; the journal is written before anything happens.

    Raises `HeadgateError` where no decision can be made or recorded; a surface answers that with deny.
    """
    now = Now(ports.clock.now(), ports.clock.steady(), policy.approval)
    judged = foreseen(action, caller, policy, ports, asked)
    judged = _excepted(judged, Asking(caller, lambda: digest_of(action)), policy, ports.store, now)
    if asked.hands_over:
        judged = msgspec.structs.replace(judged, decision=_handed_over(judged.decision, action))
    if asked.within:  # the budget is that of the whole call
        judged = msgspec.structs.replace(judged, decision=_unbounded(judged.decision))
    with ports.store.together():
        ruling = _ruling(action, caller, judged, policy, ports, asked)
        return _enforced(ruling, judged, policy, ports.store, now)


def foreseen(action: Action, caller: Caller, policy: Policy, ports: Ports, asked: Asked = USUAL) -> Judgement:
    """Return what the rules of *policy* say to *action* now, without a person's exception; nothing is written down."""
    now = ports.clock.now()
    entries = ports.store.recent(caller.session, now - windows.longest(policy, ledger.WINDOW))
    situation = Situation(
        caller.thread,
        ledger.history(entries, now),
        "none" if asked.within else ports.world.client_rule(action),
        client=caller.client,
        moment=ports.clock.moment(now),
        started=bool(asked.within),
    )
    around = ports.world.surroundings(policy.comfort)
    return judge(action, situation, around, policy, ports.store.durations, (entries, now), asked)


def _excepted(judged: Judgement, asking: Asking, policy: Policy, store: Store, now: Now) -> Judgement:
    """Return *judged* as a person's override makes it, where one covers the call."""
    if not store.grants.standing():
        return judged
    found = lift(judged.decision, judged.facts, judged.situation, policy, asking, store, now)
    if found is None:
        return judged
    situation = msgspec.structs.replace(judged.situation, override=True)
    return msgspec.structs.replace(judged, situation=situation, decision=found.decision, lift=found)


def _ruling(  # noqa: PLR0913, PLR0917 all that the enforcers work on
    action: Action, caller: Caller, judged: Judgement, policy: Policy, ports: Ports, asked: Asked
) -> Ruling:
    """Return the decision with what led to it, still without its name."""
    return Ruling(
        action,
        caller,
        judged.facts,
        judged.decision,
        "",
        policy.quick_wait,
        policy.digest,
        judged.situation.history.seconds_used_recent,
        policy.session_budget,
        staff=ports.staff(),
        depth=asked.depth,
        outright=asked.hands_over,
        left=asked.left,
        requester=asked.requester,
        leave=judged.lift.words if judged.lift else "",
        liftable=isinstance(judged.decision, Deny) and _liftable(judged, policy),
        within=asked.within,
        gated=asked.gated,
    )


def _liftable(judged: Judgement, policy: Policy) -> bool:
    """Whether a person's override could make the answer milder."""
    return decide_lifted(judged.facts, judged.situation, policy).strictness < judged.decision.strictness


def _enforced(ruling: Ruling, judged: Judgement, policy: Policy, store: Store, now: Now) -> Outcome:
    """Write the decision of *ruling* down, then carry it out; all of it is durable at once, or nothing."""
    if policy.mode is Mode.OBSERVE:
        entry = store.append(_decided(ruling, judged, policy, now.at, "observe"))
        counted = ledger.entry(judged.facts, judged.decision, now.at, judged.counts, refused=False)
        if counted is not None:
            store.add_to_ledger(ruling.caller.session, counted)
        return observe(msgspec.structs.replace(ruling, decision_id=entry.hash.hex()[:12]))
    how = manner(ruling.decision, ruling.action, ruling.staff)
    question = NOTHING if how == "refuse" else settle(ruling, store, now)
    ruling = asking(ruling, question)
    how = "refuse" if ruling.refused else manner(ruling.decision, ruling.action, ruling.staff)
    entry = store.append(_decided(ruling, judged, policy, now.at, how, question.number))
    ruling = msgspec.structs.replace(ruling, decision_id=entry.hash.hex()[:12])
    record(question, ruling, store, now.at)
    if judged.lift is not None:
        spend(judged.lift, ruling.decision_id, store, now.at)
    counted = ledger.entry(judged.facts, judged.decision, now.at, judged.counts, refused=how == "refuse")
    if counted is not None and question.turn is not Turn.USED:  # it was counted when it was asked
        store.add_to_ledger(ruling.caller.session, counted)
    return enforce(ruling, store, now.at)


def judge(  # noqa: PLR0913, PLR0917 a function of all that a decision may depend on
    action: Action,
    situation: Situation,
    around: Surroundings,
    policy: Policy,
    ran: Callable[[str], Sequence[float]] = no_runs,
    past: tuple[Iterable[ledger.Entry], float] = ((), 0.0),
    asked: Asked = USUAL,
) -> Judgement:
    """Return what *policy* says to the facts of *action*: a function of its arguments.

    *ran* returns the seconds that earlier runs of a routine took; it is asked once at most. *past* are the entries of
    the session, and the time of this call.
    """
    facts = classify(action, around, Inventory(around.inventory + policy.inventory))
    if facts.routine:
        facts = with_runs(facts, sample(ran(facts.routine)), around.comfort)
    facts = with_history(facts, situation.history, around.comfort)
    if asked.within:
        facts = msgspec.structs.replace(
            at_start(facts, of_git=asked.of_git, cut=asked.cut, typed=asked.typed), privileged=asked.loses_rights
        )
    if not policy.windows:
        return Judgement(facts, situation, decide(facts, situation, policy))
    this = windows.counted(policy.windows, values(facts, situation))
    situation = msgspec.structs.replace(situation, windows=windows.counts(policy.windows, *past, this))
    return Judgement(facts, situation, decide(facts, situation, policy), this)


def _handed_over(decision: Decision, action: Action) -> Decision:
    """Return *decision* for a caller that wants a worker to do what it may do itself: that is stricter."""
    if not isinstance(action, ShellAction):
        return decision
    terms = msgspec.structs.replace(decision.terms, budget=None)
    if isinstance(decision, Confirm) and isinstance(decision.then, Allow):
        return msgspec.structs.replace(decision, then=Delegate(terms, rules=decision.rules), terms=terms)
    return Delegate(terms, decision.reasons, decision.rules) if isinstance(decision, Allow) else decision


def _unbounded(decision: Decision) -> Decision:
    """Return *decision* without a budget of its own."""
    terms = msgspec.structs.replace(decision.terms, budget=None)
    if isinstance(decision, Confirm):
        then = msgspec.structs.replace(decision.then, terms=msgspec.structs.replace(decision.then.terms, budget=None))
        return msgspec.structs.replace(decision, then=then, terms=terms)
    return decision if isinstance(decision, Deny) else msgspec.structs.replace(decision, terms=terms)


def values_of(judged: Judgement, policy: Policy) -> dict[str, Value]:
    """Return the value of every fact that *policy* could see, its windows included."""
    named = {window.name: count for window, count in zip(policy.windows, judged.situation.windows, strict=True)}
    return values(judged.facts, judged.situation) | named


def digest_of(action: Action) -> str:
    """Return the SHA-256 (hexadecimal) of *action*, as it was asked for."""
    return sha256(msgspec.json.encode(action, order="sorted")).hexdigest()


def _decided(  # noqa: PLR0913, PLR0917 all that the journal says of a decision
    ruling: Ruling, judged: Judgement, policy: Policy, now: float, how: str, approval: int = 0
) -> Decided:
    action, decision = ruling.action, judged.decision
    tool, command = shown(action)
    facts, situation, lifts = judged.facts, judged.situation, judged.lift
    told, masked = recorded(values_of(judged, policy), secrets_in(command))
    return Decided(
        at=now,
        caller=ruling.caller,
        tool=tool,
        command=redact(command[:SHOWN]),
        action=digest_of(action),
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
        override=lifts.standing.override.id if lifts else 0,
        lifted=lifts.lifted if lifts else (),
        without=lifts.without.strictness.word if lifts else "",
        approval=approval,
        within=ruling.within,
    )
