"""The commands that steer the gate itself: no terminal is needed for them, but no agent gives one."""

from headgate.host.processes import Peer
from headgate.model.errors import HeadgateError
from headgate.ports import Clock, Store
from headgate.record.events import GrantRefused
from headgate.surfaces.authority import Authority

STEERING = {
    "stop": "stop the gate",
    "rotate": "rotate the journal",
    "release": "release what a lost job has",
    "drain": "drain a worker",
}
"""Each command that steers, and what it does."""


def steered(request: dict[str, object]) -> str:
    """Return what *request* does to the gate itself; empty where it steers nothing."""
    op = str(request.get("op"))
    if op == "rerun" and request.get("confirmed") is True:
        return "confirm that something is run once more"
    return STEERING.get(op, "")


def check(request: dict[str, object], peer: Peer, authority: Authority, store: Store, clock: Clock) -> None:
    """Raise `HeadgateError` HG607 where *request* steers the gate and an agent started *peer*; that is written down."""
    what = steered(request)
    if not what:
        return
    try:
        authority.refuse_governed(peer, what)
    except HeadgateError as error:
        store.append(GrantRefused(clock.now(), what, peer.uid, peer.pid, error.message))
        raise
