"""Salt: functions on the minions of a target, on this one, or on the master (docs.saltproject.io)."""

from headgate.classify import effect as fx
from headgate.classify.effect import SOME_MACHINE, Effect, change
from headgate.classify.programs.call import Call
from headgate.classify.programs.fleets import everywhere, hosts, many
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.verbs import (
    CHANGE,
    LIGHT,
    REMOVE,
    RESTART,
    far,
    near,
)
from headgate.model.facts import Evidence, Workload

_MANY = 2


_SALT = words_of(
    """
    -t --timeout -b --batch-size --out --output -c --config-dir -l --log-level --roster --roster-file --user --priv
    """
)
_SALT_READS = (
    "test.",
    "grains.",
    "status.",
    "disk.",
    "network.",
    "pkg.list",
    "pkg.version",
    "service.status",
    "sys.",
    "pillar.",
)
_SALT_SELECTS = (
    "-E",
    "-G",
    "-N",
    "-C",
    "-S",
    "-I",
    "-P",
    "-R",
    "--grain",
    "--pcre",
    "--compound",
    "--nodegroup",
    "--pillar",
)
_SALT_DEPLOYS = ("state.apply", "state.highstate", "state.sls", "state.orchestrate")


def salt(call: Call) -> Effect:
    """Run a function on the minions of a target (salt(1), salt-ssh(1))."""
    found = split(call.words, _SALT)
    if found.has("--version", "--help", "-d", "--doc") or len(found.operands) < _MANY:
        return near(call, LIGHT)
    target, function = found.operands[:2]
    plain = not found.has(*_SALT_SELECTS) and not {"*", "[", "?"} & set(target)
    names = hosts(target) if found.has("-L", "--list") or plain else (SOME_MACHINE,)
    if function.startswith(_SALT_DEPLOYS):
        shown = () if "test=True" in found.operands else call.shows(Workload.DEPLOY, "brings minions into a state")
        effect = Effect((fx.CHANGES if shown else fx.READS) | fx.REMOTE | fx.NETWORK, shown, names)
        return many(call, effect, names) if shown else effect
    if function in {"cmd.run", "cmd.shell", "cmd.run_all"} or found.has("-r", "--raw"):
        return everywhere(call, names, " ".join(found.operands[2:] or (function,)))
    if function.startswith(_SALT_READS):
        return everywhere(call, names, "uptime")
    effect = everywhere(call, names, "")
    extra = call.shows(Workload.RESTART, "steers services") if function.startswith(("service.", "system.")) else ()
    if function.endswith((".remove", ".purge", ".delete", ".destroy", ".rmdir", ".drop")):
        extra += call.shows(Workload.DESTRUCTIVE, f"`{function}` removes what is hard to bring back")
    return change(effect, evidence=effect.evidence + extra)


def salt_call(call: Call) -> Effect:
    """Run a function on this minion itself (salt-call(1))."""
    found = split(call.words, _SALT)
    if found.has("--version", "--help", "-d", "--doc") or not found.operands:
        return near(call, LIGHT)
    function = found.operands[0]
    if function in {"cmd.run", "cmd.shell"}:
        return call.run(" ".join(found.operands[1:]))
    if function.startswith(_SALT_DEPLOYS) and "test=True" not in found.operands:
        return Effect(fx.CHANGES, call.shows(Workload.DEPLOY, "brings this machine into a state"))
    if function.startswith(_SALT_READS):
        return near(call, LIGHT)
    return near(call, RESTART) if function.startswith(("service.", "system.")) else Effect(fx.UNSURE)


def salt_run(call: Call) -> Effect:
    """Run a function on the master, copy to minions, or accept their keys (salt-run(1), salt-cp(1), salt-key(1))."""
    found = split(call.words, _SALT | words_of("-a --accept -d --delete -r --reject -p --print -f --finger"))
    shown: tuple[Evidence, ...] = ()
    if call.name == "salt-key":
        if found.has("-L", "--list-all", "-l", "--list", "-p", "-f", "-F", "-P", "--help", "--version"):
            return near(call, LIGHT)
        return far(call, REMOVE if found.has("-d", "-D", "--delete", "--delete-all") else CHANGE)
    if call.name == "salt-cp":
        shown = call.shows(Workload.TRANSFER, "copies a file to minions")
        effect = Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, shown, (SOME_MACHINE,))
        return many(call, effect, (SOME_MACHINE,)) if len(found.operands) > 1 else near(call, LIGHT)
    if not found.operands or not found.operands[0].startswith(("state.", "salt.", "cloud.", "ssh.")):
        return near(call, LIGHT)
    shown = call.shows(Workload.DEPLOY, "brings minions into a state")
    return many(call, Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, shown, (SOME_MACHINE,)), (SOME_MACHINE,))


PROGRAMS = {
    **dict.fromkeys(("salt", "salt-ssh"), salt),
    "salt-call": salt_call,
    **dict.fromkeys(("salt-run", "salt-cp", "salt-key"), salt_run),
}
