"""Clients of container runtimes: what a node runs, seen from below (crictl, ctr)."""

from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.container_runs import run, run_here
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.verbs import (
    CONSOLE,
    DEPLOY,
    DESTROY,
    FOLLOW,
    LIGHT,
    LOOK,
    RESTART,
    SETTING,
    asks_help,
    far,
    near,
    on,
    verb_of,
    verbs,
)

_GLOBAL = words_of(
    "-r --runtime-endpoint -i --image-endpoint -c --config -t --timeout -n --namespace -a --address --connect-timeout"
)
_CRICTL = verbs(
    (LOOK, "ps, images, image, inspect, inspecti, inspectp, logs, pods, stats, statsp, info, version, imagefsinfo"),
    (RESTART, "stop, stopp, rmp, start, runp, update, checkpoint"),
    (FOLLOW, "events"),
    (CONSOLE, "attach"),
    (SETTING, "pull, rm, rmi, create, config"),
)


def crictl(call: Call) -> Effect:
    """Look at or steer the containers of a node (crictl(1))."""
    outer = split(call.words, _GLOBAL, stops=True)
    if asks_help(outer.operands) or outer.has("--version", "--help", "-v", "-h"):
        return near(call, LIGHT)
    name, words = outer.operands[0], outer.operands[1:]
    endpoint = outer.value("-r", "--runtime-endpoint")
    machine = machine_of(endpoint) if endpoint.startswith("tcp:") else ""
    if name == "exec":
        return run(call, words, machine, "exec")
    found = split(words, words_of("--tail --since -o --output -p --pod -l --label --name --state -t --timeout -s"))
    verb = verb_of(_CRICTL, (name,), SETTING)
    if verb is LOOK and on(found, *(("-f", "--follow") if name == "logs" else ("-w", "--watch"))):
        verb = FOLLOW
    if name == "rmi" and found.has("--prune", "-a", "--all", "-q"):
        verb = DESTROY
    if name == "rm" and found.has("-f", "--force"):
        verb = RESTART
    service = found.operands[-1] if found.operands else ""
    return far(call, verb, machine, service) if machine else near(call, verb, service)


_CTR = verbs(
    (LIGHT, "version, plugins, info, images ls, images list, images check, containers ls, containers list, image ls"),
    (LIGHT, "containers info, tasks ls, tasks list, tasks ps, tasks metrics, snapshots ls, content ls, namespaces ls"),
    (RESTART, "tasks kill, tasks start, tasks pause, tasks resume, tasks rm, tasks delete"),
    (DEPLOY, "images push, image push, i push"),
    (CONSOLE, "tasks attach, shim"),
    (FOLLOW, "events"),
    (DESTROY, "namespaces rm, content rm, content prune"),
)
_SHORT = {
    "c": "containers",
    "container": "containers",
    "t": "tasks",
    "task": "tasks",
    "i": "images",
    "ns": "namespaces",
}
_RUN = words_of(
    """
    --exec-id --cwd --user --env --mount --snapshotter --runtime --net-host --label --pid-file --log-uri --cgroup
    --memory-limit --cpus --gpus --hostname --platform --config --fifo-dir
    """
) - {"--net-host"}


def ctr(call: Call) -> Effect:
    """Look at or steer containers below their engine (ctr(8))."""
    outer = split(call.words, _GLOBAL, stops=True)
    operands = tuple(_SHORT.get(word, word) if at == 0 else word for at, word in enumerate(outer.operands))
    if asks_help(operands) or outer.has("--version", "--help", "-v", "-h"):
        return near(call, LIGHT)
    starts = 1 if operands[:1] == ("run",) else 2 if operands[:2] == ("tasks", "exec") else 0
    if not starts:
        return near(call, verb_of(_CTR, operands, SETTING))
    found = split(operands[starts:], _RUN, stops=True)
    words = found.operands[2 if starts == 1 else 1 :]
    terminal = found.has("-t", "--tty")
    effect = run_here(call, words, found.operands[0] if found.operands else "", terminal=terminal)
    return near(call, CONSOLE) if terminal and not effect.evidence else effect


PROGRAMS = {"crictl": crictl, "ctr": ctr}
