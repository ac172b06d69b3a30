"""Processes: signals must not reach the gate's own."""

import posixpath
import re

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.grammar import begun, grammar, read
from headgate.classify.programs.options import Options, split, words_of
from headgate.model.facts import Workload

LOOK = Effect(fx.READS)
FILTER = Effect(fx.READS | fx.FILTERS)
CHANGE = Effect(fx.CHANGES)

_GATE_NAMES = ("headgate", "headgate-hook", "headgate-shim", "python3", "python")
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
_PGREP_VALUED = words_of(
    """
    -d --delimiter -g --pgroup -G --group -P --parent -s --session -t --terminal -u --euid -U --uid -F --pidfile -r
    --runstates --signal --ns --nslist --cgroup --env
    """
)


_HANGS_UP = frozenset({"-HUP", "-SIGHUP", "-1", "-hup"})
_HARMLESS = words_of("-USR1 -SIGUSR1 -WINCH -SIGWINCH -CONT -SIGCONT -10 -18 -28")
_SERVERS = words_of(
    """
    nginx httpd apache2 postgres mysqld mariadbd redis-server mongod haproxy php-fpm uwsgi unicorn gunicorn puma caddy
    envoy traefik sshd dockerd containerd kubelet rsyslogd named dnsmasq memcached etcd supervisord crond systemd
    """
)


def kill(call: Call) -> Effect:
    """Send a signal to processes, which must not be the gate's (kill(1))."""
    words = call.words
    if words[:1] and words[0] in {"-l", "-L", "--list", "--table"}:
        return LOOK
    quiet = words[:1] == ("-0",) or words[:2] == ("-s", "0")
    if words[:1] and words[0] in {"-s", "-n", "--signal"}:
        words = words[2:]
    elif words[:1] and words[0].startswith("-") and words[0] != "--":
        words = words[1:]
    if quiet:
        return LOOK
    targets = tuple(word for word in words if word != "--")
    if not call.machine and "-1" in targets:
        return _control(call, "signals every process, the gate's too")
    reached = _process_change(call, targets)
    sent = {*call.words[:1]} if call.words[:1] != ("-s",) else {f"-{word}" for word in call.words[1:2]}
    if reached is CHANGE and (_HANGS_UP & sent or "1" in targets):
        return _steers(call, "makes a service read its settings again, or end", "")
    return reached


def _steers(call: Call, why: str, service: str) -> Effect:
    return Effect(fx.CHANGES, call.shows(Workload.RESTART, why), touches=fx.touched(call.machine, service))


def _signalled(call: Call, names: tuple[str, ...]) -> Effect:
    """Return the effect of a signal to processes by name: a server that everybody knows is a service."""
    server = next((name for name in names if name.strip("^$") in _SERVERS), "")
    harmless = not _HARMLESS.isdisjoint(call.words)
    return _steers(call, f"stops or reloads `{server}`", server) if server and not harmless else CHANGE


def _process_change(call: Call, words: tuple[str, ...]) -> Effect:
    """Return a change of processes; one of the gate's among *words* belongs to the operator."""
    if not call.machine and any(word.strip("-+") in map(str, call.around.gate_pids) for word in words):
        return _control(call, "reaches a process of the gate")
    return CHANGE


def by_pid(call: Call) -> Effect:
    """Change or stop processes that are named by their number."""
    return _process_change(call, tuple(part for word in call.words for part in word.replace("=", ",").split(",")))


def limits(call: Call) -> Effect:
    """Change the limits of a process, or run a program under limits (prlimit(1))."""
    reading = read(call.words, _PRLIMIT)
    if not reading.found.operands or reading.found.has("-p", "--pid"):
        return by_pid(call)
    return begun(call, reading, reading.operands) if reading.doubtful else call.start(reading.found.operands)


_PRLIMIT = grammar(
    "--help --version -h -V -a --all -c --core -d --data -e --nice -f --fsize -i --sigpending -l --memlock -m --rss"
    " -n --nofile -q --msgqueue -r --rtprio -s --stack -t --cpu -u --nproc -v --as -x --locks -y --rttime --noheadings"
    " --raw --verbose",
    "-p --pid -o --output",
)


def _control(call: Call, why: str) -> Effect:
    return Effect(fx.CHANGES, call.shows(Workload.CONTROL_PLANE, why))


def pkill(call: Call) -> Effect:
    """Signal the processes that a pattern selects (pkill(1))."""
    if "-0" in call.words or "--help" in call.words:
        return LOOK
    found = _selection(call)
    if not call.machine and _selects_gate(call, found):
        return _control(call, "selects processes of the gate")
    return _signalled(call, found.operands[:1])


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
        return FILTER
    found = _selection(call) if call.name == "pgrep" else split(call.words, words_of("-o -S -d"))
    named = found.operands[:1] if call.name == "pgrep" else found.operands
    for name in named:
        if _meant(name):
            return Effect(fx.READS, call.shows(Workload.CONTROL_PLANE, "looks for the processes of the gate"))
    gate = _selects_gate(call, found) if call.name == "pgrep" else any(name in _GATE_NAMES for name in named)
    if gate and call.around.gate_pids and not found.has("-c", "--count", "-l", "-a"):
        return Effect(fx.READS | fx.FILTERS, output="".join(f"{pid}\n" for pid in call.around.gate_pids))
    return FILTER


def _meant(pattern: str) -> bool:
    """Whether *pattern* names the gate itself, however it is spelled."""
    plain = pattern.replace("[", "").replace("]", "").replace("\\", "").lower()
    return "headgate" in plain


def killall(call: Call) -> Effect:
    """Signal processes by their name, or all of a user (killall(1))."""
    words = tuple(word for word in call.words if not _SIGNAL.match(word))
    found = split(words, words_of("-s --signal -u --user -y --younger-than -o --older-than -Z --context -n --ns -t -c"))
    if found.has("-l", "--list", "-V", "--version") or "-0" in call.words:
        return LOOK
    patterns = found.has("-r", "--regexp", "-m")
    names = (*found.operands, *found.values("-c"))
    hit = any(_matches(name, _GATE_NAMES, whole=not patterns) for name in names if patterns or _plain(name))
    user = not names and any(_own_user(call, name) for name in found.values("-u", "--user"))
    if not call.machine and (hit or user):
        return _control(call, "selects processes of the gate")
    return _signalled(call, names)


def _plain(name: str) -> bool:
    return name.replace("-", "").replace("_", "").isalnum()


def everything(call: Call) -> Effect:
    """Signal every process (killall5(8))."""
    return CHANGE if call.machine else _control(call, "signals every process, the gate's too")


def fuser(call: Call) -> Effect:
    """Name the users of files or ports; `-k` kills them (fuser(1))."""
    return CHANGE if any(word.startswith("-") and "k" in word and word != "--" for word in call.words) else LOOK


PROGRAMS = {
    "kill": kill,
    **dict.fromkeys(("pkill", "skill", "snice"), pkill),
    **dict.fromkeys(("pgrep", "pidof"), pgrep),
    "killall": killall,
    "killall5": everything,
    "fuser": fuser,
    "prlimit": limits,
    **dict.fromkeys(words_of("renice gcore pstack py-spy reptyr"), by_pid),
}
