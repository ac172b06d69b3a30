"""Tools that make, repair, back up or watch a cluster: kops, kubeadm, k3s, velero, meshes and network layers."""

from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.verbs import (
    CHANGE,
    COPY,
    DEPLOY,
    DEPLOY_LONG,
    DESTROY,
    EDIT,
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
    WAIT,
    Tool,
    asks_help,
    by_table,
    far,
    near,
    read_verb,
    verb_of,
    verbs,
)

_CONTEXT = words_of("-n --namespace --context --kube-context --kubeconfig -o --output -l --selector -f --filename")
_KOPS = Tool(
    verbs(
        (LOOK, "get, validate"),
        (LIGHT, "export, toolbox, completion, set-context"),
        (DEPLOY, "update, upgrade, rolling-update, create, reconcile"),
        (DESTROY, "delete"),
        (EDIT, "edit"),
        (CHANGE, "replace, set, unset, promote, distrust, trust"),
    ),
    words_of("--name --state --out --target --zones --node-count --node-size --image -f --filename -o --output --wait"),
    names=("--name",),
    variables=("KOPS_CLUSTER_NAME",),
    default=CHANGE,
)
_KOPS_NEEDS_YES = frozenset({"update", "upgrade", "rolling-update", "delete", "reconcile"})


def kops(call: Call) -> Effect:
    """Make or change a cluster: without `--yes` most of it is a preview (kops.sigs.k8s.io)."""
    if asks_help(call.words):
        return ONLY_READS
    found = split(call.words, _KOPS.valued)
    name = found.operands[0] if found.operands else ""
    if not found.has("--yes", "-y"):
        if name in _KOPS_NEEDS_YES:
            return near(call, PLAN)
        if name == "create":
            return far(call, CHANGE, found.value("--name"))
    if name == "validate" and found.has("--wait"):
        return far(call, WAIT, found.value("--name"))
    return read_verb(call, _KOPS, found, found.operands)


_VELERO = Tool(
    verbs(
        (LOOK, "backup get, backup describe, backup logs, restore get, restore describe, restore logs, get, describe"),
        (LOOK, "schedule get, backup-location get, snapshot-location get, repo get, debug, plugin get"),
        (LIGHT, "client"),
        (DEPLOY, "restore create, create restore, install"),
        (UNDEPLOY, "uninstall"),
        (DESTROY, "backup delete, delete backup"),
        (REMOVE, "restore delete, schedule delete, delete, backup-location delete"),
        (COPY, "backup download"),
    ),
    _CONTEXT | words_of("--from-backup --include-namespaces --exclude-namespaces --schedule --provider --bucket --ttl"),
    names=("--kubecontext",),
    default=CHANGE,
)
_WAITS_LONG = ("-w", "--wait")


def velero(call: Call) -> Effect:
    """Back a cluster up, or restore it (velero.io/docs)."""
    effect = by_table(call, _VELERO)
    return _awaited(call, effect) if split(call.words).has(*_WAITS_LONG) else effect


def _awaited(call: Call, effect: Effect) -> Effect:
    """Return *effect*, and a wait until it is done."""
    waiting = far(call, WAIT)
    if effect.probes:
        return waiting
    return Effect(effect.does | waiting.does, (*effect.evidence, *waiting.evidence), effect.machines)


_LINKERD = Tool(
    verbs(
        (LOOK, "check, viz stat, viz edges, viz routes, viz authz, viz list, viz check, multicluster gateways"),
        (LOOK, "diagnostics, identity, multicluster check, jaeger check, authz"),
        (FOLLOW, "viz tap, tap"),
        (SESSION, "viz top, top"),
        (RUNS, "viz dashboard, jaeger dashboard, dashboard"),
    ),
    _CONTEXT,
    names=("--context",),
    default=LIGHT,
)
_CILIUM = Tool(
    verbs(
        (LOOK, "status, config view, clustermesh status, bgp peers, bgp routes, encrypt status, features status"),
        (LIGHT, "context"),
        (DEPLOY, "install, upgrade"),
        (UNDEPLOY, "uninstall"),
        (RUNS, "hubble ui, hubble port-forward"),
        (LONG, "sysdump"),
    ),
    _CONTEXT,
    names=("--context",),
    default=CHANGE,
)


def cilium(call: Call) -> Effect:
    """Install, look at or test a cluster's network (docs.cilium.io)."""
    effect = by_table(call, _CILIUM)
    tests = call.words[:1] == ("connectivity",) and not asks_help(call.words)
    return _awaited(call, effect) if tests or split(call.words).has("--wait") else effect


_KUBEADM = verbs(
    (LIGHT, "config, token list, upgrade plan, upgrade diff, certs check-expiration, certs certificate-key, version"),
    (DEPLOY_LONG, "init, join, upgrade apply, upgrade node"),
    (DESTROY, "reset"),
)


