"""What stands around every endpoint: the name that it was called by, and the headers of every answer."""

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from email.utils import formatdate
from typing import Any

import msgspec

from headgate.surfaces.network.page import POLICY

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

HEADERS = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"x-robots-tag", b"noindex"),
    (b"connection", b"close"),  # one request a connection: whoever is slow is let go by one time limit
]

_ELSEWHERE = {
    "code": "HG626",
    "message": "this gate is not called by that name",
    "hint": "use the address that it listens on, or its `public_url`",
}


class Shield:
    """Answers only to *hosts*: names in small letters, with their port.

    No page elsewhere can ask through a name of its own that it bends here (DNS rebinding).
    """

    def __init__(self, app: App, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = (b"date", formatdate(usegmt=True).encode())
                message["headers"] = [*message.get("headers", ()), *HEADERS, date]
            await send(message)

        names = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
        if len(names) == 1 and names[0] in self._hosts:
            with suppress(Exception):  # it was answered with HG001 already; nobody is told twice
                await self._app(scope, receive, guarded)
            return
        head = [(b"content-type", b"application/json")]
        await guarded({"type": "http.response.start", "status": 421, "headers": head})
        await guarded({"type": "http.response.body", "body": msgspec.json.encode(_ELSEWHERE)})


def hosts_of(host: str, port: int, public_url: str, *, secure: bool) -> frozenset[str]:
    """Return the names by which whoever listens on *host* and *port* may be called."""
    loopback = {"127.0.0.1", "localhost", "[::1]"}
    own = f"[{host}]" if ":" in host else host
    names = {own, *(loopback if own in loopback else ())}
    usual = {""} if port == (443 if secure else 80) else set()
    found = {f"{name}{end}" for name in names for end in (f":{port}", *usual)}
    if public_url:
        scheme, _, place = public_url.partition("://")
        found.add(place)
        plain = ":443" if scheme == "https" else ":80"
        found.add(place.removesuffix(plain) if place.endswith(plain) else f"{place}{plain}")
    return frozenset(found)
