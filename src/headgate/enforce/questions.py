"""The question that an action puts to a person: asked once, and its answer used once, by exactly that action."""

from enum import Enum

import msgspec

from headgate.enforce.ruling import Ruling
from headgate.enforce.words import because, evidence_of, from_of, people_see, where_of
from headgate.model.approval import Approval, ApprovalState, Needs
from headgate.model.decision import Allow, Confirm, Delegate, Terms
from headgate.model.errors import HeadgateError
from headgate.model.steady import Steady
from headgate.ports import Store
from headgate.record.binding import bound, grants_of
from headgate.record.events import ApprovalAsked, ApprovalExpired, ApprovalUsed
from headgate.record.visible import visible

OPEN = (ApprovalState.PENDING, ApprovalState.APPROVED)
"""The states of a question of which something may still come."""

MOST_OPEN = 200
"""Questions that may wait for people at once: more would only bury those that matter."""

_WORDS = 2000
"""Characters of each part of a question but the action itself."""


class Turn(Enum):
    """What becomes of a question with this call."""

    NONE = "no person is asked"
    ASKED = "it is asked now"
    OPEN = "it was asked, and nobody has answered"
    USED = "a person said yes, and this call uses it"
    REFUSED = "a person said no"


class Question(msgspec.Struct, frozen=True):
    """A question and its turn; *stale* is an earlier one that is over, and was not told to be."""

    turn: Turn = Turn.NONE
    approval: Approval | None = None
    stale: Approval | None = None

    @property
    def number(self) -> int:
        """The number of the question; 0 where nobody is asked."""
        return self.approval.id if self.approval else 0


class Now(msgspec.Struct, frozen=True):
    """The time of day, and the one that nobody can set; *life* is how long a question is open, in seconds."""

    at: float
    steady: Steady
    life: float


NOTHING = Question()


def needs_of(terms: Terms) -> Needs:
    """Return who has to say yes under *terms*."""
    return Needs(terms.approvers, terms.approvals, terms.not_requester)


def settle(ruling: Ruling, store: Store, now: Now) -> Question:
    """Return the question of *ruling*; a new one is kept, and has its number.

    Raises `HeadgateError` HG610 where too many wait.
    """
    decision = ruling.decision
    if not isinstance(decision, Confirm):
        return NOTHING
    grants = grants_of(decision)
    digest = bound(ruling.action, ruling.caller, ruling.facts, grants)
    last = store.grants.latest(digest)
    if last is not None and last.state in _TURNS and not last.over(now.at, now.steady) and _fits(last, decision.terms):
        return Question(_TURNS[last.state], last)
    stale = last if last is not None and not last.state.ended else None
    if len(store.grants.questions(OPEN, limit=MOST_OPEN)) >= MOST_OPEN:
        raise HeadgateError("HG610", f"{MOST_OPEN} questions wait for people", "have them answered, then try again")
    asked = Approval(
        0,
        digest,
        ruling.caller,
        ruling.requester,
        "",
        people_see(ruling),
        f"{where_of(ruling)}, from {from_of(ruling)}"[:_WORDS],
        visible(f"{because(ruling)}{evidence_of(ruling)}")[:_WORDS],
        grants,
        needs_of(decision.terms),
        now.at,
        now.at + now.life,
        now.steady.later(now.life),
        rules=decision.rules,
        cwd=ruling.action.cwd,
        machines=ruling.facts.machines,
        scripts=ruling.facts.scripts,
        policy=ruling.policy,
    )
    return Question(Turn.ASKED, store.grants.ask(asked), stale)


def _fits(last: Approval, terms: Terms) -> bool:
    """Whether *last* still asks whom *terms* want: a rule may want more people than when it was put; a no stays one."""
    return last.state is ApprovalState.REFUSED or last.needs == needs_of(terms)


_TURNS = {
    ApprovalState.PENDING: Turn.OPEN,
    ApprovalState.APPROVED: Turn.USED,
    ApprovalState.REFUSED: Turn.REFUSED,
}


def asking(ruling: Ruling, question: Question) -> Ruling:
    """Return *ruling* with its question; where a person's yes is used now, what is carried out is what it grants."""
    decision, approval = ruling.decision, question.approval
    ruling = msgspec.structs.replace(ruling, question=approval, refused=question.turn is Turn.REFUSED)
    if question.turn is not Turn.USED or approval is None or not isinstance(decision, Confirm):
        return ruling
    kind = Delegate if isinstance(decision.then, Delegate) else Allow
    names = ", ".join(dict.fromkeys(answer.by.name for answer in approval.answers if answer.yes))
    leave = " ".join(filter(None, (ruling.leave, f"approved by {names} (question {approval.id}), once.")))
    granted = kind(decision.terms, decision.reasons, decision.rules)
    return msgspec.structs.replace(ruling, decision=granted, leave=leave, question=None)


def record(question: Question, ruling: Ruling, store: Store, now: float) -> None:
    """Keep what became of *question* with the decision of *ruling*, and write it down."""
    if question.stale is not None:
        expire(question.stale, store, now)
    approval = question.approval
    if approval is None:
        return
    if question.turn is Turn.ASKED:
        asked = msgspec.structs.replace(approval, decision=ruling.decision_id)
        store.grants.change(asked, ApprovalState.PENDING)
        store.append(asked_event(asked, now))
    elif question.turn is Turn.USED:
        use(approval, ruling.decision_id, ruling.caller.call_id, store, now)


def asked_event(approval: Approval, now: float, reason: str = "") -> ApprovalAsked:
    """Return what the journal says of a new question."""
    return ApprovalAsked(
        now,
        approval.id,
        approval.decision,
        approval.caller.session,
        approval.caller.thread,
        approval.requester,
        approval.digest,
        approval.grants,
        approval.needs,
        approval.expires,
        approval.scope,
        approval.wanted,
        reason,
    )


def use(approval: Approval, decision: str, call_id: str, store: Store, now: float) -> bool:
    """Use up *approval*; false, and nothing is done, where it was used, refused or over before."""
    used = msgspec.structs.replace(approval, state=ApprovalState.USED, used=decision, told=True)
    if not store.grants.change(used, approval.state):
        return False
    store.append(ApprovalUsed(now, approval.id, approval.digest, decision, call_id))
    return True


def expire(approval: Approval, store: Store, now: float) -> None:
    """Let *approval* be over, whatever any clock says later."""
    over = msgspec.structs.replace(approval, state=ApprovalState.EXPIRED, told=True)
    if store.grants.change(over, approval.state):
        store.append(ApprovalExpired(now, approval.id))
