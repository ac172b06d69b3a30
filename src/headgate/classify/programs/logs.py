"""Readers of logs and streams: what ends by itself is a look, what does not is a tail."""

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change, looked
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import Options, split, words_of
from headgate.classify.programs.services import plain_unit
from headgate.classify.programs.verbs import CONSOLE, FOLLOW, LIGHT, Verb, asks_help, near
from headgate.classify.programs.wrappers import seconds_of
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_FILTER = Effect(fx.READS | fx.FILTERS)
_CHANGES = Effect(fx.CHANGES)
_LOG_PLACES = ("/var/log/", "/var/lib/docker/", "/srv/log", "/opt/log")
_TAIL = words_of("-n --lines -c --bytes -s --sleep-interval --pid --max-unchanged-stats -b")


def tail(call: Call) -> Effect:
    """Print the end of files, or follow them; `--pid` ends it with a process (tail(1))."""
    words = tuple(_old_style(word) for word in call.words)
    found = split(words, _TAIL)
    file = found.operands[0] if found.operands else ""
    if (call.name == "tailf" or found.has("-f", "-F", "--follow", "--retry")) and (file or not call.piped):
        return near(call, FOLLOW, log_service(file))
    if file.startswith(_LOG_PLACES):
        return change(_FILTER, touches=looked(call.machine, log_service(file)))
    return _FILTER


def _old_style(word: str) -> str:
    """Read `-100f` and `+100f` as options of their own: a count, then letters."""
    rest = word[1:].lstrip("0123456789") if word[:1] in {"-", "+"} and word[1:2].isdigit() else None
    return word if rest is None else f"-{rest}" if rest else "-q"


def log_service(path: str) -> str:
    """Return the service that writes the log at *path*: of `/var/log/nginx/error.log` it is `nginx`."""
    if HIDDEN in path or not path.startswith("/var/log/"):
        return ""
    name = path[len("/var/log/") :].partition("/")[0].partition(".")[0]
    return "" if name in {"syslog", "messages", "kern", "dmesg", "auth", "journal", "*"} else name


_JOURNAL = words_of(
    """
    -u --unit --user-unit -n --lines -S --since -U --until -p --priority -o --output -g --grep -t --identifier -c
    --cursor --cursor-file --after-cursor --file --root --namespace --vacuum-size --vacuum-time --vacuum-files -F
    --field -D --directory -M --machine -b --boot --output-fields --facility --image --interval
    """
) - {"-b", "--boot", "--lines", "-n"}
_ROTATES = (
    "--rotate",
    "--flush",
    "--sync",
    "--relinquish-var",
    "--smart-relinquish-var",
    "--setup-keys",
    "--update-catalog",
)
_VACUUMS = ("--vacuum-size", "--vacuum-time", "--vacuum-files")


def journalctl(call: Call) -> Effect:
    """Read the journal, follow it, or throw parts of it away (journalctl(1))."""
    found = split(call.words, _JOURNAL)
    unit = plain_unit(found.value("-u", "--unit", "--user-unit", "-t", "--identifier"))
    if found.has("-f", "--follow"):
        return near(call, FOLLOW, unit)
    if found.has(*_VACUUMS):
        return Effect(fx.CHANGES | fx.DESTROYS, call.shows(Workload.DESTRUCTIVE, "deletes parts of the journal"))
    if found.has(*_ROTATES):
        return _CHANGES
    return change(_LOOK, touches=looked(call.machine, unit))


def dmesg(call: Call) -> Effect:
    """Print the kernel's messages, follow them, or clear them (dmesg(1))."""
    found = split(
        call.words,
        words_of(
            """
            -l --level -f --facility -F --file -n --console-level -s --buffer-size --since --until
            """
        ),
    )
    if found.has("-w", "--follow", "-W", "--follow-new"):
        return near(call, FOLLOW)
    return _CHANGES if found.has("-C", "-c", "--clear", "--read-clear", "-D", "-E", "-n") else _LOOK


_VERSION = frozenset({"--version", "-V", "--help", "-v"})


