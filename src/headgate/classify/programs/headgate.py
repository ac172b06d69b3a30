"""The product's own command line: looking is free, whatever else steers the gate belongs to the operator."""

import shlex

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, Effect
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.options import split
from headgate.classify.programs.variables import search_path
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_LIGHT_CHANGE = Effect(fx.CHANGES)
_LOOKS = frozenset(
    "approvals check doctor export help job jobs log pools report status verify version why workers".split()
)
_OUTPUT = frozenset({"--output", "-o", "--out", "--html"})
"""Options that name a file which a look writes; the file is looked at as for any program."""

_STEERS = (
    *("HEADGATE_", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "LD_", "DYLD_"),
    *("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHONINSPECT", "PYTHONBREAKPOINT"),
)
"""How variables begin that make our command line another program, or one of another gate."""

_GROUPS = frozenset({"override", "policy", "journal", "token", "authority", "store"})
"""Commands that have commands of their own."""

_INNER_LOOKS = {
    ("override", "list"),
    ("authority", "status"),
    *(("policy", name) for name in "check show test explain who-can diff prove replay schema".split()),
}
_POLICY_WRITES = frozenset("fmt import docs".split())
_HANDS_OVER = frozenset("cancel delegate rerun request-override".split())
_HELP = frozenset({"--help", "-h", "--version", "-V"})
_STAYS = {"job": {"--follow"}, "log": {"--follow", "-f", "-F"}, "jobs": {"--watch", "--until-idle"}}
"""Options with which a look does not end by itself."""


def headgate(call: Call) -> Effect:
    """Look at the gate, hand work over to it, or steer it, which only the operator may."""
    set_to = _elsewhere(call)
    if set_to:
        return _control(call, f"runs the gate's own command line with another `{set_to}`")
    found = split(call.words, frozenset({"--home"}), stops=True)
    if found.has("--home"):
        return _control(call, "names another home of the gate")
    if not found.operands or found.has(*_HELP):
        return _LOOK
    name, rest = found.operands[0], found.operands[1:]
    if "--home" in _before_command(rest) or any(word.startswith("--home=") for word in _before_command(rest)):
        return _control(call, "names another home of the gate")
    if _asks_help(name, rest):
        return _LOOK
    return _subcommand(call, name, rest)


def _asks_help(name: str, rest: tuple[str, ...]) -> bool:
    """Whether only help is asked for: behind an option, `--help` may be the option's value."""
    if name in _HANDS_OVER:
        return False
    return rest[:1] != () and (rest[0] in _HELP or (name in _GROUPS and rest[1:2] != () and rest[1] in _HELP))


def _elsewhere(call: Call) -> str:
    """Return the variable that the text sets and that makes our command line another program, or of another gate."""
    for name, value in call.environment.items():
        if name == "HOME" and value != call.around.home:
            return name
        if name == "PATH" and value is not None and search_path(call, value) is not EMPTY:
            return name
        if name.startswith(_STEERS) and not (name == "HEADGATE_HOME" and value in call.around.private):
            return name
    return ""


def _subcommand(call: Call, name: str, rest: tuple[str, ...]) -> Effect:
    if not _STAYS.get(name, set()).isdisjoint(rest):
        return Effect(fx.READS | fx.FOLLOWS, call.shows(Workload.LOG_TAIL, "follows jobs of the gate"))
    if name in _LOOKS or (name, *rest[:1]) in _INNER_LOOKS:
        return _LIGHT_CHANGE if _writes(rest) else _LOOK
    if name == "policy" and rest[:1] and rest[0] in _POLICY_WRITES:  # where it writes is looked at as for any program
        return _LIGHT_CHANGE
    if name in _HANDS_OVER:
        return _handing(call, name, rest)
    if name in {"guard", "demo"}:
        return _played(call, name, rest)
    return _control(call, "steers the gate, which is for its operator")


def _handing(call: Call, name: str, rest: tuple[str, ...]) -> Effect:
    """Hand over, or end, what was decided or will be; only a person says that something is done a second time."""
    if name == "rerun" and ("--confirm" in rest or not all(map(known, rest))):
        return _control(call, "does something a second time, which a person has to confirm")
    command = rest[rest.index("--") + 1 :] if "--" in rest else ()
    inside = call.run(" ".join(command) if len(command) == 1 else shlex.join(command)) if command else EMPTY
    steered = tuple(item for item in inside.evidence if item.workload is Workload.CONTROL_PLANE)
    return Effect(fx.CHANGES, steered) if steered else _LIGHT_CHANGE


def _played(call: Call, name: str, rest: tuple[str, ...]) -> Effect:
    """Run a command under the gate, which is what that does, or play the demonstration."""
    if name == "demo":
        return Effect(fx.CHANGES, call.shows(Workload.LONG_RUNNING, "plays the demonstration"))
    return call.run(shlex.join(rest[rest.index("--") + 1 :])) if "--" in rest else _LOOK


def _writes(rest: tuple[str, ...]) -> bool:
    """Whether a look is written into a file."""
    return any(word.partition("=")[0] in _OUTPUT or (word.startswith("-o") and word != "-o") for word in rest)


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
