"""Tools that lay infrastructure down, and keep its secrets and services."""

from headgate.classify.effect import Effect, change
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.ssh import remote
from headgate.classify.programs.verbs import (
    CHANGE,
    CONSOLE,
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
    name_of,
    near,
    on,
    read_verb,
    verb_of,
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
        -var -var-file -target -replace -state -state-out -out -backend-config -lock-timeout -parallelism
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
        (SESSION, "alloc exec, exec, job action"),
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
        return ONLY_READS
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