def pager(call: Call) -> Effect:
    """Show text on a terminal, for a person; `+F` follows a file (less(1))."""
    if call.words and call.words[0] in _VERSION:
        return near(call, LIGHT)
    if "+F" in call.words or any(word.startswith("--follow") for word in call.words):
        return Effect(fx.READS | fx.FOLLOWS, call.shows(Workload.LOG_TAIL, "follows a file without an end"))
    return Effect(fx.READS | fx.FILTERS | fx.INTERACTIVE, call.shows(Workload.INTERACTIVE, "pages on a terminal"))


def lnav(call: Call) -> Effect:
    """Show logs on a terminal; `-n` runs without one (lnav.org)."""
    return _LOOK if {"-n", "-V", "-C", "-h", "--version"} & set(call.words) else near(call, CONSOLE)


def multitail(call: Call) -> Effect:
    """Follow several files on a terminal."""
    return near(call, LIGHT if asks_help(call.words[:1]) else FOLLOW)


_WATCH = words_of("-n --interval -q --equexit")


def watch(call: Call) -> Effect:
    """Run words again and again, without an end; `-g` and `-q` only say when it may end (watch(1))."""
    found = split(call.words, _WATCH, stops=True)
    if not found.operands:
        return near(call, LIGHT)
    inside = call.start(found.operands) if found.has("-x", "--exec") else call.run(" ".join(found.operands))
    shown = call.shows(Workload.LOG_TAIL, "runs a command again and again without an end")
    return change(
        inside,
        does=inside.does | fx.FOLLOWS | fx.LOOPS,
        evidence=(*inside.evidence, *shown),
        output=None,
    )


_CAPTURES = {
    "tcpdump": (
        words_of("-i -c -w -r -s -C -G -W -F -B -E -j -m -M -T -y -z -Z -V -Q --interface --count"),
        ("-c", "-r", "-G"),
    ),
    "tshark": (words_of("-i -c -w -r -a -b -f -Y -T -e -E -o -O -s -y -z -d -F -B -R -n -N"), ("-c", "-r", "-a")),
    "dumpcap": (words_of("-i -c -w -a -b -f -s -y -B"), ("-c", "-a")),
    "ngrep": (words_of("-d -I -O -n -A -s -S -P -F"), ("-n", "-I")),
}


def capture(call: Call) -> Effect:
    """Print packets until a count is reached, or without an end."""
    grammar, bounds = _CAPTURES[call.name]
    found = split(call.words, grammar)
    listed = found.has("-D", "--list-interfaces", "--version", "--help", "-L") or call.words[:1] in {("-v",), ("-h",)}
    return _LOOK if listed or found.has(*bounds, "--count") else near(call, FOLLOW)


_PINGS = words_of("-c -i -I -w -W -s -t -Q -p -l -m -M -S -T -F -D -O") - {"-D", "-O"}


def ping(call: Call) -> Effect:
    """Ask a machine for an answer, a number of times or without an end (ping(8))."""
    found = split(call.words, _PINGS)
    if not found.operands or found.has("-c", "-w", "-V", "-h"):
        count, gap = seconds_of(found.value("-c") or found.value("-w")) or 0.0, seconds_of(found.value("-i")) or 1.0
        return Effect(fx.READS | fx.NETWORK, seconds=max(0.0, (count - 1) * gap) if found.operands else 0.0)
    return near(call, FOLLOW)


_INTERVALS = {
    "iostat": words_of("-p -g -j -o -f"),
    "vmstat": words_of("-S --unit -p --partition"),
    "mpstat": words_of("-P -I -o -N"),
    "sar": words_of("-f -i -s -e -o -n -P -I -m -j --dev --iface --fs --int"),
    "pidstat": words_of("-p -C -G -U -T -e"),
    "dstat": words_of("-C -D -I -N -S --output"),
    "ifstat": words_of("-i -b"),
    "nfsiostat": frozenset[str](),
}


