"""What the main thread of a session is told, once: of its jobs, and of answers to its questions."""

from collections.abc import Callable

import msgspec

from headgate.enforce.questions import OPEN as ASKED
from headgate.model.approval import Approval, ApprovalState
from headgate.model.job import OPEN, Job
from headgate.ports import Store
from headgate.surfaces.approvals import Approvals
from headgate.workers import digest
from headgate.workers.lines import one_line


class News:
    """The news of every session of one gate; *log_of* gives the end of a job's output."""

    def __init__(self, store: Store, approvals: Approvals, log_of: Callable[[Job], str]) -> None:
        self._store = store
        self._approvals = approvals
        self._log_of = log_of
        self._told: set[str] = set()  # sessions that were told of everything that happened so far

    def of(self, session: str) -> str:
        """Return two lines for all that happened since the thread last heard, and note that it was told."""
        if session in self._told:
            return ""
        found = self._store.unannounced(session)
        self._told.add(session)
        for job in found:
            self._store.save(msgspec.structs.replace(job, announced=job.state.ended, news=()))
        answers = [_answer(item) for item in self._approvals.untold(session)]
        return "\n".join([*answers, *(self._told_of(job) for job in found)])

    def _told_of(self, job: Job) -> str:
        ended = [digest.news(job, self._log_of(job), "headgate")] if job.state.ended else []
        return "\n".join((*job.news, *ended))

    def happened(self, session: str) -> None:
        """Say that there is something that *session* was not told."""
        self._told.discard(session)

    def there(self, session: str) -> bool:
        """Whether there is something that *session* was not told."""
        if session in self._told:
            return False
        return bool(self._store.unannounced(session) or self._store.grants.untold(session))

    def to_come(self, session: str) -> bool:
        """Whether something goes on that *session* will be told of."""
        return bool(
            self._store.select(session=session, states=OPEN, limit=1)
            or self._store.grants.questions(ASKED, session, limit=1)
        )


def _answer(question: Approval) -> str:
    """Return what the thread that asked is told of an answer."""
    what = one_line(question.what, 120)
    said = question.answers[-1] if question.answers else None
    by = said.by.name if said else "somebody"
    why = f": {said.reason}" if said and said.reason else ""
    if question.scope is not None and question.state is ApprovalState.USED:
        return f"headgate: {by} granted the override that you asked for (question {question.id}). Make your call again."
    if question.state is ApprovalState.REFUSED:
        return (
            f"headgate: question {question.id} was REFUSED by {by}{why}. It does not run ({what}). "
            "Do not try it another way round."
        )
    return (
        f"headgate: question {question.id} was approved by {by}: make exactly the same call again, once ({what}). "
        "Any change of it needs another approval."
    )
