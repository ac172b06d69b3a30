"""Settings of the system: kernel, clock, network, packet filters and accounts."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.processes import CHANGE, FILTER, LOOK
from headgate.model.facts import Workload

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
        words_of(
            """
            enable disable reload reset allow deny reject limit delete insert route prepend default logging app
            """
        )
    ),
    "update-alternatives": ("--install", "--remove", "--set", "--auto", "--config", "--all"),
    "firewall-cmd": tuple(
        words_of(
            """
            --add --remove --set --reload --complete-reload --runtime-to --new --delete --change --panic-on
            """
        )
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
    **dict.fromkeys(
        words_of("iptables ip6tables ebtables arptables ipset"), frozenset({"-F", "--flush", "-X", "flush"})
    ),
}


def setter(call: Call) -> Effect:
    """Look at a setting of the machine, or change it."""
    words = call.words
    if not _FLUSHES.get(call.name, frozenset()).isdisjoint(words):
        return _destroyed(call, "drops firewall rules")
    for mark in _SETTERS[call.name]:
        bare = mark.rstrip(" ")
        if any(word.startswith(bare) for word in words) and (bare == mark or len(words) > 1):
            return CHANGE
    if call.name == "sysctl" and any("=" in word for word in words):
        return CHANGE
    named = (
        call.name == "modprobe" and words and not words[0].startswith(("-n", "--dry", "--show", "--help", "-c", "-D"))
    )
    return CHANGE if named else LOOK


def _destroyed(call: Call, why: str) -> Effect:
    return Effect(fx.CHANGES | fx.DESTROYS, call.shows(Workload.DESTRUCTIVE, why))


_RULE_LOOKS = words_of("-L -S -n -V -h --list --list-rules --version --help -C --check list -c")


def rules(call: Call) -> Effect:
    """List, change or flush the rules of a firewall (iptables(8), nft(8))."""
    if not _FLUSHES[call.name].isdisjoint(call.words):
        return _destroyed(call, "drops firewall rules")
    clusters = any(word[:1] == "-" and word[:2] != "--" and {"L", "S"} & set(word) for word in call.words)
    return LOOK if clusters or not call.words or not _RULE_LOOKS.isdisjoint(call.words) else CHANGE


_IP_CHANGES = words_of(
    """
    add a+ del delete d set s+ change chg replace append prepend flush up down modify mod update exec-all attach
    clean connect disconnect clone import load reload reapply on off restore
    """
)


def ip(call: Call) -> Effect:
    """Show the network, change it, follow it, or run a program in a name space (ip(8), tc(8), nmcli(1))."""
    valued = words_of("-n -netns -f -family -b -batch -l -loops -rc -rcvbuf -g -m")
    found = split(call.words, valued, stops=True, long_dash=True)
    words = found.operands
    if words[:2] in {("netns", "exec"), ("vrf", "exec")}:
        return call.start(words[3:]) if len(words) > 3 else LOOK  # noqa: PLR2004 netns exec NAME COMMAND
    if "monitor" in words[:2]:
        return Effect(fx.READS | fx.FOLLOWS, call.shows(Workload.LOG_TAIL, "follows events without an end"))
    changes = found.has("-b", "-batch") if call.name == "ip" else False
    return CHANGE if changes or not _IP_CHANGES.isdisjoint(words[:3]) else LOOK


def ifconfig(call: Call) -> Effect:
    """Show an interface, or change it (ifconfig(8))."""
    return CHANGE if sum(not word.startswith("-") for word in call.words) > 1 else LOOK


def hostname(call: Call) -> Effect:
    """Show the host's name, or set it (hostname(1))."""
    return CHANGE if any(not word.startswith("-") for word in call.words) else LOOK


def date(call: Call) -> Effect:
    """Print the time, or set the clock (date(1))."""
    found = split(call.words, words_of("-d --date -f --file -r --reference -s --set -v -j"))
    sets = found.has("-s", "--set") or any(word.isdigit() for word in found.operands)
    return Effect(fx.CHANGES) if sets and not found.has("-j") else FILTER


def change(_call: Call) -> Effect:
    """Change users, groups, kernel modules or other settings of the machine."""
    return CHANGE


def userdel(call: Call) -> Effect:
    """Remove a user (userdel(8))."""
    return _destroyed(call, "removes a user")


PROGRAMS = {
    **dict.fromkeys(_SETTERS.keys() - {"udevadm"}, setter),
    **dict.fromkeys(("iptables", "ip6tables", "ebtables", "arptables", "nft", "ipset"), rules),
    **dict.fromkeys(("ip", "tc", "bridge", "nmcli"), ip),
    "ifconfig": ifconfig,
    "hostname": hostname,
    "date": date,
    **dict.fromkeys(("userdel", "deluser"), userdel),
    **dict.fromkeys(
        words_of(
            """
            useradd adduser usermod groupadd groupmod addgroup groupdel delgroup gpasswd chpasswd chage insmod rmmod
            depmod iptables-restore swapoff setenforce ldconfig brctl setcap
            """
        ),
        change,
    ),
}
