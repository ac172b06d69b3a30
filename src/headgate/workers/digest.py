"""What people and models see of a job: bounded, without secrets, and the same for the same output."""

import re

from headgate.model.job import Job, JobState
from headgate.record.redact import redact

MAX_LINES = 12
MAX_LINE = 240
_ERRORS = 3
_ERROR = re.compile(r"(?i)\b(?:error|fail(?:ed|ure)?|fatal|denied|refused|unreachable|exception|panic|timed out)\b")
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])|[\x00-\x08\x0b-\x1f\x7f]")


def receipt(job: Job, program: str) -> str:
    """Return what the main thread gets at once: what was handed over, where it runs, how to follow and cancel it."""
    where = ", ".join(job.machines) or "this machine"
    limit = f"; it is ended after {lasting(job.max_run)}" if job.max_run else ""
    expected = lasting(job.estimate) if job.estimate else "not known"
    what = f" ({', '.join(job.workloads)})" if job.workloads else ""
    why = job.note.removeprefix("it waits for ") or "a free place in the pool"
    waits = f" It waits for {why}." if job.state is JobState.QUEUED else ""
    return "\n".join(
        [
            f"headgate: delegated. This runs in a worker as job {job.id}, not in the main thread.{waits}",
            f"  plan      {one_line(job.command)}{what}",
            f"  machines  {where}; pool {job.pool}",
            f"  time      expected {expected}{limit}",
            f"  follow    {program} job {job.id}",
            f"  cancel    {program} cancel {job.id}",
            "You will be told in two lines when it ends. Do not run it again; tell the user, or go on with other work.",
        ]
    )


def result(job: Job, log: str) -> str:
    """Return how the job ended, with the part of its output that fits."""
    return "\n".join([f"headgate: {status(job)}", *excerpt(log)])


def news(job: Job, log: str, program: str) -> str:
    """Return the two lines that tell the main thread of an ended job."""
    lines = [line for line in clean(log) if line.strip()]
    telling = next((line for line in lines if _ERROR.search(line)), "") if job.state is not JobState.SUCCEEDED else ""
    last = telling or (lines[-1] if lines else "no output")
    return f"headgate: {status(job)}: {one_line(job.command, 100)}\n  {last[:160]} · more: {program} job {job.id} --log"


def status(job: Job) -> str:
    """Return the state of *job* in one clause."""
    if not job.state.ended:
        return f"job {job.id} is {job.state}" + (f": {job.note}" if job.note else "")
    code = "" if job.exit_code is None else f", exit status {job.exit_code}"
    note = f" ({job.note})" if job.note else ""
    return f"job {job.id} {job.state} after {lasting(job.seconds)}{code}{note}"


def excerpt(log: str, lines: int = MAX_LINES) -> list[str]:
    """Return the telling lines of a log: all of a short one, else errors, the first and the last lines."""
    found = clean(log)
    if len(found) <= lines:
        return [f"  {line}" for line in found]
    head, tail = found[:2], found[-(lines - 2 - _ERRORS) :]
    middle = found[2 : -(lines - 2 - _ERRORS)]
    errors = [line for line in middle if _ERROR.search(line)][:_ERRORS]
    left = len(middle) - len(errors)
    return [f"  {line}" for line in (*head, *errors, f"… {left} more lines …", *tail)]


def clean(log: str) -> list[str]:
    """Return the lines of *log* without control sequences and secrets, each cut to a bounded length."""
    text = redact(_ESCAPES.sub("", log.replace("\r\n", "\n").replace("\r", "\n")))
    return [line if len(line) <= MAX_LINE else line[:MAX_LINE] + " …" for line in text.splitlines()]


def one_line(command: str, most: int = 200) -> str:
    """Return *command* on one line, cut to *most* characters."""
    flat = " ".join(command.split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def lasting(seconds: float | None) -> str:
    """Return a duration as people write it."""
    if seconds is None:
        return "not known"
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size or (seconds >= size and seconds % size == 0):
            return f"{seconds / size:g} {unit}" if seconds % size == 0 else f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"  # noqa: PLR2004 tenths matter below ten
