"""Everything the journal can say; a kind is never used for anything else, a field never changes its meaning."""

import msgspec

from headgate.model.action import Caller
from headgate.model.approval import Granted, Needs
from headgate.model.decision import Reason, Terms
from headgate.model.facts import Evidence, History
from headgate.model.override import Override, Scope
from headgate.model.person import Person


class DaemonStarted(msgspec.Struct, frozen=True, tag="daemon-started"):
    """A daemon took the home; *policy* is the digest of the policy it decides by."""

    at: float
    pid: int
    version: str
    policy: str


class DaemonStopped(msgspec.Struct, frozen=True, tag="daemon-stopped"):
    """The daemon let the home go, in order."""

    at: float
    pid: int


class ConfigurationRead(msgspec.Struct, frozen=True, tag="configuration-read"):
    """What the operator's configuration says changed: the *files* in force, each with the SHA-256 of its text.

    Where *mistakes* are told, a new version is wrong, and what was in force before stays in force.
    """

    at: float
    files: tuple[tuple[str, str], ...]
    mistakes: str = ""


class PolicyLoaded(msgspec.Struct, frozen=True, tag="policy-loaded"):
    """A policy is in force from here on: for every call, or, with *folders*, for those of sessions that work there.

    *policy* is its digest, *before* that of the one it takes the place of (empty: there was none); *parts* are its
    files, each with its layer and the SHA-256 of its text. *changes* says in words what is different. Where *mistakes*
    are told, a new version is wrong, and what is in force is older, or only reading is allowed.
    """

    at: float
    policy: str
    mode: str
    parts: tuple[tuple[str, str, str], ...]
    before: str = ""
    changes: tuple[str, ...] = ()
    mistakes: str = ""
    folders: tuple[str, ...] = ()


class Decided(msgspec.Struct, frozen=True, tag="decided"):
    """One decision, before any effect of it.

    *command* is without secrets, *action* is the SHA-256 of the action as it was asked for;
    *enforced* says how: `run`, `rewrite`, `ask`, `refuse`, or `observe` where nothing was. *history* and *client_rule*
    are what else the policy saw.
    *estimate* is in seconds, *estimate_from* says how it was made. *facts* are the values of the facts that the policy
    saw, without those that a quiet call has and without secrets; *masked* names those of which less is kept than was
    seen. *mode* is `observe` where nothing was enforced; *terms* has the obligations. *override* is the number of the
    person's exception that changed the answer (0: none did), *lifted* the rules that it lifted, *without* the answer
    that there would have been. *approval* is the number of the question that this asks, or that it uses where
    *enforced* is `run` or `rewrite` (0: none).
    """

    at: float
    caller: Caller
    tool: str
    command: str
    action: str
    cwd: str
    decision: str
    then: str
    enforced: str
    workloads: tuple[str, ...]
    machines: tuple[str, ...]
    environment: str
    reasons: tuple[Reason, ...]
    evidence: tuple[Evidence, ...]
    rules: tuple[str, ...]
    budget: float | None
    policy: str
    scripts: tuple[tuple[str, str], ...] = ()
    history: History = History()
    client_rule: str = "none"
    estimate: float | None = None
    estimate_from: str = ""
    facts: dict[str, bool | str | float | tuple[str, ...] | None] = {}
    masked: tuple[str, ...] = ()
    mode: str = "enforce"
    terms: Terms = Terms()
    override: int = 0
    lifted: tuple[str, ...] = ()
    without: str = ""
    approval: int = 0


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """A message that no decision could be made about; it was denied with *code*."""

    at: float
    client: str
    code: str
    message: str


class CallEnded(msgspec.Struct, frozen=True, tag="call-ended"):
    """The client says that a call it was allowed ended; *seconds* is what it held its thread."""

    at: float
    session: str
    call_id: str
    failed: bool
    seconds: float | None = None


