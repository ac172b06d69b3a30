"""Containers: docker and its kin by subcommand; what runs in a container is judged as what it is."""

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change
from headgate.classify.programs.call import Call
from headgate.classify.programs.compose import compose
from headgate.classify.programs.container_hosts import DOCKER, daemon
from headgate.classify.programs.container_runs import run, state
from headgate.classify.programs.options import Options, split, words_of
from headgate.classify.programs.places import placed
from headgate.classify.programs.verbs import (
    CONSOLE,
    COPY,
    DEPLOY,
    DEPLOY_LONG,
    DESTROY,
    FOLLOW,
    LIGHT,
    LONG,
    LOOK,
    PLAN,
    RESTART,
    SETTING,
    UNDEPLOY,
    UNKNOWN,
    WAIT,
    Verb,
    asks_help,
    far,
    near,
    on,
    verb_of,
    verbs,
)

_GLOBAL = words_of(
    """
    -H --host -c --context --connection --url --config -l --log-level --tlscacert --tlscert --tlskey -n --namespace
    -a --address --root --runroot --storage-driver --identity
    """
)
_OTHERS = words_of(
    """
    -f --filter --format -n --tail --since --until -t --time --timeout -s --signal --size -o --output --type --image
    --replicas --update-parallelism --env-add --with-registry -c --compose-file --orchestrator --detach-keys
    --builder
    """
)
_FOLLOWABLE = _OTHERS - {"-f", "-t"}
_VERBS = verbs(
    (LOOK, "ps, images, inspect, version, info, top, port"),
    (LOOK, "diff, history, search, logs, ls, list, container ls, healthcheck"),
    (LOOK, "image ls, image list, image inspect, image history"),
    (LOOK, "network ls, network list, network inspect, volume ls, pod ps"),
    (LOOK, "volume list, volume inspect, system df, system info"),
    (LOOK, "manifest inspect, buildx ls, buildx inspect, buildx du"),
    (LOOK, "service ls, service list, service ps, service inspect"),
    (LOOK, "service logs, stack ls, stack ps, stack services, pod ls"),
    (LOOK, "node ls, node ps, node inspect, buildx imagetools inspect"),
    (LOOK, "secret ls, secret inspect, config ls, pod inspect"),
    (LIGHT, "context ls, context list, context show, context inspect"),
    (LIGHT, "completion, scout, machine list, machine ls, builder du"),
    (FOLLOW, "stats, events, system events"),
    (CONSOLE, "attach"),
    (WAIT, "wait"),
    (RESTART, "restart, stop, kill, start, pause, unpause, pod restart, pod stop, pod start, pod kill"),
    (RESTART, "machine start, machine stop"),
    (DEPLOY, "push, image push, manifest push, stack deploy, stack up, service update, service create, service scale"),
    (DEPLOY, "swarm init, swarm join, swarm update, node update, node promote, node demote"),
    (DEPLOY, "service rollback, buildx imagetools create, play kube, kube play"),
    (UNDEPLOY, "service rm, stack rm, stack down, kube down, play kube --down"),
    (LONG, "machine init"),
    (LONG, "build, image build, buildx build, buildx b, buildx bake, builder build, bake"),
    (DESTROY, "system prune, volume rm, volume remove, volume prune, system reset, swarm leave, machine rm"),
    (COPY, "cp"),
    (PLAN, "login"),
    (SETTING, "context use, context create, context rm, context update"),
)
_SENDS = frozenset({"save", "export"})
_RUNS = frozenset({"run", "exec", "create"})


def docker(call: Call) -> Effect:
    """Look at, run, build or ship containers (docs.docker.com/reference/cli)."""
    if asks_help(call.words[:1]) and call.words[:1] != ("version",):
        return near(call, LIGHT)
    outer = split(call.words, _GLOBAL, stops=True)
    place = daemon(call, outer)
    return placed(_on(call, outer.operands, place.machine), place)


def _on(call: Call, operands: tuple[str, ...], machine: str) -> Effect:
    """Return the effect of the subcommand *operands* on *machine* (empty: this one)."""
    if operands[:2] in {("image", "rm"), ("image", "remove")}:
        operands = ("rmi", *operands[2:])
    if operands[:1] in {("container",), ("image",)} and operands[1:2] and f"{operands[0]} {operands[1]}" not in _VERBS:
        operands = operands[1:]
    if not operands:
        return near(call, LIGHT)
    name, words = operands[0], operands[1:]
    if HIDDEN in name:
        return call.opaque("the subcommand of the call is not known before it runs")
    if name == "compose":
        return compose(call, words, machine)
    if name in _RUNS:
        return run(call, words, machine, name)
    return _plain(call, name, words, machine)


