"""Processes, users and the kernel's settings: signals must not reach the gate's own processes."""

import posixpath
import re

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.options import Options, split
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_FILTER = Effect(fx.READS | fx.FILTERS)
_CHANGE = Effect(fx.CHANGES)

_GATE_NAMES = ("headgate", "headgate-hook", "python3", "python")
_GATE_LINES = (
    *_GATE_NAMES,
    "/opt/headgate/bin/python3 /opt/headgate/bin/headgate serve --home /home/user/.local/state/headgate",
    "python3 /opt/headgate/bin/headgate serve --home /home/user/.local/state/headgate",
    "python -m headgate serve --home /home/user/.local/state/headgate",
)
_SIGNAL = re.compile(r"-(?:SIG)?(?:[A-Z][A-Z0-9+-]+|\d+)\Z")
_COSTLY = re.compile(r"\)[*+?{]|\[\[|\\[0-9]|(?:[*+{].*){5}", re.DOTALL)
_CLASS = re.compile(r"\[\[:\w+:\]\]")
_MAX_PATTERN = 200
_PGREP_VALUED = frozenset(
    """-d --delimiter -g --pgroup -G --group -P --parent -s --session -t --terminal -u --euid -U --uid -F --pidfile
    -r --runstates --signal --ns --nslist --cgroup --env""".split()
)


def kill(call: Call) -> Effect:
    """Send a signal to processes, which must not be the gate's (kill(1))."""
    words = call.words
    if words[:1] and words[0] in {"-l", "-L", "--list", "--table"}:
        return _LOOK
    quiet = words[:1] == ("-0",) or words[:2] == ("-s", "0")
    if words[:1] and words[0] in {"-s", "-n", "--signal"}:
        words = words[2:]
    elif words[:1] and words[0].startswith("-") and words[0] != "--":
        words = words[1:]
    if quiet:
        return _LOOK
    targets = tuple(word for word in words if word != "--")
    if not call.machine and "-1" in targets:
        return _control(call, "signals every process, the gate's too")
    return _process_change(call, targets)


def _process_change(call: Call, words: tuple[str, ...]) -> Effect:
    """Return a change of processes; one of the gate's among *words* belongs to the operator."""
    if not call.machine and any(word.strip("-+") in map(str, call.around.gate_pids) for word in words):
        return _control(call, "reaches a process of the gate")
    return _CHANGE


def by_pid(call: Call) -> Effect:
    """Change or stop processes that are named by their number."""
    return _process_change(call, tuple(part for word in call.words for part in word.replace("=", ",").split(",")))


def _control(call: Call, why: str) -> Effect:
    return Effect(fx.CHANGES, call.shows(Workload.CONTROL_PLANE, why))


def pkill(call: Call) -> Effect:
    """Signal the processes that a pattern selects (pkill(1))."""
    if "-0" in call.words or "--help" in call.words:
        return _LOOK
    found = _selection(call)
    if not call.machine and _selects_gate(call, found):
        return _control(call, "selects processes of the gate")
    return _CHANGE


def _selection(call: Call) -> Options:
    return split(tuple(word for word in call.words if not _SIGNAL.match(word)), _PGREP_VALUED)


def _selects_gate(call: Call, found: Options) -> bool:
    """Whether the selection of pkill or pgrep would hold the gate's processes."""
    if found.has("-v", "--inverse"):
        return True
    parents = (*found.values("-P", "--parent"), *found.values("-g", "--pgroup"), *found.values("-s", "--session"))
    if any(str(pid) in parents for pid in call.around.gate_pids):
        return True
    if found.operands:
        return _matches(
            found.operands[0], _GATE_LINES if found.has("-f", "--full") else _GATE_NAMES, whole=found.has("-x")
        )
    return any(_own_user(call, user) for user in found.values("-u", "--euid", "-U", "--uid"))


def _own_user(call: Call, user: str) -> bool:
    names = user.split(",")
    return any(
        not known(name) or name.isdigit() or name in {"root", posixpath.basename(call.around.home)} for name in names
    )


def _matches(pattern: str, lines: tuple[str, ...], *, whole: bool) -> bool:
    """Whether *pattern* selects one of *lines*; a pattern too odd to try is taken to."""
    if HIDDEN in pattern:
        return "headgate" in pattern
    plain = _CLASS.sub(r"\\w", pattern)
    if len(plain) > _MAX_PATTERN or _COSTLY.search(plain):
        return True
    try:
        wanted = re.compile(plain, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError, FutureWarning):
        return "headgate" in pattern
    return any(wanted.fullmatch(line) if whole else wanted.search(line) for line in lines)


