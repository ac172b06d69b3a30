"""The service life cycle: init systems, supervisors and servers that reload themselves."""

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.ssh_targets import known_name
from headgate.classify.programs.verbs import (
    CHANGE,
    CONSOLE,
    DEPLOY,
    EDIT,
    FOLLOW,
    LIGHT,
    LOOK,
    RESTART,
    SETTING,
    Verb,
    asks_help,
    far,
    near,
    verb_of,
    verbs,
)

_SUFFIXES = (".service", ".socket", ".timer", ".target")
_SYSTEMCTL = words_of(
    """
    -H --host -M --machine -t --type -p --property -P -n --lines -o --output -s --signal --state --kill-whom --what
    --root --job-mode --when --preset-mode --image --message --check-inhibitors --legend --timestamp
    """
)
_VERBS = verbs(
    (LOOK, "status, show, cat, is-active, is-enabled, is-failed"),
    (LOOK, "is-system-running, list-units, list-unit-files, list-timers"),
    (LOOK, "list-sockets, list-dependencies, list-jobs, list-machines, list-paths, list-automounts, get-default, help"),
    (LOOK, "show-environment, whoami"),
    (RESTART, "start, stop, restart, reload, try-restart, reload-or-restart, try-reload-or-restart, condrestart, kill"),
    (RESTART, "isolate, reboot, poweroff, halt, suspend, hibernate, hybrid-sleep"),
    (RESTART, "kexec, soft-reboot, rescue, emergency"),
    (RESTART, "force-reload, default, suspend-then-hibernate, exit, daemon-reexec, switch-root, freeze, thaw, clean"),
    (CHANGE, "daemon-reload, enable, disable, reenable, mask, unmask, preset"),
    (CHANGE, "link, set-default, reset-failed, set-property"),
    (CHANGE, "import-environment, set-environment, unset-environment, preset-all, add-wants"),
    (CHANGE, "add-requires, revert, cancel"),
    (CHANGE, "log-level, log-target, service-watchdogs, bind, mount-image"),
    (EDIT, "edit"),
)
_CHANGES = Effect(fx.CHANGES)


def systemctl(call: Call) -> Effect:
    """Look at or steer units, here or on the host of `-H` (systemctl(1))."""
    found = split(call.words, _SYSTEMCTL)
    if found.has("--help", "--version", "-h"):
        return near(call, LIGHT)
    if found.operands and HIDDEN in found.operands[0]:
        return call.opaque("what it does to a service is not known before it runs")
    verb = verb_of(_VERBS, found.operands[:1], CHANGE) if found.operands else LOOK
    if verb is EDIT and found.has("--stdin"):
        verb = CHANGE
    if verb is CHANGE and found.has("--now"):
        verb = RESTART
    if verb.does & fx.CHANGES and found.has("--dry-run"):
        verb = LOOK
    host = found.value("-H", "--host")
    machine = known_name(call, machine_of(host)) if host else ""
    return _state(call, verb, machine, _unit(found.operands))


def _unit(operands: tuple[str, ...]) -> str:
    return plain_unit(operands[1]) if len(operands) > 1 else ""


def plain_unit(name: str) -> str:
    """Return the service that a unit's *name* means: no suffix, and nothing where it is not known."""
    if HIDDEN in name:
        return ""
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def _state(call: Call, verb: Verb, machine: str, service: str) -> Effect:
    if machine:
        return far(call, verb, machine, service)
    if verb is CHANGE:
        return _CHANGES
    return near(call, verb, service)


_ACTIONS = verbs(
    (LOOK, "status, list, show, summary, info, ls, check, id, print, print-disabled"),
    (LOOK, "blame, procinfo, pid, version, hostinfo"),
    (LOOK, "configtest, describe, prettylist, jlist, report, avail, fg-status, validate, dumpstate, services, config"),
    (RESTART, "start, stop, restart, reload, force-reload, try-restart, condrestart"),
    (RESTART, "zap, graceful, graceful-stop, kill"),
    (RESTART, "load, unload, bootstrap, bootout, kickstart, startOrRestart"),
    (RESTART, "startOrReload, gracefulReload, delete, scale"),
    (RESTART, "resurrect, update, shutdown, signal, up, down, once, hup, term"),
    (RESTART, "quit, monitor, unmonitor, rotate, reread, sendSignal, reload-or-restart"),
    (RESTART, "onestart, onestop, onerestart, forcestart, forcestop, forcerestart, condreload, upgrade"),
    (SETTING, "enable, disable, add, remove, save, flush, set, unset, link, startup, unstartup, reset, clear, fg"),
)


