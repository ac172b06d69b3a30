"""`[webhook]`: who hears of each question at once, and who answers by the link in it."""

import msgspec

from headgate.configure.groups import PERSON
from headgate.configure.network import file_at, is_secure_url
from headgate.decide.mistakes import Mistakes

KEYS = ("url", "secret_file", "ca_file", "person", "events", "attempts")
EVENTS = ("approval-asked", "approval-answered", "approval-used", "approval-expired")
"""What can be sent; the names are those of the journal."""

MOST_ATTEMPTS = 10_000


class Webhook(msgspec.Struct, frozen=True):
    """Where messages go.

    *secret_file* holds the secret that they are signed with, *ca_file* the certificates (PEM) by which the receiver is
    known, empty: the usual ones. A reply link answers as *person*; without one there are no links. Each of *events* is
    sent, at most *attempts* times.
    """

    url: str
    secret_file: str
    ca_file: str = ""
    person: str = ""
    events: tuple[str, ...] = ("approval-asked",)
    attempts: int = 100


def webhook(value: object, mistakes: Mistakes) -> Webhook | None:
    """Return what the table `webhook` says, `None` where it is empty; what is wrong goes to *mistakes*."""
    if not isinstance(value, dict):
        mistakes.add(0, "webhook", '`webhook` is a table: `[webhook]`, then `url = "https://chat.example.com/hook"`')
        return None
    if not value:
        return None
    mistakes.unknown_keys(value, KEYS, "`[webhook]`")
    return Webhook(
        _url(value, mistakes),
        _secret_file(value, mistakes),
        file_at(value, "webhook", "ca_file", mistakes),
        _person(value, mistakes),
        _events(value, mistakes),
        _attempts(value, mistakes),
    )


def _wrong(table: dict[str, object], key: str, mistakes: Mistakes, what: str) -> None:
    """Add a mistake about *key*, at its line, or at the table's where it is missing."""
    mistakes.enter_at(("webhook", key) if key in table else ("webhook",), "webhook", key)
    mistakes.add_here(key, what)


def _url(table: dict[str, object], mistakes: Mistakes) -> str:
    value = table.get("url")
    if isinstance(value, str) and is_secure_url(value) and "#" not in value:
        return value
    _wrong(table, "url", mistakes, "`url` is an address such as `https://…`; `http:` goes to this machine alone")
    return ""


def _secret_file(table: dict[str, object], mistakes: Mistakes) -> str:
    if "secret_file" not in table:
        _wrong(table, "secret_file", mistakes, "it needs a `secret_file`: the absolute path of a file with mode 0600")
    return file_at(table, "webhook", "secret_file", mistakes)


def _person(table: dict[str, object], mistakes: Mistakes) -> str:
    value = table.get("person", "")
    if "person" in table and not (isinstance(value, str) and PERSON.match(value)):
        _wrong(table, "person", mistakes, '`person` is the name of who answers by a reply link, such as `"alice"`')
    return value if isinstance(value, str) else ""


def _events(table: dict[str, object], mistakes: Mistakes) -> tuple[str, ...]:
    value = table.get("events", ["approval-asked"])
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        _wrong(table, "events", mistakes, '`events` is a list such as `["approval-asked", "approval-answered"]`')
        return ()
    for word in value:
        if word not in EVENTS:
            mistakes.enter_at(("webhook", "events"), "webhook", "events")
            mistakes.add_word("events", word, EVENTS)
    return tuple(dict.fromkeys(value))


def _attempts(table: dict[str, object], mistakes: Mistakes) -> int:
    value = table.get("attempts", 100)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_ATTEMPTS:
        return value
    _wrong(table, "attempts", mistakes, f"`attempts` is a number from 1 to {MOST_ATTEMPTS}")
    return 100
