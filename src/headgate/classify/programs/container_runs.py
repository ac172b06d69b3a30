"""Words that run in a container, here or on another machine."""

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change, looked, touched
from headgate.classify.programs.call import Call
from headgate.classify.programs.kubernetes import inside
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.verbs import (
    CHANGE,
    CONSOLE,
    DEPLOY,
    LIGHT,
    RUNS,
    SETTING,
    Verb,
    far,
    near,
    on,
)
from headgate.model.facts import Workload

RUN = words_of(
    """
    -e --env --env-file -v --volume -p --publish --name --network --net -w --workdir -u --user --entrypoint --mount
    -l --label -m --memory --cpus --restart --platform --gpus -h --hostname --add-host --device --cap-add --cap-drop
    --security-opt --log-driver --log-opt --ulimit --shm-size --tmpfs --pull --ip --dns --link --volumes-from -a
    --attach --cidfile --expose --health-cmd --health-interval --health-timeout --health-retries --stop-timeout
    --runtime --pid --ipc --userns --sysctl --group-add --memory-swap --cpuset-cpus -c --cpu-shares --network-alias
    --annotation --uts --cgroup-parent --domainname --label-file --stop-signal --storage-opt --detach-keys
    --mac-address --pids-limit --oom-score-adj --pod --secret --arch --os --index
    """
)


def state(call: Call, verb: Verb, machine: str, service: str) -> Effect:
    """Return the effect of *verb* here, or on *machine*."""
    if not machine:
        return near(call, verb, service)
    return far(call, CHANGE if verb is SETTING else verb, machine, service)


def run(call: Call, words: tuple[str, ...], machine: str, name: str) -> Effect:
    """Run words in a new container (`run`, `create`) or in one that runs (`exec`)."""
    found = split(words, RUN, stops=True)
    if found.has("--help"):
        return near(call, LIGHT)
    rest = found.operands[1:]
    entry = found.value("--entrypoint")
    command = (*entry.split(" "), *rest) if entry and HIDDEN not in entry else rest
    terminal = on(found, "-t", "--tty") and on(found, "-i", "--interactive")
    if name == "create":
        return Effect(fx.UNSURE)
    image = found.operands[0] if found.operands else ""
    if machine and not command and not terminal and name == "run":
        return far(call, DEPLOY if found.has("-d", "--detach") else RUNS, machine, found.value("--name"))
    if machine:
        target = (machine, found.value("--name") or ("" if HIDDEN in image else image))
        return inside(call, command, target, terminal=terminal and (name == "exec" or not command))
    effect = run_here(call, command, image if name == "exec" else "", terminal=terminal)
    if name == "exec" and terminal and not effect.has(Workload.INTERACTIVE):
        shown = call.shows(Workload.INTERACTIVE, "asks for a terminal in a container")
        effect = change(effect, does=effect.does | fx.INTERACTIVE, evidence=effect.evidence + shown)
    return detached(effect) if on(found, "-d", "--detach") else effect


def run_here(call: Call, command: tuple[str, ...], container: str, *, terminal: bool) -> Effect:
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


def detached(effect: Effect) -> Effect:
    """Return *effect* as it is where nobody waits for it."""
    does = effect.does & ~(fx.FOLLOWS | fx.INTERACTIVE) | fx.UNSURE
    return change(effect.without(*_WHILE_RUNNING), does=does, seconds=0.0)