def pgrep(call: Call) -> Effect:
    """List processes; those of the gate are printed where their numbers are known, so that they can be followed."""
    if call.machine:
        return _FILTER
    found = _selection(call) if call.name == "pgrep" else split(call.words, frozenset("-o -S -d".split()))
    named = found.operands[:1] if call.name == "pgrep" else found.operands
    for name in named:
        if _meant(name):
            return Effect(fx.READS, call.shows(Workload.CONTROL_PLANE, "looks for the processes of the gate"))
    gate = _selects_gate(call, found) if call.name == "pgrep" else any(name in _GATE_NAMES for name in named)
    if gate and call.around.gate_pids and not found.has("-c", "--count", "-l", "-a"):
        return Effect(fx.READS | fx.FILTERS, output="".join(f"{pid}\n" for pid in call.around.gate_pids))
    return _FILTER


def _meant(pattern: str) -> bool:
    """Whether *pattern* names the gate itself, however it is spelled."""
    plain = pattern.replace("[", "").replace("]", "").replace("\\", "").lower()
    return "headgate" in plain


def killall(call: Call) -> Effect:
    """Signal processes by their name, or all of a user (killall(1))."""
    words = tuple(word for word in call.words if not _SIGNAL.match(word))
    found = split(
        words, frozenset("-s --signal -u --user -y --younger-than -o --older-than -Z --context -n --ns -t -c".split())
    )
    if found.has("-l", "--list", "-V", "--version") or "-0" in call.words:
        return _LOOK
    patterns = found.has("-r", "--regexp", "-m")
    names = (*found.operands, *found.values("-c"))
    hit = any(_matches(name, _GATE_NAMES, whole=not patterns) for name in names if patterns or _plain(name))
    user = not names and any(_own_user(call, name) for name in found.values("-u", "--user"))
    if not call.machine and (hit or user):
        return _control(call, "selects processes of the gate")
    return _CHANGE


def _plain(name: str) -> bool:
    return name.replace("-", "").replace("_", "").isalnum()


def everything(call: Call) -> Effect:
    """Signal every process (killall5(8))."""
    return _CHANGE if call.machine else _control(call, "signals every process, the gate's too")


def fuser(call: Call) -> Effect:
    """Name the users of files or ports; `-k` kills them (fuser(1))."""
    return _CHANGE if any(word.startswith("-") and "k" in word and word != "--" for word in call.words) else _LOOK


_SETTERS: dict[str, tuple[str, ...]] = {
    "sysctl": ("-w", "--write", "-p", "--load", "--system"),
    "hostnamectl": ("set-", "hostname ", "chassis ", "deployment ", "icon-name "),
    "timedatectl": ("set-",),
    "localectl": ("set-",),
    "resolvectl": ("flush", "reset", "revert", "dns ", "domain ", "default-route "),
    "loginctl": ("terminate", "kill", "lock", "unlock", "enable", "disable", "activate", "attach", "flush"),
    "route": ("add", "del", "flush", "change", "delete"),
    "arp": ("-d", "-s", "--delete", "--set", "-f"),
    "ethtool": ("-s", "-K", "-G", "-C", "-L", "-A", "--change", "--offload", "--set", "-r", "-f", "-E"),
    "swapon": ("-a", "--all", "/", "-U", "-L", "UUID", "LABEL"),
    "modprobe": ("-r", "--remove", "-a", "--all", "-f"),
    "ufw": tuple(
        """enable disable reload reset allow deny reject limit delete insert route prepend default logging
        app""".split()
    ),
    "update-alternatives": ("--install", "--remove", "--set", "--auto", "--config", "--all"),
    "firewall-cmd": tuple(
        """--add --remove --set --reload --complete-reload --runtime-to --new --delete --change --panic-on""".split()
    ),
    "udevadm": ("trigger", "control", "test-builtin"),
    "hwclock": ("-w", "-s", "--systohc", "--hctosys", "--set", "--adjust"),
    "auditctl": ("-w", "-a", "-A", "-d", "-D", "-e", "-W"),
    "iptables-save": (),
    "getenforce": (),
    "pmap": (),
    "pwdx": (),
}
"""Programs that look unless a word starts one of these ways; one that ends in a space needs a further word."""

_FLUSHES: dict[str, frozenset[str]] = {
    "nft": frozenset({"flush"}),
    "ufw": frozenset({"reset"}),
    **dict.fromkeys("iptables ip6tables ebtables arptables ipset".split(), frozenset({"-F", "--flush", "-X", "flush"})),
}