def _plain(call: Call, name: str, words: tuple[str, ...], machine: str) -> Effect:
    if (name, *words[:1]) == ("machine", "ssh"):
        inner = split(words[1:], words_of("--username"), stops=True).operands
        return call.start(inner[1:], "guest podman") if len(inner) > 1 else near(call, CONSOLE)
    if asks_help((name, *words)) and name != "version":
        return near(call, LIGHT)
    log = name == "logs" or words[:1] == ("logs",)
    found = split(words, _FOLLOWABLE if log else _OTHERS)
    verb = verb_of(_VERBS, (name, *found.operands), UNKNOWN if name not in _LOCAL_CHANGES else SETTING)
    verb = _refined(verb, name, found, log=log)
    service = found.operands[-1] if found.operands and verb.touch else ""
    if (name, *found.operands[:1]) == ("context", "use") and len(found.operands) > 1:
        return change(near(call, SETTING), chooses=((DOCKER, found.operands[1]),))
    effect = state(call, verb, machine, "" if HIDDEN in service else service)
    if name in _SENDS or found.operands[:1] == ("save",):
        return change(effect, does=fx.READS | fx.SENDS | (fx.REMOTE if machine else 0))
    return effect


_LOCAL_CHANGES = words_of(
    """
    rm rmi tag commit rename update load import pull save export logout network volume image container system buildx
    builder init plugin trust manifest checkpoint machine pod generate unshare untag mount umount secret config
    swarm node service stack
    """
)


_TAKEN_UP = Verb(fx.CHANGES | fx.INTERACTIVE, (*RESTART.classes, *CONSOLE.classes), "starts it and waits for a person")


def _refined(verb: Verb, name: str, found: Options, *, log: bool) -> Verb:
    """Return *verb* as the options make it."""
    if log and on(found, "-f", "--follow"):
        return FOLLOW
    if verb is FOLLOW and (found.has("--no-stream", "--until") or found.value("--stream") == "false"):
        return LOOK
    if verb is LONG:
        shipped = found.has("--push") or "type=registry" in found.value("-o", "--output")
        return LIGHT if found.has("--print", "--check") else DEPLOY_LONG if shipped else LONG
    if name == "rm" and found.has("-f", "--force"):
        return RESTART
    if name == "start" and found.has("-i", "--interactive"):
        return _TAKEN_UP
    return verb


def build(call: Call) -> Effect:
    """Build images (buildah, kaniko's executor)."""
    if asks_help(call.words):
        return near(call, LIGHT)
    if call.words[0] in {"run", "unshare"}:
        inner = split(call.words[1:], words_of("-v --volume --user -u --mount --net --network"), stops=True).operands
        rest = inner[1:] if call.words[0] == "run" else inner
        return call.start(rest[1:] if rest[:1] == ("--",) else rest, "container buildah")
    return near(call, verb_of(_BUILDAH, call.words[:1], UNKNOWN))


_BUILDAH = verbs(
    (LONG, "build, bud, build-using-dockerfile"), (DEPLOY, "push"), (LOOK, "images, containers, inspect, info")
)


def skopeo(call: Call) -> Effect:
    """Look at, copy, push or delete images in registries (skopeo(1), crane, oras, regctl)."""
    if asks_help(call.words):
        return near(call, LIGHT)
    return far(call, verb_of(_SKOPEO, call.words[:2], LIGHT))


_SKOPEO = verbs(
    (COPY, "copy, sync, cp, image copy"),
    (DEPLOY, "push, append, mutate, rebase, tag"),
    (DESTROY, "delete, repo rm, manifest delete, tag rm, tag delete, gc"),
    (LOOK, "inspect, list-tags, ls, catalog, digest, manifest, config, blob, repo ls, tag ls, discover"),
)


PROGRAMS = {
    **dict.fromkeys(("docker", "podman", "nerdctl"), docker),
    "buildah": build,
    **dict.fromkeys(("skopeo", "crane", "gcrane", "oras", "regctl"), skopeo),
}
