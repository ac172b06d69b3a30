"""What must hold after chaos: nothing that was acknowledged is lost, nothing that runs once began twice."""

import re
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import msgspec

from chaos_load import Handed, Load
from chaos_site import Site
from headgate.model.job import Job, JobState
from headgate.store.sqlite import SqliteStore
from headgate.workers.engines import open_engine
from headgate.workers.folders import Folder
from headgate.workers.taken import NOT_STARTED

SLACK = 60.0
"""Seconds beyond lease, grace and the longest run: a loaded machine, a keeper that is given time to end, retries."""

LONGEST = 600.0
"""Seconds that all of it may take, with what waits for machines."""

_KEY = re.compile(r"\bk\d+x\d+\b")
_EXACT = {JobState.SUCCEEDED, JobState.FAILED}


class Found(msgspec.Struct):
    """What the store and the effects say; *wrong* is every violation, with the key of its job."""

    jobs: dict[str, Job]
    begun: Counter[str]
    over: Counter[str]
    took: float
    unkept: int = 0
    wrong: dict[str, list[str]] = msgspec.field(default_factory=dict)

    def note(self, invariant: str, what: list[str]) -> None:
        """Keep the violations of one invariant."""
        self.wrong[invariant] = what


def settle(site: Site, load: Load) -> Found:
    """Wait until nothing is open, and no end is still to be told late; give up where nothing moves any more."""
    began = moved = time.monotonic()
    patience = site.times.ttl + site.times.grace + site.times.longest + SLACK
    load.ask({"op": "status"})
    left = _unsettled(site, load)
    while left and time.monotonic() < min(moved + patience, began + LONGEST):
        time.sleep(0.2)
        before, left = left, _unsettled(site, load)
        moved = time.monotonic() if left != before else moved
    begun, over = _effects(site)
    return Found(_jobs(site), begun, over, time.monotonic() - began)


def check(site: Site, load: Load, found: Found) -> Found:
    """Return *found* with all violations."""
    acked = [one for one in load.handed if one.job]
    found.note("acknowledged jobs lost", [one.key for one in acked if not _kept(one, found)])
    found.note("open beyond lease, grace and run", [key for key, job in found.jobs.items() if not job.state.ended])
    once = {one.key for one in load.handed if one.once}
    found.note("once-jobs started more than once", [key for key in once if found.begun[key] > 1])
    found.note(
        "exit codes lost",
        [_told(one, found) for one in acked if one.key in found.jobs and not _exact(one, site, found)],
    )
    found.note(
        "told as run or not run, and was not so",
        [one.key for one in load.handed if one.once and not _really(one, found)],
    )
    found.note("two at once on one machine", _overlaps(site, load, found))
    found.note("journal", _journal(site))
    found.note("engine's database", _integrity(site))
    found.note("slots left", _slots(site))
    return found


def _unsettled(site: Site, load: Load) -> set[str]:
    """Return what is not as it is to be in the end; jobs that wait for a machine go one after the other."""
    begun, over = _effects(site)
    found = Found(_jobs(site), begun, over, 0.0)
    wrong = {one.key for one in load.handed if one.job and not _exact(one, site, found)}
    return wrong | {key for key, job in found.jobs.items() if not job.state.ended}


def _jobs(site: Site) -> dict[str, Job]:
    with closing(SqliteStore(site.home.database, writable=False)) as store:
        return {match[0]: job for job in store.select(limit=1_000_000) if (match := _KEY.search(job.command))}


def _effects(site: Site) -> tuple[Counter[str], Counter[str]]:
    lines = [line.split() for line in site.effects.read_text().splitlines()]
    counts = [Counter(key for word, key in lines if word == kind) for kind in ("start", "end")]
    return counts[0], counts[1]


def _kept(one: Handed, found: Found) -> bool:
    job = found.jobs.get(one.key)
    return job is not None and job.id == one.job


def _exact(one: Handed, site: Site, found: Found) -> bool:
    """Whether the end of a job is the one that its command had, where nobody killed its keeper or cancelled it."""
    job = found.jobs.get(one.key)
    if job is None:
        return False
    state = JobState.SUCCEEDED if one.code == 0 else JobState.FAILED
    if job.state is state and job.exit_code == one.code:
        return True
    if job.state is JobState.LOST:
        return _killed(job, site) or never_kept(one, job, site, found)
    return one.cancelled and job.state is JobState.CANCELLED


def never_kept(one: Handed, job: Job, site: Site, found: Found) -> bool:
    """Whether a job's worker was killed between the start marker and the keeper: nobody knows, and it is not begun."""
    unkept = not any((folder / "shim.json").exists() for folder in _folders(job, site))
    return job.state is JobState.LOST and unkept and not found.begun[one.key]


def _killed(job: Job, site: Site) -> bool:
    """Whether it was this harness that killed the keeper of *job*."""
    if {str(job.id), job.work} & site.killed:
        return True
    return any(Folder(folder).keeper() in site.pids for folder in _folders(job, site))


def _folders(job: Job, site: Site) -> list[Path]:
    return [site.home.job(job.id), *(site.folder / name / "worker" / "work" / job.work for name in site.workers)]


def _really(one: Handed, found: Found) -> bool:
    """Whether a job of which its exit code is told has left both of its marks, and one that had not started none."""
    job = found.jobs.get(one.key)
    if job is not None and job.state is JobState.CANCELLED and job.note == NOT_STARTED:
        return not found.begun[one.key]
    told = job is not None and job.state in _EXACT and job.exit_code == one.code
    return not told or (found.begun[one.key] == found.over[one.key] == 1)


def _overlaps(site: Site, load: Load, found: Found) -> list[str]:
    """Return the pairs that had one machine at once; what was given up, killed or cancelled may have gone on."""
    known = {one.key: one for one in load.handed if one.machine}
    there: dict[tuple[str, bool], set[str]] = {}
    pairs = []
    for word, key in (line.split() for line in site.effects.read_text().splitlines()):
        one, job = known.get(key), found.jobs.get(key)
        if one is None or job is None or job.late or job.state not in _EXACT:
            continue
        others = there.setdefault((one.machine, one.far), set())
        pairs += [f"{key} and {other} on {one.machine}" for other in others if word == "start"]
        (others.add if word == "start" else others.discard)(key)
    return pairs


def _told(one: Handed, found: Found) -> str:
    job = found.jobs[one.key]
    where = "far" if one.far else "near"
    return (
        f"{one.key} (job {job.id}, {where}, {'once' if one.once else 'safe'}): {job.state}, exit code {job.exit_code}"
        f" in place of {one.code}, begun {found.begun[one.key]}, over {found.over[one.key]}; {job.note}"
    )


def _journal(site: Site) -> list[str]:
    done = subprocess.run(
        site.words("verify"), env=site.environment, capture_output=True, text=True, check=False, timeout=120
    )
    return [] if done.returncode == 0 else [done.stdout + done.stderr]


def _integrity(site: Site) -> list[str]:
    wrong = []
    for path in (site.home.engine, site.home.database):
        if path.exists():
            with closing(sqlite3.connect(path)) as database:
                wrong += [f"{path.name}: {row[0]}" for row in database.execute("PRAGMA integrity_check")]
    return [line for line in wrong if not line.endswith(": ok")]


def _slots(site: Site) -> list[str]:
    left = []
    for url in filter(None, (site.store, f"sqlite:///{site.home.engine}" if site.home.engine.exists() else "")):
        engine, board = open_engine(url, "check")
        left += [f"{slot.kind} {slot.name}" for slot in board.slots() if not slot.quarantined]
        engine.close()
        board.close()
    return left
