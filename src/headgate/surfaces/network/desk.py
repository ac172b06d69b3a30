"""Where people answer over the network: who they are, and what they may see and say."""

from collections.abc import Callable
from contextlib import suppress

from headgate.configure import Configuration
from headgate.model.approval import Approval
from headgate.model.errors import HeadgateError
from headgate.model.person import Person
from headgate.record.events import Event, GrantRefused
from headgate.surfaces.approvals import Approvals
from headgate.surfaces.network.fault import HttpError
from headgate.surfaces.network.links import Link, Links
from headgate.surfaces.network.tokens import WINDOW, Tokens, person_named

NOBODY = -1
"""The user in the journal where nobody is known by the operating system."""

MOST_RECORDED = 60
"""Refusals in a minute that the journal is told of: from however many addresses they come, they do not fill it."""


class Desk:
    """Takes answers to *approvals*; what is refused to somebody goes to *append*, into the journal."""

    def __init__(
        self, approvals: Approvals, configuration: Callable[[], Configuration], links: Links, now: Callable[[], float]
    ) -> None:
        self.approvals = approvals
        self.tokens = Tokens(configuration, now)
        self._configuration = configuration
        self._links = links
        self._now = now
        self._recorded = (0.0, 0)
        self.append: Callable[[Event], object] = lambda _event: None

    def person(self, header: str, address: str, what: str) -> Person:
        """Return who sent the `Authorization` *header* to do *what*; raises `HeadgateError` HG622, HG625."""
        try:
            return self.tokens.person(header, address)
        except HeadgateError as error:
            if error.code != "HG625":  # a flood of wrong tokens is no flood of entries
                self._refused(f"{what} over the network", f"{error.message} ({address})")
            raise

    def by_link(self, token: str) -> tuple[Approval, Person]:
        """Return the question and the person of a link; raises `HttpError` HG623 where it is no good one."""
        link = self._links.read(token)
        found = self.approvals.get(link.approval)
        if found.digest != link.digest or not self._still(link):
            raise HttpError("HG623", "this link is not one of this gate", "use `headgate approvals` in a terminal", 404)
        return found, person_named(link.person, "link", self._configuration())

    def answer(self, number: int, person: Person, *, yes: bool, reason: str) -> Approval:
        """Keep what *person* says to question *number*; raises as `Approvals.answer` does."""
        try:
            return self.approvals.answer(number, person, yes=yes, reason=reason)
        except HeadgateError as error:
            if error.code not in {"HG601", "HG603"}:
                self._refused(f"{'approve' if yes else 'refuse'} question {number} by {person.how}", error.message)
            raise

    def _still(self, link: Link) -> bool:
        """Whether links are still answered as the person of *link*."""
        webhook = self._configuration().webhook
        return webhook is not None and webhook.person == link.person

    def _refused(self, what: str, why: str) -> None:
        """Record a refusal, where there were not too many lately."""
        now, (since, count) = self._now(), self._recorded
        if not 0 <= now - since < WINDOW:
            since, count = now, 0
        self._recorded = (since, count + 1)
        if count < MOST_RECORDED:
            with suppress(HeadgateError):
                self.append(GrantRefused(now, what, NOBODY, 0, why))
