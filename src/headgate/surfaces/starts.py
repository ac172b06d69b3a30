"""What programs start inside a call is decided again: by the same classifier, the same policy, and the same people."""

from typing import Protocol

import msgspec

from headgate.classify.starts import action_of, any_words, is_cut, plain, texts
from headgate.decide.policy import Policy
from headgate.decide.starting import AtStart
from headgate.host.exec_gate import Gate
from headgate.host.home import Home
from headgate.host.likeness import Likeness
from headgate.host.origins import interpreters, of_git, strange_loader
from headgate.model.approval import Approval, ApprovalState
from headgate.model.decision import Allow, Confirm
from headgate.model.errors import HeadgateError
from headgate.model.facts import Facts
from headgate.model.outcome import Ask, Outcome, Refuse, Rewrite
from headgate.model.start import REFUSED, Input, Reply, Start, Verdict
from headgate.pipeline import Asked, Judgement, Ports, foreseen, handle
from headgate.surfaces.approvals import Approvals
from headgate.surfaces.guarded import Guarded
from headgate.surfaces.own_starts import OwnStarts
from headgate.surfaces.redeem import PolicyFor
from headgate.surfaces.start_memory import StartMemory, identity_of

_WORDS = frozenset({"commands", "writes_files", "opaque_because", "estimate", "steps", "reads", "changes"})
"""Facts that depend on the arguments of a program, and not on its name alone."""

MOST_HANDED = 4096
"""Starts that are to be done by workers, and whose stubs are waited for."""

_GO = Reply(Verdict.GO)
_ALWAYS = Reply(Verdict.GO_ALWAYS)
_AGAIN = Reply(Verdict.GO_AGAIN)
_WAIT = Reply(Verdict.WAIT)


class Asker(Protocol):
    """Whoever waits for the answer to a start."""

    def answer(self, number: int, reply: Reply) -> None:
        """Give *reply* to the start *number*."""
        ...


class Handed(msgspec.Struct, frozen=True):
    """A start that a worker is to do: of which call, how, and by whom it was asked."""

    call: Guarded
    start: Start
    how: AtStart
    asker: Asker


class _Held(msgspec.Struct, frozen=True):
    """A start that waits for a person, with the call as it stood when they were asked."""

    call: Guarded
    number: int
    start: Start
    asker: Asker


