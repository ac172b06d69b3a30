"""Streams of events, traces and routes: they print until they are stopped, unless a word bounds them."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.system_settings import setter
from headgate.classify.programs.verbs import CONSOLE, FOLLOW, LIGHT, LOOK, asks_help, far, named, near

_STREAMS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "dbus-monitor": (frozenset(), words_of("--help --version")),
    "busctl": (words_of("monitor capture"), words_of("--help --version")),
    "conntrack": (words_of("-E --event"), frozenset()),
    "log": (frozenset({"stream"}), words_of("--timeout --help")),
    "udevadm": (frozenset({"monitor"}), frozenset({"--help"})),
    "bpftrace": (frozenset(), words_of("-l --help -V --version -h -d -c")),
    "fatrace": (frozenset(), words_of("-s --seconds -h --help")),
    "execsnoop": (frozenset(), words_of("-h --help --max-args")),
    "opensnoop": (frozenset(), words_of("-h --help -d")),
    "osqueryd": (frozenset(), words_of("--help --version")),
    "goaccess": (words_of("--real-time-html"), words_of("--version --help")),
}
"""By program: the words that make it a stream (none: it always is), and those that end or bound it."""


def stream(call: Call) -> Effect:
    """Print events as they come; without the word that asks for them, look."""
    starts, ends = _STREAMS[call.name]
    given = {word.partition("=")[0] for word in call.words}
    if not given.isdisjoint(ends) or not (given & starts or not starts):
        return setter(call) if call.name == "udevadm" else near(call, LIGHT)
    return near(call, FOLLOW)


def mtr(call: Call) -> Effect:
    """Show the route to a machine on a screen, or report on it and end (mtr(8))."""
    found = split(call.words, words_of("-c -i -s -m -f -P -a -I -F -Z -G -B -Q --report-cycles --interval"))
    ends = found.has(
        "-r", "-w", "--report", "--report-wide", "-j", "--json", "-x", "--xml", "-C", "--csv", "--raw", "-l"
    )
    if ends or found.has("--help", "--version", "-h", "-v"):
        return Effect(fx.READS | fx.NETWORK)
    return near(call, CONSOLE)


def logcli(call: Call) -> Effect:
    """Query logs on a server, or follow them (grafana.com/docs/loki)."""
    found = split(call.words, words_of("--addr --since --from --to --limit -o --output --username --password"))
    if asks_help(call.words):
        return near(call, LIGHT)
    machine = named(call, found.value("--addr"), "LOKI_ADDR")
    return far(call, FOLLOW if found.has("--tail", "-t", "-f", "--follow") else LOOK, machine)


PROGRAMS = {**dict.fromkeys(_STREAMS, stream), "mtr": mtr, "logcli": logcli}
