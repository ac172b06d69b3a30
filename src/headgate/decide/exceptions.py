"""Which person's override covers a call; a function of its arguments."""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from headgate.decide.globs import fits
from headgate.model.action import Caller
from headgate.model.facts import Facts, Workload
from headgate.model.override import Scope, Standing
from headgate.model.steady import Steady


class Asking(msgspec.Struct, frozen=True):
    """Who asks for what: *action* gives the SHA-256 of the action, as the journal has it, where that is needed."""

    caller: Caller
    action: Callable[[], str]


def covering(standing: Iterable[Standing], facts: Facts, asking: Asking, now: float, steady: Steady) -> list[Standing]:
    """Return those of *standing* that cover the call, in the order in which they are tried: what is said plainly first.

    What touches the gate itself is never covered.
    """
    if Workload.CONTROL_PLANE in facts.workloads:
        return []
    found = [
        item
        for item in standing
        if not item.over(now, steady) and not any(uncovered(item.override.scope, facts, asking))
    ]
    return sorted(found, key=lambda item: (item.override.scope.everything, item.override.id))


def uncovered(scope: Scope, facts: Facts, asking: Asking) -> Iterator[str]:
    """Yield, in words, each part of the call that *scope* does not cover; nothing where it covers all of it.

    Every class of the call has to be named, and every machine: an override of restarts does not let `ssh` do more.
    """
    if scope.workloads and not facts.workloads:
        yield "work of no class"
    if scope.workloads:
        yield from (f"the class {name}" for name in facts.workloads if name not in scope.workloads)
    if scope.machines:
        yield from _machines(scope, facts)
    if scope.environments and facts.environment not in scope.environments:
        yield f"the environment {facts.environment}"
    yield from _elsewhere(scope, facts, asking)


def _elsewhere(scope: Scope, facts: Facts, asking: Asking) -> Iterator[str]:
    if scope.sessions and asking.caller.session not in scope.sessions:
        yield "this session"
    if scope.actions and asking.action() not in scope.actions:
        yield "this action"
    if scope.projects and not any(_inside(facts.cwd, folder) for folder in scope.projects):
        yield f"the directory {facts.cwd or 'that nobody knows'}"


def _machines(scope: Scope, facts: Facts) -> Iterator[str]:
    for name in facts.machines:
        if not any(fits(pattern.lower(), name.lower()) for pattern in scope.machines):
            yield f"the machine {name}"
    if facts.unnamed or not facts.machines:
        yield "a machine that the call does not name"


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
