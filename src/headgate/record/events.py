"""Everything the journal can say; a kind is never used for anything else, a field never changes its meaning."""

import msgspec

from headgate.model.action import Caller
from headgate.model.decision import Reason, Terms
from headgate.model.facts import Evidence, History
from headgate.model.override import Override
from headgate.record.grant_events import (
    ApprovalAnswered,
    ApprovalAsked,
    ApprovalExpired,
    ApprovalUsed,
    GrantRefused,
    OverrideEnded,
    OverrideGranted,
    OverrideUsed,
)
from headgate.record.start_events import CallStopped, CommandGuarded, ProgramsStarted
from headgate.record.versioned import Versioned

__all__ = [
    "ApprovalAnswered",
    "ApprovalAsked",
    "ApprovalExpired",
    "ApprovalUsed",
    "CallEnded",
    "CallStopped",
    "CommandGuarded",
    "ConfigurationRead",
    "DaemonStarted",
    "DaemonStopped",
    "Decided",
    "Event",
    "GrantRefused",
    "JobCancelled",
    "JobEnded",
    "JobHandedOver",
    "JobStarted",
    "JournalFlawed",
    "JournalForgot",
    "JournalSealed",
    "OverrideEnded",
    "OverrideGranted",
    "OverrideUsed",
    "PolicyLoaded",
    "ProgramsStarted",
    "Refused",
    "SlotReleased",
    "decode",
    "encode",
    "encode_override",
]


class DaemonStarted(Versioned, frozen=True, tag="daemon-started"):
    """A daemon took the home; *policy* is the digest of the policy it decides by, *key* the public key that signs."""

    at: float
    pid: int
    version: str
    policy: str
    key: str = ""


class DaemonStopped(Versioned, frozen=True, tag="daemon-stopped"):
    """The daemon let the home go, in order."""

    at: float
    pid: int


class ConfigurationRead(Versioned, frozen=True, tag="configuration-read"):
    """What the operator's configuration says changed: the *files* in force, each with the SHA-256 of its text.

    Where *mistakes* are told, a new version is wrong, and what was in force before stays in force.
    """

    at: float
    files: tuple[tuple[str, str], ...]
    mistakes: str = ""


class PolicyLoaded(Versioned, frozen=True, tag="policy-loaded"):
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


class Decided(Versioned, frozen=True, tag="decided"):
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
    facts: dict[str, bool | str | float | tuple[str, ...] | None] = {}  # noqa: RUF012 msgspec copies it
    masked: tuple[str, ...] = ()
    mode: str = "enforce"
    terms: Terms = Terms()
    override: int = 0
    lifted: tuple[str, ...] = ()
    without: str = ""
    approval: int = 0
    within: str = ""


class Refused(Versioned, frozen=True, tag="refused"):
    """A message that no decision could be made about; it was denied with *code*."""

    at: float
    client: str
    code: str
    message: str


class CallEnded(Versioned, frozen=True, tag="call-ended"):
    """The client says that a call it was allowed ended; *seconds* is what it held its thread."""

    at: float
    session: str
    call_id: str
    failed: bool
    seconds: float | None = None


class JobStarted(Versioned, frozen=True, tag="job-started"):
    """A job was admitted and its process is about to start: the start marker."""

    at: float
    job: int
    session: str
    decision: str


class JobEnded(Versioned, frozen=True, tag="job-ended"):
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


class JobHandedOver(Versioned, frozen=True, tag="job-handed-over"):
    """An allowed call outlived its budget and became a job, alive; *shown* is how many bytes of output were seen."""

    at: float
    job: int
    session: str
    decision: str
    shown: int


class SlotReleased(Versioned, frozen=True, tag="slot-released"):
    """A person gave back what a lost job still had for itself."""

    at: float
    kind: str
    name: str


class JobCancelled(Versioned, frozen=True, tag="job-cancelled"):
    """Someone asked to end a job."""

    at: float
    job: int
    by: str


class JournalSealed(Versioned, frozen=True, tag="journal-sealed"):
    """The entries from *first* to *last* left the table for a file; *hash* is that of the last of them."""

    at: float
    first: int
    last: int
    hash: str


class JournalForgot(Versioned, frozen=True, tag="journal-forgot"):
    """What the entries from *first* to *last* say is deleted, for the operator keeps it for *keep* seconds only."""

    at: float
    first: int
    last: int
    keep: float


class JournalFlawed(Versioned, frozen=True, tag="journal-flawed"):
    """A daemon found at its start that the journal did not end as it was signed; *why* says how."""

    at: float
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
    | ProgramsStarted
    | CommandGuarded
    | CallStopped
    | ApprovalAsked
    | ApprovalAnswered
    | ApprovalUsed
    | ApprovalExpired
    | OverrideGranted
    | OverrideUsed
    | OverrideEnded
    | GrantRefused
    | JournalSealed
    | JournalForgot
    | JournalFlawed
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
