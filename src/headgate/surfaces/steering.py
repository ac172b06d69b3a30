"""The commands that steer the gate itself: no terminal is needed for them, but no agent gives one."""

from collections.abc import Iterator
from contextlib import contextmanager

from headgate.host.processes import Peer
from headgate.model.errors import HeadgateError
from headgate.ports import Clock, Store
from headgate.record.events import GrantRefused
from headgate.surfaces.authority import Authority

Request = dict[str, object]

STEERING = {
    "stop": "stop the gate",
    "rotate": "rotate the journal",
    "release": "release what a lost job has",
    "drain": "drain a worker",
}
"""Each command that steers, and what it does."""


PERSONS = frozenset(
    "authority passphrase approvals approval approve refuse override-add override-list override-end".split()
)
"""What somebody else than the agents' user may ask: to see what waits for people, and to answer it."""


def of_persons(request: Request) -> bool:
    """Whether *request* is one of `PERSONS`."""
    return str(request.get("op")) in PERSONS


def steered(request: Request) -> str:
    """Return what *request* does to the gate itself; empty where it steers nothing."""
    op = str(request.get("op"))
    if op == "rerun" and request.get("confirmed") is True:
        return "confirm that something is run once more"
    return STEERING.get(op, "")


def check(request: Request, peer: Peer, authority: Authority, store: Store, clock: Clock) -> None:
    """Raise `HeadgateError` HG607 where *request* steers the gate and an agent started *peer*; that is written down."""
    what = steered(request)
    if what:
        with _written(what, peer, store, clock):
            authority.refuse_governed(peer, what)


def keep(request: Request, peer: Peer, authority: Authority, store: Store, clock: Clock) -> Request:
    """Change the passphrase for *peer*; raises `HeadgateError` HG607 or HG608, which is written down, or HG609."""
    new, old = (str(request.get(name) or "") for name in ("new", "passphrase"))
    with _written("change the passphrase", peer, store, clock):
        key = authority.keep(peer, new, old)
    return {"key": key.name, "protected": bool(new)}


@contextmanager
def _written(what: str, peer: Peer, store: Store, clock: Clock) -> Iterator[None]:
    try:
        yield
    except HeadgateError as error:
        store.append(GrantRefused(clock.now(), what, peer.uid, peer.pid, error.message))
        raise
