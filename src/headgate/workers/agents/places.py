"""How many agents of one kind run at once: as many as its template has places; the others wait."""

from collections.abc import Callable, Sequence

from headgate.model.job import Job, JobState
from headgate.workers.agents.templates import Template

_AT_WORK = frozenset({JobState.CLAIMED, JobState.STARTED, JobState.RUNNING})


class Seats:
    """The places of the operator's *templates*; *opened* gives the jobs that have not ended.

    A job has its place from `take` on, until it has ended, or leaves it because something else is in its way.
    """

    def __init__(self, templates: Callable[[], Sequence[Template]], opened: Callable[[], Sequence[Job]]) -> None:
        self._templates = templates
        self._opened = opened
        self._given: set[str] = set()

    def take(self, job: Job) -> str:
        """Give *job* a place where its agent has a free one; else return what it waits for."""
        if not job.agent:
            return ""
        places = next((found.places for found in self._templates() if found.name == job.agent), 1)
        mates = [other for other in self._opened() if other.agent == job.agent and other.work != job.work]
        self._given &= {other.work for other in mates}
        busy = [other for other in mates if other.state in _AT_WORK or other.work in self._given]
        if len(busy) >= places:
            return f"it waits for one of {places} agents `{job.agent}` to end" if places > 1 else _for(busy[0])
        self._given.add(job.work)
        return ""

    def leave(self, job: Job) -> None:
        """Take back the place of *job*, which has not started."""
        self._given.discard(job.work)


def _for(other: Job) -> str:
    return f"it waits for job {other.id}: one agent `{other.agent}` runs at a time"
