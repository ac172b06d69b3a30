"""A daemon that serves another user: which one, and files looked at with that user's rights instead of its own.

Set once, when the daemon starts (`headgate serve --for`). In an installation of one user nothing here does anything.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from headgate.host.reach import Subject
from headgate.model.errors import HeadgateError

_PR_CAP_AMBIENT = 47
_CLEAR_ALL = 4

_served: list[Subject] = []


def serve_for(who: Subject) -> None:
    """Serve the agents of *who* from now on; raises `HeadgateError` HG631 where this process lacks the rights.

    The rights stay with this process: nothing that it starts has them.
    """
    system = ctypes.CDLL(None, use_errno=True)
    if system.prctl(_PR_CAP_AMBIENT, _CLEAR_ALL, 0, 0, 0) != 0:
        raise HeadgateError("HG631", "the rights of this process cannot be kept to itself", _UNIT)
    os.environ.update({"HOME": who.home, "XDG_CONFIG_HOME": f"/etc/headgate/users/{who.name}", "USER": who.name})
    _served.append(who)
    try:
        with acting():
            pass
    except OSError:
        _served.clear()
        raise HeadgateError("HG631", f"this process may not act as {who.name}", _UNIT) from None


def served() -> Subject | None:
    """Return the user whose agents are served, where that is another one than who runs this process."""
    return _served[0] if _served else None


def agents_uid() -> int:
    """Return the user that agents and jobs run as."""
    return _served[0].uid if _served else os.geteuid()


@contextmanager
def acting() -> Iterator[None]:
    """Open files as the user that is served would: with no right of this process's own. For one thread, without waits.

    Raises `OSError` where that cannot be done.
    """
    if not _served:
        yield
        return
    who, system = _served[0], ctypes.CDLL(None)
    own = system.setfsgid(who.gid), system.setfsuid(who.uid)
    try:
        if system.setfsuid(-1) != who.uid:
            raise PermissionError("the user cannot be changed")
        yield
    finally:
        system.setfsuid(own[1])
        system.setfsgid(own[0])


def hand_to_agents(path: Path) -> None:
    """Give *path*, which this process has made, to the user that is served; raises `OSError`."""
    if _served:
        os.chown(path, _served[0].uid, _served[0].gid, follow_symlinks=False)


def started_as() -> dict[str, object]:
    """Return how `subprocess` starts something as the user that is served."""
    if not _served:
        return {}
    who = _served[0]
    return {"user": who.uid, "group": who.gid, "extra_groups": [*who.groups]}


def missing_service(path: Path) -> str:
    """Return how to start the daemon of the home *path* where that belongs to another user; empty where it does not."""
    with suppress(OSError):
        if path.stat().st_uid != os.geteuid():
            return f"ask for `systemctl start headgate@{path.name}`"
    return ""


_UNIT = "start it as the unit of `headgate install --system` does"
