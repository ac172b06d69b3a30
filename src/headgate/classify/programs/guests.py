"""Guests of this machine: virtual machines, system containers and devices, and the words that run in them."""

import msgspec

from headgate.classify.effect import HIDDEN, Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import Options, split, words_of
from headgate.classify.programs.ssh import remote
from headgate.classify.programs.verbs import (
    CONSOLE,
    DESTROY,
    FOLLOW,
    LIGHT,
    LONG,
    ONLY_READS,
    RESTART,
    SESSION,
    SETTING,
    Verb,
    asks_help,
    far,
    name_of,
    near,
    verb_of,
    verbs,
)

_COMMON = verbs(
    (LIGHT, "list, ls, info, show, status, config show, version, inspect, ps, find, get, disk-info, snapshot list"),
    (RESTART, "start, stop, restart, reboot, shutdown, suspend, resume, reset, pause, poweroff, terminate, kill"),
    (DESTROY, "delete, destroy, rm, purge, rollback, restore, undefine, factory-reset, snapshot delete, remove"),
    (LONG, "build, launch, create, init, clone, pull, install, vzdump, dump, snapshot"),
    (CONSOLE, "console, monitor, terminal, enter"),
    (SETTING, "config, set, edit, network, profile, storage, mount, umount, transfer, copy, move, attach, detach"),
)


class _Guest(msgspec.Struct, frozen=True):
    """How a program starts words in a guest: its subcommands for that, the words before them, and its own verbs."""

    starts: frozenset[str]
    valued: frozenset[str] = frozenset()
    names: int = 1
    own: dict[str, Verb] = {}


_VIRSH = verbs(
    (LIGHT, "dominfo, domstate, domstats, dumpxml, net-list, pool-list, vol-list, nodeinfo, capabilities, connect"),
    (LIGHT, "domblklist, domiflist, domifaddr, snapshot-list, vcpuinfo, uri, net-info, pool-info, net-dumpxml, list"),
    (RESTART, "destroy, start, managedsave, autostart, net-start, net-destroy, pool-start, pool-destroy, migrate"),
    (DESTROY, "undefine, vol-delete, pool-delete, snapshot-delete, snapshot-revert, vol-wipe, net-undefine"),
    (FOLLOW, "event, qemu-monitor-event"),
)
_ADB = verbs(
    (LIGHT, "devices, version, help, get-state, get-serialno, features, mdns, start-server, bugreport"),
    (SETTING, "push, pull, install, uninstall, forward, reverse, connect, disconnect, pair, kill-server, root, sync"),
    (RESTART, "reboot"),
    (FOLLOW, "logcat, wait-for-device"),
)
_SHELLS = frozenset({"exec", "shell"})
_GUESTS = {
    **dict.fromkeys(("lxc", "incus"), _Guest(_SHELLS, words_of("--env --cwd --user --group --mode --project"))),
    "multipass": _Guest(_SHELLS, words_of("-d --working-directory")),
    "limactl": _Guest(frozenset({"shell"}), words_of("--workdir --shell --log-level")),
    "machinectl": _Guest(frozenset({"shell", "login"}), words_of("-M --machine --uid -E --setenv -n -o -s -p")),
    "distrobox": _Guest(frozenset({"enter"}), words_of("-n --name -a --additional-flags")),
    "toolbox": _Guest(frozenset({"run", "enter"}), words_of("-c --container -d --distro -r --release"), names=0),
    **dict.fromkeys(
        ("apptainer", "singularity"),
        _Guest(
            words_of("exec shell run"), words_of("-B --bind --env --env-file -H --home --pwd -W --workdir -S --mount")
        ),
    ),
    "virsh": _Guest(frozenset(), words_of("-c --connect -l --log -d --debug"), own=_VIRSH),
    "qm": _Guest(frozenset(), own=verbs((CONSOLE, "terminal, monitor"), (LONG, "migrate, remote-migrate, importdisk"))),
    "pct": _Guest(words_of("exec enter"), own=verbs((LONG, "migrate, remote-migrate"))),
    "adb": _Guest(frozenset({"shell", "exec-out"}), words_of("-s -t -H -P -L"), names=0, own=_ADB),
    "VBoxManage": _Guest(
        frozenset(),
        own=verbs(
            (RESTART, "startvm, controlvm"), (DESTROY, "unregistervm, closemedium"), (LIGHT, "showvminfo, metrics")
        ),
    ),
}


