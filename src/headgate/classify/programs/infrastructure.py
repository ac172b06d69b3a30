"""Verbs, the words that tools of operators share, and the tools that lay infrastructure down."""

from collections.abc import Mapping

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, SOME_MACHINE, Effect, change
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import Options, split
from headgate.classify.programs.ssh import remote
from headgate.model.facts import Look, Touch, Workload


class Verb(msgspec.Struct, frozen=True):
    """What a subcommand does: flags, classes, the reason to show, and how it touches its target."""

    does: int
    classes: tuple[Workload, ...] = ()
    why: str = ""
    touch: Look | None = None


_W = Workload
LIGHT = Verb(fx.READS)
SETTING = Verb(fx.CHANGES)
PLAN = Verb(fx.READS | fx.NETWORK)
UNKNOWN = Verb(fx.UNSURE | fx.NETWORK | fx.REMOTE)
LOOK = Verb(fx.READS, (_W.REMOTE_PROBE,), "one quick look at another machine", Look.READ)
FOLLOW = Verb(fx.READS | fx.FOLLOWS, (_W.LOG_TAIL,), "follows a stream that does not end", Look.READ)
WAIT = Verb(fx.READS, (_W.LONG_RUNNING,), "waits until something is done", Look.READ)
SERVE = Verb(fx.UNSURE, (_W.LONG_RUNNING,), "serves until it is stopped")
LONG = Verb(fx.CHANGES | fx.NETWORK, (_W.LONG_RUNNING,), "is known to take long")
DEPLOY = Verb(fx.CHANGES, (_W.DEPLOY,), "changes what runs or is released", Look.CHANGE)
DEPLOY_LONG = Verb(fx.CHANGES, (_W.DEPLOY, _W.LONG_RUNNING), "builds and releases", Look.CHANGE)
DEPLOY_FOLLOW = Verb(
    fx.CHANGES | fx.FOLLOWS, (_W.DEPLOY, _W.LOG_TAIL), "changes what runs and stays with its output", Look.CHANGE
)
RESTART = Verb(fx.CHANGES, (_W.RESTART,), "starts, stops or restarts a service", Look.CHANGE)
CHANGE = Verb(fx.CHANGES, (_W.CROSS_MACHINE,), "changes something on another machine", Look.CHANGE)
DESTROY = Verb(fx.CHANGES | fx.DESTROYS, (_W.DESTRUCTIVE,), "destroys what is hard to bring back", Look.CHANGE)
REMOVE = Verb(
    fx.CHANGES | fx.DESTROYS, (_W.CROSS_MACHINE, _W.DESTRUCTIVE), "removes something on another machine", Look.CHANGE
)
UNDEPLOY = Verb(fx.CHANGES | fx.DESTROYS, (_W.DEPLOY, _W.DESTRUCTIVE), "takes down and destroys what runs", Look.CHANGE)
SESSION = Verb(fx.UNSURE | fx.INTERACTIVE, (_W.REMOTE_SESSION, _W.INTERACTIVE), "opens a session on another machine")
RUNS = Verb(fx.UNSURE, (_W.REMOTE_SESSION,), "runs something on another machine")
EDIT = Verb(
    fx.CHANGES | fx.INTERACTIVE, (_W.CROSS_MACHINE, _W.INTERACTIVE), "opens an editor on another machine's state"
)
COPY = Verb(fx.CHANGES, (_W.TRANSFER,), "moves data between machines")
CONSOLE = Verb(fx.UNSURE | fx.INTERACTIVE, (_W.INTERACTIVE,), "waits for a person to type")

_ONLY_FAR = frozenset({_W.REMOTE_PROBE, _W.CROSS_MACHINE, _W.REMOTE_SESSION, _W.TRANSFER})
_READS = Effect(fx.READS)
_ENDED = {FOLLOW: LOOK, DEPLOY_FOLLOW: DEPLOY}
_HELP = frozenset({"help", "version", "completion", "--help", "--version", "-version", "-help", "-h"})


