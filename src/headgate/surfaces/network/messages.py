"""Messages of the webhook: what is in one, its name, and its signature (Standard Webhooks 1.0.0)."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256

import msgspec

from headgate.model.approval import Approval, ApprovalState
from headgate.model.errors import HeadgateError
from headgate.surfaces.network.views import moment, view

SHORTEST_SECRET, LONGEST_SECRET = 24, 64
"""Bytes of a secret, as the standard wants them."""

_PREFIX = "whsec_"


class Message(msgspec.Struct, frozen=True):
    """A *body* of JSON to be sent, about *event* of question *approval*; all its deliveries have one *id*."""

    id: str
    event: str
    approval: int
    body: bytes


def secret(text: bytes) -> bytes:
    """Return the secret written as *text*, `whsec_` and base64; raises `HeadgateError` HG621 where it is none."""
    try:
        found = b64decode(text.decode().strip().removeprefix(_PREFIX), validate=True)
    except ValueError:
        found = b""
    if not SHORTEST_SECRET <= len(found) <= LONGEST_SECRET:
        what = f"the webhook's secret is not `{_PREFIX}` and {SHORTEST_SECRET} to {LONGEST_SECRET} bytes in base64"
        raise HeadgateError("HG621", what, "make one with `echo whsec_$(head -c 32 /dev/urandom | base64)`")
    return found


def signed(key: bytes, message: Message, at: float) -> dict[str, str]:
    """Return the headers that go with *message* when it is sent *at* (seconds since 1970)."""
    seconds = str(int(at))
    mac = hmac.digest(key, b".".join((message.id.encode(), seconds.encode(), message.body)), "sha256")
    return {
        "content-type": "application/json",
        "webhook-id": message.id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{b64encode(mac).decode()}",
    }


def event_of(approval: Approval) -> str:
    """Return the event by which *approval* came to stand as it does."""
    match approval.state:
        case ApprovalState.PENDING:
            return "approval-answered" if approval.answers else "approval-asked"
        case ApprovalState.APPROVED | ApprovalState.REFUSED:
            return "approval-answered"
        case ApprovalState.USED:
            return "approval-used"
        case ApprovalState.EXPIRED:
            return "approval-expired"


class Maker:
    """Makes messages; *salt* makes their names this gate's, *link* gives the address of a question's page, or none."""

    def __init__(self, salt: bytes, link: Callable[[Approval], str], now: Callable[[], float]) -> None:
        self._salt = salt
        self._link = link
        self._now = now

    def name(self, approval: Approval) -> str:
        """Return the name of the message about *approval* as it stands: the same for the same news."""
        parts = (approval.id, approval.digest, approval.created, event_of(approval), len(approval.answers))
        return f"msg_{hmac.digest(self._salt, repr(parts).encode(), sha256).hex()[:32]}"

    def message(self, approval: Approval) -> Message:
        """Return the message about *approval* as it stands."""
        event = event_of(approval)
        page = self._link(approval) if approval.state is ApprovalState.PENDING else ""
        data = view(approval) | {"links": {"page": page} if page else {}}
        body = msgspec.json.encode({"type": event, "timestamp": moment(self._now()), "data": data})
        return Message(self.name(approval), event, approval.id, body)