def guest(call: Call) -> Effect:
    """Steer a guest, or run words in it; a hypervisor that a URL names may be another machine (virsh(1))."""
    form = _GUESTS[call.name]
    found = split(call.words, form.valued, stops=True)
    if asks_help(found.operands) or found.has("--version", "--help"):
        return near(call, LIGHT)
    verb, rest = found.operands[0], found.operands[1:]
    if HIDDEN in verb:
        return call.opaque(f"the subcommand of `{call.name}` is not known before it runs")
    if verb in form.starts:
        return _within(call, form, rest)
    if verb == "logcat" and {"-d", "-t", "-c", "-g"} & {*rest}:
        return near(call, LIGHT)
    known = verb_of({**_COMMON, **form.own} if form.own else _COMMON, (verb, *rest), SETTING)
    machine = _hypervisor(found)
    name = rest[0] if rest and HIDDEN not in rest[0] else ""
    return far(call, known, machine, name) if machine else near(call, known, name)


def _within(call: Call, form: _Guest, words: tuple[str, ...]) -> Effect:
    found = split(words, form.valued, stops=True)
    rest = found.operands[form.names :]
    rest = rest[1:] if rest[:1] == ("--",) else rest
    if found.has("-n", "--name") and form.names:
        rest = found.operands
    return call.start(rest, f"guest {call.name}") if rest else near(call, CONSOLE)


def _hypervisor(found: Options) -> str:
    address = found.value("-c", "--connect")
    return machine_of(address) if "://" in address and not address.partition("://")[2].startswith("/") else ""


def attach(call: Call) -> Effect:
    """Run the words behind `--` in a guest, or open a shell in it (lxc-attach(1), lima, wsl)."""
    found = split(call.words, words_of("-n --name -P --lxcpath -d --distribution -u --user --cd -v"), stops=True)
    words = found.operands or found.values("-e", "--exec")
    if {"--help", "--version", "-l", "--list"} & {*found.options}:
        return near(call, LIGHT)
    return call.start(words, f"guest {call.name}") if words else near(call, CONSOLE)


_VAGRANT = verbs(
    (LIGHT, "status, global-status, validate, port, ssh-config, box"),
    (LIGHT, "plugin, init, snapshot list, box list, cap, version"),
    (LONG, "up, provision, box add, package"),
    (RESTART, "halt, reload, suspend, resume"),
    (DESTROY, "destroy, snapshot delete, snapshot restore"),
    (SETTING, "snapshot save, snapshot push, snapshot pop, box update, box remove, winrm-config"),
    (FOLLOW, "rsync-auto"),
)


def vagrant(call: Call) -> Effect:
    """Steer virtual machines of this machine; `ssh -c` runs a text in one (vagrant(1))."""
    if asks_help(call.words):
        return ONLY_READS
    found = split(call.words, frozenset({"-c", "--command", "--provider"}))
    operands = found.operands
    if operands[:1] != ("ssh",):
        return near(call, verb_of(_VAGRANT, operands, SETTING), operands[1] if len(operands) > 1 else "")
    machine = name_of(operands[1]) if len(operands) > 1 else "vagrant"
    text = found.value("-c", "--command")
    return remote(call, machine, text) if text else far(call, SESSION, machine)


PROGRAMS = {
    "vagrant": vagrant,
    **dict.fromkeys(_GUESTS, guest),
    **dict.fromkeys(("lxc-attach", "lxc-execute", "lxc-console", "lima", "wsl", "distrobox-enter"), attach),
}