def far(call: Call, verb: Verb, machine: str = "", service: str = "") -> Effect:
    """Return the effect of *verb* on another machine, named where *machine* is not empty."""
    if not verb.classes:
        return Effect(verb.does, machines=(machine,) if machine and verb.does & fx.REMOTE else ())
    shown = f"{verb.why} ({machine})" if machine else verb.why
    return Effect(
        verb.does | fx.REMOTE | fx.NETWORK,
        tuple(fx.evidence(workload, shown, call.span) for workload in verb.classes),
        (machine,) if machine else (),
        probes=1 if _W.REMOTE_PROBE in verb.classes else 0,
        touches=(Touch(verb.touch, machine or call.machine, service),) if verb.touch else (),
    )


def near(call: Call, verb: Verb, service: str = "") -> Effect:
    """Return the effect of *verb* on this machine: looks and plain changes are light."""
    if verb is LIGHT:
        return _READS
    shown = tuple(fx.evidence(name, verb.why, call.span) for name in verb.classes if name not in _ONLY_FAR)
    touches = (Touch(verb.touch, call.machine, service),) if verb.touch else ()
    return Effect(verb.does & ~fx.REMOTE, shown, touches=touches)


def verbs(*groups: tuple[Verb, str]) -> dict[str, Verb]:
    """Return a table of subcommands: each group is a verb and its subcommands, one a comma."""
    return {" ".join(name.split()): verb for verb, names in groups for name in names.split(",")}


def valued(text: str) -> frozenset[str]:
    """Return the options in *text*, for `split`."""
    return frozenset(text.split())


def verb_of(table: Mapping[str, Verb], operands: tuple[str, ...], default: Verb = UNKNOWN) -> Verb:
    """Return the verb of the longest run of *operands* that *table* names."""
    for length in (4, 3, 2, 1):
        verb = table.get(" ".join(operands[:length])) if len(operands) >= length else None
        if verb is not None:
            return verb
    return default


def asks_help(words: tuple[str, ...]) -> bool:
    """Whether *words* only ask a tool for its help or its version."""
    return not words or words[0] in _HELP or "--help" in words or "-help" in words


def on(found: Options, *names: str) -> bool:
    """Whether one of the flags *names* is set, and not to `false` (`--watch=false`)."""
    return any(found.options[name][-1] not in {"false", "none"} for name in names if name in found.options)


def name_of(value: str) -> str:
    """Return the machine that a context, profile or project stands for; empty for none."""
    return SOME_MACHINE if HIDDEN in value else value


class Tool(msgspec.Struct, frozen=True):
    """A tool whose subcommands tell all: its table, its grammar, and the options that name, try, follow or end."""

    table: dict[str, Verb]
    valued: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    dry: tuple[str, ...] = ("--dry-run",)
    follow: tuple[str, ...] = ("-f", "--follow")
    ends: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    bare: Verb = LIGHT
    default: Verb = UNKNOWN
    long_dash: bool = False


def by_table(call: Call, tool: Tool) -> Effect:
    """Return the effect of a call of *tool*, read off its table."""
    if call.words and asks_help(call.words):
        return _READS
    found = split(call.words, tool.valued, long_dash=tool.long_dash)
    return read_verb(call, tool, found, found.operands)


def read_verb(call: Call, tool: Tool, found: Options, operands: tuple[str, ...]) -> Effect:
    """Return the effect of the subcommand *operands* of *tool* with the options *found*."""
    if not operands:
        verb = tool.bare
    elif HIDDEN in operands[0]:
        return call.opaque(f"the subcommand of `{call.name}` is not known before it runs")
    else:
        verb = verb_of(tool.table, operands, tool.default)
    if verb.does & fx.CHANGES and on(found, *tool.dry):
        verb = PLAN
    elif verb is LOOK and on(found, *tool.follow):
        verb = FOLLOW
    elif verb in _ENDED and on(found, *tool.ends):
        verb = _ENDED[verb]
    if on(found, *tool.local):
        return near(call, verb)
    return far(call, verb, name_of(found.value(*tool.names)))


