"""The journal's events with only the fields that are counted: what is not decoded costs nothing."""

from collections.abc import Iterable, Iterator
from typing import get_args

import msgspec

from headgate.model.override import Scope
from headgate.record import events
from headgate.record.chain import Entry
from headgate.record.versioned import VERSION
from headgate.surfaces.report.model import Read

NAME = 6
"""Bytes of an entry's hash that are its name, in hexadecimal."""


class _Event(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    at: float
    v: int = 1


class Caller(msgspec.Struct, frozen=True, gc=False):
    """Who asked."""

    client: str
    session: str
    thread: str
    call_id: str


class Decided(_Event, frozen=True, gc=False, kw_only=True, tag="decided"):
    """A decision, as `record.events.Decided` tells it."""

    caller: Caller
    tool: str
    command: str
    action: str
    decision: str
    then: str
    enforced: str
    workloads: tuple[str, ...]
    machines: tuple[str, ...]
    environment: str
    rules: tuple[str, ...]
    mode: str = "enforce"
    override: int = 0
    lifted: tuple[str, ...] = ()
    without: str = ""
    approval: int = 0


class Refused(_Event, frozen=True, gc=False, kw_only=True, tag="refused"):
    """A message that was refused without a decision."""

    code: str


class CallEnded(_Event, frozen=True, gc=False, kw_only=True, tag="call-ended"):
    """The end of a call."""

    session: str
    call_id: str
    failed: bool
    seconds: float | None = None


class JobStarted(_Event, frozen=True, gc=False, kw_only=True, tag="job-started"):
    """The start of a job."""

    job: int
    session: str
    decision: str


class JobHandedOver(_Event, frozen=True, gc=False, kw_only=True, tag="job-handed-over"):
    """A call that became a job."""

    job: int
    session: str
    decision: str


class JobEnded(_Event, frozen=True, gc=False, kw_only=True, tag="job-ended"):
    """The end of a job."""

    job: int
    state: str
    seconds: float
    late: bool = False


class JobCancelled(_Event, frozen=True, gc=False, kw_only=True, tag="job-cancelled"):
    """Somebody wanted a job to end."""

    job: int


class Granted(msgspec.Struct, frozen=True, gc=False):
    """What a yes grants."""

    answer: str


class Person(msgspec.Struct, frozen=True, gc=False):
    """Who answers."""

    name: str
    how: str


class ApprovalAsked(_Event, frozen=True, gc=False, kw_only=True, tag="approval-asked"):
    """A question."""

    approval: int
    session: str
    decision: str
    grants: Granted


class ApprovalAnswered(_Event, frozen=True, gc=False, kw_only=True, tag="approval-answered"):
    """An answer."""

    approval: int
    by: Person
    yes: bool
    state: str


class ApprovalUsed(_Event, frozen=True, gc=False, kw_only=True, tag="approval-used"):
    """A question's yes was used."""

    approval: int
    decision: str


class ApprovalExpired(_Event, frozen=True, gc=False, kw_only=True, tag="approval-expired"):
    """A question that ended by itself."""

    approval: int


class Override(msgspec.Struct, frozen=True, gc=False):
    """What was granted."""

    id: int
    scope: Scope
    reason: str
    by: Person
    created: float
    expires: float
    uses: int | None = None
    approval: int = 0


class OverrideGranted(_Event, frozen=True, gc=False, kw_only=True, tag="override-granted"):
    """An override begins."""

    override: Override


class OverrideEnded(_Event, frozen=True, gc=False, kw_only=True, tag="override-ended"):
    """An override ended."""

    override: int
    why: str
    by: str = ""


class JournalForgot(_Event, frozen=True, gc=False, kw_only=True, tag="journal-forgot"):
    """Entries that are older than so many seconds are no longer kept."""

    keep: float


class JournalFlawed(_Event, frozen=True, gc=False, kw_only=True, tag="journal-flawed"):
    """The end of the journal was not what had been signed."""

    why: str


class GrantRefused(_Event, frozen=True, gc=False, kw_only=True, tag="grant-refused"):
    """Somebody may not."""

    what: str
    uid: int
    pid: int
    why: str


Event = (
    Decided
    | Refused
    | CallEnded
    | JobStarted
    | JobHandedOver
    | JobEnded
    | JobCancelled
    | ApprovalAsked
    | ApprovalAnswered
    | ApprovalUsed
    | ApprovalExpired
    | OverrideGranted
    | OverrideEnded
    | GrantRefused
    | JournalForgot
    | JournalFlawed
)


class _Kind(msgspec.Struct, frozen=True, gc=False):
    type: str = ""
    v: int = 1


_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
_KIND = msgspec.json.Decoder(_Kind)
_COUNTED = frozenset(kind.__struct_config__.tag for kind in get_args(Event))
_KINDS = frozenset(kind.__struct_config__.tag for kind in get_args(events.Event))


def read(entries: Iterable[Entry], told: Read) -> Iterator[tuple[bytes, Event]]:
    """Yield the events in *entries* that are counted, each with the hash of its entry; *told* gets what was left out.

    Raises nothing for an event that cannot be understood: it is counted, and skipped.
    """
    decode = _DECODER.decode
    for entry in entries:
        told.entries += 1
        try:
            event = decode(entry.body)
        except _UNREADABLE:
            _left_out(entry.body, told)
            continue
        if event.v > VERSION:
            told.newer += 1
            continue
        yield entry.hash, event


def _left_out(body: bytes, told: Read) -> None:
    try:
        kind = _KIND.decode(body)
    except _UNREADABLE:
        told.unreadable += 1
        return
    if kind.type not in _KINDS:
        told.unknown += 1
    elif kind.v > VERSION:
        told.newer += 1
    elif kind.type in _COUNTED:
        told.unreadable += 1