def setter(call: Call) -> Effect:
    """Look at a setting of the machine, or change it."""
    words = call.words
    if not _FLUSHES.get(call.name, frozenset()).isdisjoint(words):
        return _destroyed(call, "drops firewall rules")
    for mark in _SETTERS[call.name]:
        bare = mark.rstrip(" ")
        if any(word.startswith(bare) for word in words) and (bare == mark or len(words) > 1):
            return _CHANGE
    if call.name == "sysctl" and any("=" in word for word in words):
        return _CHANGE
    named = (
        call.name == "modprobe" and words and not words[0].startswith(("-n", "--dry", "--show", "--help", "-c", "-D"))
    )
    return _CHANGE if named else _LOOK


def _destroyed(call: Call, why: str) -> Effect:
    return Effect(fx.CHANGES | fx.DESTROYS, call.shows(Workload.DESTRUCTIVE, why))


_RULE_LOOKS = frozenset("-L -S -n -V -h --list --list-rules --version --help -C --check list -c".split())


def rules(call: Call) -> Effect:
    """List, change or flush the rules of a firewall (iptables(8), nft(8))."""
    if not _FLUSHES[call.name].isdisjoint(call.words):
        return _destroyed(call, "drops firewall rules")
    clusters = any(word[:1] == "-" and word[:2] != "--" and {"L", "S"} & set(word) for word in call.words)
    return _LOOK if clusters or not call.words or not _RULE_LOOKS.isdisjoint(call.words) else _CHANGE


_IP_CHANGES = frozenset(
    """add a+ del delete d set s+ change chg replace append prepend flush up down modify mod update exec-all
    attach clean
    connect disconnect clone import load reload reapply on off restore""".split()
)


def ip(call: Call) -> Effect:
    """Show the network, change it, follow it, or run a program in a name space (ip(8), tc(8), nmcli(1))."""
    valued = frozenset("-n -netns -f -family -b -batch -l -loops -rc -rcvbuf -g -m".split())
    found = split(call.words, valued, stops=True, long_dash=True)
    words = found.operands
    if words[:2] in {("netns", "exec"), ("vrf", "exec")}:
        return call.start(words[3:]) if len(words) > 3 else _LOOK  # noqa: PLR2004 netns exec NAME COMMAND
    if "monitor" in words[:2]:
        return Effect(fx.READS | fx.FOLLOWS, call.shows(Workload.LOG_TAIL, "follows events without an end"))
    changes = found.has("-b", "-batch") if call.name == "ip" else False
    return _CHANGE if changes or not _IP_CHANGES.isdisjoint(words[:3]) else _LOOK


def ifconfig(call: Call) -> Effect:
    """Show an interface, or change it (ifconfig(8))."""
    return _CHANGE if sum(not word.startswith("-") for word in call.words) > 1 else _LOOK


def hostname(call: Call) -> Effect:
    """Show the host's name, or set it (hostname(1))."""
    return _CHANGE if any(not word.startswith("-") for word in call.words) else _LOOK


def date(call: Call) -> Effect:
    """Print the time, or set the clock (date(1))."""
    found = split(call.words, frozenset("-d --date -f --file -r --reference -s --set -v -j".split()))
    sets = found.has("-s", "--set") or any(word.isdigit() for word in found.operands)
    return Effect(fx.CHANGES) if sets and not found.has("-j") else _FILTER


def change(_call: Call) -> Effect:
    """Change users, groups, kernel modules or other settings of the machine."""
    return _CHANGE


def userdel(call: Call) -> Effect:
    """Remove a user (userdel(8))."""
    return _destroyed(call, "removes a user")


PROGRAMS = {
    "kill": kill,
    **dict.fromkeys("pkill skill snice".split(), pkill),
    **dict.fromkeys("pgrep pidof".split(), pgrep),
    "killall": killall,
    "killall5": everything,
    "fuser": fuser,
    **dict.fromkeys("renice prlimit gcore pstack py-spy reptyr".split(), by_pid),
    **dict.fromkeys(_SETTERS, setter),
    **dict.fromkeys("iptables ip6tables ebtables arptables nft ipset".split(), rules),
    **dict.fromkeys("ip tc bridge nmcli".split(), ip),
    "ifconfig": ifconfig,
    "hostname": hostname,
    "date": date,
    **dict.fromkeys(("userdel", "deluser"), userdel),
    **dict.fromkeys(
        """useradd adduser usermod groupadd groupmod addgroup groupdel delgroup gpasswd chpasswd chage insmod
        rmmod depmod
        iptables-restore swapoff setenforce ldconfig brctl setcap""".split(),
        change,
    ),
}
