"""Tools around a cluster: charts, syncs, meshes, logs of many pods, and clusters of this machine."""

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, HIDDEN, Effect, change
from headgate.classify.programs.call import Call
from headgate.classify.programs.kubernetes import workload_name
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.places import KUBERNETES, cluster_of, placed
from headgate.classify.programs.verbs import (
    CHANGE,
    DEPLOY,
    DEPLOY_FOLLOW,
    DESTROY,
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
    WAIT,
    Tool,
    asks_help,
    by_table,
    far,
    near,
    on,
    verb_of,
    verbs,
)
from headgate.model.facts import Workload

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
    words_of(
        """
        -n --namespace --kube-context --kubeconfig -f --values --set --set-string --set-file --set-json --version -o
        --output
        """
    )
    | words_of(
        """
        --timeout --repo --kube-apiserver --kube-token --revision --post-renderer --history-max --description -l
        """
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
    words_of(
        """
        -f --file -e --environment -l --selector -n --namespace --kube-context --set --state-values-set --args
        """
    ),
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
    words_of(
        """
        --server --auth-token --grpc-web-root-path -N --app-namespace -o --output --timeout --revision -l --selector
        --argocd-context
        """
    ),
    names=("--server", "--argocd-context"),
    variables=("ARGOCD_SERVER",),
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
    words_of(
        """
        -n --namespace --context --kubeconfig --timeout --tail --since --kind --name --level --interval --source
        --path --url
        """
    ),
    names=("--context",),
    dry=("--dry-run", "--export"),
    follow=("-f", "--follow", "-w", "--watch"),
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
    words_of("-n --namespace --context --kubeconfig -c -f --filename -s --set -i --istioNamespace -o --output"),
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
    words_of("-f --config-file -p --profile -r --region --name --cluster -n -N --nodes -o"),
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
    words_of("-f --filename -p --profile -n --namespace --kube-context -t --tag -d --default-repo -m --module"),
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
    (LONG, "start, create, cluster create, cluster start, build, image build, load, image import, image load"),
    (SERVE, "tunnel, dashboard, mount"),
    (RESTART, "stop, pause, unpause, cluster stop"),
    (DESTROY, "delete, cluster delete, delete cluster"),
)


def tool(call: Call) -> Effect:
    """Read a tool's subcommand off its table."""
    return by_table(call, _TOOLS[call.name])


def stern(call: Call) -> Effect:
    """Follow the logs of many pods, or print what there is (github.com/stern/stern)."""
    if call.words and asks_help(call.words):
        return near(call, LIGHT)
    short = words_of(
        """
        -n --namespace --context -c --container -l --selector -s --since --tail -o --output -e --exclude -i -E -t
        """
    )
    found = split(call.words, short)
    verb = LOOK if on(found, "--no-follow") or found.value("-f", "--follow") == "false" else FOLLOW
    place = cluster_of(call, found)
    return placed(far(call, verb, place.machine, workload_name(found.operands[0]) if found.operands else ""), place)


def local_cluster(call: Call) -> Effect:
    """Run a cluster on this machine (minikube, kind, k3d)."""
    if asks_help(call.words):
        return near(call, LIGHT)
    found = split(call.words, words_of("-p --profile --name -c --cluster --config --driver --image"), stops=True)
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
    if rest[:1] == ("docker-env",):
        return Effect(fx.READS, output="")
    if rest[:1] == ("logs",) and "-f" in rest:
        return near(call, FOLLOW)
    return near(call, verb_of(_LOCAL, rest, SETTING))


def choose(call: Call) -> Effect:
    """Choose the current context or namespace, or list them (kubectx)."""
    if not call.words or asks_help(call.words) or call.words[0] in {"-c", "--current", "-u", "--unset"}:
        return near(call, LIGHT)
    name = HIDDEN if call.words[0] == "-" else call.words[0]
    return change(near(call, SETTING), chooses=((KUBERNETES, name),) if call.name == "kubectx" else ())


def k9s(call: Call) -> Effect:
    """Show a cluster on the terminal, for a person."""
    if call.words and (asks_help(call.words) or call.words[0] == "info"):
        return near(call, LIGHT)
    place = cluster_of(call, split(call.words, words_of("--context -n --namespace -c --command --kubeconfig")))
    return placed(far(call, SESSION, place.machine), place)


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
    **dict.fromkeys(("stern", "kubetail"), stern),
    **dict.fromkeys(("minikube", "kind", "k3d"), local_cluster),
    **dict.fromkeys(("kubectx", "kubens"), choose),
    "k9s": k9s,
    "kustomize": kustomize,
    "tilt": tilt,
}
