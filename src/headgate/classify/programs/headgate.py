"""The product's own command line: looking is free, whatever else steers the gate belongs to the operator."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.options import split
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_LIGHT_CHANGE = Effect(fx.CHANGES)
_LOOKS = frozenset("check jobs job pools workers log why verify status doctor help version".split())
_POLICY_LOOKS = frozenset("check show test explain who-can diff prove replay schema".split())
_POLICY_WRITES = frozenset("fmt import docs".split())
_HANDS_OVER = frozenset("cancel delegate rerun request-override".split())
_HELP = frozenset({"--help", "-h", "--version", "-V"})
_STAYS = {"job": {"--follow"}, "log": {"--follow", "-f", "-F"}, "jobs": {"--watch", "--until-idle"}}
"""Options with which a look does not end by itself."""


def headgate(call: Call) -> Effect:
    """Look at the gate, hand work over to it, or steer it, which only the operator may."""
    found = split(call.words, frozenset({"--home"}), stops=True)
    if found.has("--home"):
        return _control(call, "names another home of the gate")
    if not found.operands or found.has(*_HELP):
        return _LOOK
    name, rest = found.operands[0], found.operands[1:]
    if "--home" in _before_command(rest) or any(word.startswith("--home=") for word in _before_command(rest)):
        return _control(call, "names another home of the gate")
    if name not in _HANDS_OVER and rest and rest[0] in _HELP:
        return _LOOK
    return _subcommand(call, name, rest)


def _subcommand(call: Call, name: str, rest: tuple[str, ...]) -> Effect:
    if not _STAYS.get(name, set()).isdisjoint(rest):
        return Effect(fx.READS | fx.FOLLOWS, call.shows(Workload.LOG_TAIL, "follows jobs of the gate"))
    if name in _LOOKS or (name == "policy" and rest[:1] and rest[0] in _POLICY_LOOKS):
        return _LOOK
    if name == "policy" and rest[:1] and rest[0] in _POLICY_WRITES:  # where it writes is looked at as for any program
        return _LIGHT_CHANGE
    if name in _HANDS_OVER:
        return _handing(call, name, rest)
    if name == "demo":
        return Effect(fx.CHANGES, call.shows(Workload.LONG_RUNNING, "plays the demonstration"))
    return _control(call, "steers the gate, which is for its operator")


def _handing(call: Call, name: str, rest: tuple[str, ...]) -> Effect:
    """Hand over, or end, what was decided or will be; only a person says that something is done a second time."""
    if name == "rerun" and ("--confirm" in rest or not all(map(known, rest))):
        return _control(call, "does something a second time, which a person has to confirm")
    return _LIGHT_CHANGE


def _before_command(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words in front of `--`, behind which a delegated command stands."""
    return words[: words.index("--")] if "--" in words else words


def hook(call: Call) -> Effect:
    """Answer an agent's hook: nobody but the agent's client runs this."""
    return _control(call, "runs the gate's own hook")


def shim(call: Call) -> Effect:
    """Keep a job: nobody but the gate starts this."""
    return _control(call, "runs the gate's own keeper")


def _control(call: Call, why: str) -> Effect:
    return Effect(fx.CHANGES, call.shows(Workload.CONTROL_PLANE, why))


PROGRAMS = {"headgate": headgate, "headgate-hook": hook, "headgate-shim": shim}
