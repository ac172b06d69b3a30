"""The commands of an action, one by one, for people: what each is, where it runs and what it belongs to."""

import msgspec

from headgate.classify.effect import HIDDEN, Effect
from headgate.model.facts import Workload
from headgate.model.span import Span

MAX_STEPS = 200
"""More steps than this are not kept: nobody reads them."""

_SHOWN = 120


class Step(msgspec.Struct, frozen=True):
    """One command: its *text* with `…` for what is not known, the *machine* (empty: this one), and its classes.

    *depth* counts the texts and programs around it, *unknown* says why it is `opaque`, *span* is where it stands in
    the action's text.
    """

    depth: int
    machine: str
    text: str
    workloads: tuple[Workload, ...]
    unknown: tuple[str, ...]
    span: Span


class Trace:
    """Collects the steps of one walk; a program's own steps come behind it."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def begin(self, depth: int, machine: str, words: tuple[str, ...], span: Span) -> int:
        """Note that a command is being read; returns its place, -1 where there is no room for it."""
        if len(self.steps) >= MAX_STEPS:
            return -1
        text = " ".join(words).replace(HIDDEN, "…").replace("\n", " ⏎ ")
        shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
        self.steps.append(Step(depth, machine, shown, (), (), span))
        return len(self.steps) - 1

    def end(self, place: int, effect: Effect) -> None:
        """Note what the command at *place* does."""
        if place < 0:
            return
        found = dict.fromkeys(item.workload for item in effect.evidence)
        unknown = tuple(dict.fromkeys(item.message for item in effect.evidence if item.workload is Workload.OPAQUE))
        self.steps[place] = msgspec.structs.replace(self.steps[place], workloads=tuple(found), unknown=unknown)

    def place(self) -> int:
        """Return the place that the next command gets."""
        return len(self.steps)

    def repeat(self, since: int, turns: int | None) -> None:
        """Note that what stands from place *since* on is one turn of *turns* (`None`: nobody knows how many)."""

    def drop(self, since: int) -> None:
        """Note that what stands from place *since* on was only read once more, with other values."""
