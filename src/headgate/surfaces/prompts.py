"""Whether somebody may answer at the prompt of the client that asks: a process that an agent started plays no client.

Who speaks for a client through the hook could say, too, that a person said yes in its prompt. Below a client that the
gate knows, below a keeper, or in the place of a client that still runs, no prompt is one.
"""

from collections.abc import Callable

from headgate.host.ancestry import link_of
from headgate.host.people import Governed, governed_by, launches
from headgate.host.processes import Peer, parent_of
from headgate.model.outcome import Ask, Refuse
from headgate.ports import Clock, Store
from headgate.record.events import GrantRefused


class Prompts:
    """The prompts of clients, for one gate.

    *client* gives the client of a hook process and, for a session, who else is its client; *governed* says what a
    process is to the gate.
    """

    def __init__(
        self, client: Callable[[int, str], tuple[int, str]], governed: Governed, store: Store, clock: Clock
    ) -> None:
        self._client = client
        self._governed = governed
        self._store = store
        self._clock = clock

    def checked(self, ask: Ask, session: str, pid: int) -> Ask | Refuse:
        """Return *ask*, or what is said instead where the hook process *pid* asks for no client that has a prompt.

        Then the question waits for `headgate approve`, what the prompt's yes would have started is void, and it is
        written down that somebody tried.
        """
        why = self._why(session, pid)
        if not why:
            return ask
        then = ask.then
        if then.ticket is not None:
            self._store.take(then.ticket.id, self._clock.now())
        what = f"answer question {ask.number} in a prompt"
        link = link_of(pid)
        self._store.append(GrantRefused(self._clock.now(), what, link.uid if link else -1, pid, why))
        return Refuse(f"{ask.question}\nNo prompt of a client can answer this here: {why}.", ask.number)

    def speaks(self, session: str, pid: int) -> bool:
        """Whether the hook process *pid* is that of a client in whose prompt somebody may have said yes."""
        return not self._why(session, pid)

    def _why(self, session: str, pid: int) -> str:
        client, other = self._client(pid, session)
        if other:
            return other
        above = parent_of(client) if client else 0
        if above and launches(above, self._governed):
            above = parent_of(above)
        return governed_by(Peer(-1, above), self._governed) if above else ""
