"""Copies over ssh: the machines at their ends, and what the program that carries them starts (scp(1), rsync(1))."""

import shlex

from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.machines import remote_target
from headgate.classify.programs.options import Options, split
from headgate.classify.programs.ssh import SSH_VALUED, at_target
from headgate.classify.programs.ssh_targets import Target, reach

_NO_OPTIONS = Options({}, ())


def ends(call: Call, words: tuple[str, ...], given: Options = _NO_OPTIONS, port: str = "-p") -> tuple[Target, ...]:
    """Return the targets among *words* (`[user@]host:path`, URLs), reached with the options *given*."""
    return tuple(reach(call, target, given, port) for target in map(remote_target, words) if target)


def machines_at(targets: tuple[Target, ...]) -> tuple[str, ...]:
    """Return the machines of *targets*, each once; this machine is none of them."""
    return tuple(dict.fromkeys(target.machine for target in targets if target.machine))


def between(effect: Effect, targets: tuple[Target, ...]) -> Effect:
    """Return *effect* with what is known of the *targets* at its ends."""
    for target in targets:
        effect = at_target(effect, target)
    return effect


def carrier(call: Call, text: str) -> tuple[Options, tuple[Effect, ...]]:
    """Return the ssh options in the *text* that starts a carrier (`rsync -e`), or the effect of another program."""
    if not text:
        return _NO_OPTIONS, ()
    try:
        words = tuple(shlex.split(text))
    except ValueError:
        return _NO_OPTIONS, (call.run(text),)
    if words and words[0].rpartition("/")[2] in {"ssh", "rsh"}:
        return split(words[1:], SSH_VALUED), ()
    return _NO_OPTIONS, (call.run(text),)