_TERRAFORM = Tool(
    verbs(
        (PLAN, "plan, init, output, show, refresh-only, providers"),
        (PLAN, "graph, get, state list, state show, state pull, login"),
        (LIGHT, "validate, fmt, workspace, workspace list, workspace show, metadata, hclfmt, hcl, hcl fmt, find, list"),
        (LIGHT, "validate-inputs, render, graph-dependencies, terragrunt-info, info, render-json, hclvalidate, dag"),
        (SETTING, "workspace select, workspace new, logout"),
        (DEPLOY, "apply"),
        (UNDEPLOY, "destroy"),
        (CHANGE, "import, refresh, taint, untaint, force-unlock, state mv, state push, state replace-provider, test"),
        (REMOVE, "state rm, workspace delete"),
        (CONSOLE, "console"),
    ),
    valued("-var -var-file -target -replace -state -state-out -out -backend-config -lock-timeout -parallelism"),
    dry=(),
    follow=(),
    long_dash=True,
)
_RUNNERS = frozenset({"run-all", "run", "stack", "apply-all", "destroy-all", "plan-all"})


def terraform(call: Call) -> Effect:
    """Plan, apply or destroy infrastructure (developer.hashicorp.com/terraform/cli)."""
    if call.words and asks_help(call.words):
        return _READS
    found = split(call.words, _TERRAFORM.valued, long_dash=True)
    operands = found.operands
    while operands and operands[0] in _RUNNERS and call.name == "terragrunt":
        operands = (
            (operands[0][:-4], *operands[1:])
            if operands[0].endswith("-all") and operands[0] != "run-all"
            else operands[1:]
        )
    if operands[:1] == ("apply",) and on(found, "-destroy", "--destroy"):
        operands = ("destroy",)
    return read_verb(call, _TERRAFORM, found, operands)


