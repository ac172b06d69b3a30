"""Pipelines: stages that run together, and the data that flows between machines through them."""

from typing import TYPE_CHECKING

from headgate.classify import effect as fx
from headgate.classify.effect import Effect, change, join
from headgate.classify.shell.redirects import Stdin
from headgate.classify.shell.syntax import Node
from headgate.model.facts import Evidence, Workload

if TYPE_CHECKING:
    from headgate.classify.shell.walk import Walk


def pipeline(walk: "Walk", stages: tuple[Node, ...], stdin: Stdin) -> Effect:
    """Return the effect of stages that run together: one look, however many filters follow it."""
    effects: list[Effect] = []
    for stage in stages:
        effects.append(walk.perhaps(stage, stdin))
        stdin = Stdin(fed=True, text=effects[-1].output, piped=True)
    effects[:-1] = map(_read_on, effects[:-1])
    whole = join(effects)
    moved: tuple[Evidence, ...] = ()
    if _moves(effects):
        moved = (fx.evidence(Workload.TRANSFER, "data flows between machines through a pipe", walk.origin),)
    rounds = max((effect.rounds for effect in effects), default=0)
    seconds = max((effect.seconds for effect in effects), default=0.0)
    return change(whole, rounds=rounds, seconds=seconds, evidence=whole.evidence + moved, output=effects[-1].output)


def _moves(effects: list[Effect]) -> bool:
    """Whether bulk data goes from one machine to another along a pipe; a look at remote data does not move it."""
    for place, sender in enumerate(effects):
        if sender.does & fx.SENDS:
            later = effects[place + 1 :]
            if any(effect.does & fx.REMOTE and effect.programs[:1] not in _READ_NAMES for effect in later):
                return True
            if sender.does & fx.REMOTE and any(not effect.does & fx.FILTERS for effect in later):
                return True
    return False


def _read_on(effect: Effect) -> Effect:
    """Return *effect* of a stage that another reads: a pager passes its input on, and `yes` ends with its reader."""
    name = effect.programs[:1]
    if name in _PAGERS:
        return change(effect.without(Workload.INTERACTIVE), does=effect.does & ~fx.INTERACTIVE)
    return effect.without(Workload.LONG_RUNNING) if name == ("yes",) else effect


_PAGERS = {("less",), ("more",), ("most",)}
_READ_NAMES = {("xargs",), ("parallel",), ("bash",), ("sh",), ("zsh",), ("dash",), ("ksh",)}
"""Programs that take what they read for words or commands: it is not what reaches the other machine."""
