"""Questions and overrides in memory."""

from collections.abc import Sequence

import msgspec

from headgate.model.approval import Approval, ApprovalState
from headgate.model.override import Override, Standing


class MemoryGrants:
    """The same port, gone with the process."""

    def __init__(self) -> None:
        self._asked: dict[int, Approval] = {}
        self._overrides: dict[int, tuple[Standing, bytes, str]] = {}

    def copy(self) -> tuple[dict[int, Approval], dict[int, tuple[Standing, bytes, str]]]:
        """Return all there is, to be put back with `restore`."""
        return dict(self._asked), dict(self._overrides)

    def restore(self, kept: tuple[dict[int, Approval], dict[int, tuple[Standing, bytes, str]]]) -> None:
        """Put back what `copy` returned."""
        self._asked, self._overrides = kept

    def ask(self, approval: Approval) -> Approval:
        """Keep *approval*, and return it with its number."""
        number = len(self._asked) + 1
        self._asked[number] = msgspec.structs.replace(approval, id=number)
        return self._asked[number]

    def approval(self, number: int) -> Approval | None:
        """Return the question with this *number*."""
        return self._asked.get(number)

    def latest(self, digest: str) -> Approval | None:
        """Return the last question that is bound to *digest*."""
        return next((item for item in reversed(self._asked.values()) if item.digest == digest), None)

    def questions(self, states: Sequence[ApprovalState], session: str = "", limit: int = 1000) -> list[Approval]:
        """Return the questions in *states*, of *session* where one is given, the newest first."""
        found = [item for item in reversed(self._asked.values()) if item.state in states]
        return [item for item in found if session in {"", item.caller.session}][:limit]

    def change(self, approval: Approval, was: ApprovalState) -> bool:
        """Keep *approval* in place of what is there; false, and nothing is done, where its state is not *was* now."""
        if approval.id not in self._asked or self._asked[approval.id].state is not was:
            return False
        self._asked[approval.id] = approval
        return True

    def untold(self, session: str) -> list[Approval]:
        """Return the questions of *session* whose answer it was not told, the oldest first."""
        return [item for item in self._asked.values() if item.caller.session == session and not item.told]

    def next_override(self) -> int:
        """Return the number of the next override; none is given twice."""
        return len(self._overrides) + 1

    def add_override(self, override: Override, signature: bytes, key: str) -> None:
        """Keep *override*, whose number is `next_override`, with its *signature*."""
        self._overrides[override.id] = (Standing(override), signature, key)

    def signed(self) -> list[tuple[Standing, bytes, str]]:
        """Return every override with its signature and the name of its key, the newest last."""
        return list(self._overrides.values())

    def standing(self) -> Sequence[Standing]:
        """Return the overrides that were not ended, the oldest first; some may be over by their time."""
        return tuple(item for item, _, _ in self._overrides.values() if not item.ended)

    def change_override(self, standing: Standing) -> None:
        """Keep how often an override was used, and whether it has ended."""
        _, signature, key = self._overrides[standing.override.id]
        self._overrides[standing.override.id] = (standing, signature, key)
