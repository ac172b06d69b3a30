"""Waking clients that can be woken: a hook waits in the background, and ends when there is news."""

import asyncio

from headgate.model.job import Job

LONGEST = 6 * 3600.0
"""Seconds that one hook waits; the next call of its session leaves another one."""


class Wakes:
    """The hooks that wait, one a session."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[bool]] = {}

    def worth(self, session: str, jobs: list[Job]) -> bool:
        """Whether a hook of *session* should wait: it has *jobs* that go on, and no other hook waits already."""
        return bool(jobs) and session not in self._waiting

    async def wait(self, session: str) -> bool:
        """Wait until there is news for *session*; false where there was none in time."""
        bell: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[session] = bell
        try:
            return await asyncio.wait_for(bell, LONGEST)
        except TimeoutError:
            return False
        finally:
            self._waiting.pop(session, None)

    def ring(self, session: str) -> None:
        """Wake whoever waits for *session*."""
        bell = self._waiting.get(session)
        if bell is not None and not bell.done():
            bell.set_result(True)
