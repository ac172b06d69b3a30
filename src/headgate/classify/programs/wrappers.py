"""Programs that run another program with the words that follow, each by its own option grammar."""

import re

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, SOME_MACHINE, Effect, change, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.classify.shell.guard import sets_gate
from headgate.model.facts import Workload

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)([smhd]?)\Z")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_MAX_APPENDED = 20

_VALUED: dict[str, frozenset[str]] = {
    "sudo": words_of(
        """
        -u --user -g --group -p --prompt -C --close-from -D --chdir -h --host -R --chroot -T --command-timeout -U -r
        --role -t --type -c --login-class -a --auth-type
        """
    ),
    "doas": words_of("-u -C"),
    "nice": words_of("-n --adjustment"),
    "ionice": words_of("-c --class -n --classdata -p --pid -P --pgid -u --uid"),
    "stdbuf": words_of("-i --input -o --output -e --error"),
    "time": words_of("-f --format -o --output"),
    "chrt": words_of("-T -P -D"),
    "exec": frozenset(["-a"]),
    "caffeinate": words_of("-t -w"),
    "unshare": words_of("-R --root -w --wd -S --setuid -G --setgid --map-user --map-group"),
    "nsenter": words_of("-t --target -S --setuid -G --setgid -r -w --wd"),
    "runuser": words_of("-u --user -g --group -G --supp-group"),
    "setpriv": words_of("--reuid --regid --groups --securebits --ptracer"),
    "strace": words_of("-p -o -e -s -u -E -S -P -a -b -I -O -X -D"),
    "ltrace": words_of("-p -o -e -s -u -a -n -l -x -F -D -A"),
    "flock": words_of("-w --wait --timeout -E --conflict-exit-code"),
    "watchexec": words_of("-w --watch -e --exts -f --filter -i --ignore"),
}
_TRACERS = frozenset({"strace", "ltrace"})
_POSITIONAL = {"chroot": 1, "taskset": 1, "chrt": 1, "flock": 1, "setarch": 1, "faketime": 1}


def wrapper(call: Call) -> Effect:
    """Run the words behind this program's own options and positional arguments."""
    found = split(call.words, _VALUED.get(call.name, frozenset()), stops=True)
    pid = found.value("-p") if call.name in _TRACERS else ""
    if pid.isdigit() and int(pid) in call.around.gate_pids:
        return Effect(fx.CHANGES, call.shows(Workload.CONTROL_PLANE, "traces a process of the gate"))
    rest = found.operands[_POSITIONAL.get(call.name, 0) :]
    while rest and call.name in {"sudo", "doas"} and _ASSIGNMENT.match(rest[0]):
        rest = rest[1:]
    if call.name == "flock" and rest[:1] == ("-c",):
        return call.run(rest[1]) if len(rest) > 1 else Effect(fx.FILTERS)
    if rest:
        return call.start(rest)
    if call.name in {"sudo", "doas"} and (found.has("-i", "-s", "--login", "--shell") or call.name == "doas"):
        return Effect(fx.INTERACTIVE, call.shows(Workload.INTERACTIVE, "opens a shell that waits for a person"))
    if found.has("-e", "--edit"):
        return Effect(fx.INTERACTIVE | fx.CHANGES, call.shows(Workload.INTERACTIVE, "opens an editor"))
    return Effect(fx.READS)


def command(call: Call) -> Effect:
    """Run a program past functions and aliases; with `-v` only name it."""
    found = split(call.words, stops=True)
    if found.has("-v", "-V"):
        name = found.operands[0] if found.operands else None
        return Effect(fx.READS | fx.FILTERS, output=name if name and HIDDEN not in name else None)
    return call.start(found.operands)


def env(call: Call) -> Effect:
    """Run a program in a changed environment; `-S` splits a text into words (env(1))."""
    found = split(call.words, words_of("-u --unset -C --chdir -S --split-string -a --argv0"), stops=True)
    rest = found.operands
    text = found.value("-S", "--split-string")
    if text:
        return call.run(" ".join((text, *rest)))
    while rest and _ASSIGNMENT.match(rest[0]):
        name = rest[0].partition("=")[0]
        if sets_gate(name):
            return Effect(fx.CHANGES, call.shows(Workload.CONTROL_PLANE, f"sets `{name}`, which steers the gate"))
        rest = rest[1:]
    return call.start(rest) if rest else Effect(fx.READS)


def timeout(call: Call) -> Effect:
    """Run a program for a bounded time: what only its length made heavy is light below the comfort budget."""
    found = split(call.words, words_of("-s --signal -k --kill-after"), stops=True)
    if len(found.operands) < 2:  # noqa: PLR2004 a duration and a program
        return Effect(fx.FILTERS)
    return bounded(call, call.start(found.operands[1:]), seconds_of(found.operands[0]))


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


def xargs(call: Call) -> Effect:
    """Run a program with words from the standard input (xargs(1))."""
    valued = words_of(
        "-a -d -E -I -L -n -P -s --arg-file --delimiter --max-args --max-procs --max-lines --max-chars"
        " --process-slot-var --eof"
    )
    found = split(call.words, valued, stops=True)
    words = found.operands or ("echo",)
    marker = found.value("-I") or ("{}" if found.has("-i", "--replace") else "")
    if call.stdin is None:
        return _unknown_items(call, words, marker)
    items = call.stdin.split("\n") if marker or found.has("-d", "--delimiter") else call.stdin.split()
    items = [item.strip() for item in items if item.strip()]
    if len(items) > _MAX_APPENDED or any(mark in call.stdin for mark in "'\"\\"):  # xargs has quotes of its own
        return _unknown_items(call, words, marker)
    if marker:
        return join(call.start(tuple(word.replace(marker, item) for word in words)) for item in items)
    if items and found.has("-n", "-L", "--max-args", "--max-lines"):
        return join(call.start((*words, item)) for item in items)
    return call.start((*words, *items))


def _unknown_items(call: Call, words: tuple[str, ...], marker: str) -> Effect:
    """Return the effect for items that nobody knows: a host among them stands for many hosts."""
    filled = tuple(word.replace(marker, HIDDEN) for word in words) if marker else (*words, HIDDEN)
    inside = call.start(filled)
    if SOME_MACHINE in inside.machines:
        return change(inside, evidence=(*inside.evidence, *call.shows(Workload.MULTI_HOST, "one call for each host")))
    return inside


PROGRAMS = {
    **dict.fromkeys(
        (
            *words_of(
                """
                sudo doas nohup nice ionice setsid stdbuf time builtin exec coproc chroot taskset chrt flock setarch
                """
            ),
            *words_of(
                """
                unshare nsenter runuser setpriv caffeinate busybox toybox unbuffer catchsegv faketime eatmydata
                noglob
                """
            ),
            *words_of(
                """
                strace ltrace gtime linux32 linux64 firejail proxychains proxychains4 torsocks rlwrap nocorrect then
                """
            ),
        ),
        wrapper,
    ),
    "command": command,
    "env": env,
    "timeout": timeout,
    "gtimeout": timeout,
    "sleep": sleep,
    "xargs": xargs,
}
