"""Waking clients that can be woken: a hook waits in the background, and ends when there is news."""

import asyncio

LONGEST = 6 * 3600.0
"""Seconds that one hook waits; the next event of its session leaves another one."""


class Wakes:
    """The hooks that wait, one a session: a later one takes the place of an earlier."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[bool]] = {}

    async def wait(self, session: str) -> bool:
        """Wait until there is news for *session*; false where there was none in time, or another hook waits instead."""
        self._end(session, news=False)
        bell: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[session] = bell
        try:
            return await asyncio.wait_for(bell, LONGEST)
        except TimeoutError:
            return False
        finally:
            if self._waiting.get(session) is bell:
                del self._waiting[session]

    def ring(self, session: str) -> None:
        """Wake whoever waits for *session*."""
        self._end(session, news=True)

    def _end(self, session: str, *, news: bool) -> None:
        bell = self._waiting.get(session)
        if bell is not None and not bell.done():
            bell.set_result(news)
