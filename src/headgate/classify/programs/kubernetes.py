"""Kubernetes: kubectl by subcommand; the words behind `exec --` are judged as ssh judges a remote text."""

import re

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, SOME_MACHINE, Effect, change, looked, touched
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import Options, split, words_of
from headgate.classify.programs.places import KUBECTL, KUBERNETES, cluster_of, placed
from headgate.classify.programs.ssh import probe
from headgate.classify.programs.verbs import (
    CHANGE,
    COPY,
    DEPLOY,
    DESTROY,
    EDIT,
    FOLLOW,
    LIGHT,
    LOOK,
    PLAN,
    REMOVE,
    RESTART,
    RUNS,
    SESSION,
    SETTING,
    WAIT,
    Verb,
    asks_help,
    far,
    near,
    on,
    verb_of,
    verbs,
)
from headgate.classify.programs.wrappers import seconds_of
from headgate.model.facts import Workload

_GLOBAL = words_of(
    """
    -n --namespace --context --cluster --user --kubeconfig -s --server --token --as --as-group --as-uid
    --request-timeout --cache-dir --certificate-authority --client-key --client-certificate --tls-server-name -v --v
    --password --username --profile --profile-output --log-flush-frequency
    """
)
_COMMON = _GLOBAL | words_of(
    """
    -o --output -l --selector -c --container --field-selector --sort-by --tail --since --since-time --replicas
    --timeout --for --image --type --patch --patch-file --grace-period --to-revision --revision --port --name
    --overrides --env --labels --template --max-log-requests --limit-bytes --pod-running-timeout --chunk-size
    --subresource --address --field-manager --target-port --from-literal --from-file --target --filename --kustomize
    -k -L --label-columns --restart --schedule --current-replicas --min --max --cpu-percent --requests --limits
    --duration --resource-version
    """
)
_FILES = _COMMON | {"-f"}
_PATCH = _FILES | {"-p"}
_PLUGINS = {"stern": "stern", "ctx": "kubectx", "ns": "kubens"}
_DASH_F_FOLLOWS = frozenset({"logs", "log", "exec", "rsh"})

_VERBS = verbs(
    (LIGHT, "config view, config get-contexts, config current-context, config get-clusters, config get-users, explain"),
    (LIGHT, "kustomize, completion, options, plugin, plugin list, help, whoami, krew, alpha, neat, process, login"),
    (SETTING, "config, project, logout, kuberc"),
    (PLAN, "diff"),
    (LOOK, "get, describe, logs, log, top, events, auth can-i, auth whoami, api-resources, api-versions, cluster-info"),
    (LOOK, "rollout history, version, set env --list, apply view-last-applied, status, projects, tree, adm top"),
    (LOOK, "argo rollouts get, argo rollouts list, view-secret, images, resource-capacity, df-pv, who-can, outdated"),
    (LOOK, "access-matrix, lineage, get-all, score, deprecations, view-utilization, unused-volumes, konfig"),
    (FOLLOW, "tail"),
    (WAIT, "rollout status, wait, argo rollouts status"),
    (DEPLOY, "apply, create, replace, patch, set, rollout undo, run, new-app, start-build, rollout latest, rollback"),
    (DEPLOY, "argo rollouts promote, argo rollouts set, argo rollouts undo, argo rollouts retry"),
    (RESTART, "rollout restart, argo rollouts restart"),
    (CHANGE, "scale, autoscale, expose, label, annotate, taint, cordon, uncordon, drain, certificate, auth reconcile"),
    (CHANGE, "rollout pause, rollout resume, create token, adm, tag, policy, import-image, secrets, cancel-build"),
    (EDIT, "edit, apply edit-last-applied"),
    (RUNS, "port-forward, proxy, attach, sniff, relay"),
    (SESSION, "debug, node-shell, iexec, ssh, exec-as, ktop"),
    (COPY, "cp, rsync"),
)
_PODS = frozenset({"pod", "pods", "po"})
_PRECIOUS = words_of(
    """
    ns namespace namespaces pv persistentvolume persistentvolumes pvc persistentvolumeclaim persistentvolumeclaims
    crd crds customresourcedefinition customresourcedefinitions project projects node nodes no
    """
)
_POD_SUFFIX = re.compile(r"(?:-[a-f0-9]{6,10})?-[bcdfghjklmnpqrstvwxz2456789]{5}\Z|-\d+\Z")
_SHOWS_CLASSES = frozenset({"logs", "log", "describe", "rollout", "get", "wait"})