def statistics(call: Call) -> Effect:
    """Print counters once, or at an interval: without a count that has no end (vmstat(8), sar(1))."""
    found = split(call.words, _INTERVALS[call.name])
    if found.has("--help", "--version", "-V"):
        return _LOOK
    numbers = [float(word) for word in found.operands if word.isascii() and word.isdigit()]
    if call.name == "dstat" and not numbers:
        return near(call, FOLLOW)
    if call.name == "sar" and found.has("-i") and numbers:
        return _LOOK
    if len(numbers) == 1:
        return near(call, FOLLOW)
    return change(_LOOK, seconds=numbers[0] * max(0.0, numbers[1] - 1)) if numbers else _LOOK


def nvidia(call: Call) -> Effect:
    """Look at graphics cards; a loop option has no end (nvidia-smi(1))."""
    found = split(call.words, words_of("-i --id -f --filename -d --display -c -pm -pl -ac"), long_dash=True)
    if found.has("-l", "-lms", "--loop", "--loop-ms", "dmon", "pmon") or found.operands[:1] in {("dmon",), ("pmon",)}:
        return near(call, FOLLOW)
    changed = found.has(
        "-pm", "-pl", "-r", "-c", "-ac", "-e", "-mig", "--gpu-reset", "-lgc", "-rgc", "--persistence-mode"
    )
    return _CHANGES if changed else _LOOK


_STREAMS = Verb(fx.READS | fx.FOLLOWS, (Workload.LONG_RUNNING,), "waits for changes until it is stopped")


def file_events(call: Call) -> Effect:
    """Report changes of files: one (`inotifywait`, `fswatch -1`) or without an end."""
    found = split(
        call.words,
        words_of(
            """
            -t --timeout -e --event --format --exclude --include -o --outfile -l -r --timefmt
            """
        ),
    )
    if found.has("--help", "-h", "--version"):
        return _LOOK
    limit = seconds_of(found.value("-t", "--timeout"))
    if limit:
        return change(_LOOK, seconds=limit)
    if call.name == "inotifywait" and found.has("-m", "--monitor"):
        return near(call, FOLLOW)
    return near(call, _STREAMS)


_RERUNS = {
    "entr": frozenset[str](),
    "watchexec": words_of(
        """
        -w --watch -e --exts -f --filter -i --ignore -d --debounce -s --signal -o --on-busy-update --workdir --shell
        -W
        """
    ),
    "nodemon": words_of("-w --watch -e --ext -i --ignore -x --exec -d --delay --config -C"),
    "chokidar": words_of("-c --command -i --ignore -d --debounce -t"),
    "reflex": words_of("-r --regex -g --glob -R -G -s"),
}


def rerun(call: Call) -> Effect:
    """Run a command at each change of files, until it is stopped."""
    found = split(call.words, _RERUNS[call.name], stops=True)
    if asks_help(call.words) or found.has("--version", "--help"):
        return near(call, LIGHT)
    text = found.value("-x", "--exec", "-c", "--command")
    inside = _command(call, found, text)
    shown = call.shows(Workload.LONG_RUNNING, "runs a command at each change, until it is stopped")
    return change(inside, does=inside.does | fx.LOOPS, evidence=(*inside.evidence, *shown), output=None)


def _command(call: Call, found: Options, text: str) -> Effect:
    if text:
        return call.run(text)
    if call.name in {"nodemon", "chokidar"}:
        return Effect(fx.UNSURE)
    if found.has("-s") and call.name == "entr" and found.operands:
        return call.run(found.operands[0])
    return call.start(tuple(word.replace("/_", HIDDEN) if word == "/_" else word for word in found.operands))


PROGRAMS = {
    **dict.fromkeys(("tail", "gtail", "tailf"), tail),
    "journalctl": journalctl,
    "dmesg": dmesg,
    **dict.fromkeys(("less", "more", "most", "zless", "zmore", "bzless", "xzless", "pg"), pager),
    "lnav": lnav,
    "multitail": multitail,
    **dict.fromkeys(("watch", "viddy", "hwatch"), watch),
    **dict.fromkeys(_CAPTURES, capture),
    **dict.fromkeys(("ping", "ping6"), ping),
    **dict.fromkeys(_INTERVALS, statistics),
    "nvidia-smi": nvidia,
    **dict.fromkeys(("inotifywait", "fswatch", "inotifywatch"), file_events),
    **dict.fromkeys(_RERUNS, rerun),
}
