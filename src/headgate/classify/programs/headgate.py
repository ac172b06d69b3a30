"""The product's own command line: looking is free, whatever else steers the gate belongs to the operator."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_LIGHT_CHANGE = Effect(fx.CHANGES)
_LOOKS = frozenset("check jobs job log why verify status doctor help version".split())
_POLICY_LOOKS = frozenset("check show test explain who-can diff prove replay schema".split())
_POLICY_WRITES = frozenset("fmt import docs".split())
_HANDS_OVER = frozenset("cancel delegate request-override".split())
_HELP = frozenset({"--help", "-h", "--version", "-V"})


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
    if name in {"job", "log"} and any(word in {"--follow", "-f", "-F"} for word in rest):
        return Effect(fx.READS | fx.FOLLOWS, call.shows(Workload.LOG_TAIL, "follows a job of the gate"))
    if name in _LOOKS or (name == "policy" and rest[:1] and rest[0] in _POLICY_LOOKS):
        return _LOOK
    if name == "policy" and rest[:1] and rest[0] in _POLICY_WRITES:  # where it writes is looked at as for any program
        return _LIGHT_CHANGE
    if name in _HANDS_OVER:
        return _LIGHT_CHANGE
    if name == "demo":
        return Effect(fx.CHANGES, call.shows(Workload.LONG_RUNNING, "plays the demonstration"))
    return _control(call, "steers the gate, which is for its operator")


def _before_command(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words in front of `--`, behind which a delegated command stands."""
    return words[: words.index("--")] if "--" in words else words


def hook(call: Call) -> Effect:
    """Answer an agent's hook: nobody but the agent's client runs this."""
    return _control(call, "runs the gate's own hook")


def _control(call: Call, why: str) -> Effect:
    return Effect(fx.CHANGES, call.shows(Workload.CONTROL_PLANE, why))


PROGRAMS = {"headgate": headgate, "headgate-hook": hook}
