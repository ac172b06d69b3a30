"""What delegated work consists of, and how far it has come: for people and models, never for a decision."""

from enum import StrEnum

import msgspec

MAX_STEPS = 20
"""Steps of a plan; of a longer one, the last says how many more there are."""


class PlanStep(msgspec.Struct, frozen=True):
    """One command of a plan.

    *text* is one line of at most 160 characters, *machine* empty on this one, *seconds* what it is expected to take
    (`None`: nobody knows), *program* the base name of its program (empty: it stands for other steps). One that is
    *inside* is part of the step before it that is not: what it runs, mostly elsewhere.
    """

    text: str
    machine: str = ""
    seconds: float | None = None
    program: str = ""
    inside: bool = False


Plan = tuple[PlanStep, ...]


def outer(plan: Plan) -> Plan:
    """Return the steps of *plan* that are inside of no other: those that are counted."""
    return tuple(step for step in plan if not step.inside and step.program)


class Activity(StrEnum):
    """What running work seems to do."""

    WORKING = "working"
    STALLED = "stalled"
    WAITING = "waiting for input"


class Source(StrEnum):
    """What tells which step runs."""

    TRACE = "trace"
    OUTPUT = "output"
    NONE = "none"


class Progress(msgspec.Struct, frozen=True):
    """How far running work has come.

    *step* counts from 1 (`None`: not known) up to *of*, those inside of others left out; *elapsed*, *expected* and
    *silence* (since the last output) are seconds, *output* bytes; *last* are the latest lines of output, *first_error*
    is the first that looks like an error.
    """

    step: int | None
    of: int
    elapsed: float
    expected: float | None
    silence: float
    output: int
    last: tuple[str, ...]
    state: Activity = Activity.WORKING
    first_error: str = ""
    source: Source = Source.NONE
