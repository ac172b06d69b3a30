"""Connections inside a call are decided as its starts are: by the same classifier, the same policy, the same people."""

import os

import msgspec

from headgate.classify.connections import TELLING, action_of
from headgate.classify.ports import PLAIN
from headgate.classify.starts import plain
from headgate.decide.policy import Policy
from headgate.decide.starting import AtStart
from headgate.decide.starting import Connections as Which
from headgate.enforce.delegate import TICKET_LIFE
from headgate.model.approval import Approval, ApprovalState
from headgate.model.connection import Connection
from headgate.model.decision import Allow, Deny
from headgate.model.errors import HeadgateError
from headgate.model.facts import Facts
from headgate.model.job import Ticket
from headgate.model.outcome import Ask, Outcome, Refuse
from headgate.model.start import ELSEWHERE, REFUSED, Reply, Start, Verdict
from headgate.pipeline import Asked, Judgement, foreseen, handle
from headgate.record.events import CallStopped
from headgate.surfaces.guarded import Guarded
from headgate.surfaces.starts import Asker, Handed, Starts

_GO = Reply(Verdict.GO)
_ALWAYS = Reply(Verdict.GO_ALWAYS)
_WAIT = Reply(Verdict.WAIT)
_INSTALLED = ("/usr/", "/bin/", "/sbin/", "/opt/", "/nix/", "/snap/")
_NAMES = 53
"""The port of name servers: whoever only asks for a name has changed nothing."""


class _Held(msgspec.Struct, frozen=True):
    """A connection that waits for a person."""

    call: Guarded
    number: int
    connection: Connection
    asker: Asker