class Starts:
    """Decides the starts of one gate's calls; used by the one thread of its daemon."""

    def __init__(self, home: Home, ports: Ports, rules: PolicyFor, approvals: Approvals, requester: str) -> None:
        self.ports = ports
        self.rules = rules
        self.approvals = approvals
        self.own = OwnStarts(home)
        self.handed: dict[str, Handed] = {}
        self.requester = requester
        self._likeness = Likeness()
        self._held: dict[int, list[_Held]] = {}
        self._narrow: dict[str, bool] = {}
        self._memory = StartMemory(rules, lambda: ports.world.surroundings(0.0).private)
        approvals.on_change(self._answered)

    def decide(self, call: Guarded, number: int, start: Start, asker: Asker) -> Reply:
        """Return what is answered to *start* of *call*; whatever goes wrong refuses it."""
        try:
            return self._decided(call, number, start, asker)
        except HeadgateError as error:
            return _refused(str(error))
        except Exception as error:  # noqa: BLE001 the guard of this surface: it refuses
            return _refused(str(HeadgateError("HG001", f"the gate failed ({error!r})", "report this message")))

    def _decided(self, call: Guarded, number: int, start: Start, asker: Asker) -> Reply:
        start, prefixed = self.own.unprefixed(call, start)
        if self.own.lets(call, start, again=prefixed):
            return _GO
        policy, identity = self._memory.policy(call), identity_of(start)
        if self._memory.lets(identity, start, policy):
            call.reads = False  # nobody looks at its words
            return _ALWAYS
        start = self._traced(start)
        known = self._likeness.of(start)
        asked = Asked(
            within=call.decision,
            loses_rights=start.loses_rights,
            of_git=start.of_git,
            cut=is_cut(start, known),
            typed=start.input is Input.TERMINAL,
            requester=self.requester,
        )
        text, judged = self._strictest(call, texts(start, known, call.cwd), policy, asked)
        if isinstance(judged.decision, Allow) and plain(judged.facts):
            call.reads = call.reads and _only_reads(judged.facts)
            if any_words(start, known, judged.facts) and not self._minds_words(policy):
                self._memory.remember(identity, policy)
                return _ALWAYS
            return _GO if judged.facts.scripts or start.script else _AGAIN
        if _granted(call, start, judged):
            return _GO
        outcome = handle(action_of(text, call.cwd), call.asks_as, policy, self.ports, asked)
        return self._answer(outcome, _Held(call, number, start, asker), policy, judged.facts)

    def _traced(self, start: Start) -> Start:
        """Return *start* with what else the machine tells of it."""
        if start.real in self.own.programs:  # known by name, and by nothing else
            return msgspec.structs.replace(start, script=False)
        words = interpreters(start.file, start.path) if start.script else ()
        loader = "" if start.script else strange_loader(start.file)
        loader = loader and (self._likeness.of_path(loader) or loader)
        alike = self._likeness.of_path(words[0]) if words else ""
        words = (alike, *words[1:]) if alike else words
        git = "git" in start.path + "".join(start.words[-1:]) and of_git(start.parent)
        if not (words or git or loader):
            return start
        return msgspec.structs.replace(start, interpreters=words, of_git=git, loader=loader)

    def _strictest(self, call: Guarded, may_be: tuple[str, ...], policy: Policy, asked: Asked) -> tuple[str, Judgement]:
        """Return the strictest judgement of all that a start *may be*, with its text."""
        found = [
            (text, foreseen(action_of(text, call.cwd), call.asks_as, policy, self.ports, asked)) for text in may_be
        ]
        return max(found, key=lambda item: item[1].decision.strictness)

    def _minds_words(self, policy: Policy) -> bool:
        """Whether some rule of *policy* is about more of a light start than the name of its program."""
        if policy.digest not in self._narrow:
            conditions = [condition for rule in policy.rules for condition in (*rule.when, *rule.unless)]
            self._narrow = {policy.digest: any(item.fact in _WORDS for item in conditions) or bool(policy.windows)}
        return self._narrow[policy.digest]

    def _answer(self, outcome: Outcome, held: _Held, policy: Policy, facts: Facts) -> Reply:
        match outcome:
            case Rewrite(ticket):
                return self._given_away(ticket.id, held, policy)
            case Ask(number=number) | Refuse(number=number) if number:
                self.approvals.asked(number)
                if self.approvals.get(number).state is ApprovalState.REFUSED:
                    return _refused(outcome.words if isinstance(outcome, Refuse) else outcome.question)
                self._held.setdefault(number, []).append(held)
                return _WAIT
            case Ask(question):
                return _refused(question)
            case Refuse(words):
                return _refused(words)
            case _:
                held.call.reads = held.call.reads and _only_reads(facts)
                return _GO

    def _given_away(self, ticket: str, held: _Held, policy: Policy) -> Reply:
        """Return how a worker comes to do it; the ticket is redeemed by the stub, or when the call is moved."""
        call, start = held.call, held.start
        if start.cut:
            return _refused(str(HeadgateError("HG714", _TOO_MANY, "put the words into a file, or start it in parts")))
        if start.real.endswith(" (deleted)") or not start.real.startswith("/"):
            return _refused(str(HeadgateError("HG707", _NAMELESS, "write the program into a file, and start that")))
        how = policy.at_start
        can_move = call.whole and call.reads and not call.job and call.around.mode is Gate.STRONG
        if how is AtStart.MOVE and not can_move:
            how = AtStart.END
        if how is AtStart.END and (not call.whole or call.job):
            how = AtStart.RELAY
        if how in {AtStart.END, AtStart.RECEIPT} and start.fed:  # its worker has to read what it is fed
            how = AtStart.RELAY
        if len(self.handed) > MOST_HANDED:  # their stubs never came
            self.handed.pop(next(iter(self.handed)))
        self.handed[ticket] = Handed(call, start, how, held.asker)
        return Reply(Verdict.MOVE if how is AtStart.MOVE else Verdict.RELAY, ticket=ticket)

    # -- people ------------------------------------------------------------------------------

    def _answered(self, question: Approval) -> None:
        """Let the starts go on, or end, that waited for the answer to *question*."""
        if question.state is ApprovalState.PENDING:
            return
        for held in self._held.pop(question.id, ()):
            held.asker.answer(held.number, self._reply_after(question, held))

    def _reply_after(self, question: Approval, held: _Held) -> Reply:
        if question.state is not ApprovalState.APPROVED:
            why = next((said.reason for said in reversed(question.answers) if not said.yes and said.reason), "")
            said = "a person refused it" if question.state is ApprovalState.REFUSED else f"it is {question.state}"
            return _refused(
                f"HG603 headgate: this start was not approved (question {question.id}): {said}{why and f': {why}'}. "
                "It did not run. Do not try again or another way round; tell the user."
            )
        return self.decide(held.call, held.number, held.start, held.asker)

    def gone(self, asker: Asker) -> None:
        """Forget what *asker* waited for."""
        for number, waiting in list(self._held.items()):
            left = [held for held in waiting if held.asker is not asker]
            self._held[number] = left
            if not left:
                del self._held[number]


def _granted(call: Guarded, start: Start, judged: Judgement) -> bool:
    """Whether a person who let *call* run here saw just this start in it, which is then not asked about: once.

    That is: its words leave no doubt, no variable says which machine is meant, nothing is fed to it, it is a program of
    the system, and it runs where the call began.
    """
    plain_words = all(word and not any(map(str.isspace, word)) for word in start.words)
    told = any(value is not None for _, value in start.variables)
    if not isinstance(judged.decision, Confirm) or not plain_words or told or start.fed:
        return False
    command = " ".join(start.words)
    if (command,) != judged.facts.commands or command not in call.granted or not start.path.startswith(_SYSTEM):
        return False
    at = call.granted.index(command)
    call.granted = call.granted[:at] + call.granted[at + 1 :]
    return True


_SYSTEM = ("/usr/", "/bin/", "/sbin/", "/opt/")


def _only_reads(facts: Facts) -> bool:
    return facts.reads and not (facts.changes or facts.destroys or facts.writes_files or facts.loops)


def _refused(words: str) -> Reply:
    return Reply(Verdict.REFUSE, f"{words}\n", REFUSED)


_TOO_MANY = "this start has more words than are kept, so no worker can do it as it is"
_NAMELESS = "this program has no file any more, so no worker can start it"
