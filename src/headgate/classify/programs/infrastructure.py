"""Tools that lay infrastructure down, and keep its secrets and services."""

from headgate.classify.effect import Effect, change
from headgate.classify.programs.call import Call
from headgate.classify.programs.kubernetes import inside
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.verbs import (
    CHANGE,
    CONSOLE,
    COPY,
    DEPLOY,
    DEPLOY_FOLLOW,
    DESTROY,
    FOLLOW,
    LIGHT,
    LONG,
    LOOK,
    ONLY_READS,
    PLAN,
    REMOVE,
    RESTART,
    RUNS,
    SERVE,
    SESSION,
    SETTING,
    UNDEPLOY,
    Tool,
    asks_help,
    by_table,
    far,
    near,
    on,
    read_verb,
    target,
    verbs,
)
from headgate.model.facts import Workload

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
    words_of(
        """
        -var -var-file -target -replace -state -state-out -out -backend-config -lock-timeout -parallelism --working-dir
        --terragrunt-working-dir --terragrunt-config --terragrunt-include-dir
        --terragrunt-parallelism --queue-include-dir
        """
    ),
    variables=("TF_WORKSPACE", "AWS_PROFILE"),
    dry=(),
    follow=(),
    long_dash=True,
)
_RUNNERS = frozenset({"run-all", "run", "stack", "apply-all", "destroy-all", "plan-all"})


