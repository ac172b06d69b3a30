"""One name for each machine of an action, however it was spelled, and the other names that tell its environment."""

from collections.abc import Callable

import msgspec

from headgate.classify.effect import Effect, change
from headgate.classify.programs.ssh_answers import book
from headgate.classify.programs.ssh_config import load
from headgate.classify.programs.ssh_targets import default_roots, scripts_of

Names = dict[str, tuple[str, ...]]
_NO_NAMES: Names = {}


def named(effect: Effect, settings: Callable[[str], tuple[tuple[str, str], ...]], home: str) -> tuple[Effect, Names]:
    """Return *effect* with an address shown as the host that ssh's configuration gives it to, and all other names."""
    if not effect.machines and not effect.known_as:
        return effect, _NO_NAMES
    config = load(settings, default_roots(home), home)
    found = book(config)
    shown = {name: found.shown[name] for name in effect.machines if found.shown.get(name, name) != name}
    if shown:
        effect = change(_renamed(effect, shown), scripts=(*effect.scripts, *scripts_of(config)))
    names: Names = {name: found.names[name] for name in effect.machines if name in found.names}
    for machine, other in effect.known_as:
        name = shown.get(machine, machine)
        names[name] = (*names.get(name, ()), other)
    return effect, names


def _renamed(effect: Effect, shown: dict[str, str]) -> Effect:
    touches = tuple(
        msgspec.structs.replace(touch, machine=shown.get(touch.machine, touch.machine)) for touch in effect.touches
    )
    machines = tuple(dict.fromkeys(shown.get(name, name) for name in effect.machines))
    return change(effect, machines=machines, touches=touches)
