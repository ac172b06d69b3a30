"""What is remembered from one start to the next: files that no words make heavy, and the policy of a moment ago."""

import os
import time
from collections.abc import Callable

from headgate.decide.policy import Policy
from headgate.model.start import Start
from headgate.surfaces.guarded import Guarded
from headgate.surfaces.redeem import PolicyFor

LOOK = 0.5
"""Seconds between two looks at the files of a call's policy: they are looked at for every call, not for every start."""

MOST = 4096
"""Files, and policies of calls, that are remembered."""

Identity = tuple[object, ...]


class StartMemory:
    """Remembers for one daemon; *private* are paths of which each naming is looked at."""

    def __init__(self, rules: PolicyFor, private: Callable[[], tuple[str, ...]]) -> None:
        self._rules = rules
        self._private = private
        self._always: dict[Identity, str] = {}
        self._policies: dict[tuple[str, str], tuple[float, Policy]] = {}

    def policy(self, call: Guarded) -> Policy:
        """Return the policy of *call*."""
        now, key = time.monotonic(), (call.caller.session, call.cwd)
        found = self._policies.get(key)
        if found is None or now - found[0] > LOOK:
            if len(self._policies) > MOST:
                self._policies.clear()
            found = self._policies[key] = now, self._rules(*key)
        return found[1]

    def lets(self, identity: Identity, start: Start, policy: Policy) -> bool:
        """Whether no words make the file of *identity* heavy, as was found, and those of *start* name no secret."""
        if not identity or self._always.get(identity) != policy.digest:
            return False
        secret = ("eadgate", *self._private())
        return not any(path in word for word in start.words for path in secret)

    def remember(self, identity: Identity, policy: Policy) -> None:
        """Keep that no words make the file of *identity* heavy under *policy*."""
        if len(self._always) > MOST:
            self._always.clear()
        if identity:
            self._always[identity] = policy.digest


def identity_of(start: Start) -> Identity:
    """Return what tells the file of *start* and its names from any other; empty where it is never remembered."""
    if start.cut or start.loses_rights or start.script or not start.words:
        return ()
    try:
        found = os.stat(start.file)  # noqa: PTH116 a link of /proc
    except OSError:
        return ()
    state = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return (*state, start.real, start.path.rpartition("/")[2], start.words[0].rpartition("/")[2])