def terraform(call: Call) -> Effect:
    """Plan, apply or destroy infrastructure (developer.hashicorp.com/terraform/cli)."""
    if call.words and asks_help(call.words):
        return ONLY_READS
    found = split(call.words, _TERRAFORM.valued, long_dash=True)
    operands = found.operands
    while operands and operands[0] in _RUNNERS and call.name == "terragrunt":
        operands = (
            (operands[0][:-4], *operands[1:])
            if operands[0].endswith("-all") and operands[0] != "run-all"
            else operands[1:]
        )
    if operands[:1] == ("console",) and call.fed:
        return near(call, SETTING)
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
    words_of("-s --stack -C --cwd -m --message -t --target -p --parallel -c --config --color"),
    names=("-s", "--stack"),
    variables=("PULUMI_STACK",),
    dry=("--preview-only", "--dry-run"),
)
_PACKER = Tool(
    verbs(
        (LIGHT, "validate, fmt, inspect, init, plugins, hcl2_upgrade"),
        (LONG, "build"),
        (CONSOLE, "console"),
    ),
    words_of("-var -var-file -only -except -on-error -parallel-builds"),
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
        (RUNS, "job action"),
        (FOLLOW, "monitor, alloc logs -f"),
        (SERVE, "agent, agent-dev, ui"),
    ),
    words_of("-address -namespace -region -token -task -job -n -tail -c -check-index -var -var-file"),
    names=("-address",),
    variables=("NOMAD_ADDR",),
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
    words_of("-address -namespace -format -field -mount -ca-cert -method -path -version"),
    names=("-address",),
    variables=("VAULT_ADDR",),
    default=CHANGE,
    long_dash=True,
)
_CONSUL = Tool(
    verbs(
        (LOOK, "members, kv get, kv export, catalog"),
        (LOOK, "info, operator raft list-peers, intention list, acl token list, rtt"),
        (LOOK, "catalog services, catalog nodes, config read, config list, peering list, health"),
        (LIGHT, "validate, keygen, login, logout"),
        (COPY, "snapshot save"),
        (DESTROY, "kv delete, config delete, acl token delete, acl policy delete"),
        (RESTART, "reload, leave, force-leave, maint"),
        (FOLLOW, "monitor, watch"),
        (SERVE, "agent, connect proxy"),
        (RUNS, "exec"),
        (DEPLOY, "services register, services deregister, config write"),
    ),
    words_of("-http-addr -datacenter -token -token-file -ca-file -namespace -partition"),
    names=("-http-addr",),
    variables=("CONSUL_HTTP_ADDR",),
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


def nomad(call: Call) -> Effect:
    """Look at or change what a Nomad cluster runs; `alloc exec` runs words in an allocation of it."""
    found = split(call.words, _NOMAD.valued | {"-e"}, stops=True, long_dash=True)
    rest = found.operands[1:] if found.operands[:1] == ("alloc",) else found.operands
    if rest[:1] != ("exec",) or "-help" in call.words:
        return by_table(call, _NOMAD)
    again = split(rest[1:], _NOMAD.valued | {"-e", "-task"}, stops=True, long_dash=True)
    machine = target(call, _NOMAD, found).machine or target(call, _NOMAD, again).machine
    job = again.has("-job")
    words = again.operands if job else again.operands[1:]
    return inside(call, words, (machine, again.value("-job") or "".join(again.operands[:1])), terminal=False)


def vault(call: Call) -> Effect:
    """Read or change secrets; `ssh` opens a session with a key of its own (developer.hashicorp.com/vault)."""
    found = split(
        call.words, _VAULT.valued | words_of("-role -mode -mount-point -strict-host-key-checking"), long_dash=True
    )
    if found.operands[:1] != ("ssh",) or "-help" in call.words:
        return ONLY_READS if found.has("-h") else by_table(call, _VAULT)
    return call.start(("ssh", *found.operands[1:])) if len(found.operands) > 1 else ONLY_READS


def atmos(call: Call) -> Effect:
    """Run terraform or helmfile for a component of a stack (atmos.tools)."""
    found = split(call.words, words_of("-s --stack"))
    if found.operands[:1] in {("terraform",), ("helmfile",)}:
        return call.start((*found.operands[:2], *(name for name in found.options if name not in {"-s", "--stack"})))
    return ONLY_READS


def consul(call: Call) -> Effect:
    """Look at or change a Consul cluster; `exec` runs a command on every node of it."""
    effect = by_table(call, _CONSUL)
    if effect.has(Workload.REMOTE_SESSION):
        found = (*effect.evidence, *call.shows(Workload.MULTI_HOST, "runs a command on every node"))
        return change(effect, evidence=found)
    return effect


_BOUNDARY_ENDS = {"list": LOOK, "read": LOOK, "delete": REMOVE, "create": CHANGE, "update": CHANGE}


def boundary(call: Call) -> Effect:
    """Open a session through a proxy, or look at or change its catalogue (developer.hashicorp.com/boundary)."""
    words = split(call.words, words_of("-target-id -id -addr -host-id -exec"), long_dash=True).operands
    if asks_help(call.words) or words[:1] in {("authenticate",), ("config",), ("logout",)}:
        return ONLY_READS
    if words[:1] == ("connect",):
        return far(call, SESSION if words[1:] else RUNS)
    return far(call, next((_BOUNDARY_ENDS[word] for word in words[1:] if word in _BOUNDARY_ENDS), CHANGE))


def tool(call: Call) -> Effect:
    """Read a tool's subcommand off its table."""
    return by_table(call, _TOOLS[call.name])


_TOOLS = {
    "pulumi": _PULUMI,
    "packer": _PACKER,
    "crossplane": _CROSSPLANE,
    "waypoint": Tool(
        verbs(
            (DEPLOY, "up, deploy, release, deployment create, install, server upgrade"),
            (LONG, "build, artifact build"),
            (FOLLOW, "logs"),
            (SESSION, "exec"),
            (UNDEPLOY, "destroy, server uninstall"),
            (LOOK, "status, deployment list, release list, project list, job list, artifact list, config get"),
            (LIGHT, "init, context, login, docs, fmt"),
        ),
        words_of("-app -a -project -p -workspace -w"),
        default=CHANGE,
        long_dash=True,
    ),
    "spacectl": Tool(
        verbs(
            (DEPLOY, "stack deploy, stack confirm, stack task"),
            (LOOK, "stack list, stack show, stack outputs, stack resources"),
            (PLAN, "stack preview, stack local-preview"),
            (FOLLOW, "stack logs"),
            (LIGHT, "profile, whoami, stack open"),
            (REMOVE, "stack delete"),
        ),
        words_of("--id --run --sha"),
        default=CHANGE,
    ),
}
PROGRAMS = {
    **dict.fromkeys(_TOOLS, tool),
    **dict.fromkeys(("terraform", "tofu", "opentofu", "terragrunt"), terraform),
    "consul": consul,
    "nomad": nomad,
    "vault": vault,
    "boundary": boundary,
    "atmos": atmos,
}
