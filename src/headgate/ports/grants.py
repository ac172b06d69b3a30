"""What people granted, and what they are asked."""

from collections.abc import Sequence
from typing import Protocol

from headgate.model.approval import Approval, ApprovalState
from headgate.model.override import Override, Standing


class Grants(Protocol):
    """The questions and the overrides; each change is durable, and what somebody else wrote into the file counts not.

    Raises `HeadgateError` HG501 where they cannot be read or written.
    """

    def ask(self, approval: Approval) -> Approval:
        """Keep *approval*, and return it with its number."""
        ...

    def approval(self, number: int) -> Approval | None:
        """Return the question with this *number*."""
        ...

    def latest(self, digest: str) -> Approval | None:
        """Return the last question that is bound to *digest*."""
        ...

    def questions(self, states: Sequence[ApprovalState], session: str = "", limit: int = 1000) -> list[Approval]:
        """Return the questions in *states*, of *session* where one is given, the newest first."""
        ...

    def change(self, approval: Approval, was: ApprovalState) -> bool:
        """Keep *approval* in place of what is there; false, and nothing is done, where its state is not *was* now."""
        ...

    def untold(self, session: str) -> list[Approval]:
        """Return the questions of *session* whose answer it was not told, the oldest first."""
        ...

    def add_override(self, override: Override, signature: bytes, key: str) -> None:
        """Keep *override*, whose number is `next_override`, with its *signature*."""
        ...

    def next_override(self) -> int:
        """Return the number of the next override; none is given twice."""
        ...

    def signed(self) -> list[tuple[Standing, bytes, str]]:
        """Return every override with its signature and the name of its key, the newest last."""
        ...

    def standing(self) -> Sequence[Standing]:
        """Return the overrides that were not ended, the oldest first; some may be over by their time."""
        ...

    def change_override(self, standing: Standing) -> None:
        """Keep how often an override was used, and whether it has ended."""
        ...
