"""What a client's dialect is: a module that reads its messages and writes its answers."""

from typing import Protocol

from headgate.intercept.event import CallProposed, Event
from headgate.model.outcome import Outcome


class Dialect(Protocol):
    """One client's words; a module with these names is one."""

    NAME: str

    def read(self, payload: bytes) -> Event:
        """Return what a message says; raises `HeadgateError` HG101 to HG103 where it says nothing we can trust."""
        ...

    def answer(self, outcome: Outcome, asked: CallProposed, attach: str, news: str) -> bytes:
        """Return the hook's answer; *attach* redeems a ticket, *news* is for the main thread."""
        ...

    def refusal(self, words: str, news: str = "") -> bytes:
        """Return the answer that blocks a call."""
        ...

    def notice(self, event: str, news: str) -> bytes:
        """Return the answer to *event* that tells the main thread *news*."""
        ...

    def denies(self, answer: bytes) -> bool:
        """Say whether *answer* blocks the call: its hook has to exit with status 2, and with 0 for any other."""
        ...
