"""What the journal says of questions to people, and of exceptions that they grant."""

from headgate.model.approval import Granted, Needs
from headgate.model.override import Override, Scope
from headgate.model.person import Person
from headgate.record.versioned import Versioned


class ApprovalAsked(Versioned, frozen=True, tag="approval-asked"):
    """A person is asked; *digest* binds the answer to one action, *grants* says what a yes grants.

    *scope* and *wanted* (seconds) are told where it is an override that an agent asks for, with its *reason*.
    """

    at: float
    approval: int
    decision: str
    session: str
    thread: str
    requester: str
    digest: str
    grants: Granted
    needs: Needs
    expires: float
    scope: Scope | None = None
    wanted: float = 0.0
    reason: str = ""


class ApprovalAnswered(Versioned, frozen=True, tag="approval-answered"):
    """A person answered; *state* is what the question is then: still `pending` where others have to agree."""

    at: float
    approval: int
    by: Person
    yes: bool
    state: str
    reason: str = ""


class ApprovalUsed(Versioned, frozen=True, tag="approval-used"):
    """The action that was approved is let go, once; *decision* is the one that lets it, *call_id* the call."""

    at: float
    approval: int
    digest: str
    decision: str
    call_id: str


class ApprovalExpired(Versioned, frozen=True, tag="approval-expired"):
    """Nobody answered in time, or nobody used the answer."""

    at: float
    approval: int


class OverrideGranted(Versioned, frozen=True, tag="override-granted"):
    """A person granted an exception; *signature* (hexadecimal, Ed25519) is over `encode_override` of it, by *key*."""

    at: float
    override: Override
    signature: str
    key: str


class OverrideUsed(Versioned, frozen=True, tag="override-used"):
    """An exception changed the answer of *decision*; it has been used *used* times with this."""

    at: float
    override: int
    decision: str
    used: int


class OverrideEnded(Versioned, frozen=True, tag="override-ended"):
    """An exception ended: `ended` by a person, `expired`, `used up`, or `broken` where its signature does not hold."""

    at: float
    override: int
    why: str
    by: str = ""


class GrantRefused(Versioned, frozen=True, tag="grant-refused"):
    """Somebody tried to grant, or to steer the gate, who may not; *what* they wanted, by the process *pid* of *uid*."""

    at: float
    what: str
    uid: int
    pid: int
    why: str
