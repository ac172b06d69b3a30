"""Configuration management: ansible, salt, puppet, chef and their kin bring machines into a state."""

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, SOME_MACHINE, Effect, change
from headgate.classify.programs.call import Call
from headgate.classify.programs.fleets import everywhere, hosts, many
from headgate.classify.programs.options import Options, split, words_of
from headgate.classify.programs.ssh import session
from headgate.classify.programs.verbs import (
    CONSOLE,
    LIGHT,
    SESSION,
    SETTING,
    asks_help,
    far,
    near,
)
from headgate.model.facts import Workload

_ANSIBLE = words_of(
    """
    -m --module-name -a --args -i --inventory -l --limit -u --user -e --extra-vars -f --forks -t --tags --skip-tags
    -c --connection -T --timeout --become-user --become-method --private-key --key-file -M --module-path --tree
    --vault-password-file --vault-id --start-at-task --ssh-common-args --ssh-extra-args -B --background -P --poll
    --playbook-dir -d --directory -U --url
    """
)
_MODULE_READS = words_of(
    """
    ping setup gather_facts stat debug service_facts package_facts slurp find getent win_ping assert
    """
)
_MODULE_SHELLS = frozenset({"command", "shell", "raw", "script", "win_shell", "win_command"})
_LOOKS_ONLY = (
    "--check",
    "-C",
    "--syntax-check",
    "--list-hosts",
    "--list-tasks",
    "--list-tags",
    "--version",
    "--help",
    "-h",
)


def ansible(call: Call) -> Effect:
    """Run one module on the hosts of a pattern (ansible(1))."""
    found = split(call.words, _ANSIBLE)
    if found.has(*_LOOKS_ONLY) or not found.operands:
        return near(call, LIGHT)
    names = _pattern(found.operands[0], found)
    if not names:
        return call.run(found.value("-a", "--args")) if _module(found) in _MODULE_SHELLS else Effect(fx.UNSURE)
    module, words = _module(found), found.value("-a", "--args")
    if module in _MODULE_SHELLS and module != "script":
        return everywhere(call, names, words)
    if module in _MODULE_READS:
        return everywhere(call, names, "uptime")
    effect = session(call, names[0], Effect(fx.CHANGES), f"runs the module `{module.replace(HIDDEN, '…')}`")
    extra = (
        call.shows(Workload.RESTART, "changes the state of services")
        if module in {"service", "systemd", "reboot"}
        else ()
    )
    return many(call, change(effect, machines=names, evidence=effect.evidence + extra), names)


def _module(found: Options) -> str:
    return found.value("-m", "--module-name").rpartition(".")[2] or "command"


def _pattern(text: str, found: Options) -> tuple[str, ...]:
    """Return the machines of an ansible pattern: a group's name stands for hosts that are not known."""
    inventory = found.value("-i", "--inventory")
    if inventory.endswith(",") or "," in inventory:
        return hosts(inventory)
    limit = found.value("-l", "--limit")
    if text in {"localhost", "127.0.0.1"} and not limit:
        return ()
    listed = hosts((limit or text).replace(":", ","))
    single = len(listed) == 1 and "." in listed[0]
    return listed if single or (len(listed) > 1 and "all" not in listed) else (SOME_MACHINE,)


def playbook(call: Call) -> Effect:
    """Bring the hosts of a playbook into its state; checks and lists change nothing (ansible-playbook(1))."""
    found = split(call.words, _ANSIBLE)
    if found.has(*_LOOKS_ONLY) or not (found.operands or call.name == "ansible-pull"):
        return near(call, LIGHT)
    inventory, local = found.value("-i", "--inventory"), found.value("-c", "--connection") == "local"
    shown = call.shows(Workload.DEPLOY, "brings machines into the state of a playbook")
    if call.name == "ansible-pull" or local or inventory in {"localhost,", "127.0.0.1,"}:
        return Effect(fx.CHANGES, shown, touches=fx.touched(call.machine))
    named = inventory if "," in inventory else found.value("-l", "--limit").replace(":", ",")
    names = hosts(named) or (SOME_MACHINE,)
    touches = fx.touched(names[0])
    effect = Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, shown, names, touches=touches)
    return change(effect, evidence=(*shown, *call.shows(Workload.MULTI_HOST, "a playbook reaches many machines")))


def ansible_other(call: Call) -> Effect:
    """Type modules to many hosts, edit secrets, or play through another front end (ansible-console(1))."""
    found = split(call.words, _ANSIBLE)
    if found.has("--help", "--version", "-h"):
        return near(call, LIGHT)
    if call.name == "ansible-vault":
        return near(call, CONSOLE if found.operands[:1] in {("edit",), ("create",)} else SETTING)
    if call.name == "ansible-console":
        return many(call, far(call, SESSION), (SOME_MACHINE,))
    plays = found.operands[:1] == ("run",) and not found.has(*_LOOKS_ONLY)
    return playbook(msgspec.structs.replace(call, words=call.words[1:])) if plays else near(call, LIGHT)


_PYINFRA_LOOKS = words_of("fact debug-inventory")