_PULUMI = Tool(
    verbs(
        (PLAN, "preview, pre, about, whoami, stack"),
        (PLAN, "stack ls, stack output, stack history, stack export, stack graph, history"),
        (SETTING, "config, stack select, stack init, new, login, logout"),
        (SETTING, "plugin, install, convert, package, schema, env"),
        (DEPLOY, "up, update"),
        (DEPLOY_FOLLOW, "watch"),
        (UNDEPLOY, "destroy, down"),
        (REMOVE, "stack rm, state delete"),
        (CHANGE, "refresh, import, cancel, stack import, stack tag, stack rename, state, deployment"),
        (LOOK, "logs"),
    ),
    valued("-s --stack -C --cwd -m --message -t --target -p --parallel -c --config --color"),
    names=("-s", "--stack"),
    dry=("--preview-only", "--dry-run"),
)
_PACKER = Tool(
    verbs(
        (LIGHT, "validate, fmt, inspect, init, plugins, hcl2_upgrade"),
        (LONG, "build"),
        (CONSOLE, "console"),
    ),
    valued("-var -var-file -only -except -on-error -parallel-builds"),
    long_dash=True,
)
_NOMAD = Tool(
    verbs(
        (LOOK, "status, job status, job inspect, job history, job deployments, job allocs, inspect, logs, alloc logs"),
        (LOOK, "alloc status, alloc fs, fs, node status"),
        (LOOK, "server members, deployment list, deployment status, eval status"),
        (LOOK, "var get, var list, namespace list"),
        (LOOK, "volume status, operator raft list-peers, alloc checks, service list"),
        (PLAN, "job plan, plan, job validate, validate, fmt, job init, init, config"),
        (DEPLOY, "job run, run, job revert, job promote, deployment promote, deployment fail, job dispatch"),
        (RESTART, "job stop, stop, job restart, alloc restart, alloc stop, alloc signal, job start"),
        (CHANGE, "job scale, job eval, node drain, node eligibility, system gc, var put, namespace apply, operator"),
        (DESTROY, "var purge, namespace delete, volume delete, volume deregister, job purge"),
        (SESSION, "alloc exec, exec, job action"),
        (FOLLOW, "monitor, alloc logs -f"),
        (SERVE, "agent, agent-dev, ui"),
    ),
    valued("-address -namespace -region -token -task -job -n -tail -c -check-index -var -var-file"),
    names=("-address",),
    dry=(),
    follow=("-f",),
    long_dash=True,
)
_VAULT = Tool(
    verbs(
        (LOOK, "read, list, status, kv get, kv list"),
        (LOOK, "kv metadata get, token lookup, secrets list, auth list, policy list"),
        (LOOK, "policy read, audit list, lease lookup, operator raft list-peers, operator members, path-help"),
        (LIGHT, "login, print, print token, token capabilities, plugin list"),
        (SERVE, "server, agent, proxy"),
        (FOLLOW, "monitor"),
        (DESTROY, "delete, kv delete, kv destroy, kv metadata delete, secrets disable, auth disable, policy delete"),
        (DESTROY, "operator raft remove-peer, lease revoke"),
        (RESTART, "operator seal, operator unseal, operator step-down"),
    ),
    valued("-address -namespace -format -field -mount -ca-cert -method -path -version"),
    names=("-address",),
    default=CHANGE,
    long_dash=True,
)
_CONSUL = Tool(
    verbs(
        (LOOK, "members, kv get, kv export, catalog"),
        (LOOK, "info, operator raft list-peers, intention list, acl token list, rtt"),
        (LOOK, "catalog services, catalog nodes, config read, config list, peering list, health"),
        (LIGHT, "validate, keygen, login, logout"),
        (DESTROY, "kv delete, config delete, acl token delete, acl policy delete"),
        (RESTART, "reload, leave, force-leave, maint"),
        (FOLLOW, "monitor, watch"),
        (SERVE, "agent, connect proxy"),
        (RUNS, "exec"),
        (DEPLOY, "services register, services deregister, config write"),
    ),
    valued("-http-addr -datacenter -token -token-file -ca-file -namespace -partition"),
    names=("-http-addr",),
    default=CHANGE,
    long_dash=True,
)
_CROSSPLANE = Tool(
    verbs(
        (LIGHT, "render, validate, beta render, beta validate, xpkg build, xpkg init, xpkg extract, beta convert"),
        (LOOK, "trace, beta trace, top, beta top"),
        (DEPLOY, "xpkg push, xpkg install, xpkg update, install"),
    ),
)
_VAGRANT = verbs(
    (LIGHT, "status, global-status, validate, port, ssh-config, box"),
    (LIGHT, "plugin, init, snapshot list, box list, cap, version"),
    (LONG, "up, provision, box add, package"),
    (RESTART, "halt, reload, suspend, resume"),
    (DESTROY, "destroy, snapshot delete, snapshot restore"),
    (SETTING, "snapshot save, snapshot push, snapshot pop, box update, box remove, winrm-config"),
    (FOLLOW, "rsync-auto"),
)


def vagrant(call: Call) -> Effect:
    """Steer virtual machines of this machine; `ssh -c` runs a text in one (vagrant(1))."""
    if asks_help(call.words):
        return _READS
    found = split(call.words, frozenset({"-c", "--command", "--provider"}))
    operands = found.operands
    if operands[:1] != ("ssh",):
        return near(call, verb_of(_VAGRANT, operands, SETTING), operands[1] if len(operands) > 1 else "")
    machine = name_of(operands[1]) if len(operands) > 1 else "vagrant"
    text = found.value("-c", "--command")
    return remote(call, machine, text) if text else far(call, SESSION, machine)


def consul(call: Call) -> Effect:
    """Look at or change a Consul cluster; `exec` runs a command on every node of it."""
    effect = by_table(call, _CONSUL)
    if effect.has(Workload.REMOTE_SESSION):
        found = (*effect.evidence, *call.shows(Workload.MULTI_HOST, "runs a command on every node"))
        return change(effect, evidence=found)
    return effect


def tool(call: Call) -> Effect:
    """Read a tool's subcommand off its table."""
    return by_table(call, _TOOLS[call.name])


_TOOLS = {
    "pulumi": _PULUMI,
    "packer": _PACKER,
    "nomad": _NOMAD,
    "vault": _VAULT,
    "crossplane": _CROSSPLANE,
}
PROGRAMS = {
    **dict.fromkeys(_TOOLS, tool),
    **dict.fromkeys(("terraform", "tofu", "opentofu", "terragrunt"), terraform),
    "consul": consul,
    "vagrant": vagrant,
}
