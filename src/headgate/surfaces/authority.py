"""Who may grant: a person, by the kernel's word, and where one is set by a passphrase too."""

import grp
import os
import pwd
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from headgate.host.acting import agents_uid
from headgate.host.home import Home
from headgate.host.keys import SigningKey, is_protected, name_of, protect, public_of
from headgate.host.people import Governed, Standing, governed_by, standing
from headgate.host.pin import PINNED, pinned
from headgate.host.processes import Peer, user_name
from headgate.model.errors import HeadgateError
from headgate.model.person import Person

LONGEST_WAIT = 300.0
"""Seconds between two tries of a passphrase, at most; each wrong one doubles them, from one on."""

SHORTEST = 8
"""Characters of a passphrase, at least."""

_HOW = (
    "use a shell that you logged in to by ssh or at the console, or `sudo`; or set a passphrase in one of these with "
    "`headgate authority passphrase`, which then holds in every terminal of yours"
)


class Authority:
    """The one judge of who a person is, for one gate; used by the one thread of its daemon.

    *governed* says what a process is to the gate, *groups* gives the operator's groups, *user* is whose agents it is
    that the gate decides about. *pin* names the file of root's that says which key is the person's.
    """

    def __init__(
        self,
        home: Home,
        governed: Governed,
        groups: Callable[[], Mapping[str, tuple[str, ...]]],
        user: int | None = None,
        pin: Path = PINNED,
    ) -> None:
        self._key = home.authority_key
        self._governed = governed
        self._groups = groups
        self._user = agents_uid() if user is None else user
        self._apart = self._user != os.geteuid()
        self._pin = pin
        self._was_protected = False
        self._tries = {True: _Tries(), False: _Tries()}  # apart, so that whoever is not proved keeps no person waiting

    def person(self, peer: Peer, what: str, passphrase: str = "") -> Person:
        """Return the person behind *peer*, who wants to do *what*, such as `approve question 3`.

        Raises `HeadgateError` HG607 where no person is known to be there, HG608 where a passphrase is missing or
        wrong, HG609 where the key cannot be used.
        """
        found = self.standing(peer)
        if found.refused:
            raise HeadgateError("HG607", f"only a person may {what}, and here is none: {found.refused}", _HOW)
        if self.protected:
            self._opened(passphrase, proved=bool(found.proved))
        elif self._apart and peer.uid == self._user:
            hint = "have root set one, by `sudo headgate --home HOME authority passphrase`; or let another user grant"
            raise HeadgateError("HG607", f"a passphrase is needed here to {what}: agents are this user's too", hint)
        elif not found.proved:
            raise HeadgateError("HG607", f"only a person may {what}, and nothing proves that one is here", _HOW)
        return Person(user_name(peer.uid), "terminal", self._groups_of(peer.uid))

    def signer(self, passphrase: str = "") -> SigningKey:
        """Return the person's key; raises `HeadgateError` HG608, HG609, or HG630 where root pinned another."""
        key = self._opened(passphrase, proved=True) if self.protected else SigningKey.open(self._key)
        wanted = pinned(self._pin)
        if wanted and key.public not in wanted:
            raise HeadgateError("HG630", f"the key {key.name} is none that `{self._pin}` names", _RESTORE)
        return key

    def holds(self, public: bytes) -> bool:
        """Whether *public* (32 bytes) is the person's key, which root pinned, or else the home has."""
        try:
            wanted = pinned(self._pin)
            return public in wanted if wanted else public == public_of(self._key)
        except HeadgateError:
            return False

    def keep(self, peer: Peer, new: str, passphrase: str) -> SigningKey:
        """Put the person's key under the passphrase *new*, or under none; returns the key, see `person` for errors."""
        self.person(peer, "change the passphrase", passphrase)
        if new and len(new) < SHORTEST:
            raise HeadgateError("HG608", f"a passphrase has at least {SHORTEST} characters", "choose a longer one")
        key = protect(self._key, new, passphrase if self.protected else "")
        self._was_protected = bool(new)
        return key

    def told(self, peer: Peer) -> dict[str, object]:
        """Return what `headgate authority status` shows to *peer*: the key, and what *peer* is taken for."""
        found, public = self.standing(peer), public_of(self._key)
        return {
            "key": name_of(public) if public else "",
            "public": public.hex(),
            "file": str(self._key),
            "protected": self.protected,
            "pinned": sorted(key.hex() for key in pinned(self._pin)),
            "user": user_name(peer.uid),
            "refused": found.refused,
            "proved": found.proved,
        }

    def names(self, uid: int) -> bool:
        """Whether the operator's `[groups]` name the user *uid*: such a person may grant where agents are another's."""
        name = user_name(uid)
        return any(name in persons for persons in self._groups().values())

    def refuse_governed(self, peer: Peer, what: str) -> None:
        """Raise `HeadgateError` HG607 where *peer*, which wants to do *what*, is a process that an agent started."""
        found = governed_by(peer, self._governed)
        if self._apart and peer.uid == self._user:
            found = found or "agents are this user's too, and the gate is not"
        if found:
            raise HeadgateError("HG607", f"an agent may not {what}: {found}", "a person does that, in their own shell")

    def standing(self, peer: Peer) -> Standing:
        """Return what *peer* is taken for; one of root's is a person's where the agents are another user's."""
        found = standing(peer, self._governed)
        if not found.refused and not found.proved and peer.uid == 0 != self._user:
            return Standing("", "it is root's")
        return found

    @property
    def protected(self) -> bool:
        """Whether the person's key needs a passphrase; once it did, a key that went away is no way around it."""
        now = is_protected(self._key)
        if self._was_protected and not now and not self._key.exists():
            raise HeadgateError("HG609", f"the key file `{self._key}` went away", "restore a copy of it")
        self._was_protected = now
        return now

    def _opened(self, passphrase: str, *, proved: bool) -> SigningKey:
        tries = self._tries[proved]
        if not passphrase:
            raise HeadgateError("HG608", "a passphrase is needed", "type it where you are asked for it")
        tries.wait()
        try:
            key = SigningKey.open(self._key, passphrase.encode())
        except HeadgateError:
            tries.failed()
            raise
        tries.passed()
        return key

    def _groups_of(self, uid: int) -> tuple[str, ...]:
        """Return the groups that the operator puts the user into, and those of the operating system."""
        name = user_name(uid)
        named = {group for group, persons in self._groups().items() if name in persons}
        try:
            system = {grp.getgrgid(number).gr_name for number in os.getgrouplist(name, pwd.getpwuid(uid).pw_gid)}
        except KeyError:
            system = set()
        return tuple(sorted(named | (system - set(self._groups()))))


class _Tries(msgspec.Struct):
    """How often a wrong passphrase came in a row, and until when none is looked at."""

    wrong: int = 0
    until: float = 0.0

    def wait(self) -> None:
        """Raise `HeadgateError` HG608 where it is too early for another try."""
        left = self.until - time.monotonic()
        if left > 0:
            hint = f"wait {left:.0f} s, then type it again"
            raise HeadgateError("HG608", f"{self.wrong} wrong passphrases came in a row", hint)

    def failed(self) -> None:
        """Make the next one wait."""
        self.wrong += 1
        self.until = time.monotonic() + min(2.0 ** (self.wrong - 1), LONGEST_WAIT)

    def passed(self) -> None:
        """Begin anew."""
        self.wrong, self.until = 0, 0.0


_RESTORE = "restore the person's key, or have root pin this one"
