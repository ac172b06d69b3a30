"""The daemon's answers to commands that ask people, answer for them, and grant."""

from collections.abc import Callable
from secrets import token_hex
from typing import Protocol

import msgspec

from headgate.enforce.questions import asked_event
from headgate.host.processes import Peer
from headgate.model.approval import Approval, ApprovalState, Granted, Needs
from headgate.model.errors import HeadgateError
from headgate.model.override import Scope
from headgate.model.person import Person
from headgate.ports import Clock, Signer, Store
from headgate.record.binding import wished
from headgate.record.chain import Entry
from headgate.record.events import Decided, GrantRefused, decode
from headgate.record.visible import whole
from headgate.surfaces.approvals import Approvals
from headgate.surfaces.callers import Callers
from headgate.surfaces.overrides import Overrides, Wish, wish_of
from headgate.surfaces.scope_words import scope_words

Request = dict[str, object]
Answer = dict[str, object]

MOST_WISHES = 20
"""Wishes for an override that may wait for an answer at once: more would only bury the questions that matter."""

WISH_FOR = 1200.0
"""Seconds for which an override is wished where nobody says otherwise."""

LATEST = 200
"""Questions that `headgate approvals --all` lists."""


class Authority(Protocol):
    """Whoever knows people, and keeps their key."""

    def person(self, peer: Peer, what: str, passphrase: str = "") -> Person:
        """Return the person behind *peer*; raises `HeadgateError` HG607 or HG608 where there is none, for *what*."""
        ...

    def signer(self, passphrase: str = "") -> Signer:
        """Return the person's key; raises `HeadgateError` HG608 or HG609 where it cannot be used."""
        ...


class ScopeRequest(msgspec.Struct, kw_only=True):
    """What `headgate override add` and `headgate request-override` send; *seconds* and *uses* may be left out."""

    workloads: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    everything: bool = False
    reason: str = ""
    seconds: float | None = None
    uses: int | None = None
    decision: str = ""

    def scope(self) -> Scope:
        """Return what is named."""
        return Scope(
            self.workloads,
            self.machines,
            self.environments,
            self.sessions,
            self.projects,
            self.rules,
            self.everything,
        )


class AnswerRequest(msgspec.Struct, kw_only=True):
    """What `headgate approve` and `headgate refuse` send; *seconds* and *uses* narrow an override that is granted."""

    id: int
    reason: str = ""
    passphrase: str = ""
    seconds: float | None = None
    uses: int | None = None


