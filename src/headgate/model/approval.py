"""A question to a person: bound to one action, answered by whom the rules want, and used once."""

from enum import StrEnum

import msgspec

from headgate.model.action import Caller
from headgate.model.facts import Script
from headgate.model.override import Scope
from headgate.model.person import Person
from headgate.model.steady import NEVER, Steady


class ApprovalState(StrEnum):
    """Where a question stands; the last three are ends."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    USED = "used"
    EXPIRED = "expired"

    @property
    def ended(self) -> bool:
        """Whether nothing can come of it any more."""
        return self not in {ApprovalState.PENDING, ApprovalState.APPROVED}


class Needs(msgspec.Struct, frozen=True):
    """Who has to say yes.

    Each of *approvers* (a person or a group) by somebody; *count* different people in all; nobody who is the
    requester where *others* is set.
    """

    approvers: tuple[str, ...] = ()
    count: int = 1
    others: bool = False

    @property
    def named(self) -> bool:
        """Whether it matters who answers, so that a prompt where anybody may type is not enough."""
        return bool(self.approvers) or self.count > 1 or self.others


class Granted(msgspec.Struct, frozen=True):
    """What a yes grants, and nothing more: *answer* is `allow`, `delegate` or `override`; times are in seconds."""

    answer: str
    budget: float | None = None
    max_run: float | None = None
    pool: str = "local"
    worker: str = "command"
    lease: tuple[str, ...] = ()


class Answer(msgspec.Struct, frozen=True):
    """What one person said, and when."""

    by: Person
    yes: bool
    at: float
    reason: str = ""


class Approval(msgspec.Struct, frozen=True):
    """One question with its answers.

    *digest* is the SHA-256 (hexadecimal) of the action with its machines, scripts, thread, session and of what a yes
    *grants*: see `record/binding.py`. *decision* names the journal's entry that asked. *requester* is the user of the
    operating system whose client asks. *what*, *where* and *why* are for people, without secrets. *scope* is what an
    override is wished for, where *grants* is one, for *wanted* seconds and *uses*. It ends at *expires* (seconds since
    1970) or *until*, whichever is first. *used* names the decision that used it. *told* says that its session heard of
    the answer.
    """

    id: int
    digest: str
    caller: Caller
    requester: str
    decision: str
    what: str
    where: str
    why: str
    grants: Granted
    needs: Needs
    created: float
    expires: float
    until: Steady = NEVER
    state: ApprovalState = ApprovalState.PENDING
    answers: tuple[Answer, ...] = ()
    rules: tuple[str, ...] = ()
    cwd: str = ""
    machines: tuple[str, ...] = ()
    scripts: tuple[Script, ...] = ()
    policy: str = ""
    used: str = ""
    scope: Scope | None = None
    wanted: float = 0.0
    uses: int | None = None
    told: bool = True

    def over(self, now: float, steady: Steady) -> bool:
        """Whether its time has ended."""
        return now >= self.expires or steady.reached(self.until)

    def missing(self) -> tuple[str, ...]:
        """Return, in words, what is still missing for a yes; empty where nothing is."""
        said = [answer.by for answer in self.answers if answer.yes]
        lacking = [f"a yes of {name}" for name in self.needs.approvers if not any(p.is_one_of(name) for p in said)]
        short = self.needs.count - len({person.name for person in said})
        if short > 0 and not lacking:
            lacking.append("a yes" if not said else f"a yes of {short} more")
        return tuple(lacking)

    def refuses(self, person: Person) -> str:
        """Return why the rules do not let *person* answer, in words; empty where they do."""
        if self.needs.others and self.requester in {"", person.name}:
            return f"the rules want somebody else than {self.requester or 'somebody whom nobody knows'}, who asks"
        if any(answer.by.name == person.name and answer.yes for answer in self.answers):
            return f"{person.name} has said yes already"
        named = self.needs.approvers
        if named and len(named) >= self.needs.count and not any(person.is_one_of(name) for name in named):
            return f"the rules ask {', '.join(named)}, and {person.name} is none of them"
        return ""
