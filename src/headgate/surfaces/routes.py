"""The routes by which an agent could reach the authority of a person, and whether they are stopped here and now."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

import msgspec

from headgate.host import reach
from headgate.host.home import Home
from headgate.host.keys import is_protected
from headgate.host.pin import PINNED
from headgate.host.reach import Subject
from headgate.model.errors import HeadgateError


class Verdict(StrEnum):
    """How far a route is closed.

    `by text only` means that the gate denies every call that shows it, and that a program which no reading can show,
    and which runs as the same user, could take it.
    """

    STOPPED = "stopped"
    TEXT = "by text only"
    OPEN = "open"


class Route(msgspec.Struct, frozen=True):
    """One route, what was found of it by trying or looking, and what closes it."""

    route: str
    verdict: Verdict
    seen: str
    remedy: str = ""


class Place(msgspec.Struct, frozen=True):
    """The installation that is looked at: its *home*, the user *who* the agents run as, and the user of the daemon."""

    home: Home
    who: Subject
    owner: int
    programs: tuple[Path, ...]
    policies: tuple[Path, ...]
    settings: tuple[Path, ...]


SYSTEM = "a user of its own for the gate: `headgate install --system --user NAME`"


def looks(place: Place) -> Iterator[Route]:
    """Yield what can be seen without trying anything."""
    yield _users(place)
    yield _changed("the policy and the operator's settings", place, place.policies)
    yield _changed("the hooks in the clients' settings", place, place.settings)
    yield _changed("the programs of the gate, and what they load", place, place.programs)
    yield _read(place)
    yield _keys(place)
    yield _pin(place)
    yield _startup(place)
    yield _groups(place)


def _users(place: Place) -> Route:
    name = "the user that the gate runs as"
    if place.who.uid == 0:
        return Route(name, Verdict.OPEN, "agents run as root: nothing on this machine keeps root away", SYSTEM)
    if place.owner == place.who.uid:
        return Route(name, Verdict.TEXT, f"agents and gate are both {place.who.name}", SYSTEM)
    return Route(name, Verdict.STOPPED, f"agents run as {place.who.name}, the gate as user {place.owner}")


def _verdict(place: Place, *, reached: bool) -> Verdict:
    if not reached:
        return Verdict.STOPPED
    return Verdict.OPEN if place.who.uid == 0 else Verdict.TEXT


def _changed(route: str, place: Place, paths: Iterable[Path]) -> Route:
    found = [(path, at) for path in paths if (at := reach.changes(place.who, path)) is not None]
    seen = f"{place.who.name} may change {found[0][1]}" if found else f"{place.who.name} may change none of them"
    if len(found) > 1:
        seen += f", and {len(found) - 1} more"
    return Route(route, _verdict(place, reached=bool(found)), seen, SYSTEM if found else "")


def _read(place: Place) -> Route:
    paths = (place.home.database, place.home.gate_key, place.home.engine)
    found = [path for path in paths if reach.reads(place.who, path) or reach.changes(place.who, path)]
    seen = f"{place.who.name} may read or change {found[0]}" if found else f"{place.who.name} reaches none of them"
    return Route("the database and the gate's key", _verdict(place, reached=bool(found)), seen, SYSTEM if found else "")


def _keys(place: Place) -> Route:
    name, path = "the person's key", place.home.authority_key
    try:
        protected = is_protected(path)
    except HeadgateError as error:
        return Route(name, Verdict.OPEN, error.message, "repair the file")
    reached = reach.reads(place.who, path) or reach.changes(place.who, path) is not None
    if not reached:
        return Route(name, Verdict.STOPPED, f"{place.who.name} reaches it not")
    remedy = "set a passphrase: `headgate authority passphrase`"
    if protected:
        return Route(name, Verdict.STOPPED, "it is of no use without its passphrase; it can be removed, which shows")
    return Route(name, _verdict(place, reached=True), "it can be read, and no passphrase is set", remedy)


def _pin(place: Place) -> Route:
    name, remedy = "another key in place of the person's", f"have root write the public key into {PINNED}"
    if not PINNED.exists():
        reached = reach.changes(place.who, place.home.authority_key) is not None
        return Route(name, _verdict(place, reached=reached), "root pinned none", remedy if reached else "")
    at = reach.changes(place.who, PINNED)
    seen = f"{place.who.name} may change {at}" if at else f"root pinned the key in {PINNED}"
    return Route(name, _verdict(place, reached=at is not None), seen, remedy if at else "")


def _startup(place: Place) -> Route:
    """Look at what runs in the shells of the very person, as whom the agents run."""
    files = [Path(place.who.home, name) for name in (".bashrc", ".profile", ".zshrc", ".zshenv", ".ssh/rc")]
    found = [path for path in files if reach.changes(place.who, path)]
    name = "what the person's own shell runs: startup files, aliases, PATH"
    seen = f"{place.who.name} may change {found[0]}" if found else "none of it can be changed"
    remedy = "grant from the login of another user, such as an administrator's"
    return Route(name, _verdict(place, reached=bool(found)), seen, remedy if found else "")


def _groups(place: Place) -> Route:
    """Look for sockets of services that give their users root."""
    names = ("docker.sock", "podman/podman.sock", "containerd/containerd.sock", "lxd.sock", "libvirt/libvirt-sock")
    paths = [Path("/run", name) for name in names] + [Path("/var/lib/lxd/unix.socket")]
    found = [path for path in paths if path.exists() and reach.changes(place.who, path) == path]
    route = "services that give root away: docker, podman, lxd, containerd, libvirt"
    if found and place.who.uid:
        return Route(
            route, Verdict.OPEN, f"{place.who.name} may speak to {found[0]}", "take the user out of that group"
        )
    return Route(route, Verdict.STOPPED, "no socket of theirs is open to this user")