class Granting:
    """Puts questions, answers them and grants, for whoever the kernel says is a person."""

    def __init__(  # noqa: PLR0913, PLR0917 the parts of the gate that grants touch
        self,
        store: Store,
        clock: Clock,
        callers: Callers,
        authority: Authority,
        approvals: Approvals,
        overrides: Overrides,
        requester: str,
    ) -> None:
        self._store = store
        self._clock = clock
        self._callers = callers
        self._authority = authority
        self._approvals = approvals
        self._overrides = overrides
        self._requester = requester
        approvals.grant = self._grant_wish
        self.ops: dict[str, Callable[[Request, Peer], Answer]] = {
            "approvals": self._list,
            "approval": self._one,
            "approve": self._approve,
            "refuse": self._refuse,
            "override-add": self._add,
            "override-list": self._overridden,
            "override-end": self._end,
            "request-override": self._wish,
        }

    # -- questions ---------------------------------------------------------------------------

    def _list(self, request: Request, _peer: Peer) -> Answer:
        found = self._approvals.latest(LATEST) if request.get("all") is True else self._approvals.open()
        return {"approvals": [shown(item) for item in found]}

    def _one(self, request: Request, _peer: Peer) -> Answer:
        return {"approval": shown(self._approvals.get(msgspec.convert(request, AnswerRequest).id))}

    def _approve(self, request: Request, peer: Peer) -> Answer:
        asked = msgspec.convert(request, AnswerRequest)
        question = self._approvals.get(asked.id)
        person = self._person(peer, f"approve question {asked.id}", asked.passphrase)
        self._narrow(question, asked)
        found = self._approvals.answer(asked.id, person, yes=True, reason=asked.reason, passphrase=asked.passphrase)
        return {"approval": shown(found)}

    def _narrow(self, question: Approval, asked: AnswerRequest) -> None:
        """Make the override that a question is about shorter, or good for fewer uses; never more than was asked."""
        if asked.seconds is None and asked.uses is None:
            return
        wish = wish_of(question)
        seconds = wish.seconds if asked.seconds is None else asked.seconds
        uses = wish.uses if asked.uses is None else asked.uses
        more = seconds > wish.seconds or (wish.uses is not None and uses is not None and uses > wish.uses)
        if more:
            raise HeadgateError("HG604", "a yes grants at most what was asked for", "or `headgate override add` it")
        self._overrides.check(msgspec.structs.replace(wish, seconds=seconds, uses=uses))
        self._store.grants.change(msgspec.structs.replace(question, wanted=seconds, uses=uses), question.state)

    def _refuse(self, request: Request, peer: Peer) -> Answer:
        asked = msgspec.convert(request, AnswerRequest)
        self._approvals.get(asked.id)
        person = self._person(peer, f"refuse question {asked.id}", asked.passphrase)
        return {"approval": shown(self._approvals.answer(asked.id, person, yes=False, reason=asked.reason))}

    # -- overrides ---------------------------------------------------------------------------

    def _add(self, request: Request, peer: Peer) -> Answer:
        passphrase = str(request.get("passphrase") or "")
        asked = msgspec.convert(request, ScopeRequest)
        if asked.seconds is None:
            raise HeadgateError("HG604", "an override needs an end", "say for how long: `--for 20m`")
        wish = self._overrides.check(Wish(asked.scope(), asked.reason, asked.seconds, asked.uses))
        person = self._person(peer, "grant an override", passphrase)
        signer = self._authority.signer(passphrase)
        with self._store.together():
            override = self._overrides.grant(wish, person, signer)
        return {"override": msgspec.to_builtins(override)}

    def _grant_wish(self, approval: Approval, person: Person, passphrase: str) -> None:
        """Grant the override that *approval* is about: inside the transaction that keeps the yes."""
        self._overrides.grant(wish_of(approval), person, self._authority.signer(passphrase), approval.id)

    def _overridden(self, request: Request, _peer: Peer) -> Answer:
        found = self._overrides.every() if request.get("all") is True else self._overrides.standing()
        return {"overrides": msgspec.to_builtins(found)}

    def _end(self, request: Request, peer: Peer) -> Answer:
        asked = msgspec.convert(request, AnswerRequest)
        person = self._person(peer, f"end override {asked.id}", asked.passphrase)
        with self._store.together():
            ended = self._overrides.end(asked.id, person)
        return {"override": msgspec.to_builtins(ended)}

    # -- wishes ------------------------------------------------------------------------------

    def _wish(self, request: Request, peer: Peer) -> Answer:
        """Put the question whether an override is granted: whoever asks, that is all that comes of it."""
        asked = msgspec.convert(request, ScopeRequest)
        above = self._callers.agent_above(peer.pid)
        caller = self._callers.placed(self._callers.of_command(peer.pid, f"wish-{token_hex(8)}"), above)
        scope, uses, command = self._wished(asked)
        seconds = WISH_FOR if asked.seconds is None else asked.seconds
        wish = self._overrides.check(Wish(scope, asked.reason, seconds, uses))
        digest = wished(caller, scope, wish.seconds, wish.reason)
        last = self._store.grants.latest(digest)
        if last is not None and last.state is ApprovalState.PENDING:
            return {"approval": shown(last)}
        if sum(item.scope is not None for item in self._approvals.open()) >= MOST_WISHES:
            raise HeadgateError("HG604", "too many wishes wait for an answer", "wait until a person has answered some")
        now, life = self._clock.now(), self._overrides.life()
        question = Approval(
            0,
            digest,
            caller,
            self._requester,
            asked.decision,
            whole(f"an exception for: {command or scope_words(scope)}"),
            f"for {wish.seconds:g} s, {'any number of' if uses is None else uses} uses",
            wish.reason,
            Granted("override"),
            Needs(),
            now,
            now + life,
            self._clock.steady().later(life),
            scope=scope,
            wanted=wish.seconds,
            uses=uses,
        )
        with self._store.together():
            question = self._store.grants.ask(question)
            self._store.append(asked_event(question, now, wish.reason))
        self._approvals.asked(question.id)
        return {"approval": shown(question)}

    def _wished(self, asked: ScopeRequest) -> tuple[Scope, int | None, str]:
        """Return the scope that is wished for, and the command; that of one decision covers its action alone, once."""
        if not asked.decision:
            return asked.scope(), asked.uses, ""
        entry = self._store.find(asked.decision) if _hexadecimal(asked.decision) else None
        event = _decided(entry)
        if event is None:
            raise HeadgateError("HG503", f"there is no decision `{asked.decision}`", "`headgate log` lists them")
        scope = Scope(event.workloads, event.machines, sessions=(event.caller.session,), actions=(event.action,))
        return scope, 1 if asked.uses is None else asked.uses, event.command

    def status(self) -> Answer:
        """Return what waits for people, and what they granted, for `headgate status`."""
        open_ = self._approvals.open()
        standing = self._overrides.standing()
        return {
            "pending": sum(item.state is ApprovalState.PENDING for item in open_),
            "approved": sum(item.state is ApprovalState.APPROVED for item in open_),
            "overrides": msgspec.to_builtins(standing),
        }

    # -- people ------------------------------------------------------------------------------

    def _person(self, peer: Peer, what: str, passphrase: str) -> Person:
        """Return the person behind *peer*; where there is none, that somebody tried is written down first."""
        try:
            return self._authority.person(peer, what, passphrase)
        except HeadgateError as error:
            self._store.append(GrantRefused(self._clock.now(), what, peer.uid, peer.pid, error.message))
            raise


def _decided(entry: Entry | None) -> Decided | None:
    event = decode(entry.body) if entry is not None else None
    return event if isinstance(event, Decided) else None


def _hexadecimal(text: str) -> bool:
    return bool(text) and all(mark in "0123456789abcdefABCDEF" for mark in text)


def shown(approval: Approval) -> Answer:
    """Return *approval* for a command or a program, with what is still missing."""
    return {**msgspec.to_builtins(approval), "missing": list(approval.missing())}
