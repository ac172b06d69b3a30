"""How an agent's work reads for its main thread: its plan, how far it is, its answer; never what its client printed."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from headgate.host.acting import acting
from headgate.model.plan import Plan, PlanStep, Progress, Source
from headgate.workers.agents.answer import NO_ANSWER, Answer, answer_in
from headgate.workers.agents.reading import Reading, Step, plans, read
from headgate.workers.lines import clean, looks_wrong, narrow, one_line
from headgate.workers.progress import LAST, Pulse
from headgate.workers.summary import Digest

BRIEF = "task.md"
"""The file in a job's folder with what its agent was told; only jobs of agents have one."""

SHOWN = 24
"""Lines of an answer that are shown at once."""

_WIDTH = 240
_LONGEST = 4096
_STEP = 120


class Told(msgspec.Struct, frozen=True):
    """What is kept of an agent's output beside the digest of any job: its *answer*, and its *plan*."""

    answer: Answer | None = None
    plan: tuple[Step, ...] = ()


@acting()
def is_agent(folder: Path) -> bool:
    """Whether *folder* is that of an agent's job."""
    return (folder / BRIEF).exists()


def digest_of(log: Path) -> dict[str, object]:
    """Return what is kept of the output at *log*, in plain values; it holds what the agent said, and no more."""
    reading = read(log)
    found = answer_in(reading)
    lines = clean(found.result)
    digest = Digest(_size(log), len(lines), first=tuple(map(narrow, lines[:LAST])))
    return digest.plain() | {"answer": msgspec.to_builtins(found), "plan": msgspec.to_builtins(reading.steps)}


def told(digest: dict[str, object] | None) -> Told:
    """Return what `digest_of` kept; nothing where there is none, or one of another form."""
    try:
        return msgspec.convert(digest or {}, Told)
    except msgspec.ValidationError:
        return Told()


def verdict(digest: dict[str, object] | None) -> tuple[bool, str]:
    """Return whether an agent whose process ended well may count as done, and what people should know of that."""
    found = told(digest).answer
    if found is None or not found.agreed:
        return True, NO_ANSWER
    return (True, "") if found.done else (False, "the agent says that its task is not done")


def planned(steps: Sequence[Step], agent: str) -> Plan:
    """Return what the agent called *agent* has planned, as the plan of its job."""
    return tuple(PlanStep(one_line(step.text, _STEP), program=agent or "agent") for step in steps)


def progress(reading: Reading, pulse: Pulse) -> Progress:
    """Return how far the agent is by its own word: the first step that is not done, and what it said last."""
    steps = reading.steps
    waiting = [number for number, step in enumerate(steps, 1) if not step.done]
    return Progress(
        (waiting or [len(steps)])[0] if steps else None,
        len(steps),
        max(0.0, pulse.now - pulse.started),
        None,
        max(0.0, pulse.now - max(pulse.last_output_at, pulse.started)),
        pulse.output,
        tuple(narrow(line) for line in _latest(reading)),
        pulse.state,
        source=Source.OUTPUT if steps else Source.NONE,
    )


def saying(log: str) -> list[str]:
    """Return what an agent that runs said last, in the end *log* of its output, as lines for people and models."""
    reading = Reading()
    reading.take(log.encode("utf-8", "replace"))
    reading.close()
    return [f"  | {line}" for line in _latest(reading)]


def answered(found: Told) -> list[str]:
    """Return an agent's answer as lines for people and models."""
    if found.answer is None:
        return []
    reply = found.answer
    lines = [line[:_WIDTH] for line in clean(reply.result) if line.strip()] or ["it said nothing"]
    done = [f"  {'did':<9} {step}" for step in reply.steps or (step.text for step in found.plan if step.done)]
    left = [f"  {'left':<9} {step.text}" for step in found.plan if not step.done] if not reply.done else []
    return [
        *(f"  {'answer' if not number else '':<9} {line}" for number, line in enumerate(lines[:SHOWN])),
        *([f"  {'':<9} … {len(lines) - SHOWN} more lines"] if len(lines) > SHOWN else []),
        *(f"  {'open':<9} {item}" for item in reply.open),
        *done,
        *left,
    ]


def line_of(found: Told) -> str:
    """Return an agent's answer in one line."""
    if found.answer is None:
        return ""
    lines = [line for line in clean(found.answer.result) if line.strip()]
    wrong = [line for line in lines if looks_wrong(line)] if not found.answer.agreed else []
    first = (wrong or lines or ["it said nothing"])[0]
    open_ = len(found.answer.open) if found.answer.agreed else 0
    return f"{one_line(first, 110 if open_ else 140)}{f' · {open_} open' if open_ else ''}"


def _latest(reading: Reading) -> list[str]:
    text = "\n".join(list(reading.said)[-LAST if reading.events else -SHOWN :])
    whole = [line for line in text.split("\n") if line.strip() and len(line) <= _LONGEST]  # longer: part of an event
    return clean("\n".join([line for line in whole if not plans(line)][-LAST:]))


def _size(log: Path) -> int:
    try:
        return log.stat().st_size
    except OSError:
        return 0