class JobStarted(msgspec.Struct, frozen=True, tag="job-started"):
    """A job was admitted and its process is about to start: the start marker."""

    at: float
    job: int
    session: str
    decision: str


class JobEnded(msgspec.Struct, frozen=True, tag="job-ended"):
    """A job ended in *state*; *output* is the SHA-256 of its log.

    *remote* says whether the end of what it had started elsewhere is `confirmed` or `remote unconfirmed`; *late* that
    the job had been given up for lost before.
    """

    at: float
    job: int
    state: str
    exit_code: int | None
    seconds: float
    output: str = ""
    remote: str = ""
    late: bool = False


class JobHandedOver(msgspec.Struct, frozen=True, tag="job-handed-over"):
    """An allowed call outlived its budget and became a job, alive; *shown* is how many bytes of output were seen."""

    at: float
    job: int
    session: str
    decision: str
    shown: int


class SlotReleased(msgspec.Struct, frozen=True, tag="slot-released"):
    """A person gave back what a lost job still had for itself."""

    at: float
    kind: str
    name: str


class JobCancelled(msgspec.Struct, frozen=True, tag="job-cancelled"):
    """Someone asked to end a job."""

    at: float
    job: int
    by: str


class ApprovalAsked(msgspec.Struct, frozen=True, tag="approval-asked"):
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


class ApprovalAnswered(msgspec.Struct, frozen=True, tag="approval-answered"):
    """A person answered; *state* is what the question is then: still `pending` where others have to agree."""

    at: float
    approval: int
    by: Person
    yes: bool
    state: str
    reason: str = ""


class ApprovalUsed(msgspec.Struct, frozen=True, tag="approval-used"):
    """The action that was approved is let go, once; *decision* is the one that lets it, *call_id* the call."""

    at: float
    approval: int
    digest: str
    decision: str
    call_id: str


class ApprovalExpired(msgspec.Struct, frozen=True, tag="approval-expired"):
    """Nobody answered in time, or nobody used the answer."""

    at: float
    approval: int


class OverrideGranted(msgspec.Struct, frozen=True, tag="override-granted"):
    """A person granted an exception; *signature* (hexadecimal, Ed25519) is over `encode_override` of it, by *key*."""

    at: float
    override: Override
    signature: str
    key: str


class OverrideUsed(msgspec.Struct, frozen=True, tag="override-used"):
    """An exception changed the answer of *decision*; it has been used *used* times with this."""

    at: float
    override: int
    decision: str
    used: int


class OverrideEnded(msgspec.Struct, frozen=True, tag="override-ended"):
    """An exception ended: `ended` by a person, `expired`, `used up`, or `broken` where its signature does not hold."""

    at: float
    override: int
    why: str
    by: str = ""


class GrantRefused(msgspec.Struct, frozen=True, tag="grant-refused"):
    """Somebody tried to grant, or to steer the gate, who may not; *what* they wanted, by the process *pid* of *uid*."""

    at: float
    what: str
    uid: int
    pid: int
    why: str


Event = (
    DaemonStarted
    | DaemonStopped
    | ConfigurationRead
    | PolicyLoaded
    | Decided
    | Refused
    | CallEnded
    | JobStarted
    | JobEnded
    | JobCancelled
    | JobHandedOver
    | SlotReleased
    | ApprovalAsked
    | ApprovalAnswered
    | ApprovalUsed
    | ApprovalExpired
    | OverrideGranted
    | OverrideUsed
    | OverrideEnded
    | GrantRefused
)

_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode(event: Event) -> bytes:
    """Return the canonical bytes of *event*: the same event, the same bytes."""
    return _ENCODER.encode(event)


def encode_override(override: Override) -> bytes:
    """Return the canonical bytes of *override*, which its signature is over."""
    return _ENCODER.encode(override)


def decode(body: bytes) -> Event:
    """Return the event in *body*; raises `msgspec.DecodeError` where it is none."""
    return _DECODER.decode(body)
