"""Programs that run another program with the words that follow, each by its own option grammar."""

import re
import shlex

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.grammar import Reading, begun, grammar, read
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.variables import judged, judges
from headgate.classify.programs.wrapper_grammars import GRAMMARS
from headgate.classify.shell.guard import sets_gate
from headgate.model.facts import Workload

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)([smhd]?)\Z")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_MACHINE = re.compile(r"(?:x86_64|i\d86|linux(?:32|64)|aarch64|arm\w*|ppc\w*|s390x?|mips\w*|riscv\w*|uname26)\Z")

_TRACERS = frozenset({"strace", "ltrace"})
_OPENS_SHELL = words_of("chroot unshare nsenter firejail proot")
_APPLETS = words_of("busybox toybox")


def wrapper(call: Call) -> Effect:
    """Run the words behind this program's own options and positional arguments."""
    rules = GRAMMARS[call.name]
    reading = read(call.words, rules)
    found = reading.found
    if found.has("--help", "--version", "--list", "--netstats", "--shutdown", "--tree", "--top"):
        return Effect(fx.READS)
    pid = found.value("-p", "--attach") if call.name in _TRACERS else ""
    if pid.isdigit() and int(pid) in call.around.gate_pids:
        return Effect(fx.CHANGES, call.shows(Workload.CONTROL_PLANE, "traces a process of the gate"))
    rest = found.operands[rules.passes :]
    if call.name in _TRACERS and found.value("-o", "--output")[:1] in {"|", "!"}:
        return join((call.run(found.value("-o", "--output")[1:]), begun(call, reading, rest)))
    if rest:
        return begun(call, reading, rest)
    if pid:
        return Effect(fx.READS | fx.FOLLOWS, call.shows(Workload.LONG_RUNNING, "traces a process until that ends"))
    return call.start(("sh",)) if call.name in _OPENS_SHELL else Effect(fx.READS)


def sudo(call: Call) -> Effect:
    """Run a program as another user; `-i` and `-s` open a shell, `-e` an editor (sudo(8), doas(1))."""
    reading = read(call.words, GRAMMARS[call.name])
    found = reading.found
    rest = found.operands
    doubts: list[Effect] = []
    while rest and _ASSIGNMENT.match(rest[0]):
        name = rest[0].partition("=")[0]
        if sets_gate(name):
            return Effect(fx.CHANGES, call.shows(Workload.CONTROL_PLANE, f"sets `{name}`, which steers the gate"))
        doubts += [judged(call, name, rest[0].partition("=")[2])] if judges(name) else []
        rest = rest[1:]
    if found.has("-e", "--edit"):
        return call.start(("sudoedit", *rest))
    if found.has("-l", "--list", "-v", "--validate", "-V", "--version", "--help", "-L"):
        return Effect(fx.READS)
    if rest:
        return join((*doubts, begun(call, reading, rest)))
    opens = found.has("-i", "-s", "--login", "--shell") or (call.name == "doas" and not found.has("-C"))
    return call.start(("sh",)) if opens else Effect(fx.READS)


def flock(call: Call) -> Effect:
    """Run a program while a lock is held: words, or a text behind `-c` (flock(1))."""
    reading = read(call.words, GRAMMARS["flock"])
    rest = reading.operands[1:]
    if rest[:1] and rest[0] in {"-c", "--command"}:
        return call.run(rest[1]) if len(rest) > 1 else Effect(fx.FILTERS)
    return begun(call, reading, rest) if rest else Effect(fx.READS)


def runuser(call: Call) -> Effect:
    """Run a program as another user: words behind `-u`, else a shell with its text (runuser(1))."""
    reading = read(call.words, GRAMMARS["runuser"])
    if reading.found.has("-u", "--user") and not reading.found.has("-c", "--command"):
        return begun(call, reading, reading.operands) if reading.operands else Effect(fx.READS)
    return call.start(("su", *call.words))


def setarch(call: Call) -> Effect:
    """Run a program as on another kind of machine, whose name may stand before or be left out (setarch(8))."""
    rules = GRAMMARS[call.name]
    reading = read(call.words, rules)
    rest = reading.operands
    if call.name == "setarch" and rest and (_MACHINE.match(rest[0]) or not reading.options):
        reading = read(rest[1:], rules)
        rest = reading.operands
    return begun(call, reading, rest) if rest else Effect(fx.READS)


def applet(call: Call) -> Effect:
    """Run one of the programs that the one file holds; its own options only list them (busybox(1))."""
    words = call.words
    return Effect(fx.READS) if not words or words[0].startswith("-") else call.start(words)


def pinned(call: Call) -> Effect:
    """Run a program on some processors, or ask about one that runs (taskset(1))."""
    reading = read(call.words, GRAMMARS["taskset"])
    if reading.found.has("-p", "--pid"):
        return Effect(fx.CHANGES if len(reading.operands) > 1 else fx.READS)
    rest = reading.operands[1:]
    return begun(call, reading, rest) if rest else Effect(fx.READS)


_LOADER_RUNS = grammar(
    "--verify --inhibit-cache --glibc-hwcaps-mask",
    "--library-path --inhibit-rpath --audit --preload --argv0 --glibc-hwcaps-prepend --glibc-hwcaps-mask",
)


_LOADERS = words_of(
    """
    ld.so ld-linux.so.2 ld-linux-x86-64.so.2 ld-linux-aarch64.so.1 ld-linux-armhf.so.3 ld64.so.2
    ld-linux-riscv64-lp64d.so.1
    ld-musl-x86_64.so.1 ld-musl-aarch64.so.1 ld-musl-armhf.so.1 ld-musl-i386.so.1
    """
)