def kubectl(call: Call) -> Effect:
    """Look at, change or enter a cluster (kubernetes.io/docs/reference/kubectl)."""
    if asks_help(_before_dashes(call.words)):
        return near(call, LIGHT) if call.words[:1] != ("version",) or _at_home(call.words) else far(call, LOOK)
    outer = split(call.words, _GLOBAL, stops=True)
    if not outer.operands:
        return near(call, LIGHT)
    name, words = outer.operands[0], outer.operands[1:]
    if HIDDEN in name:
        return call.opaque("the subcommand of the call is not known before it runs")
    if name in _PLUGINS:
        return call.start((_PLUGINS[name], *words))
    if name in {"exec", "rsh"}:
        return _exec(call, outer, words, name)
    return _subcommand(call, outer, name, words)


def _subcommand(call: Call, outer: Options, name: str, words: tuple[str, ...]) -> Effect:
    if name == "version" and _at_home(words):
        return near(call, LIGHT)
    inner = split(words, _COMMON if name in _DASH_F_FOLLOWS else _PATCH if name == "patch" else _FILES)
    verb = _refined(call, _verb(name, inner), name, inner)
    place = cluster_of(call, outer, inner, naming=KUBECTL)
    effect = placed(far(call, verb, place.machine, _service(name, inner)), place)
    if verb is SETTING and name == "config":
        return change(effect, chooses=_chosen(inner.operands))
    return change(effect, seconds=_seconds(inner)) if verb is LOOK and name in {"wait", "rollout"} else effect


def _chosen(operands: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return the context that `config use-context` makes the current one."""
    use = operands[:1] in {("use-context",), ("use",)} and operands[1:]
    return ((KUBERNETES, operands[1]),) if use else ()


def _at_home(words: tuple[str, ...]) -> bool:
    return "--client" in words or "--client=true" in words


def _before_dashes(words: tuple[str, ...]) -> tuple[str, ...]:
    return words[: words.index("--")] if "--" in words else words


def _verb(name: str, inner: Options) -> Verb:
    if name == "delete":
        return _deleted(inner)
    if name == "run" and on(inner, "-i", "--stdin", "--tty", "-t") and on(inner, "--tty", "-t"):
        return SESSION
    if name == "attach" and on(inner, "-i", "--stdin") and on(inner, "-t", "--tty"):
        return SESSION
    return verb_of(_VERBS, (name, *inner.operands), CHANGE)


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
    return workload_name(word)


def workload_name(word: str) -> str:
    """Return the workload that *word* means: its kind and the random end of a pod's name are left out."""
    return "" if HIDDEN in word else _POD_SUFFIX.sub("", word.rpartition("/")[2])


_EXEC = _GLOBAL | words_of("-c --container -f --filename --pod-running-timeout --shell")


def _exec(call: Call, outer: Options, words: tuple[str, ...], name: str) -> Effect:
    """Run words in a container: what stands behind `--`, or behind the pod."""
    head: tuple[str, ...] = words
    rest: tuple[str, ...] = ()
    if "--" in words:
        at = words.index("--")
        head, rest = words[:at], words[at + 1 :]
    found = split(head, _EXEC, stops="--" not in words)
    pod, more = found.operands[:1], found.operands[1:]
    place = cluster_of(call, outer, found, naming=KUBECTL)
    terminal = on(found, "-t", "--tty") and on(found, "-i", "--stdin")
    service = workload_name(pod[0]) if pod else ""
    terminal = terminal or (name == "rsh" and not (more or rest))
    return placed(inside(call, (*more, *rest), (place.machine, service), terminal=terminal), place)


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


PROGRAMS = dict.fromkeys(("kubectl", "k", "oc", "kubecolor", "k3s-kubectl", "microk8s.kubectl"), kubectl)
