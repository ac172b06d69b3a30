"""The questions to people and their answers, whichever way these come."""

from collections.abc import Callable

import msgspec

from headgate.enforce.questions import OPEN, expire, use
from headgate.model.approval import Answer, Approval, ApprovalState
from headgate.model.errors import HeadgateError
from headgate.model.person import Person
from headgate.ports import Clock, Store
from headgate.record.events import ApprovalAnswered
from headgate.record.redact import redact

MAX_REASON = 500
"""Characters of a person's reason that are kept."""

Grant = Callable[[Approval, Person, str], None]
"""Grants the override that a question is about; the text is the person's passphrase, where one is needed."""


def _grants_none(approval: Approval, _person: Person, _passphrase: str) -> None:
    raise HeadgateError("HG605", f"question {approval.id} is about an override, which cannot be granted here", _LIST)


class Approvals:
    """The questions of one gate; used by the one thread of its daemon."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._hear: list[Callable[[Approval], None]] = []
        self._newest = max((item.id for item in store.grants.questions(tuple(ApprovalState), limit=1)), default=0)
        self.grant: Grant = _grants_none

    def on_change(self, heard: Callable[[Approval], None]) -> None:
        """Have *heard* called with every new question, and with every change of one's state."""
        self._hear.append(heard)

    def open(self) -> list[Approval]:
        """Return the questions that wait for an answer, or whose yes waits to be used, the newest first."""
        self.sweep()
        return self._store.grants.questions(OPEN)

    def latest(self, limit: int) -> list[Approval]:
        """Return the last questions in any state, the newest first."""
        self.sweep()
        return self._store.grants.questions(tuple(ApprovalState), limit=limit)

    def get(self, number: int) -> Approval:
        """Return the question with this *number*; raises `HeadgateError` HG601 where there is none."""
        self.sweep()
        found = self._store.grants.approval(number)
        if found is None:
            raise HeadgateError("HG601", f"there is no question {number}", _LIST)
        return found

    def answer(self, number: int, person: Person, *, yes: bool, reason: str = "", passphrase: str = "") -> Approval:
        """Keep what *person* says to question *number*, and return it as it stands then.

        It is approved once everybody whom the rules want has said yes; one no refuses it. Raises `HeadgateError` HG601
        where there is no such question, HG602 where the rules do not let this person say yes, HG603 where it is closed.
        """
        found = self.get(number)
        if found.state is not ApprovalState.PENDING:
            raise HeadgateError("HG603", f"question {number} is closed ({found.state})", _LIST)
        why = found.refuses(person) if yes else ""
        if why:
            raise HeadgateError("HG602", f"question {number} is not for {person.name} to approve: {why}", _OTHERS)
        now = self._clock.now()
        answered = self._answered(found, Answer(person, yes, now, redact(reason.strip())[:MAX_REASON]))
        with self._store.together():
            if not self._store.grants.change(answered, ApprovalState.PENDING):
                raise HeadgateError("HG603", f"question {number} was answered just now", _LIST)
            said = answered.answers[-1]
            self._store.append(ApprovalAnswered(now, number, person, yes, answered.state, said.reason))
            if answered.scope is not None and answered.state is ApprovalState.APPROVED:
                self.grant(answered, person, passphrase)
                use(answered, f"override of question {number}", answered.caller.call_id, self._store, now)
        return self._heard(number)

    def _answered(self, found: Approval, said: Answer) -> Approval:
        """Return *found* with one answer more; a yes is good for as long as the question was open."""
        answered = msgspec.structs.replace(found, answers=(*found.answers, said))
        if not said.yes:
            return msgspec.structs.replace(answered, state=ApprovalState.REFUSED, told=False)
        if answered.missing():
            return answered
        life = found.expires - found.created
        return msgspec.structs.replace(
            answered,
            state=ApprovalState.APPROVED,
            told=False,
            expires=self._clock.now() + life,
            until=self._clock.steady().later(life),
        )

    def used_in_client(self, number: int, decision: str, call_id: str) -> Approval:
        """Use up question *number*, which somebody answered with yes in the client's own prompt for *call_id*.

        Raises `HeadgateError` HG603 where a person refused it, it was used before, or it is over.
        """
        found = self.get(number)
        if found.state.ended:
            raise HeadgateError("HG603", f"question {number} is closed ({found.state})", "make the original call again")
        now = self._clock.now()
        with self._store.together():
            if found.state is ApprovalState.PENDING:
                person = Person(found.requester or "somebody", "client")
                found = msgspec.structs.replace(found, answers=(*found.answers, Answer(person, yes=True, at=now)))
                self._store.append(ApprovalAnswered(now, number, person, yes=True, state=ApprovalState.APPROVED))
                self._store.grants.change(found, ApprovalState.PENDING)
            use(found, decision, call_id, self._store, now)
        return self._heard(number)

    def asked(self, number: int) -> None:
        """Tell whoever wants to hear that question *number* was put, the first time."""
        if number > self._newest:
            self._newest = number
            self._heard(number)

    def untold(self, session: str) -> list[Approval]:
        """Return the questions of *session* whose answer it has not heard, and keep that it has now."""
        found = self._store.grants.untold(session)
        for item in found:
            self._store.grants.change(msgspec.structs.replace(item, told=True), item.state)
        return found

    def sweep(self) -> None:
        """Let every question be over whose time has ended; nothing brings it back, whatever a clock says later."""
        now, steady = self._clock.now(), self._clock.steady()
        over = [item for item in self._store.grants.questions(OPEN) if item.over(now, steady)]
        for item in over:
            with self._store.together():
                expire(item, self._store, now)
            self._heard(item.id)

    def _heard(self, number: int) -> Approval:
        found = self._store.grants.approval(number)
        if found is None:
            raise HeadgateError("HG601", f"there is no question {number}", _LIST)
        for hear in self._hear:
            hear(found)
        return found


_LIST = "`headgate approvals` lists the questions"
_OTHERS = "ask the people whom `headgate approvals` names"
