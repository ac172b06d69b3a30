"""What runners tell, written down: each report to the job's row and the journal, both at once."""

from collections.abc import Callable

import msgspec

from headgate.model.job import NEXT, OPEN, Job, JobKind, JobState
from headgate.model.plan import Plan
from headgate.ports import Clock, Store
from headgate.record.events import JobEnded, JobStarted
from headgate.workers import digest
from headgate.workers.agents.telling import planned, told
from headgate.workers.lines import one_line
from headgate.workers.reports import Again, Claimed, Ended, Exists, Planned, Report, Said, Started

_BY_ITSELF = frozenset({JobState.SUCCEEDED, JobState.FAILED})
"""Ends that tell how long a command takes: nobody and no limit cut it short."""

_WAY = {JobState.QUEUED: JobState.CLAIMED, JobState.CLAIMED: JobState.STARTED, JobState.STARTED: JobState.RUNNING}
"""The usual way of a job; of work elsewhere only some of its steps are heard of."""

MAX_NEWS = 8
"""News of one job that are kept for its main thread; more are told with the end."""


MAX_ASKED = 300
"""Characters of one call that a person is asked about."""


class Logbook:
    """Applies reports to the jobs of one store; *changed* hears of each job after it was saved."""

    def __init__(self, store: Store, clock: Clock, changed: Callable[[Job, Report], None]) -> None:
        self._store = store
        self._clock = clock
        self._changed = changed

    def tell(self, report: Report) -> None:
        """Write *report* down; one that tells nothing new changes nothing."""
        job = self._store.by_work(report.work)
        if job is None:
            return
        after = self._applied(job, report)
        if after is not None:
            self._changed(after, report)

    def _applied(self, job: Job, report: Report) -> Job | None:
        match report:
            case Ended():
                return self._ended(job, report)
            case Claimed(worker=worker):
                return self._moved(job, JobState.CLAIMED, worker=worker, note="")
            case Started(worker=worker):
                return self._started(job, worker)
            case Exists(pid=pid, since=since):
                return self._moved(job, JobState.RUNNING, pid=pid, pid_started=since) or self._kept(
                    job, pid=pid, pid_started=since
                )
            case Said() | Planned():
                return self._kept(job, **_told(job, report))
            case Again(why=why):
                return self._moved(job, JobState.QUEUED, note=f"begun again: {why}", attempts=job.attempts + 1)

    def _moved(self, job: Job, state: JobState, **fields: object) -> Job | None:
        """Save *job* in *state*, where an arrow leads there."""
        if state not in NEXT[job.state]:
            return None
        job = job.moved(state, **fields)
        self._store.save(job)
        return job

    def _kept(self, job: Job, **fields: object) -> Job | None:
        if job.state not in OPEN:
            return None
        job = msgspec.structs.replace(job, **fields)
        self._store.save(job)
        return job

    def _started(self, job: Job, worker: str) -> Job | None:
        if job.state not in {JobState.QUEUED, JobState.CLAIMED}:
            return None
        now = self._clock.now()
        if job.state is JobState.QUEUED:
            job = job.moved(JobState.CLAIMED)
        with self._store.together():
            self._store.append(JobStarted(now, job.id, job.session, job.decision))
            return self._moved(job, JobState.STARTED, started=job.started or now, worker=worker, note="")

    def _ended(self, job: Job, report: Ended) -> Job | None:
        """Write the end down, once; of a lost job it may come late, and both entries stay."""
        came_back = job.state is JobState.LOST and report.state is not JobState.LOST
        if job.state.ended and not came_back:
            return None
        now = self._clock.now()
        with self._store.together():
            job = self._led_to(job, report)
            job = job.moved(
                report.state if report.state in NEXT[job.state] else JobState.FAILED,
                started=report.started or job.started,
                ended=report.ended or now,
                exit_code=report.exit_code,
                note=report.note,
                remote=report.remote,
                late=report.late or came_back,
                digest=report.digest,
                plan=_planned(job, report.digest),
                announced=False,
                progress=None,
            )
            self._store.append(
                JobEnded(
                    now, job.id, job.state, job.exit_code, job.seconds, report.output, report.remote, late=job.late
                )
            )
            self._store.save(job)
            if job.routine and job.exit_code is not None and job.state in _BY_ITSELF:
                self._store.add_duration(job.routine, job.seconds)
        return job

    def _led_to(self, job: Job, report: Ended) -> Job:
        """Return *job* as far on its way as it must have come to end like this; the start is in the journal then."""
        if report.started is not None and job.state in {JobState.QUEUED, JobState.CLAIMED}:
            self._store.append(JobStarted(report.started, job.id, job.session, job.decision))
        while report.state not in NEXT[job.state] and job.state in _WAY:
            job = job.moved(_WAY[job.state])
        return job


def _planned(job: Job, kept: dict[str, object] | None) -> Plan:
    """Return the plan of *job* at its end: that of an agent is what it said up to then."""
    return (planned(told(kept).plan, job.agent) if job.kind is JobKind.AGENT else ()) or job.plan


def _told(job: Job, report: Said | Planned) -> dict[str, object]:
    """Return what changes of *job* by what was told of it."""
    if isinstance(report, Planned):
        return {"plan": report.plan}
    news = (*job.news, digest.event(job, report.kind, report.text, "headgate"))[:MAX_NEWS]
    if report.kind != digest.ASKS:
        return {"news": news}
    asked = one_line(report.text, MAX_ASKED)
    return {"news": news, "asked": (*job.asked, *(() if asked in job.asked else (asked,)))[-MAX_NEWS:]}