def kubeadm(call: Call) -> Effect:
    """Make this machine a node of a cluster, or no longer one (kubernetes.io/docs/reference/setup-tools/kubeadm)."""
    if asks_help(call.words) or "--dry-run" in call.words:
        return ONLY_READS
    operands = split(call.words, words_of("--config --kubeconfig -v --v --rootfs")).operands
    verb = verb_of(_KUBEADM, operands, SETTING)
    return far(call, CHANGE) if operands[:1] == ("token",) and verb is SETTING else near(call, verb)


_ALL_IN_ONE = verbs(
    (LIGHT, "check-config, etcd-snapshot ls, etcd-snapshot list, status, inspect, certificate check, token list"),
    (LIGHT, "config, sysinfo, secrets-encrypt status"),
    (SERVE, "server, agent, controller, worker"),
    (LONG, "etcd-snapshot, etcd-snapshot save, install, backup, restore, refresh-certs"),
    (DESTROY, "etcd-snapshot delete, etcd-snapshot prune, reset"),
    (RESTART, "start, stop, restart"),
)
_INNER = frozenset({"kubectl", "crictl", "ctr", "helm", "helm3", "istioctl", "linkerd", "cilium"})


def all_in_one(call: Call) -> Effect:
    """Run a cluster in one program, or a client that it brings along (k3s, k0s, rke2, microk8s)."""
    found = split(call.words, words_of("-d --data-dir"), stops=True)
    if asks_help(found.operands) or found.has("--version", "--help"):
        return ONLY_READS
    if found.operands[0] in _INNER:
        return call.start(found.operands)
    return near(call, verb_of(_ALL_IN_ONE, found.operands, SETTING))


def removal(call: Call) -> Effect:
    """Stop, or take away with its data, the cluster that an installer left (docs.k3s.io/installation/uninstall)."""
    return near(call, RESTART if "killall" in call.name else DESTROY)


_TOOLS = {
    "linkerd": _LINKERD,
    "calicoctl": Tool(
        verbs(
            (LOOK, "get, node status, node diags, ipam show, ipam check, cluster diags"),
            (LIGHT, "convert, validate, node checksystem"),
            (DEPLOY, "apply, create, replace, patch"),
            (REMOVE, "delete, ipam release"),
        ),
        _CONTEXT | words_of("-c --config -p --patch"),
        names=("--context",),
        default=CHANGE,
    ),
    "hubble": Tool(
        verbs((LOOK, "observe, status, list, watch")), _CONTEXT | words_of("--server --last --since"), default=LIGHT
    ),
    "popeye": Tool({}, _CONTEXT, names=("--context",), bare=LOOK, default=LOOK),
    "clusterctl": Tool(
        verbs(
            (LOOK, "describe, get"),
            (LIGHT, "generate, config, alpha, get kubeconfig"),
            (PLAN, "upgrade plan"),
            (DEPLOY, "init, move, upgrade apply, upgrade"),
            (DESTROY, "delete"),
        ),
        _CONTEXT | words_of("--kubeconfig-context --to-kubeconfig"),
        names=("--kubeconfig-context",),
        default=CHANGE,
    ),
    "talosctl": Tool(
        verbs(
            (LOOK, "get, list, ls, read, logs, dmesg, services, service, health, containers, processes, memory, disks"),
            (LOOK, "stats, time, etcd members, etcd status, etcd alarm, mounts, netstat, usage, cluster show"),
            (LIGHT, "config, gen, validate, image, kubeconfig, conformance"),
            (DEPLOY, "apply-config, apply, upgrade, upgrade-k8s, bootstrap, rollback, patch"),
            (RESTART, "reboot, restart, shutdown"),
            (DESTROY, "reset, cluster destroy"),
            (EDIT, "edit"),
            (SESSION, "dashboard"),
            (COPY, "copy, cp"),
            (FOLLOW, "events"),
        ),
        words_of("-n --nodes -e --endpoints --context --talosconfig -f --file -o --output"),
        names=("-n", "--nodes"),
        default=CHANGE,
    ),
    "rke": Tool(verbs((DEPLOY_LONG, "up"), (DESTROY, "remove"), (LIGHT, "config, util")), default=CHANGE),
}


def tool(call: Call) -> Effect:
    """Read a tool's subcommand off its table."""
    return by_table(call, _TOOLS[call.name])


PROGRAMS = {
    **dict.fromkeys(_TOOLS, tool),
    "kops": kops,
    "velero": velero,
    "cilium": cilium,
    "kubeadm": kubeadm,
    **dict.fromkeys(("k3s", "k0s", "rke2", "microk8s"), all_in_one),
    **dict.fromkeys(("k3s-uninstall.sh", "k3s-agent-uninstall.sh", "k3s-killall.sh", "rke2-uninstall.sh"), removal),
}
