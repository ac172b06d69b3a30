"""What people and models see of a job: bounded, without secrets, and the same for the same output."""

from headgate.model.job import Job, JobKind, JobState
from headgate.model.plan import PlanStep, outer
from headgate.model.pool import LOCAL
from headgate.workers.agents.telling import answered, line_of, saying
from headgate.workers.agents.telling import told as told_by
from headgate.workers.lines import MAX_LINE, clean, cut, lasting, looks_wrong, one_line
from headgate.workers.summary import Digest, read_digest, summarise

__all__ = [
    "ASKS",
    "MAX_LINE",
    "MAX_LINES",
    "Digest",
    "clean",
    "event",
    "excerpt",
    "lasting",
    "news",
    "one_line",
    "receipt",
    "result",
    "status",
    "summarise",
]

MAX_LINES = 12
MAX_NEWS = 400
"""Characters of the two lines that tell of one event."""

ASKS = "asks a person"
"""The kind of the news that a call of an agent needs a person's yes."""

_FOR_AGENTS = frozenset({"multi-host", "remediation-loop"})
_ERRORS = 3
_STEPS = 6
_NOTE = 120


def receipt(job: Job, program: str) -> str:
    """Return what the main thread gets at once: what was handed over, where it runs, how to follow and cancel it."""
    where = one_line(", ".join(job.machines), 300) or ("this machine" if job.pool == LOCAL else "that of its worker")
    limit = f"; it is ended after {lasting(job.max_run)}" if job.max_run else ""
    expected = lasting(job.estimate) if job.estimate else "not known"
    what = f" ({', '.join(job.workloads)})" if job.workloads else ""
    return "\n".join(
        [
            _opening(job),
            f"  plan      {one_line(job.command)}{what}",
            *_steps(job),
            f"  machines  {where}; pool {job.pool}",
            *([f"  leave     {one_line(job.leave, 300)}"] if job.leave else []),
            f"  time      expected {expected}{limit}",
            *_seen(job, program),
            *_rest(job, program),
            f"  follow    {program} job {job.id}",
            f"  cancel    {program} cancel {job.id}",
            "You will be told in two lines when it ends. Do not run it again; tell the user, or go on with other work.",
        ]
    )


def _opening(job: Job) -> str:
    if job.kind is JobKind.HANDED_OVER:
        return (
            f"headgate: handed over. It is still running: it goes on in a worker as job {job.id}, and nothing is lost."
        )
    waiting = job.state is JobState.QUEUED and job.note.startswith("it waits")
    waits = f" I{one_line(job.note)[1:]}." if waiting else ""
    if job.kind is JobKind.AGENT:
        return f"headgate: delegated. An agent ({job.agent}) has this task as job {job.id}, not the main thread.{waits}"
    return f"headgate: delegated. This runs in a worker as job {job.id}, not in the main thread.{waits}"


def _steps(job: Job) -> list[str]:
    """Return the steps of a plan of several, each with what it is expected to take."""
    if len(job.plan) <= 1:
        return []
    most = len(job.plan) if len(job.plan) <= _STEPS else _STEPS - 1
    numbers = {id(step): f"{number}." for number, step in enumerate(outer(job.plan), 1)}
    lines = [
        f"            {numbers.get(id(step), '  -' if step.inside else '')} {told(step)}" for step in job.plan[:most]
    ]
    left = len(job.plan) - most
    return [*lines, f"            … {left} more"] if left else lines


def told(step: PlanStep) -> str:
    """Return *step* with its machine, where the text does not name it, and its expected time."""
    where = f" on {step.machine}" if step.machine and step.machine not in step.text and step.machine != "?" else ""
    expected = f" · {lasting(round(step.seconds, 1))}".replace(".0 s", " s") if step.seconds is not None else ""
    return f"{one_line(step.text, 160)}{where}{expected}"


def _seen(job: Job, program: str) -> list[str]:
    """Return how much of the output the main thread has seen, and how to read the rest."""
    if job.kind is not JobKind.HANDED_OVER:
        return []
    above = f"{job.shown} bytes of output are above" if job.shown else "none yet"
    return [f"  output    {above}; the rest: {program} job {job.id} --log --since {job.shown}"]


def _rest(job: Job, program: str) -> list[str]:
    """Return how to hand over a whole task, where a command worker has one command of it for want of an agent."""
    if job.kind is not JobKind.COMMAND or job.depth or _FOR_AGENTS.isdisjoint(job.workloads):
        return []
    return [f'  hand over {program} delegate --task "…" gives an agent the whole task, where one is configured']


