"""The plan of an action: its commands as steps, with their machines and the time that each is expected to take."""

import shlex
from collections.abc import Callable

import msgspec

from headgate.classify.effect import FILTERS, HIDDEN, Effect
from headgate.classify.facts import classify
from headgate.classify.inventory import Inventory
from headgate.classify.steps import MAX_STEPS as MAX_READ
from headgate.classify.steps import Trace
from headgate.classify.surroundings import Surroundings
from headgate.classify.timing import estimate
from headgate.model.action import Action, ShellAction, ToolAction
from headgate.model.plan import MAX_STEPS, Plan, PlanStep, outer
from headgate.model.span import Span

MAX_TEXT = 160
"""Characters of a step's text."""

_MAX_MACHINE = 60
_MAX_READ = 4000
_QUOTED = frozenset(" \t\n;|&<>()'\"")

_SILENT = frozenset(
    "cd pushd popd set shopt export declare typeset local readonly unset alias umask trap read shift let"
    " return exit break continue true false : [ [[ test getopts".split()
)
"""What takes no time, and only steers what others do."""


def plan(action: Action, around: Surroundings, expected: float | None = None, hide: Callable[[str], str] = str) -> Plan:
    """Return the steps of *action* as its text tells them, in their order; raises nothing.

    *expected* are the seconds of the whole, where something better than the text tells: those of a single step, then.
    *hide* takes secrets out of a text; it sees each step before that is cut.
    """
    match action:
        case ShellAction():
            outline = Outline(hide)
            classify(action, around, Inventory(), outline)
            found = outline.plan() or _whole(hide(action.command[:_MAX_READ]))
            return _short(_timed(found, expected))
        case ToolAction(name):
            return (PlanStep(_line(hide(name)), seconds=expected, program=_line(name)),)
        case _:
            return ()


class _Found(msgspec.Struct):
    """A command that was read; *within* is the place of the command that runs it, -1 where none does."""

    words: tuple[str, ...]
    machine: str
    within: int
    seconds: float | None = None
    turns: int | None = 1
    filters: bool = False
    machines: tuple[str, ...] = ()


class Outline(Trace):
    """Collects the commands of one walk, and which of them runs which."""

    def __init__(self, hide: Callable[[str], str] = str) -> None:
        super().__init__()
        self.hide = hide
        self.found: list[_Found] = []
        self.open: list[int] = []

    def begin(self, _depth: int, machine: str, words: tuple[str, ...], _span: Span) -> int:
        """Note that a command is being read; returns its place, -1 where there is no room for it."""
        place = len(self.found) if len(self.found) < MAX_READ else -1
        if place >= 0:
            self.found.append(_Found(words, machine, self.open[-1] if self.open else -1))
        self.open.append(place)
        return place

    def end(self, place: int, effect: Effect) -> None:
        """Note what the command at *place* does."""
        self.open.pop()
        if 0 <= place < len(self.found):
            found = self.found[place]
            found.seconds = estimate(effect)[0]
            found.machines = effect.machines
            found.filters = bool(effect.does & FILTERS) and not effect.machines

    def place(self) -> int:
        """Return the place that the next command gets."""
        return len(self.found)

    def repeat(self, since: int, turns: int | None) -> None:
        """Let what stands from place *since* on be one turn of *turns*."""
        within = self.open[-1] if self.open else -1
        for found in self.found[since:]:
            if found.within == within:  # the time of what runs others already holds theirs
                found.turns = None if turns is None or found.turns is None else found.turns * turns

    def drop(self, since: int) -> None:
        """Forget what stands from place *since* on."""
        del self.found[since:]

    def plan(self) -> Plan:
        """Return the steps: commands that nothing else runs, each followed by what it runs if that is more than one."""
        found = self.found
        below: dict[int, list[int]] = {}
        for place, item in enumerate(found):
            below.setdefault(item.within, []).append(place)
        tops = below.get(-1, [])
        steps: list[PlanStep] = []
        for place in [place for place in tops if _matters(found[place])] or tops:
            steps.append(self.step(found[place]))
            parts = [found[part] for part in _parts(below, place) if _matters(found[part])]
            steps += [self.step(part, inside=True) for part in parts if len(parts) > 1]
        return tuple(steps)

    def step(self, found: _Found, *, inside: bool = False) -> PlanStep:
        """Return what people see of *found*."""
        words = self.hide(" ".join(map(_shown, found.words))[:_MAX_READ])
        return _step(found, words, inside=inside)


def _parts(below: dict[int, list[int]], place: int) -> list[int]:
    """Return the places of the commands that the one at *place* runs, by way of others where each runs only one."""
    parts = below.get(place, [])
    while len(parts) == 1:
        parts = below.get(parts[0], [])
    return parts


def _matters(found: _Found) -> bool:
    if found.filters and found.seconds is None:
        return False
    return found.words[0].rpartition("/")[2] not in _SILENT


def _step(found: _Found, words: str, *, inside: bool) -> PlanStep:
    seconds = found.seconds
    often = ""
    if found.turns != 1:
        seconds = None if seconds is None or found.turns is None else seconds * found.turns
        often = " (in a loop)" if found.turns is None else f" ({found.turns} times)"
    text = _line(words, MAX_TEXT - len(often)) + often
    machine = found.machine or ", ".join(dict.fromkeys(found.machines))
    program = _line(found.words[0].rpartition("/")[2].replace(HIDDEN, "…")) or "…"
    return PlanStep(text, _line(machine, _MAX_MACHINE), seconds, program, inside)


def _shown(word: str) -> str:
    """Return *word* as it would be written; an unknown part is `…`."""
    bare = word.replace(HIDDEN, "…")
    return shlex.quote(bare) if not bare or not _QUOTED.isdisjoint(bare) else bare


def _line(text: str, most: int = MAX_TEXT) -> str:
    """Return *text* on one line; a longer one ends with a whole word: half a secret does not look like one."""
    flat = " ".join(text.split())
    flat = "".join(mark if mark.isprintable() else "�" for mark in flat)
    if len(flat) <= most:
        return flat
    return flat[: flat.rfind(" ", 0, most - 1) + 1] + "…"


def _whole(command: str) -> Plan:
    """Return a text of which no command can be told as one step."""
    text = _line(command)
    return (PlanStep(text, program="…"),) if text else ()


def _timed(plan: Plan, expected: float | None) -> Plan:
    """Return *plan* with *expected* as the time of its step, where it has only one."""
    if expected is None or len(outer(plan)) != 1:
        return plan
    return tuple(msgspec.structs.replace(step, seconds=expected) if not step.inside else step for step in plan)


def _short(plan: Plan) -> Plan:
    """Return at most `MAX_STEPS` steps; the last one tells of those that are left out."""
    if len(plan) <= MAX_STEPS:
        return plan
    left = plan[MAX_STEPS - 1 :]
    known = [step.seconds for step in left if step.seconds is not None and not step.inside]
    told = PlanStep(f"… {len(left)} more", seconds=sum(known) if known else None)
    return (*plan[: MAX_STEPS - 1], told)
