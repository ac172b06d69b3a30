"""Lists of jobs: which are wanted, how they read on a line, and how they change while someone watches."""

import json
import shutil
import sys
import time
from fnmatch import fnmatchcase

import click
import msgspec

from headgate.host.home import Home
from headgate.model.errors import HeadgateError
from headgate.model.job import OPEN, Job, JobState
from headgate.model.plan import Progress, outer
from headgate.surfaces.client import ask
from headgate.surfaces.job_page import nowhere
from headgate.workers.digest import lasting, one_line, status

EACH = 1.0
"""Seconds between two looks of someone who watches."""

_FEWEST, _MOST = 200, 100_000
_ABOVE, _CLEAR, _BELOW = "\x1b[H", "\x1b[K\n", "\x1b[J"


class Wanted(msgspec.Struct, frozen=True):
    """Which jobs are wanted: empty means any; *machine* is a pattern, *since* the seconds since they were admitted."""

    states: tuple[JobState, ...] = ()
    session: str = ""
    machine: str = ""
    pool: str = ""
    since: float | None = None
    limit: int = 20

    def fits(self, job: Job, now: float) -> bool:
        """Whether *job* is wanted, as far as the daemon does not look at that."""
        here = not self.machine or any(fnmatchcase(name, self.machine) for name in job.machines)
        return here and self.pool in {"", job.pool} and job.created >= self.oldest(now)

    def oldest(self, now: float) -> float:
        """Return when the oldest was admitted that is wanted."""
        return now - self.since if self.since is not None else 0.0


def select(home: Home, wanted: Wanted, *, start: bool = True) -> list[Job]:
    """Return the jobs that are *wanted*, the latest first; raises `HeadgateError`."""
    now = time.time()
    every = not wanted.machine and not wanted.pool
    count = wanted.limit if every else max(_FEWEST, wanted.limit)
    request = {"op": "jobs", "states": list(wanted.states), "session": wanted.session or None}
    while True:
        found = msgspec.convert(ask(home, request | {"limit": count}, start=start)["jobs"], list[Job])
        kept = [job for job in found if wanted.fits(job, now)][: wanted.limit]
        rest = len(found) == count < _MOST and found[-1].created >= wanted.oldest(now)
        if len(kept) == wanted.limit or not rest:
            return kept
        count *= 10


def plain(job: Job) -> dict[str, object]:
    """Return *job* as JSON can hold it."""
    found: dict[str, object] = msgspec.to_builtins(job)
    return found


def as_line(job: Job, more: str = "") -> str:
    """Return *job* on one line; *more* is said of its state."""
    where = one_line(", ".join(job.machines), 60) or nowhere(job)
    return f"{status(job) + more:<48} {where:<20} {one_line(job.task or job.command, 80)}"


# -- watching -------------------------------------------------------------------------------------


def watch(home: Home, wanted: Wanted, *, as_json: bool, until_idle: bool) -> int:
    """Show the jobs that are *wanted* until interrupted, or, with *until_idle*, until all of them have ended."""
    drawn = sys.stdout.isatty() and not as_json
    told: dict[int, Job] = {}
    found = select(home, wanted)  # starts the daemon where there is none; later nobody undoes a stop
    while True:
        if drawn:
            _draw(home, found)
        else:
            _tell(found, told, as_json=as_json)
        if until_idle and _idle(home, wanted):
            return 0
        time.sleep(EACH)
        found = _again(home, wanted, found)


def _again(home: Home, wanted: Wanted, before: list[Job]) -> list[Job]:
    """Return the jobs now; those of *before* where the daemon is away."""
    try:
        return select(home, wanted, start=False)
    except HeadgateError as error:
        if error.code not in {"HG010", "HG016"}:
            raise
        return before


def _idle(home: Home, wanted: Wanted) -> bool:
    """Whether none of the jobs is open, whatever states are shown."""
    still = msgspec.structs.replace(wanted, states=OPEN, limit=1)
    return not _again(home, still, [])


def _tell(found: list[Job], told: dict[int, Job], *, as_json: bool) -> None:
    """Print each job that is new or has changed since it was *told*, the oldest first."""
    for job in reversed(found):
        before = told.get(job.id)
        if before is None or as_line(before) != as_line(job):
            click.echo(json.dumps(plain(job)) if as_json else as_line(job))
            sys.stdout.flush()
        told[job.id] = job


def _draw(home: Home, found: list[Job]) -> None:
    """Draw the list over what is on the terminal."""
    size = shutil.get_terminal_size()
    still = sum(not job.state.ended for job in found)
    rows = [f"{time.strftime('%H:%M:%S')}  {len(found)} jobs, {still} of them open", ""]
    rows += [as_line(job, _so_far(home, job)) for job in found[: max(1, size.lines - 3)]]
    text = _CLEAR.join(row[: size.columns - 1] for row in rows)
    sys.stdout.write(f"{_ABOVE}{text}{_CLEAR}{_BELOW}")
    sys.stdout.flush()


def _so_far(home: Home, job: Job) -> str:
    """Return how far *job* is, in a few words."""
    if job.state is not JobState.RUNNING or not job.started:
        return ""
    parts = [f" for {lasting(max(0.0, time.time() - job.started))}"]
    try:
        found = msgspec.convert(ask(home, {"op": "job", "job": job.id}, start=False)["progress"], Progress | None)
    except (HeadgateError, msgspec.ValidationError):
        found = None
    of = len(outer(job.plan))
    parts += [f", step {found.step} of {of}"] if found and found.step and of > 1 else []
    return "".join(parts)
