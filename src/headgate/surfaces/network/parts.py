"""What the network's part is made of; imported only where it is configured, as its libraries are an extra."""

import hmac
from collections.abc import Callable
from pathlib import Path

import msgspec

from headgate.configure import Configuration
from headgate.configure.network import Api
from headgate.configure.webhook import Webhook
from headgate.host.home import Home
from headgate.model.approval import Approval
from headgate.record.events import Event
from headgate.surfaces.approvals import Approvals
from headgate.surfaces.network.app import application
from headgate.surfaces.network.delivered import Delivered
from headgate.surfaces.network.desk import Desk
from headgate.surfaces.network.links import Links
from headgate.surfaces.network.messages import Maker, secret
from headgate.surfaces.network.secret_files import key_at, secret_in
from headgate.surfaces.network.server import Server
from headgate.surfaces.network.shield import Shield, hosts_of
from headgate.surfaces.network.webhook import Sender


class Wires(msgspec.Struct, frozen=True):
    """What a gate gives its network: its *home*, the *configuration*, the questions, the time, and the journal."""

    home: Home
    configuration: Callable[[], Configuration]
    approvals: Approvals
    now: Callable[[], float]
    append: Callable[[Event], object]

    def key(self) -> bytes:
        """Return the key of links and names of messages, made where there is none; raises `HeadgateError` HG621."""
        return key_at(self.home.path / "link.key")


class Listening(msgspec.Struct, frozen=True):
    """A *server*, the *address* that it listens on, the *origin* that others reach it by, the *desk* behind it."""

    server: Server
    address: str
    origin: str
    desk: Desk


def listening(api: Api, wires: Wires) -> Listening:
    """Begin to listen; raises `HeadgateError` HG620, HG621 where that cannot be done."""
    desk = Desk(wires.approvals, wires.configuration, Links(wires.key(), wires.now), wires.now)
    desk.append = wires.append
    server, secure = Server(api), bool(api.certificate)
    server.start(Shield(application(desk), hosts_of(api.host, server.port, api.public_url, secure=secure)))
    name = f"[{api.host}]" if ":" in api.host else api.host
    address = f"http{'s' if secure else ''}://{name}:{server.port}"
    return Listening(server, address, api.public_url or address, desk)


def sending(webhook: Webhook, origin: str, wires: Wires) -> Sender:
    """Begin to send, with links to *origin* unless it is empty; raises `HeadgateError` HG621, `OSError`."""
    key = wires.key()
    links = Links(key, wires.now)

    def link(approval: Approval) -> str:
        there = bool(origin and webhook.person)
        return f"{origin}/a/{links.token(approval, webhook.person)}" if there else ""

    maker = Maker(hmac.digest(key, b"headgate names of messages", "sha256"), link, wires.now)
    signs = secret(secret_in(Path(webhook.secret_file)))
    sender = Sender(webhook, signs, wires.approvals, maker, Delivered(wires.home.path / "webhook.delivered"))
    sender.now = wires.now
    sender.start()
    return sender
