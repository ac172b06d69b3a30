"""Verbs: the words that tools of operators share, and what each of them does here and on another machine."""

from collections.abc import Mapping

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, SOME_MACHINE, Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import Options, split
from headgate.classify.programs.places import HELM, PLAIN, Place, cluster_of, placed
from headgate.model.facts import Look, Touch, Workload


class Verb(msgspec.Struct, frozen=True):
    """What a subcommand does: flags, classes, the reason to show, and how it touches its target."""

    does: int
    classes: tuple[Workload, ...] = ()
    why: str = ""
    touch: Look | None = None


_W = Workload
LIGHT = Verb(fx.READS)
SETTING = Verb(fx.CHANGES)
PLAN = Verb(fx.READS | fx.NETWORK)
UNKNOWN = Verb(fx.UNSURE | fx.NETWORK | fx.REMOTE)
LOOK = Verb(fx.READS, (_W.REMOTE_PROBE,), "one quick look at another machine", Look.READ)
FOLLOW = Verb(fx.READS | fx.FOLLOWS, (_W.LOG_TAIL,), "follows a stream that does not end", Look.READ)
WAIT = Verb(fx.READS, (_W.LONG_RUNNING,), "waits until something is done", Look.READ)
SERVE = Verb(fx.UNSURE, (_W.LONG_RUNNING,), "serves until it is stopped")
LONG = Verb(fx.CHANGES | fx.NETWORK, (_W.LONG_RUNNING,), "is known to take long")
DEPLOY = Verb(fx.CHANGES, (_W.DEPLOY,), "changes what runs or is released", Look.CHANGE)
DEPLOY_LONG = Verb(fx.CHANGES, (_W.DEPLOY, _W.LONG_RUNNING), "builds and releases", Look.CHANGE)
DEPLOY_FOLLOW = Verb(
    fx.CHANGES | fx.FOLLOWS, (_W.DEPLOY, _W.LOG_TAIL), "changes what runs and stays with its output", Look.CHANGE
)
RESTART = Verb(fx.CHANGES, (_W.RESTART,), "starts, stops or restarts a service", Look.CHANGE)
CHANGE = Verb(fx.CHANGES, (_W.CROSS_MACHINE,), "changes something on another machine", Look.CHANGE)
DESTROY = Verb(fx.CHANGES | fx.DESTROYS, (_W.DESTRUCTIVE,), "destroys what is hard to bring back", Look.CHANGE)
REMOVE = Verb(
    fx.CHANGES | fx.DESTROYS, (_W.CROSS_MACHINE, _W.DESTRUCTIVE), "removes something on another machine", Look.CHANGE
)
UNDEPLOY = Verb(fx.CHANGES | fx.DESTROYS, (_W.DEPLOY, _W.DESTRUCTIVE), "takes down and destroys what runs", Look.CHANGE)
SESSION = Verb(fx.UNSURE | fx.INTERACTIVE, (_W.REMOTE_SESSION, _W.INTERACTIVE), "opens a session on another machine")
RUNS = Verb(fx.UNSURE, (_W.REMOTE_SESSION,), "runs something on another machine")
EDIT = Verb(
    fx.CHANGES | fx.INTERACTIVE, (_W.CROSS_MACHINE, _W.INTERACTIVE), "opens an editor on another machine's state"
)
COPY = Verb(fx.CHANGES, (_W.TRANSFER,), "moves data between machines")
MIRROR = Verb(
    fx.CHANGES | fx.DESTROYS,
    (_W.TRANSFER, _W.DESTRUCTIVE),
    "mirrors data and deletes what is not at its source",
)
CONSOLE = Verb(fx.UNSURE | fx.INTERACTIVE, (_W.INTERACTIVE,), "waits for a person to type")

_ONLY_FAR = frozenset({_W.REMOTE_PROBE, _W.CROSS_MACHINE, _W.REMOTE_SESSION, _W.TRANSFER})
ONLY_READS = Effect(fx.READS)
_ENDED = {FOLLOW: LOOK, DEPLOY_FOLLOW: DEPLOY}
_HELP = frozenset({"help", "version", "completion", "--help", "--version", "-version", "-help", "-h"})