def action_last(call: Call) -> Effect:
    """Steer the service that is named first (`service nginx restart`, `rc-service`, `/etc/init.d/x`)."""
    words = tuple(word for word in call.words if not word.startswith("-"))
    if not words or asks_help(call.words) or "--status-all" in call.words:
        return near(call, LIGHT)
    if len(words) == 1:
        return near(call, LOOK, plain_unit(words[0]))
    return _action(call, words[1], words[0])


def action_first(call: Call) -> Effect:
    """Steer the service that is named behind the action (`sv restart x`, `brew services restart x`)."""
    found = split(call.words, words_of("-c --configuration -s --serverurl -u --username -p --password -w -g"))
    if not found.operands:
        return near(call, LIGHT)
    return _action(call, found.operands[0], found.operands[1] if len(found.operands) > 1 else "")


def _action(call: Call, action: str, service: str, machine: str = "") -> Effect:
    if HIDDEN in action:
        return call.opaque("what it does to a service is not known before it runs")
    verb = verb_of(_ACTIONS, (action,), Verb(fx.UNSURE))
    return _state(call, verb, machine, plain_unit(service))


def supervisorctl(call: Call) -> Effect:
    """Steer supervised programs; without an action it waits for a person (supervisord.org)."""
    found = split(
        call.words,
        words_of(
            """
        -c --configuration -s --serverurl -u --username -p --password -r --history-file
        """
        ),
    )
    if found.has("-h", "--help"):
        return near(call, LIGHT)
    if not found.operands:
        return near(call, CONSOLE)
    action, rest = found.operands[0], found.operands[1:]
    address = found.value("-s", "--serverurl")
    machine = machine_of(address) if address and not address.startswith("unix:") else ""
    if action in {"tail", "maintail"}:
        return _state(call, FOLLOW if found.has("-f") else LOOK, machine, rest[0] if rest else "")
    if action == "fg":
        return near(call, CONSOLE)
    return _action(call, action, rest[0].rstrip(":*") if rest else "", machine)


def pm2(call: Call) -> Effect:
    """Steer node programs; its logs follow unless told not to (pm2.keymetrics.io)."""
    found = split(
        call.words,
        words_of(
            """
            -n --name -i --instances --lines --watch-delay --interpreter -l --log --env --only --max-memory-restart
            """
        ),
    )
    if not found.operands:
        return near(call, LIGHT)
    action, rest = found.operands[0], found.operands[1:]
    service = found.value("--name", "-n", "--only") or (rest[0] if rest else "")
    if action in {"logs", "log"}:
        return near(call, LOOK if found.has("--nostream") else FOLLOW, plain_unit(service))
    if action in {"monit", "dashboard", "dash", "attach"}:
        return near(call, CONSOLE)
    if action == "deploy":
        return far(call, DEPLOY)
    return _action(call, action, service)


def launchctl(call: Call) -> Effect:
    """Steer jobs of macOS (launchctl(1))."""
    words = tuple(word for word in call.words if not word.startswith("-"))
    service = words[-1].rpartition("/")[2].removesuffix(".plist") if len(words) > 1 else ""
    return _action(call, words[0], service) if words else near(call, LIGHT)


def runit(call: Call) -> Effect:
    """Steer a supervised service by letters (`sv`, `s6-svc`, `svc`)."""
    if call.name == "sv":
        letter = next((word for word in split(call.words, {"-w"}).operands[:1] if len(word) == 1), "s")
        return action_first(call) if letter == "s" else near(call, RESTART, plain_unit(call.words[-1]))
    steered = [word for word in call.words if word.startswith("-")]
    service = call.words[-1].rstrip("/").rpartition("/")[2] if call.words else ""
    return near(call, RESTART if steered else LOOK, plain_unit(service))


def power(call: Call) -> Effect:
    """Stop or restart the machine itself; `shutdown -c` and `-k` only talk about it."""
    if {"--help", "--version", "-c", "-k", "--show", "-w", "--wtmp-only"} & set(call.words):
        return near(call, LIGHT)
    return near(call, RESTART)


def runlevel(call: Call) -> Effect:
    """Change the runlevel: 0 and 6 stop the machine, others its services (init(8))."""
    words = [word for word in call.words if not word.startswith("-")]
    return near(call, RESTART) if words else near(call, LIGHT)


PROGRAMS = {
    "systemctl": systemctl,
    "rcctl": action_first,
    **dict.fromkeys(("service", "rc-service", "invoke-rc.d"), action_last),
    **dict.fromkeys(("initctl", "monit", "circusctl"), action_first),
    **dict.fromkeys(("sv", "s6-svc", "svc"), runit),
    "supervisorctl": supervisorctl,
    "pm2": pm2,
    "launchctl": launchctl,
    **dict.fromkeys(("reboot", "shutdown", "poweroff", "halt"), power),
    **dict.fromkeys(("init", "telinit"), runlevel),
}
