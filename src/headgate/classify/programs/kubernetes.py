"""Kubernetes: kubectl and its kin, by subcommand; the words behind `exec --` are judged as ssh judges a remote text."""

import re

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, HIDDEN, SOME_MACHINE, Effect, change, looked, touched
from headgate.classify.programs.call import Call
from headgate.classify.programs.infrastructure import (
    CHANGE,
    COPY,
    DEPLOY,
    DEPLOY_FOLLOW,
    DESTROY,
    EDIT,
    FOLLOW,
    LIGHT,
    LONG,
    LOOK,
    PLAN,
    REMOVE,
    RESTART,
    RUNS,
    SERVE,
    SESSION,
    SETTING,
    UNDEPLOY,
    UNKNOWN,
    WAIT,
    Tool,
    Verb,
    asks_help,
    by_table,
    far,
    name_of,
    near,
    on,
    valued,
    verb_of,
    verbs,
)
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import Options, split
from headgate.classify.programs.ssh import probe
from headgate.classify.programs.wrappers import seconds_of
from headgate.model.facts import Workload

_GLOBAL = valued(
    "-n --namespace --context --cluster --user --kubeconfig"
    " -s --server --token --as --as-group --as-uid --request-timeout"
    " --cache-dir --certificate-authority --client-key --client-certificate"
    " --tls-server-name -v --v --password --username"
    " --profile --profile-output --log-flush-frequency"
)
_COMMON = _GLOBAL | valued(
    "-o --output -l --selector -c --container"
    " --field-selector --sort-by --tail --since --since-time --replicas --timeout"
    " --for --image --type --patch --patch-file --grace-period --to-revision --revision --port --name --overrides --env"
    " --labels --template --max-log-requests --limit-bytes --pod-running-timeout --chunk-size --subresource --address"
    " --field-manager --target-port --from-literal --from-file --target --filename --kustomize -k -L --label-columns"
    " --restart --schedule --current-replicas --min --max"
    " --cpu-percent --requests --limits --duration --resource-version"
)
_FILES = _COMMON | {"-f"}
_PATCH = _FILES | {"-p"}
_DASH_F_FOLLOWS = frozenset({"logs", "log", "exec", "rsh"})

_VERBS = verbs(
    (LIGHT, "config view, config get-contexts, config current-context, config get-clusters, config get-users, explain"),
    (LIGHT, "kustomize, completion, options, plugin, plugin list, help, whoami, krew, alpha, neat, process, login"),
    (SETTING, "config, project, logout, kuberc"),
    (PLAN, "diff"),
    (LOOK, "get, describe, logs, log, top, events, auth can-i, auth whoami, api-resources, api-versions, cluster-info"),
    (LOOK, "rollout history, version, set env --list, apply view-last-applied, status, projects, tree, adm top"),
    (WAIT, "rollout status, wait"),
    (DEPLOY, "apply, create, replace, patch, set, rollout undo, run, new-app, start-build, rollout latest, rollback"),
    (RESTART, "rollout restart"),
    (CHANGE, "scale, autoscale, expose, label, annotate, taint, cordon, uncordon, drain, certificate, auth reconcile"),
    (CHANGE, "rollout pause, rollout resume, create token, adm, tag, policy, import-image, secrets, cancel-build"),
    (EDIT, "edit, apply edit-last-applied"),
    (RUNS, "port-forward, proxy, attach"),
    (SESSION, "debug"),
    (COPY, "cp, rsync"),
)
_PODS = frozenset({"pod", "pods", "po"})
_PRECIOUS = frozenset(
    [
        "ns",
        "namespace",
        "namespaces",
        "pv",
        "persistentvolume",
        "persistentvolumes",
        "pvc",
        "persistentvolumeclaim",
        "persistentvolumeclaims",
        "crd",
        "crds",
        "customresourcedefinition",
        "customresourcedefinitions",
        "project",
        "projects",
        "node",
        "nodes",
        "no",
    ]
)
_POD_SUFFIX = re.compile(r"(?:-[a-f0-9]{6,10})?-[bcdfghjklmnpqrstvwxz2456789]{5}\Z|-\d+\Z")
_SHOWS_CLASSES = frozenset({"logs", "log", "describe", "rollout", "get", "wait"})


def kubectl(call: Call) -> Effect:
    """Look at, change or enter a cluster (kubernetes.io/docs/reference/kubectl)."""
    if asks_help(_before_dashes(call.words)):
        return near(call, LIGHT) if call.words[:1] != ("version",) or "--client" in call.words else far(call, LOOK)
    outer = split(call.words, _GLOBAL, stops=True)
    if not outer.operands:
        return near(call, LIGHT)
    name, words = outer.operands[0], outer.operands[1:]
    if HIDDEN in name:
        return call.opaque("the subcommand of the call is not known before it runs")
    if name in {"exec", "rsh"}:
        return _exec(call, outer, words, name)
    inner = split(words, _COMMON if name in _DASH_F_FOLLOWS else _PATCH if name == "patch" else _FILES)
    verb = _refined(call, _verb(call, name, inner), name, inner)
    effect = far(call, verb, _cluster(outer, inner), _service(name, inner))
    return change(effect, seconds=_seconds(inner)) if verb is LOOK and name in {"wait", "rollout"} else effect