def loader(call: Call) -> Effect:
    """Run the program at a path through the dynamic loader (ld.so(8))."""
    reading = read(call.words, _LOADER_RUNS)
    if {"--list", "--version", "--help", "--list-tunables", "--list-diagnostics"} & {*call.words}:
        return Effect(fx.READS)
    names = reading.found.values("--preload", "--audit")
    loads = [call.opaque("it loads a library into what it starts")] if any(names) else []
    return join((begun(call, reading, reading.operands), *loads)) if reading.operands else Effect(fx.READS)


def command(call: Call) -> Effect:
    """Run a program past functions and aliases; with `-v` only name it."""
    found = split(call.words, stops=True)
    if found.has("-v", "-V"):
        name = found.operands[0] if found.operands else None
        return Effect(fx.READS | fx.FILTERS, output=name if name and HIDDEN not in name else None)
    return call.start(found.operands)


_ENV = grammar(
    "-i --ignore-environment -0 --null -v --debug --list-signal-handling --help --version",
    "-u --unset -C --chdir -S --split-string -a --argv0 -P -L -U",
    attached="--block-signal --default-signal --ignore-signal",
)
_ENV_SPACE = re.compile(r"\\_")
_MAX_SPLITS = 4


def env(call: Call) -> Effect:
    """Run a program in a changed environment; `-S` splits a text into words, options among them (env(1))."""
    words = call.words
    for _ in range(_MAX_SPLITS):
        reading = read(words, _ENV)
        rest = reading.operands[1:] if reading.operands[:1] == ("-",) else reading.operands
        text = reading.found.value("-S", "--split-string")
        if not text:
            return _in_environment(call, reading, rest)
        if HIDDEN in text or "$" in text:
            return call.run(" ".join((text, *rest)))
        words = (*_split_string(text), *rest)
    return call.opaque("its words are split too often to follow")


def _split_string(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(_ENV_SPACE.sub(" ", text), comments=True))
    except ValueError:
        return (HIDDEN,)


def _in_environment(call: Call, reading: Reading, rest: tuple[str, ...]) -> Effect:
    """Return the effect of the program behind the assignments of `env`."""
    given: dict[str, str | None] = {}
    while rest and _ASSIGNMENT.match(rest[0]):
        name, _, value = rest[0].partition("=")
        if sets_gate(name):
            return Effect(fx.CHANGES, call.shows(Workload.CONTROL_PLANE, f"sets `{name}`, which steers the gate"))
        given[name] = None if HIDDEN in value else value
        rest = rest[1:]
    if not rest:
        return Effect(fx.READS)
    if given:
        call = msgspec.structs.replace(call, environment={**call.environment, **given})
    set_here = [judged(call, name, value, rest[0]) for name, value in given.items() if judges(name)]
    return join((*set_here, begun(call, reading, rest)))


_TIMEOUT = grammar(
    "-f --foreground -p --preserve-status -v --verbose --help --version", "-s --signal -k --kill-after", passes=1
)


def timeout(call: Call) -> Effect:
    """Run a program for a bounded time: what only its length made heavy is light below the comfort budget."""
    reading = read(call.words, _TIMEOUT)
    if len(reading.operands) < 2:  # noqa: PLR2004 a duration and a program
        return Effect(fx.FILTERS)
    return bounded(call, begun(call, reading, reading.operands[1:]), seconds_of(reading.operands[0]))


def bounded(call: Call, inside: Effect, limit: float | None) -> Effect:
    """Return *inside*, ended after *limit* seconds (`None`: not known)."""
    endless = inside.has(Workload.LOG_TAIL) or inside.has(Workload.LONG_RUNNING)
    if limit and inside.typical > limit:
        inside = change(inside, typical=limit)
    if not limit or limit >= call.around.comfort or not (endless or inside.seconds):
        return inside
    shorter = inside.without(Workload.LOG_TAIL, Workload.LONG_RUNNING)
    return change(shorter, does=shorter.does & ~fx.FOLLOWS, seconds=limit if endless else min(limit, inside.seconds))


def seconds_of(word: str) -> float | None:
    """Return the seconds in a duration such as `5`, `1.5m` or `2h`; `None` where it is not one."""
    match = _DURATION.match(word)
    return float(match[1]) * _UNITS[match[2]] if match else None


def sleep(call: Call) -> Effect:
    """Wait; the durations add up (sleep(1))."""
    if "infinity" in call.words:
        return Effect(fx.FILTERS, call.shows(Workload.LONG_RUNNING, "sleeps for ever"))
    known = [seconds_of(word) for word in call.words]
    if any(value is None for value in known):
        return Effect(fx.FILTERS, call.shows(Workload.LONG_RUNNING, "sleeps for a time that is not known"))
    return Effect(fx.FILTERS, seconds=sum(value for value in known if value))


PROGRAMS = {
    **dict.fromkeys(GRAMMARS, wrapper),
    **dict.fromkeys(("sudo", "doas"), sudo),
    **dict.fromkeys(_APPLETS, applet),
    "flock": flock,
    "runuser": runuser,
    **dict.fromkeys(("setarch", "linux32", "linux64"), setarch),
    "taskset": pinned,
    **dict.fromkeys(_LOADERS, loader),
    "command": command,
    "env": env,
    "timeout": timeout,
    "gtimeout": timeout,
    "sleep": sleep,
}