class Connections:
    """Decides the connections of one gate's calls, beside its *starts*; used by the one thread of its daemon."""

    def __init__(self, starts: Starts) -> None:
        self.starts = starts
        self.ports = starts.ports
        self._told: dict[str, set[str]] = {}
        self._held: dict[int, list[_Held]] = {}
        starts.approvals.on_change(self._answered)

    def started(self, call: Guarded, start: Start) -> None:
        """Remember *start* where its words told which machines it reaches: what it opens was decided with it."""
        if TELLING & {_base(start.path), _base(start.real)}:
            self._told.setdefault(call.name, set()).update((start.path, start.real))

    def decide(self, call: Guarded, number: int, connection: Connection, asker: Asker) -> Reply:
        """Return what is answered to *connection* of *call*; whatever goes wrong refuses it."""
        try:
            return self._decided(_Held(call, number, connection, asker))
        except HeadgateError as error:
            return _refused(str(error))
        except Exception as error:  # noqa: BLE001 the guard of this surface: it refuses
            return _refused(str(HeadgateError("HG001", f"the gate failed ({error!r})", "report this message")))

    def _decided(self, held: _Held) -> Reply:
        call, connection = held.call, held.connection
        policy = self.starts.rules(call.caller.session, call.cwd)
        if policy.connections is Which.NONE:
            return _ALWAYS
        if self._was_told(call, connection):
            return _GO
        asked = Asked(within=call.decision, requester=self.starts.requester)
        action = action_of(connection, call.cwd)
        judged = foreseen(action, call.asks_as, policy, self.ports, asked)
        if _is_light(judged, connection, policy):
            call.reads = call.reads and connection.port == _NAMES
            return _ALWAYS
        outcome = handle(action, call.asks_as, policy, self.ports, asked)
        return self._answer(outcome, held, policy, judged)

    def _was_told(self, call: Guarded, connection: Connection) -> bool:
        """Whether the program, or the one that started it, had to say where it connects when it started."""
        told = self._told.get(call.name, set())
        files = [connection.program, _program_of(connection.parent)]
        if any(_base(file) in TELLING and (file in told or file.startswith(_INSTALLED)) for file in files):
            return True
        return any(word in told for word in connection.words[1:2])  # a script: its interpreter runs

    def _answer(self, outcome: Outcome, held: _Held, policy: Policy, judged: Judgement) -> Reply:
        match outcome:
            case Ask(number=number) | Refuse(number=number) if number:
                self.starts.approvals.asked(number)
                if self.starts.approvals.get(number).state is ApprovalState.REFUSED:
                    return _refused(outcome.words if isinstance(outcome, Refuse) else outcome.question)
                self._held.setdefault(number, []).append(held)
                return _WAIT
            case Ask(question):
                return _refused(question)
            case Refuse(words) if isinstance(judged.decision, Deny):
                return _refused(f"HG716 headgate: this call may not connect there. {words}")
            case Refuse():
                return self._given_away(held, policy, judged)
            case _:
                held.call.reads = False
                return _GO

    def _given_away(self, held: _Held, policy: Policy, judged: Judgement) -> Reply:
        """Return how the call goes on: a worker can do all of it, but no connection alone."""
        call, how = held.call, policy.at_start
        if how is AtStart.MOVE and call.whole and call.reads and not call.job:
            return Reply(Verdict.MOVE, ticket=self._ticket(held, policy, judged))
        why = _why(judged.facts)
        if how in {AtStart.MOVE, AtStart.END} and call.whole and not call.job:
            self.ports.store.append(CallStopped(self.ports.clock.now(), call.caller.session, call.decision, 0))
            return Reply(Verdict.END, f"HG715 headgate: {why} by itself, and {_ENDED} {_INSTEAD}\n", ELSEWHERE)
        return _refused(f"HG715 headgate: {why} by itself, and {_WITHOUT} {_INSTEAD}")

    def _ticket(self, held: _Held, policy: Policy, judged: Judgement) -> str:
        """Return the ticket on whose terms the whole call is moved."""
        call, facts, terms = held.call, judged.facts, judged.decision.terms
        ticket = self.ports.store.issue(
            Ticket(
                id="",
                session=call.caller.session,
                call_id=call.caller.call_id,
                decision=call.decision,
                command="",
                cwd=call.cwd,
                expires=self.ports.clock.now() + TICKET_LIFE,
                pool=terms.pool,
                max_run=terms.max_run,
                workloads=tuple(map(str, facts.workloads)),
                machines=facts.machines,
                lease=terms.lease,
                environment=facts.environment,
                policy=policy.digest,
            )
        )
        program = held.connection.program
        self.starts.handed[ticket.id] = Handed(call, Start(program, program, (), call.cwd), AtStart.MOVE, held.asker)
        return ticket.id

    # -- people ------------------------------------------------------------------------------

    def _answered(self, question: Approval) -> None:
        """Let the connections go on, or end, that waited for the answer to *question*."""
        if question.state is ApprovalState.PENDING:
            return
        for held in self._held.pop(question.id, ()):
            approved = question.state is ApprovalState.APPROVED
            held.asker.answer(
                held.number,
                self.decide(held.call, held.number, held.connection, held.asker) if approved else _unapproved(question),
            )

    def gone(self, asker: Asker, call: Guarded | None) -> None:
        """Forget what *asker* waited for, and what its *call* has told."""
        if call is not None:
            self._told.pop(call.name, None)
        for number, waiting in list(self._held.items()):
            left = [held for held in waiting if held.asker is not asker]
            self._held[number] = left
            if not left:
                del self._held[number]


def _is_light(judged: Judgement, connection: Connection, policy: Policy) -> bool:
    """Whether nobody has to know of it; of plain HTTP(S) no rule speaks, unless the policy is about all connections."""
    if not plain(judged.facts):
        return False
    return isinstance(judged.decision, Allow) or (policy.connections is Which.HEAVY and connection.port in PLAIN)


def _why(facts: Facts) -> str:
    return next((item.message for item in facts.evidence), "a program opens a connection")


def _unapproved(question: Approval) -> Reply:
    why = next((said.reason for said in reversed(question.answers) if not said.yes and said.reason), "")
    said = "a person refused it" if question.state is ApprovalState.REFUSED else f"it is {question.state}"
    return _refused(
        f"HG603 headgate: this connection was not approved (question {question.id}): {said}{why and f': {why}'}. "
        "It was not made. Do not try again or another way round; tell the user."
    )


def _base(path: str) -> str:
    return path.removesuffix(" (deleted)").rpartition("/")[2]


def _program_of(process: int) -> str:
    try:
        return os.readlink(f"/proc/{process}/exe")  # noqa: PTH115 a link of /proc
    except OSError:
        return ""


def _refused(words: str) -> Reply:
    return Reply(Verdict.REFUSE, f"{words}\n", REFUSED)


_ENDED = (
    "that is work on another machine: no worker can take a connection alone, so the rest of the call was ended. What "
    "it had done before stays done."
)
_WITHOUT = "that is work on another machine: no worker can take a connection alone, so it was refused."
_INSTEAD = "Hand the whole over instead: headgate delegate -- 'COMMAND'"
