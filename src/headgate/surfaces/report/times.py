"""How long things took: the main thread held by calls, calls and jobs themselves, and all of it over the period."""

import heapq
from collections import Counter, defaultdict
from itertools import count

from headgate.surfaces.report.joins import Seen
from headgate.surfaces.report.model import Held, Jobs, Run, Slice
from headgate.surfaces.report.period import Period
from headgate.surfaces.report.reading import CallEnded, JobCancelled, JobEnded, JobHandedOver, JobStarted

LONGEST = 10
"""Runs that are shown."""

HOUR = 3600.0
STEPS = (HOUR, 6 * HOUR, 24 * HOUR, 7 * 24 * HOUR, 30 * 24 * HOUR, 365 * 24 * HOUR)
"""Lengths that a part of the period may have, in seconds."""

MOST_SLICES = 62

ANSWERS = ("allow", "delegate", "confirm", "deny")


class Longest:
    """Keeps the longest of the runs that it hears of."""

    def __init__(self) -> None:
        self._runs: list[tuple[float, int, Run]] = []
        self._number = count()

    def wants(self, seconds: float) -> bool:
        """Whether a run of so many seconds would be kept."""
        return len(self._runs) < LONGEST or seconds > self._runs[0][0]

    def hear(self, run: Run) -> None:
        """Keep *run*, if it is one of the longest."""
        item = (run.seconds, -next(self._number), run)
        if len(self._runs) < LONGEST:
            heapq.heappush(self._runs, item)
        else:
            heapq.heappushpop(self._runs, item)

    def report(self) -> list[Run]:
        """Return them, the longest first."""
        return [run for _seconds, _number, run in sorted(self._runs, reverse=True)]


class Times:
    """Counts held seconds, and the ends of calls and jobs."""

    def __init__(self) -> None:
        self._held = Held()
        self._longest = Longest()
        self._slowest = Longest()
        self._jobs = Jobs()
        self._ends: Counter[str] = Counter()

    def call_ended(self, event: CallEnded, seen: Seen | None) -> None:
        """Count the end of a call of the main thread, of which *seen* is the decision."""
        self._held.calls += 1
        seconds = event.seconds
        if seconds is None:
            self._held.untold += 1
            return
        self._held.seconds += seconds
        if self._longest.wants(seconds) or self._slowest.wants(seconds):
            run = Run(at=event.at, seconds=seconds, kind="call", command="", session=event.session, failed=event.failed)
            _of(run, seen)
            self._longest.hear(run)
            self._slowest.hear(run)

    def job_began(self, event: JobStarted | JobHandedOver) -> None:
        """Count the start of a job, or a call that became one."""
        if isinstance(event, JobHandedOver):
            self._jobs.handed_over += 1
        else:
            self._jobs.started += 1

    def job_ended(self, event: JobEnded, session: str, seen: Seen | None) -> None:
        """Count the end of a job."""
        self._ends[event.state] += 1
        self._jobs.late += event.late
        if self._slowest.wants(event.seconds):
            failed = event.state != "succeeded"
            run = Run(at=event.at, seconds=event.seconds, kind="job", command="", session=session, failed=failed)
            run.job = event.job
            _of(run, seen)
            self._slowest.hear(run)

    def job_cancelled(self, _event: JobCancelled) -> None:
        """Count that somebody wanted a job to end."""
        self._jobs.cancellations += 1

    def held(self) -> Held:
        """Return what was counted of the main thread so far."""
        self._held.longest = self._longest.report()
        return self._held

    def slowest(self) -> list[Run]:
        """Return the calls and jobs that took longest."""
        return self._slowest.report()

    def jobs(self) -> Jobs:
        """Return what was counted of jobs so far."""
        self._jobs.ended = dict(self._ends.most_common())
        return self._jobs


def _of(run: Run, seen: Seen | None) -> None:
    if seen is not None:
        run.command, run.decision = seen.command, seen.name


class OverTime:
    """Counts by the hour; a report joins hours to as few slices as people can look at."""

    def __init__(self) -> None:
        self._calls: Counter[tuple[int, str]] = Counter()
        self._held: defaultdict[int, float] = defaultdict(float)

    def decided(self, at: float, answer: str) -> None:
        """Count a decision."""
        self._calls[int(at // HOUR), answer] += 1

    def held(self, at: float, seconds: float) -> None:
        """Count seconds of the main thread."""
        self._held[int(at // HOUR)] += seconds

    def report(self, period: Period) -> tuple[float, list[Slice]]:
        """Return the length of a slice, and all slices from the first that counts something, empty ones too."""
        hours = {hour for hour, _answer in self._calls} | set(self._held)
        if not hours:
            return HOUR, []
        first = max(min(hours) * HOUR, period.since) if len(hours) > 1 else min(hours) * HOUR
        last = max(hours) * HOUR
        step = next((step for step in STEPS if (last - first) / step < MOST_SLICES - 1), STEPS[-1])
        start = first // step * step
        slices = [Slice(start=start + number * step) for number in range(int((last - start) // step) + 1)]
        for (hour, answer), number in self._calls.items():
            part = slices[max(0, int((hour * HOUR - start) // step))]
            if answer in ANSWERS:
                setattr(part, answer, getattr(part, answer) + number)
        for hour, seconds in self._held.items():
            slices[max(0, int((hour * HOUR - start) // step))].held += seconds
        return step, slices
