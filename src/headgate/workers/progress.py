"""How far a job has come: which step runs, for how long, how silent, and its latest lines."""

import re

import msgspec

from headgate.model.plan import Activity, Plan, Progress, Source, outer
from headgate.record.redact import redact
from headgate.workers.lines import lasting, narrow, one_line, plain, size
from headgate.workers.trace import current

TAIL = 16 * 1024
"""Bytes at the end of the output that are read."""

LAST = 3
"""Latest lines of output that are kept."""

_QUIET = 5.0
_WIDTH = 160
_MARKER = re.compile(
    r"(?i)(?:^|[\s\[(])(?:step|stage|task|phase|part)?\s*\[?(\d{1,3})\s*(?:/|of)\s*(\d{1,3})(?![\d./-])[\])]?(?:[\s:.,]|$)"
)


class Pulse(msgspec.Struct, frozen=True):
    """What is known of running work: times are seconds of one clock, *output* is in bytes.

    *expected* are the seconds of the whole (`None`: nobody knows).
    """

    now: float
    started: float
    last_output_at: float
    output: int = 0
    expected: float | None = None
    state: Activity = Activity.WORKING
    first_error: str = ""


def progress(plan: Plan, trace: bytes, log: bytes, pulse: Pulse) -> Progress:
    """Return how far the work of *plan* has come, as its *trace*, else the end of its *log*, tells."""
    steps = outer(plan)
    lines = [line.strip() for line in plain(log[-TAIL:].decode("utf-8", "replace")).split("\n")]
    lines = [line for line in lines if line]
    step, source = _step(steps, trace, lines)
    return Progress(
        step,
        len(steps),
        max(0.0, pulse.now - pulse.started),
        pulse.expected if pulse.expected is not None else _expected(steps),
        max(0.0, pulse.now - max(pulse.last_output_at, pulse.started)),
        pulse.output,
        tuple(narrow(redact(line), _WIDTH) for line in lines[-LAST:]),
        pulse.state,
        narrow(redact(pulse.first_error), _WIDTH),
        source,
    )


def _step(steps: Plan, trace: bytes, lines: list[str]) -> tuple[int | None, Source]:
    if len(steps) == 1:
        return 1, Source.NONE
    traced = current(trace, steps)
    if traced is not None:
        return traced, Source.TRACE
    marked = _marked(lines, len(steps))
    return (marked, Source.OUTPUT) if marked is not None else (None, Source.NONE)


def _marked(lines: list[str], of: int) -> int | None:
    """Return the step that the output itself names last (`[2/5]`, `step 2 of 5`), where it counts as the plan does."""
    for line in reversed(lines):
        for match in reversed(list(_MARKER.finditer(line[:400]))):
            if int(match[2]) == of and 1 <= int(match[1]) <= of:
                return int(match[1])
    return None


def _expected(steps: Plan) -> float | None:
    """Return the seconds of all steps together, where that of each is known."""
    known = [step.seconds for step in steps if step.seconds is not None]
    return sum(known) if known and len(known) == len(steps) else None


def lines(found: Progress, plan: Plan) -> list[str]:
    """Return what a person sees of it: one line that says how far it is, the first error, the latest lines."""
    parts = [_where(found, plan), _time(found)]
    parts += [f"silent for {lasting(found.silence)}"] if found.silence >= _QUIET else []
    parts += [found.state.value] if found.state is not Activity.WORKING else []
    parts += [size(found.output)] if found.output else ["no output"]
    told = [" · ".join(part for part in parts if part)]
    told += [f"  first error: {found.first_error}"] if found.first_error else []
    return [*told, *(f"  | {line}" for line in found.last)]


def _where(found: Progress, plan: Plan) -> str:
    steps = outer(plan)
    if found.step is None or not 1 <= found.step <= len(steps):
        return f"one of {found.of} steps" if found.of > 1 else ""
    text = one_line(redact(steps[found.step - 1].text), _WIDTH)
    return f"step {found.step} of {found.of}: {text}" if found.of > 1 else text


def _time(found: Progress) -> str:
    elapsed = lasting(found.elapsed)
    return elapsed if found.expected is None else f"{elapsed} of about {lasting(round(found.expected, 1))}"