def _before_dashes(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[: words.index("--")] if "--" in words else words


def _verb(call: Call, name: str, inner: Options) -> Verb:
    if name == "delete":
        return _deleted(inner)
    if name == "run" and on(inner, "-i", "--stdin", "--tty", "-t") and on(inner, "--tty", "-t"):
        return SESSION
    if name == "version" and "--client" in call.words:
        return LIGHT
    return verb_of(_VERBS, (name, *inner.operands), UNKNOWN)


def _refined(call: Call, verb: Verb, name: str, inner: Options) -> Verb:
    """Return *verb* as the options make it: tried only, followed, or bounded."""
    if verb.does & fx.CHANGES and (
        on(inner, "--dry-run") or (on(inner, "--local") and name in {"set", "patch", "label"})
    ):
        return PLAN
    if name == "set" and inner.has("--list"):
        return LOOK
    if verb is LOOK and on(
        inner, *(("-f", "--follow") if name in _DASH_F_FOLLOWS else ("-w", "--watch", "--watch-only"))
    ):
        return FOLLOW
    if verb is WAIT:
        short = 0 < _seconds(inner) < call.around.comfort
        return LOOK if short or inner.value("--watch", "-w") == "false" else WAIT
    return verb


def _seconds(inner: Options) -> float:
    return seconds_of(inner.value("--timeout")) or 0.0


def _deleted(inner: Options) -> Verb:
    kinds = {kind for word in inner.operands[:1] for kind in word.lower().split(",")}
    kinds |= {word.partition("/")[0].lower() for word in inner.operands if "/" in word}
    kinds = {kind.partition("/")[0].partition(".")[0] for kind in kinds}
    if kinds & _PRECIOUS:
        return DESTROY
    return RESTART if kinds and kinds <= _PODS else REMOVE


def _cluster(*found: Options) -> str:
    """Return the cluster that the options name; empty for the current one."""
    for options in found:
        server = options.value("-s", "--server")
        if server:
            return machine_of(server)
        named = options.value("--context", "--cluster")
        if named:
            return name_of(named)
        file = options.value("--kubeconfig").rpartition("/")[2]
        if file and file not in {"config", "kubeconfig"}:
            return name_of(file.partition(".")[0] or file)
    return ""


def _service(name: str, inner: Options) -> str:
    """Return the workload looked at or changed: of `deploy/api`, `api-5d8f7b9c4-x2k4q`, `-l app=api` it is `api`."""
    label = inner.value("-l", "--selector").partition(",")[0].partition("=")
    if label[2]:
        return label[2].lstrip("=")
    operands = inner.operands[1:] if name in {"rollout", "set"} else inner.operands
    if not operands or (name not in _DASH_F_FOLLOWS and len(operands) == 1 and "/" not in operands[0]):
        return ""
    word = next(
        (item for item in operands if "/" in item),
        operands[1 if len(operands) > 1 and name not in _DASH_F_FOLLOWS else 0],
    )
    return _plain(word)


def _plain(word: str) -> str:
    return "" if HIDDEN in word else _POD_SUFFIX.sub("", word.rpartition("/")[2])


_EXEC = _GLOBAL | valued("-c --container -f --filename --pod-running-timeout --shell")


def _exec(call: Call, outer: Options, words: tuple[str, ...], name: str) -> Effect:
    """Run words in a container: what stands behind `--`, or behind the pod."""
    head: tuple[str, ...] = words
    rest: tuple[str, ...] = ()
    if "--" in words:
        at = words.index("--")
        head, rest = words[:at], words[at + 1 :]
    found = split(head, _EXEC, stops="--" not in words)
    pod, more = found.operands[:1], found.operands[1:]
    cluster = _cluster(outer, found)
    terminal = on(found, "-t", "--tty") and on(found, "-i", "--stdin")
    service = _plain(pod[0]) if pod else ""
    return inside(call, (*more, *rest), (cluster, service), terminal=terminal or (name == "rsh" and not (more or rest)))


def inside(call: Call, words: tuple[str, ...], target: tuple[str, str], *, terminal: bool) -> Effect:
    """Return the effect of *words* in a container of another machine: a probe, or a session."""
    machine, service = target
    if not words:
        return far(call, SESSION if terminal or not call.fed else RUNS, machine)
    found = call.start(words, machine or SOME_MACHINE)
    if probe(found) and not terminal:
        seen = far(call, LOOK, machine, service)
        return change(
            seen, does=seen.does | found.does, programs=found.programs, steps=found.steps, rounds=found.rounds
        )
    verb = SESSION if terminal or found.does & fx.INTERACTIVE else RUNS
    judged = far(call, verb, machine)
    kept = found.without(Workload.REMOTE_PROBE, *((Workload.INTERACTIVE,) if verb is SESSION else ()))
    where = (machine or call.machine, service)
    return change(
        found,
        does=found.does | judged.does,
        evidence=(*kept.evidence, *judged.evidence),
        machines=(*judged.machines, *(name for name in found.machines if name != SOME_MACHINE)),
        probes=0,
        touches=looked(*where) if found.read_only else touched(*where),
        output=None,
    )


_HELM = Tool(
    verbs(
        (LOOK, "list, ls, status, history, hist, get, get values, get manifest"),
        (LIGHT, "template, lint, search, show, inspect, repo, dependency"),
        (LIGHT, "dep, pull, fetch, package, env, create, verify"),
        (LIGHT, "plugin, registry, repo list, secrets, unittest, docs, schema"),
        (PLAN, "diff"),
        (DEPLOY, "upgrade, install, rollback, push"),
        (UNDEPLOY, "uninstall, delete, del, un"),
        (CHANGE, "test"),
    ),
    valued(
        "-n --namespace --kube-context --kubeconfig -f --values"
        " --set --set-string --set-file --set-json --version -o --output"
    )
    | valued(
        "--timeout --repo --kube-apiserver --kube-token --revision --post-renderer --history-max --description -l"
    ),
    names=("--kube-context",),
    follow=(),
)
_HELMFILE = Tool(
    verbs(
        (LIGHT, "diff, lint, template, list, build, deps"),
        (LIGHT, "repos, fetch, write-values, init, cache, show-dag, print-env"),
        (LOOK, "status"),
        (DEPLOY, "apply, sync"),
        (UNDEPLOY, "destroy, delete"),
        (CHANGE, "test"),
    ),
    valued("-f --file -e --environment -l --selector -n --namespace --kube-context --set --state-values-set --args"),
    names=("--kube-context",),
    follow=(),
)
_ARGOCD = Tool(
    verbs(
        (LOOK, "app list, app get, app history, app logs"),
        (LOOK, "app resources, app manifests, cluster list, repo list, proj list"),
        (LOOK, "account, account list, cluster get, proj get"),
        (LOOK, "app actions list, appset list, appset get, app list-resources"),
        (LIGHT, "login, context, logout, relogin"),
        (PLAN, "app diff"),
        (WAIT, "app wait"),
        (DEPLOY, "app sync, app rollback, app create, app set, app patch, appset create, app unset, app edit"),
        (RESTART, "app actions run, app terminate-op"),
        (UNDEPLOY, "app delete, appset delete"),
        (DESTROY, "cluster rm, proj delete, repo rm"),
    ),
    valued(
        "--server --auth-token --grpc-web-root-path -N --app-namespace -o"
        " --output --timeout --revision -l --selector --argocd-context"
    ),
    names=("--server", "--argocd-context"),
    default=CHANGE,
)
_FLUX = Tool(
    verbs(
        (LOOK, "get, logs, check, export, events, stats, trace, tree, debug, list"),
        (LIGHT, "build, envsubst, install --export, pull"),
        (PLAN, "diff"),
        (DEPLOY, "reconcile, bootstrap, install, push, tag"),
        (CHANGE, "suspend, resume, create, migrate"),
        (UNDEPLOY, "uninstall"),
        (REMOVE, "delete"),
    ),
    valued(
        "-n --namespace --context --kubeconfig --timeout --tail --since"
        " --kind --name --level --interval --source --path --url"
    ),
    names=("--context",),
    dry=("--dry-run", "--export"),
)
_ISTIOCTL = Tool(
    verbs(
        (LOOK, "analyze, proxy-status, ps, proxy-config, pc"),
        (LOOK, "describe, x, experimental, validate, remote-clusters, tag list"),
        (LIGHT, "manifest, kube-inject, profile, bug-report"),
        (DEPLOY, "install, upgrade, apply, tag set"),
        (UNDEPLOY, "uninstall"),
        (RUNS, "dashboard, dash, d"),
        (CHANGE, "admin, tag remove, waypoint"),
    ),
    valued("-n --namespace --context --kubeconfig -c -f --filename -s --set -i --istioNamespace -o --output"),
    names=("--context",),
    follow=(),
)
_EKSCTL = Tool(
    verbs(
        (LOOK, "get"),
        (LIGHT, "info, utils schema"),
        (DEPLOY, "create, upgrade, enable, utils"),
        (SETTING, "utils write-kubeconfig"),
        (CHANGE, "scale, set, drain, update, associate, register"),
        (DESTROY, "delete"),
    ),
    valued("-f --config-file -p --profile -r --region --name --cluster -n -N --nodes -o"),
    names=("--cluster", "--name"),
    follow=(),
)
_SKAFFOLD = Tool(
    verbs(
        (LIGHT, "render, diagnose, config, init, schema, inspect, lint, fix, survey"),
        (DEPLOY, "run, deploy, apply"),
        (DEPLOY_FOLLOW, "dev, debug"),
        (LONG, "build, test"),
        (UNDEPLOY, "delete"),
        (LOOK, "verify"),
    ),
    valued("-f --filename -p --profile -n --namespace --kube-context -t --tag -d --default-repo -m --module"),
    names=("--kube-context",),
    follow=(),
)
_TOOLS = {
    "helm": _HELM,
    "helm3": _HELM,
    "helmfile": _HELMFILE,
    "argocd": _ARGOCD,
    "flux": _FLUX,
    "istioctl": _ISTIOCTL,
    "eksctl": _EKSCTL,
    "skaffold": _SKAFFOLD,
}
_LOCAL = verbs(
    (LIGHT, "status, ip, profile, profile list, service, docker-env"),
    (LIGHT, "logs, get, kubeconfig, cluster list, node list, image"),
    (LIGHT, "export, update-check, list"),
    (LONG, "start, create, cluster create, cluster start, build, image build, load"),
    (SERVE, "tunnel, dashboard, mount"),
    (RESTART, "stop, pause, unpause, cluster stop"),
)


def tool(call: Call) -> Effect:
    """Read a tool's subcommand off its table."""
    return by_table(call, _TOOLS[call.name])


def stern(call: Call) -> Effect:
    """Follow the logs of many pods, or print what there is (github.com/stern/stern)."""
    if call.words and asks_help(call.words):
        return near(call, LIGHT)
    short = valued(
        "-n --namespace --context -c --container -l --selector -s --since --tail -o --output -e --exclude -i -E -t"
    )
    found = split(call.words, short)
    verb = LOOK if on(found, "--no-follow") or found.value("-f", "--follow") == "false" else FOLLOW
    return far(call, verb, name_of(found.value("--context")), _plain(found.operands[0]) if found.operands else "")


def local_cluster(call: Call) -> Effect:
    """Run a cluster on this machine (minikube, kind, k3d)."""
    if asks_help(call.words):
        return near(call, LIGHT)
    found = split(call.words, valued("-p --profile --name -c --cluster --config --driver --image"), stops=True)
    rest = found.operands
    if rest[:1] == ("kubectl",):
        return call.start(("kubectl", *rest[2 if rest[1:2] == ("--",) else 1 :]))
    if rest[:1] == ("ssh",):
        words = tuple(word for word in rest[1:] if word != "--")
        return (
            call.start(words, f"container {call.name}")
            if words
            else Effect(
                fx.INTERACTIVE | fx.UNSURE, call.shows(Workload.INTERACTIVE, "opens a shell that waits for a person")
            )
        )
    if rest[:1] == ("logs",) and "-f" in rest:
        return near(call, FOLLOW)
    return near(call, verb_of(_LOCAL, rest, SETTING))


def choose(call: Call) -> Effect:
    """Choose the current context or namespace, or list them."""
    return near(call, SETTING if call.words and not asks_help(call.words) else LIGHT)


def k9s(call: Call) -> Effect:
    """Show a cluster on the terminal, for a person."""
    if call.words and (asks_help(call.words) or call.words[0] == "info"):
        return near(call, LIGHT)
    return far(
        call, SESSION, name_of(split(call.words, valued("--context -n --namespace -c --command")).value("--context"))
    )


def kustomize(call: Call) -> Effect:
    """Print manifests, or edit the local file that makes them."""
    return near(call, SETTING if call.words[:1] == ("edit",) else LIGHT)


def tilt(call: Call) -> Effect:
    """Deploy to a development cluster and stay (docs.tilt.dev)."""
    verb = verb_of(_TILT, call.words, LIGHT)
    return far(call, verb) if verb.classes else EMPTY


_TILT = verbs(
    (DEPLOY_FOLLOW, "up"), (DEPLOY, "ci, trigger"), (UNDEPLOY, "down"), (LOOK, "get, describe"), (FOLLOW, "logs -f")
)

PROGRAMS = {
    **dict.fromkeys(_TOOLS, tool),
    **dict.fromkeys(("kubectl", "oc", "kubecolor", "k3s-kubectl"), kubectl),
    **dict.fromkeys(("stern", "kubetail"), stern),
    **dict.fromkeys(("minikube", "kind", "k3d"), local_cluster),
    **dict.fromkeys(("kubectx", "kubens"), choose),
    "k9s": k9s,
    "kustomize": kustomize,
    "tilt": tilt,
}