def far(call: Call, verb: Verb, machine: str = "", service: str = "") -> Effect:
    """Return the effect of *verb* on another machine, named where *machine* is not empty."""
    if not verb.classes:
        return Effect(verb.does, machines=(machine,) if machine and verb.does & fx.REMOTE else ())
    shown = f"{verb.why} ({machine})" if machine else verb.why
    return Effect(
        verb.does | fx.REMOTE | fx.NETWORK,
        tuple(fx.evidence(workload, shown, call.span) for workload in verb.classes),
        (machine,) if machine else (),
        probes=1 if _W.REMOTE_PROBE in verb.classes else 0,
        touches=(Touch(verb.touch, machine or call.machine, service),) if verb.touch else (),
    )


def near(call: Call, verb: Verb, service: str = "") -> Effect:
    """Return the effect of *verb* on this machine: looks and plain changes are light."""
    if verb is LIGHT:
        return ONLY_READS
    shown = tuple(fx.evidence(name, verb.why, call.span) for name in verb.classes if name not in _ONLY_FAR)
    touches = (Touch(verb.touch, call.machine, service),) if verb.touch else ()
    return Effect(verb.does & ~fx.REMOTE, shown, touches=touches)


def verbs(*groups: tuple[Verb, str]) -> dict[str, Verb]:
    """Return a table of subcommands: each group is a verb and its subcommands, one a comma."""
    return {" ".join(name.split()): verb for verb, names in groups for name in names.split(",")}


def verb_of(table: Mapping[str, Verb], operands: tuple[str, ...], default: Verb = UNKNOWN) -> Verb:
    """Return the verb of the longest run of *operands* that *table* names."""
    for length in (4, 3, 2, 1):
        verb = table.get(" ".join(operands[:length])) if len(operands) >= length else None
        if verb is not None:
            return verb
    return default


def asks_help(words: tuple[str, ...]) -> bool:
    """Whether *words* only ask a tool for its help or its version."""
    return not words or words[0] in _HELP or "--help" in words or "-help" in words


def on(found: Options, *names: str) -> bool:
    """Whether one of the flags *names* is set, and not to `false` (`--watch=false`)."""
    return any(found.options[name][-1] not in {"false", "none"} for name in names if name in found.options)


def name_of(value: str) -> str:
    """Return the machine that a context, profile, project or address stands for; empty for none."""
    if HIDDEN in value:
        return SOME_MACHINE
    return machine_of(value) if "://" in value else value


def named(call: Call, value: str, *variables: str) -> str:
    """Return the machine that an option's *value* names, or else the first of *variables* that the text sets."""
    if value or not call.environment:
        return name_of(value)
    return next((name_of(text) for text in map(call.variable, variables) if text), "")


class Tool(msgspec.Struct, frozen=True):
    """A tool whose subcommands tell all: its table, its grammar, and its options: names, trials, streams and ends."""

    table: dict[str, Verb]
    valued: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    dry: tuple[str, ...] = ("--dry-run",)
    follow: tuple[str, ...] = ("-f", "--follow")
    ends: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    bare: Verb = LIGHT
    default: Verb = UNKNOWN
    long_dash: bool = False


def by_table(call: Call, tool: Tool) -> Effect:
    """Return the effect of a call of *tool*, read off its table."""
    if call.words and asks_help(call.words):
        return ONLY_READS
    found = split(call.words, tool.valued, long_dash=tool.long_dash)
    return read_verb(call, tool, found, found.operands)


def target(call: Call, tool: Tool, found: Options) -> Place:
    """Return the machine, account or cluster that the options, or else the variables, of *tool* name."""
    if "--kube-context" in tool.valued or "--kubeconfig" in tool.valued:
        return cluster_of(call, found, naming=HELM if "--kube-context" in tool.valued else PLAIN)
    return Place(named(call, found.value(*tool.names), *tool.variables))


def read_verb(call: Call, tool: Tool, found: Options, operands: tuple[str, ...]) -> Effect:
    """Return the effect of the subcommand *operands* of *tool* with the options *found*."""
    if not operands:
        verb = tool.bare
    elif HIDDEN in operands[0]:
        return call.opaque(f"the subcommand of `{call.name}` is not known before it runs")
    else:
        verb = verb_of(tool.table, operands, tool.default)
    if verb.does & fx.CHANGES and on(found, *tool.dry):
        verb = PLAN
    elif verb is LOOK and on(found, *tool.follow):
        verb = FOLLOW
    elif verb is DEPLOY and on(found, *tool.stays):
        verb = DEPLOY_FOLLOW
    elif verb in _ENDED and on(found, *tool.ends):
        verb = _ENDED[verb]
    if on(found, *tool.local):
        return near(call, verb)
    place = target(call, tool, found)
    return placed(far(call, verb, place.machine), place)