def result(job: Job, log: str) -> str:
    """Return how the job ended, with the part of its output that fits: of its digest, where it has one."""
    if job.kind is JobKind.AGENT:
        lines = saying(log) if not job.state.ended else answered(told_by(job.digest))
        asked = [f"  asked     a person must approve: {text}" for text in job.asked]
        return "\n".join([f"headgate: {status(job)}", *asked, *lines])
    digest = read_digest(job.digest)
    short = not job.digest or (digest.lines <= MAX_LINES and not digest.binary)
    return "\n".join([f"headgate: {status(job)}", *(excerpt(log) if short else digest.shown())])


def news(job: Job, log: str, program: str) -> str:
    """Return the two lines that tell the main thread of an ended job."""
    head = f"headgate: {cut(status(job), 120)}: {one_line(job.command, 80)}"
    more = f" · more: {program} job {job.id}"
    if job.kind is JobKind.AGENT:  # what its client printed is nobody's reading
        return f"{head}\n  {_outlook(job) or line_of(told_by(job.digest)) or 'no answer'}{more}"[:MAX_NEWS]
    return f"{head}\n  {_outlook(job) or _telling(job, log)[:140]}{more} --log"[:MAX_NEWS]


def _outlook(job: Job) -> str:
    """Return what has to be said instead of a line of output."""
    where = one_line(", ".join(job.machines), 60) or "this machine"
    if job.state is JobState.LOST:
        return f"nobody knows whether it finished; look at {where} before anything is run again"
    if job.remote == "remote unconfirmed":
        return f"what it had started on {where} may still run there"
    return ""


def _telling(job: Job, log: str) -> str:
    """Return the line of the output that tells most: the first error of what failed, else the last line."""
    digest = read_digest(job.digest)
    lines = [line for line in clean(log) if line.strip()] or [*digest.first, *digest.last]
    if job.state is JobState.SUCCEEDED:
        return lines[-1] if lines else "no output"
    wrong = [line for _number, line in digest.wrong] or [line for line in lines if looks_wrong(line)]
    return next(iter([*wrong[:1], *lines[-1:]]), "no output")


def event(job: Job, kind: str, text: str, program: str) -> str:
    """Return the two lines that tell of what happens to a job that goes on: *kind*, and in *text* what was seen."""
    what = {
        "first error": "has its first error",
        "stalled": "is stalled: no output, and no work",
        "waiting for input": "waits for input, and nobody can type it",
        "handed over": "was handed over, and goes on",
        ASKS: "wants to do what a person must approve",
    }.get(kind, one_line(kind, 80))
    advice = {
        "stalled": f"end it: {program} cancel {job.id}",
        "waiting for input": f"end it: {program} cancel {job.id}, and run it so that it does not ask",
        ASKS: "ask the user; it was refused, and the agent goes on without it",
    }.get(kind, f"more: {program} job {job.id}")
    seen = next((line for line in clean(text) if line.strip()), "no output")
    return f"headgate: job {job.id} {what}: {one_line(job.command, 100)}\n  {seen[:140]} · {advice}"[:MAX_NEWS]


def status(job: Job) -> str:
    """Return the state of *job* in one clause."""
    note = one_line(job.note, _NOTE)
    word = job.state.value.replace("_", " ")
    if not job.state.ended:
        return f"job {job.id} is {word}" + (f": {note}" if note else "")
    code = "" if job.exit_code is None else f", exit status {job.exit_code}"
    sure = f" ({job.remote})" if job.remote else ""
    late = " (told late)" if job.late and job.state is not JobState.LOST else ""
    return f"job {job.id} {word}{sure} after {lasting(job.seconds)}{code}{late}" + (f" ({note})" if note else "")


def excerpt(log: str, lines: int = MAX_LINES) -> list[str]:
    """Return the telling lines of a log: all of a short one, else errors, the first and the last lines."""
    found = clean(log)
    if len(found) <= lines:
        return [f"  {line}" for line in found]
    head, tail = found[:2], found[-(lines - 2 - _ERRORS) :]
    middle = found[2 : -(lines - 2 - _ERRORS)]
    errors = [line for line in middle if looks_wrong(line)][:_ERRORS]
    left = len(middle) - len(errors)
    return [f"  {line}" for line in (*head, *errors, f"… {left} more lines …", *tail)]
