"""A journal to a report, in one pass: a function of the entries and the period, with bounded memory."""

from collections.abc import Callable, Iterable
from typing import Any

from headgate.record.chain import Entry
from headgate.surfaces.report import reading
from headgate.surfaces.report.calls import CallCounts, MachineCounts, Retries
from headgate.surfaces.report.grants import Overrides, Questions, RefusedGrants
from headgate.surfaces.report.heavy import HeavyCalls
from headgate.surfaces.report.joins import Joins
from headgate.surfaces.report.model import Read, Report
from headgate.surfaces.report.period import Period
from headgate.surfaces.report.times import OverTime, Times

MOST_FLAWS = 20


def counted(entries: Iterable[Entry], period: Period, made: float) -> Report:
    """Return the report about *period*, made at *made* (seconds since 1970); *entries* are read once, in order."""
    counting = _Counting(period)
    for hashed, event in reading.read(entries, counting.read):
        counting.hear(hashed, event)
    return counting.report(made)


class _Counting:
    """Leads each event to what counts it."""

    def __init__(self, period: Period) -> None:
        self.period = period
        self.read = Read()
        self._joins = Joins()
        self._calls, self._machines, self._retries = CallCounts(), MachineCounts(), Retries()
        self._heavy, self._times, self._over_time = HeavyCalls(), Times(), OverTime()
        self._overrides, self._questions, self._refusals = Overrides(period), Questions(period), RefusedGrants()
        self._ways: dict[type, Callable[[Any], None]] = {
            reading.CallEnded: self._call_ended,
            reading.JobStarted: self._job_began,
            reading.JobHandedOver: self._job_began,
            reading.JobEnded: self._job_ended,
            reading.JobCancelled: self._job_cancelled,
            reading.ApprovalAsked: self._questions.asked,
            reading.ApprovalAnswered: self._questions.answered,
            reading.ApprovalUsed: self._approval_used,
            reading.ApprovalExpired: self._questions.expired,
            reading.OverrideGranted: self._overrides.granted,
            reading.OverrideEnded: self._overrides.ended,
            reading.Refused: self._refused,
            reading.GrantRefused: self._grant_refused,
            reading.JournalForgot: self._forgot,
            reading.JournalFlawed: self._flawed,
        }

    def hear(self, hashed: bytes, event: reading.Event) -> None:
        """Count *event*, whose entry has this hash."""
        self.read.in_period += self.period.has(event.at)
        if isinstance(event, reading.Decided):
            self._decided(hashed, event)
        else:
            self._ways[type(event)](event)

    def _decided(self, hashed: bytes, event: reading.Decided) -> None:
        seen = self._joins.decided(hashed, event)
        if not self._inside(event.at, seen.session):
            return
        self._calls.decided(event)
        self._machines.decided(event)
        self._retries.decided(event, seen)
        self._heavy.decided(seen)
        self._over_time.decided(event.at, event.decision)
        if event.override:
            self._overrides.used(event, seen)

    def _inside(self, at: float, session: str) -> bool:
        return self.period.has(at) and self.period.of(session)

    def _call_ended(self, event: reading.CallEnded) -> None:
        seen = self._joins.ended(event)
        self._heavy.went_on(seen)
        if self._inside(event.at, event.session):
            self._times.call_ended(event, seen)
            if event.seconds:
                self._over_time.held(event.at, event.seconds)

    def _job_began(self, event: reading.JobStarted | reading.JobHandedOver) -> None:
        self._heavy.became_job(self._joins.started(event))
        if self._inside(event.at, event.session):
            self._times.job_began(event)

    def _job_ended(self, event: reading.JobEnded) -> None:
        session, seen = self._joins.job_ended(event)
        if self._inside(event.at, session):
            self._times.job_ended(event, session, seen)

    def _job_cancelled(self, event: reading.JobCancelled) -> None:
        if self._inside(event.at, self._joins.job(event.job)[0]):
            self._times.job_cancelled(event)

    def _approval_used(self, event: reading.ApprovalUsed) -> None:
        self._questions.used(event)
        self._heavy.went_on(self._joins.decision(event.decision))

    def _refused(self, event: reading.Refused) -> None:
        if self._inside(event.at, ""):
            self._calls.refused(event)

    def _grant_refused(self, event: reading.GrantRefused) -> None:
        if self._inside(event.at, ""):
            self._refusals.refused(event)

    def _forgot(self, event: reading.JournalForgot) -> None:
        self.read.forgotten_before = max(event.at - event.keep, self.read.forgotten_before or 0.0)

    def _flawed(self, event: reading.JournalFlawed) -> None:
        if self.period.has(event.at) and len(self.read.flaws) < MOST_FLAWS:
            self.read.flaws.append(event.why)

    def report(self, made: float) -> Report:
        """Return what was counted so far."""
        step, slices = self._over_time.report(self.period)
        return Report(
            made=made,
            since=self.period.since,
            until=self.period.until,
            session=self.period.session,
            read=self.read,
            calls=self._calls.report(),
            heavy=self._heavy.report(),
            overrides=self._overrides.report(),
            approvals=self._questions.report(),
            held=self._times.held(),
            slowest=self._times.slowest(),
            retried=self._retries.report(),
            machines=self._machines.report(),
            refused_grants=self._refusals.report(),
            jobs=self._times.jobs(),
            step=step,
            over_time=slices,
        )
