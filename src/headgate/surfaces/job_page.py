"""One job as a person or a model looks at it: bounded, whatever the job does."""

import time

import msgspec

from headgate.host.home import Home
from headgate.model.errors import HeadgateError
from headgate.model.job import Job
from headgate.model.plan import Progress, outer
from headgate.model.pool import LOCAL
from headgate.surfaces.client import ask
from headgate.surfaces.job_output import tail
from headgate.workers.digest import lasting, one_line, result, status, told
from headgate.workers.lines import narrow
from headgate.workers.living import Living
from headgate.workers.progress import lines as progress_lines

MOST = 4096
"""Bytes of a page."""

TAIL = 64 * 1024
"""Bytes at the end of the output from which its telling lines are taken."""

STEPS = 8
"""Steps of a plan that a page shows."""

_WIDTH = 200


class Seen(msgspec.Struct, frozen=True):
    """A *job*, how far it is where it runs, and the telling *lines* of its output, each with its indent.

    *now* is the youngest process of it, with those above it, the outermost first.
    """

    job: Job
    progress: Progress | None
    lines: list[str]
    now: tuple[Living, ...] = ()


def look(home: Home, number: int) -> Seen:
    """Return what there is to see of a job; raises `HeadgateError` HG402 where there is none."""
    answer = ask(home, {"op": "job", "job": number})
    job = msgspec.convert(answer["job"], Job)
    now = msgspec.convert(answer.get("now") or (), tuple[Living, ...])
    return Seen(job, _progress(answer.get("progress")), _telling(home, job), now)


def _progress(found: object) -> Progress | None:
    try:
        return msgspec.convert(found, Progress) if found else None
    except msgspec.ValidationError:  # of a worker of another version
        return None


def _telling(home: Home, job: Job) -> list[str]:
    """Return the telling lines of a job's output; where it cannot be read, why."""
    try:
        log = "\n".join(tail(home, job.id, TAIL).lines)
    except HeadgateError as error:
        log = "" if job.digest else f"the output cannot be read: {error.message}"
    return [narrow(line, _WIDTH) for line in result(job, log).split("\n")[1:]]


def as_plain(seen: Seen) -> dict[str, object]:
    """Return everything of a job as JSON can hold it."""
    plain: dict[str, object] = msgspec.to_builtins(seen.job)
    progress = None if seen.progress is None else msgspec.to_builtins(seen.progress)
    lines = [line.strip() for line in seen.lines]
    return plain | {"seconds": _seconds(seen.job), "progress": progress, "lines": lines}


def _seconds(job: Job) -> float:
    """Return how long *job* ran, or runs by now."""
    if job.state.ended or not job.started:
        return job.seconds
    return max(0.0, time.time() - job.started)


def page(seen: Seen) -> str:
    """Return a job in at most `MOST` bytes: state, plan with the step that runs, progress, news, output."""
    job = seen.job
    where = one_line(", ".join(job.machines), 300) or nowhere(job)
    lines = [
        status(job),
        f"  plan      {one_line(job.task or job.command, _WIDTH)}{f' (agent {job.agent})' if job.agent else ''}",
        *_steps(seen),
        f"  machines  {where}; pool {job.pool}",
        *([f"  leave     {narrow(one_line(job.leave, 300), _WIDTH)}"] if job.leave else []),
        f"  in        {one_line(job.cwd, _WIDTH)}",
        *_time(job),
        *(_labelled("progress", _running(seen)) if seen.progress else []),
        *_now(seen),
        *(f"  not told  {one_line(text, 2 * _WIDTH)}" for text in job.news),
        *seen.lines,
    ]
    return _bounded([line.rstrip() for line in lines], f"  … more: headgate job {job.id} --log")


def _now(seen: Seen) -> list[str]:
    """Return which program runs, as the kernel tells."""
    if len(seen.now) < 2:  # noqa: PLR2004 the command alone stands above
        return []
    last = seen.now[-1]
    return [
        f"  now       {one_line(last.command, _WIDTH)} ({lasting(last.seconds)}; headgate job {seen.job.id} --tree)"
    ]


def nowhere(job: Job) -> str:
    """Return in words where a job runs that names no machine."""
    return "this machine" if job.pool == LOCAL else "that of its worker"


def _labelled(label: str, lines: list[str]) -> list[str]:
    return [f"  {label if not number else '':<9} {line.strip()}" for number, line in enumerate(lines)]


def _running(seen: Seen) -> list[str]:
    """Return how far it is, without the latest lines: they stand below it."""
    found = seen.progress
    return [] if found is None else [line for line in progress_lines(found, seen.job.plan) if line[:4] != "  | "]


def _time(job: Job) -> list[str]:
    """Return what is known of the time of a job that has not ended."""
    if job.state.ended:
        return []
    parts = [f"running for {lasting(_seconds(job))}"] if job.started else [f"waits for {lasting(_age(job))}"]
    parts += [f"expected {lasting(job.estimate)}"] if job.estimate else []
    parts += [f"at most {lasting(job.max_run)}"] if job.max_run else []
    parts += ["it was asked to end"] if job.cancelling else []
    return [f"  time      {', '.join(parts)}"]


def _age(job: Job) -> float:
    return max(0.0, time.time() - job.created)


def _steps(seen: Seen) -> list[str]:
    """Return the steps of a plan of several; `>` marks the one that runs, and those around it are shown."""
    plan = seen.job.plan
    if len(plan) <= 1:
        return []
    numbers = {id(step): number for number, step in enumerate(outer(plan), 1)}
    now = seen.progress.step if seen.progress else None
    at = next((place for place, step in enumerate(plan) if numbers.get(id(step)) == now), 0) if now else 0
    first = max(0, min(at - STEPS // 2, len(plan) - STEPS))
    shown = plan[first : first + STEPS]
    lines = [
        f"          {'>' if now and numbers.get(id(step)) == now else ' '} "
        f"{f'{numbers[id(step)]}.' if id(step) in numbers else '  -'} {told(step)}"
        for step in shown
    ]
    before = [f"            … {first} before"] if first else []
    left = len(plan) - first - len(shown)
    return [*before, *lines, *([f"            … {left} more"] if left else [])]


def _bounded(lines: list[str], more: str) -> str:
    """Return *lines*, as far as they fit; where some do not, *more* comes last."""
    if len("\n".join(lines).encode("utf-8", "replace")) < MOST:
        return "\n".join(lines)
    kept: list[str] = []
    left = MOST - len(more.encode()) - 1
    for line in lines:
        left -= len(line.encode("utf-8", "replace")) + 1
        if left < 0:
            break
        kept.append(line)
    return "\n".join([*kept, more])
