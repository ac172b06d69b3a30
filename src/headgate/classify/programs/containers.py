"""Containers: docker and its kin; the words that run in a container are judged as what they are."""

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, SOME_MACHINE, Effect, change, looked, touched
from headgate.classify.programs.call import Call
from headgate.classify.programs.infrastructure import (
    CHANGE,
    CONSOLE,
    COPY,
    DEPLOY,
    DEPLOY_FOLLOW,
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
    valued,
    verb_of,
    verbs,
)
from headgate.classify.programs.kubernetes import inside
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import Options, split
from headgate.model.facts import Workload

_GLOBAL = valued(
    "-H --host -c --context --connection --url --config -l --log-level --tlscacert --tlscert --tlskey -n --namespace -a"
    " --address --root --runroot --storage-driver --identity"
)
_LOCAL_CONTEXTS = frozenset(
    {"", "default", "desktop-linux", "desktop-windows", "orbstack", "colima", "rancher-desktop"}
)
_RUN = valued(
    "-e --env --env-file -v --volume -p --publish --name --network --net -w --workdir -u --user --entrypoint --mount -l"
    " --label -m --memory --cpus --restart --platform --gpus -h --hostname --add-host --device --cap-add --cap-drop"
    " --security-opt --log-driver --log-opt --ulimit --shm-size --tmpfs"
    " --pull --ip --dns --link --volumes-from -a --attach"
    " --cidfile --expose --health-cmd --health-interval"
    " --health-timeout --health-retries --stop-timeout --runtime --pid"
    " --ipc --userns --sysctl --group-add --memory-swap"
    " --cpuset-cpus -c --cpu-shares --network-alias --annotation --uts"
    " --cgroup-parent --domainname --label-file --stop-signal --storage-opt --detach-keys --mac-address --pids-limit"
    " --oom-score-adj --pod --secret --arch --os --index"
)
_OTHERS = valued(
    "-f --filter --format -n --tail --since --until -t --time --timeout -s --signal --size -o --output --type --image"
    " --replicas --update-parallelism --env-add --with-registry"
    " -c --compose-file --orchestrator --detach-keys --builder"
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
    (DEPLOY, "push, image push, manifest push, stack deploy, stack up, service update, service create, service scale"),
    (DEPLOY, "service rollback, buildx imagetools create, play kube, kube play"),
    (UNDEPLOY, "service rm, stack rm, stack down, kube down, play kube --down"),
    (LONG, "build, image build, buildx build, buildx b, buildx bake, builder build, bake"),
    (DESTROY, "system prune, volume rm, volume remove, volume prune, system reset, swarm leave"),
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
    machine = _daemon(outer)
    operands = outer.operands
    if operands[:1] in {("container",), ("image",)} and operands[1:2] and f"{operands[0]} {operands[1]}" not in _VERBS:
        operands = operands[1:]
    if not operands:
        return near(call, LIGHT)
    name, words = operands[0], operands[1:]
    if HIDDEN in name:
        return call.opaque("the subcommand of the call is not known before it runs")
    if name == "compose":
        return _compose(call, words, machine)
    if name in _RUNS:
        return run(call, words, machine, name)
    return _plain(call, name, words, machine)


def _daemon(outer: Options) -> str:
    """Return the machine whose containers are meant; empty for this one."""
    host = outer.value("-H", "--host", "--url")
    if host:
        return "" if host.startswith(("unix:", "npipe:", "fd:", "/")) else machine_of(host)
    context = outer.value("-c", "--context", "--connection")
    return SOME_MACHINE if HIDDEN in context else "" if context in _LOCAL_CONTEXTS else context


def _plain(call: Call, name: str, words: tuple[str, ...], machine: str) -> Effect:
    if asks_help((name, *words)) and name != "version":
        return near(call, LIGHT)
    log = name == "logs" or words[:1] == ("logs",)
    found = split(words, _FOLLOWABLE if log else _OTHERS)
    verb = verb_of(_VERBS, (name, *found.operands), UNKNOWN if name not in _LOCAL_CHANGES else SETTING)
    verb = _refined(verb, name, found, log=log)
    service = found.operands[-1] if found.operands and verb.touch else ""
    effect = state(call, verb, machine, "" if HIDDEN in service else service)
    if name in _SENDS or found.operands[:1] == ("save",):
        return change(effect, does=fx.READS | fx.SENDS | (fx.REMOTE if machine else 0))
    return effect


_LOCAL_CHANGES = frozenset(
    [
        "rm",
        "rmi",
        "tag",
        "commit",
        "rename",
        "update",
        "load",
        "import",
        "pull",
        "save",
        "export",
        "logout",
        "network",
        "volume",
        "image",
        "container",
        "system",
        "buildx",
        "builder",
        "init",
        "plugin",
        "trust",
        "manifest",
        "checkpoint",
        "machine",
        "pod",
        "generate",
        "unshare",
        "untag",
        "mount",
        "umount",
        "secret",
        "config",
        "swarm",
        "node",
        "service",
        "stack",
    ]
)


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
    return verb


def state(call: Call, verb: Verb, machine: str, service: str) -> Effect:
    """Return the effect of *verb* here, or on *machine*."""
    if not machine:
        return near(call, verb, service)
    return far(call, CHANGE if verb is SETTING else verb, machine, service)


def run(call: Call, words: tuple[str, ...], machine: str, name: str) -> Effect:
    """Run words in a new container (`run`, `create`) or in one that runs (`exec`)."""
    found = split(words, _RUN, stops=True)
    if found.has("--help"):
        return near(call, LIGHT)
    rest = found.operands[1:]
    entry = found.value("--entrypoint")
    command = (*entry.split(" "), *rest) if entry and HIDDEN not in entry else rest
    terminal = on(found, "-t", "--tty") and on(found, "-i", "--interactive")
    if name == "create":
        return Effect(fx.UNSURE)
    image = found.operands[0] if found.operands else ""
    if machine:
        target = (machine, found.value("--name") or ("" if HIDDEN in image else image))
        return inside(call, command, target, terminal=terminal and (name == "exec" or not command))
    effect = _here(call, command, image if name == "exec" else "", terminal=terminal)
    if name == "exec" and terminal and not effect.has(Workload.INTERACTIVE):
        shown = call.shows(Workload.INTERACTIVE, "asks for a terminal in a container")
        effect = change(effect, does=effect.does | fx.INTERACTIVE, evidence=effect.evidence + shown)
    return _detached(effect) if on(found, "-d", "--detach") else effect


def _here(call: Call, command: tuple[str, ...], container: str, *, terminal: bool) -> Effect:
    """Return the effect of *command* in a container of this machine."""
    if not command:
        return near(call, CONSOLE) if terminal else Effect(fx.UNSURE)
    if command[0].startswith(("-", "./", "/")) and "/bin/" not in command[0]:
        return Effect(fx.UNSURE)  # a word of the image's own, or a program that only the image holds
    effect = call.start(command, f"container {container}".rstrip())
    if not container:
        return change(effect, touches=())
    return change(effect, touches=(looked if effect.read_only else touched)(call.machine, container))


_WHILE_RUNNING = (Workload.LONG_RUNNING, Workload.LOG_TAIL, Workload.INTERACTIVE)


def _detached(effect: Effect) -> Effect:
    """Return *effect* as it is where nobody waits for it."""
    does = effect.does & ~(fx.FOLLOWS | fx.INTERACTIVE) | fx.UNSURE
    return change(effect.without(*_WHILE_RUNNING), does=does, seconds=0.0)


_COMPOSE = valued(
    "-f --file -p --project-name --profile --env-file --project-directory"
    " --ansi --parallel --progress -H --host -c --context"
)
_COMPOSE_OTHERS = valued(
    "-t --timeout -n --tail --since --until --scale --pull --format -s --signal --index -e --env -u --user -w --workdir"
    " --wait-timeout --exit-code-from --attach --no-attach --build-arg -m --memory --filter --progress --status"
)
_COMPOSE_VERBS = verbs(
    (LOOK, "ps, images, top, port, ls, logs, version, volumes"),
    (LIGHT, "config, convert, export, publish --dry-run, help"),
    (FOLLOW, "events, stats"),
    (RESTART, "restart, stop, start, kill, down, pause, unpause"),
    (DEPLOY, "push, scale, publish"),
    (DEPLOY_FOLLOW, "watch"),
    (LONG, "build"),
    (WAIT, "wait"),
    (COPY, "cp"),
    (CONSOLE, "attach"),
)


def docker_compose(call: Call) -> Effect:
    """Run docker-compose, the program of its own."""
    return _compose(call, call.words, "")


def _compose(call: Call, words: tuple[str, ...], machine: str) -> Effect:
    """Steer the services of a project (docs.docker.com/reference/cli/docker/compose)."""
    outer = split(words, _COMPOSE, stops=True)
    if not outer.operands or asks_help(outer.operands) or outer.has("--version", "--help", "-v", "-h"):
        return near(call, LIGHT)
    machine = machine or _daemon(outer)
    name, rest = outer.operands[0], outer.operands[1:]
    if HIDDEN in name:
        return call.opaque("the subcommand of the call is not known before it runs")
    if name in {"exec", "run"}:
        return _compose_run(call, rest, machine, name)
    found = split(rest, _COMPOSE_OTHERS)
    verb = _compose_verb(name, found)
    if verb.does & fx.CHANGES and (outer.has("--dry-run") or found.has("--dry-run")):
        verb = PLAN
    service = found.operands[0] if len(found.operands) == 1 and HIDDEN not in found.operands[0] else ""
    return state(call, verb, machine, service)


_DOWN = Verb(
    fx.CHANGES | fx.DESTROYS, (Workload.RESTART, Workload.DESTRUCTIVE), "stops services and deletes their volumes"
)


def _compose_verb(name: str, found: Options) -> Verb:
    if name == "up":
        return DEPLOY if found.has("-d", "--detach", "--wait", "--no-start") else DEPLOY_FOLLOW
    if name == "down" and on(found, "-v", "--volumes"):
        return _DOWN
    if name == "logs" and on(found, "-f", "--follow"):
        return FOLLOW
    if name == "stats" and found.has("--no-stream"):
        return LOOK
    if name == "rm" and found.has("-v", "--volumes"):
        return DESTROY
    return verb_of(_COMPOSE_VERBS, (name,), SETTING)


def _compose_run(call: Call, words: tuple[str, ...], machine: str, name: str) -> Effect:
    """Run words in a service's container; a terminal is the default here, so it says nothing."""
    found = split(words, _RUN - {"-T", "-h", "-a", "-c", "-m"}, stops=True)
    command = found.operands[1:]
    service = found.operands[0] if found.operands and HIDDEN not in found.operands[0] else ""
    if machine:
        return inside(call, command, (machine, service), terminal=False)
    if name == "run" and found.value("--entrypoint") and HIDDEN not in found.value("--entrypoint"):
        command = (*found.value("--entrypoint").split(), *command)
    effect = _here(call, command, service if name == "exec" else "", terminal=False)
    return _detached(effect) if on(found, "-d", "--detach") else effect


def build(call: Call) -> Effect:
    """Build images (buildah, kaniko's executor)."""
    if asks_help(call.words):
        return near(call, LIGHT)
    verb = verb_of(_BUILDAH, call.words[:1], UNKNOWN)
    return near(call, verb)


_BUILDAH = verbs(
    (LONG, "build, bud, build-using-dockerfile"), (DEPLOY, "push"), (LOOK, "images, containers, inspect, info")
)


def skopeo(call: Call) -> Effect:
    """Copy images between registries (skopeo(1))."""
    return far(call, verb_of(_SKOPEO, call.words[:1], LIGHT))


_SKOPEO = verbs((COPY, "copy, sync"), (DESTROY, "delete"), (LOOK, "inspect, list-tags"))

PROGRAMS = {
    **dict.fromkeys(("docker", "podman", "nerdctl"), docker),
    **dict.fromkeys(("docker-compose", "podman-compose"), docker_compose),
    "buildah": build,
    "skopeo": skopeo,
}