def pyinfra(call: Call) -> Effect:
    """Run operations, facts or words on an inventory (docs.pyinfra.com)."""
    found = split(call.words, words_of("--limit --data --user --port --key --group-data"), stops=True)
    if found.has("--dry", "--help", "--version") or not found.operands:
        return near(call, LIGHT)
    target, rest = found.operands[0], found.operands[1:]
    names = (SOME_MACHINE,) if target.endswith(".py") else hosts(target)
    if rest[:1] == ("exec",):
        return everywhere(call, names, " ".join(word for word in rest[1:] if word != "--"))
    if rest[:1] and rest[0] in _PYINFRA_LOOKS:
        return everywhere(call, names, "uptime")
    shown = call.shows(Workload.DEPLOY, "brings machines into a state")
    return many(call, Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, shown, names), names)


def hive(call: Call) -> Effect:
    """Build and switch many machines to a configuration (colmena, morph, deploy-rs)."""
    acts = {"apply", "deploy", "apply-local", "switch"} & {*call.words}
    if call.words[:1] == ("exec",):
        rest = call.words[1:]
        return everywhere(call, (SOME_MACHINE,), " ".join(rest[rest.index("--") + 1 :] if "--" in rest else rest))
    if not acts or {"--help", "--dry-run", "build", "dry-activate"} & {*call.words}:
        return near(call, LIGHT)
    shown = call.shows(Workload.DEPLOY, "switches machines to another configuration")
    return many(call, Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, shown, (SOME_MACHINE,)), (SOME_MACHINE,))


def mco(call: Call) -> Effect:
    """Reach the nodes of a collective (mco(1))."""
    if asks_help(call.words):
        return near(call, LIGHT)
    text = "uptime" if call.words[0] in {"ping", "find", "inventory", "facts"} else ""
    return everywhere(call, (SOME_MACHINE,), text)


def bolt(call: Call) -> Effect:
    """Run a command, task or plan on targets (puppet.com/docs/bolt)."""
    found = split(
        call.words,
        words_of(
            """
            -t --targets -n --nodes -q --query -u --user -p --password -i --inventoryfile --rerun -m
            """
        ),
    )
    if asks_help(call.words) or found.operands[1:2] != ("run",) or found.has("--noop"):
        return near(call, LIGHT)
    listed = hosts(*found.values("-t", "--targets", "-n", "--nodes"))
    names = (SOME_MACHINE,) if "all" in listed else listed
    if found.operands[0] == "command":
        return everywhere(call, names, " ".join(found.operands[2:]))
    return everywhere(call, names, "")


def knife(call: Call) -> Effect:
    """Look at a chef server, or run a text on the nodes of a query (docs.chef.io/workstation/knife_ssh)."""
    found = split(call.words, words_of("-x -P -i -a -C -c --config -G -E --environment -N -r -u"))
    if asks_help(call.words) or not found.operands:
        return near(call, LIGHT)
    if found.operands[0] == "ssh":
        names = hosts(found.operands[1]) if found.has("-m", "--manual-list") and len(found.operands) > 1 else ()
        return everywhere(call, names, " ".join(found.operands[2:]))
    action = " ".join(found.operands[1:2])
    if action in {"list", "show", "status", "search", "diff"} or found.operands[0] in {
        "status",
        "search",
        "diff",
        "list",
        "show",
    }:
        return Effect(
            fx.READS | fx.NETWORK | fx.REMOTE,
            call.shows(Workload.REMOTE_PROBE, "one quick look at a chef server"),
            probes=1,
        )
    if found.operands[0] == "bootstrap":
        return everywhere(call, hosts(*found.operands[1:2]), "")
    workload = Workload.DESTRUCTIVE if "delete" in found.operands[1:3] else Workload.CROSS_MACHINE
    return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE, call.shows(workload, "changes what a chef server holds"))


def agent(call: Call) -> Effect:
    """Bring this machine into the state a server tells (puppet-agent(8), chef-client(8))."""
    words = set(call.words)
    tried = words & {"--noop", "--why-run", "-W", "--version", "--help", "-v", "-V", "-h", "help"}
    local = call.name == "puppet" and call.words[:1] not in {("agent",), ("apply",)}
    if tried or local or (call.name == "puppet" and not words):
        return near(call, LIGHT)
    shown = call.shows(Workload.DEPLOY, "brings this machine into the state of its server")
    return Effect(fx.CHANGES | fx.NETWORK, shown, touches=fx.touched(call.machine))


def rundeck(call: Call) -> Effect:
    """Start jobs on the nodes of a rundeck server, or look at them (`rd`)."""
    if asks_help(call.words):
        return near(call, LIGHT)
    if call.words[0] in {"run", "adhoc", "retry"}:
        return everywhere(call, (SOME_MACHINE,), "")
    return Effect(
        fx.READS | fx.NETWORK | fx.REMOTE, call.shows(Workload.REMOTE_PROBE, "one quick look at a server"), probes=1
    )


PROGRAMS = {
    "ansible": ansible,
    **dict.fromkeys(("ansible-playbook", "ansible-pull"), playbook),
    **dict.fromkeys(("ansible-console", "ansible-vault", "ansible-navigator"), ansible_other),
    "pyinfra": pyinfra,
    **dict.fromkeys(("colmena", "morph"), hive),
    "mco": mco,
    "bolt": bolt,
    "knife": knife,
    **dict.fromkeys(("puppet", "chef-client", "chef-solo"), agent),
    "rd": rundeck,
}
