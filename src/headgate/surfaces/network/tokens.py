"""Tokens of the API: who has one, and how many wrong ones are answered."""

import re
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe

from headgate.configure import Configuration
from headgate.model.errors import HeadgateError
from headgate.model.person import Person

WINDOW = 60.0
"""Seconds in which wrong tokens of one address are counted."""

MOST_WRONG = 10
"""Wrong tokens of one address in a window that are answered one by one."""

MOST_ADDRESSES = 1024

_FORM = re.compile(r"hgt_[A-Za-z0-9_-]{43}\Z")  # 32 bytes of chance: what a person could think of is no token


def new_token() -> str:
    """Return a token that nobody can guess."""
    return f"hgt_{token_urlsafe(32)}"


def digest(token: str) -> str:
    """Return the SHA-256 (hexadecimal) by which the configuration knows *token*."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def person_named(name: str, how: str, configuration: Configuration) -> Person:
    """Return the person called *name* with their groups."""
    groups = tuple(group for group, persons in configuration.groups.items() if name in persons)
    return Person(name, how, groups)


class Tokens:
    """Tells who has a token by what *configuration* says now; *wrong* counts the tokens that nobody has."""

    def __init__(self, configuration: Callable[[], Configuration], now: Callable[[], float]) -> None:
        self._configuration = configuration
        self._now = now
        self._failed: dict[str, tuple[float, int]] = {}
        self.wrong = 0

    def person(self, header: str, address: str) -> Person:
        """Return who sent the `Authorization` *header* from *address*; raises `HeadgateError` HG622, HG625.

        The right token is taken however many wrong ones came: it cannot be guessed, and whoever could lock people out
        by wrong ones could keep them from saying no.
        """
        scheme, _, token = header.strip().partition(" ")
        configuration, now = self._configuration(), self._now()
        seen, name = digest(token.strip()), ""
        for known in configuration.api.tokens if configuration.api else ():
            good = known.expires is None or now < known.expires
            if compare_digest(known.sha256, seen) and good:  # each is compared, so that none can be told by the time
                name = known.person
        if name and scheme.lower() == "bearer" and _FORM.match(token.strip()):
            return person_named(name, "api", configuration)
        self._count(address, now)
        raise HeadgateError("HG622", "the token is missing, not known, or no longer good", _BEARER)

    def _count(self, address: str, now: float) -> None:
        """Count a wrong token; raises `HeadgateError` HG625 where there were too many."""
        self.wrong += 1
        since, count = self._failed.get(address, (now, 0))
        if not 0 <= now - since < WINDOW:
            since, count = now, 0
        if len(self._failed) >= MOST_ADDRESSES and address not in self._failed:
            self._failed.clear()
        self._failed[address] = (since, count + 1)
        if count >= MOST_WRONG:
            raise HeadgateError("HG625", "too many wrong tokens came from this address", "wait a minute")


_BEARER = "send `Authorization: Bearer TOKEN`; `headgate token new` makes one"
