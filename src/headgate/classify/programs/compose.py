"""Compose: the services of a project, on this machine or another (docs.docker.com/reference/cli/docker/compose)."""

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.container_hosts import daemon
from headgate.classify.programs.container_runs import RUN, detached, run_here, state
from headgate.classify.programs.kubernetes import inside
from headgate.classify.programs.options import Options, split, words_of
from headgate.classify.programs.places import Place, placed
from headgate.classify.programs.verbs import (
    CONSOLE,
    COPY,
    DEPLOY,
    DEPLOY_FOLLOW,
    DESTROY,
    FOLLOW,
    LIGHT,
    LONG,
    LOOK,
    PLAN,
    RESTART,
    SETTING,
    WAIT,
    Verb,
    asks_help,
    near,
    on,
    verb_of,
    verbs,
)
from headgate.model.facts import Workload

_COMPOSE = words_of(
    """
    -f --file -p --project-name --profile --env-file --project-directory --ansi --parallel --progress -H --host -c
    --context
    """
)
_COMPOSE_OTHERS = words_of(
    """
    -t --timeout -n --tail --since --until --scale --pull --format -s --signal --index -e --env -u --user -w
    --workdir --wait-timeout --exit-code-from --attach --no-attach --build-arg -m --memory --filter --progress
    --status
    """
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
    return compose(call, call.words, "")


def compose(call: Call, words: tuple[str, ...], machine: str) -> Effect:
    """Steer the services of a project (docs.docker.com/reference/cli/docker/compose)."""
    outer = split(words, _COMPOSE, stops=True)
    if not outer.operands or asks_help(outer.operands) or outer.has("--version", "--help", "-v", "-h"):
        return near(call, LIGHT)
    place = Place(machine) if machine else daemon(call, outer)
    return placed(_on(call, outer, place.machine), place)


def _on(call: Call, outer: Options, machine: str) -> Effect:
    """Return the effect of a subcommand on the services of *machine* (empty: this one)."""
    name, rest = outer.operands[0], outer.operands[1:]
    if HIDDEN in name:
        return call.opaque("the subcommand of the call is not known before it runs")
    if name in {"exec", "run"}:
        return _compose_run(call, rest, machine, name)
    found = split(rest, _COMPOSE_OTHERS - {"-s"} if name == "rm" else _COMPOSE_OTHERS)
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
    if name == "rm":
        return DESTROY if found.has("-v", "--volumes") else RESTART if found.has("-s", "--stop") else SETTING
    return verb_of(_COMPOSE_VERBS, (name,), SETTING)


def _compose_run(call: Call, words: tuple[str, ...], machine: str, name: str) -> Effect:
    """Run words in a service's container; a terminal is the default here, so it says nothing."""
    found = split(words, RUN - {"-T", "-h", "-a", "-c", "-m"}, stops=True)
    command = found.operands[1:]
    service = found.operands[0] if found.operands and HIDDEN not in found.operands[0] else ""
    if machine:
        return inside(call, command, (machine, service), terminal=False)
    if name == "run" and found.value("--entrypoint") and HIDDEN not in found.value("--entrypoint"):
        command = (*found.value("--entrypoint").split(), *command)
    effect = run_here(call, command, service if name == "exec" else "", terminal=False)
    return detached(effect) if on(found, "-d", "--detach") else effect


PROGRAMS = dict.fromkeys(("docker-compose", "podman-compose"), docker_compose)
