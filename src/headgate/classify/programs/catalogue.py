"""The catalogue's form: one row says what a program does, and which options, subcommands or operands change that."""

from collections.abc import Callable
from functools import partial

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, SOME_MACHINE, Effect, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import Options, split, words_of
from headgate.classify.programs.verbs import FOLLOW, LOOK, ONLY_READS, Verb, asks_help, far, near, verb_of, verbs
from headgate.classify.programs.web import host_of
from headgate.classify.shell.strangers import stranger
from headgate.model.facts import Look, Workload

_W = Workload
ORDINARY = Verb(fx.UNSURE)
SCREEN = Verb(fx.UNSURE | fx.INTERACTIVE, (_W.INTERACTIVE,), "needs a terminal and a person")
WINDOW = Verb(fx.UNSURE | fx.INTERACTIVE, (_W.INTERACTIVE,), "stays until a person closes its window")
STREAM = Verb(fx.READS | fx.FOLLOWS, (_W.LOG_TAIL,), "prints without an end")
WATCHES = Verb(fx.UNSURE | fx.LOOPS, (_W.LONG_RUNNING,), "watches until it is stopped")
WORK = Verb(fx.CHANGES, (_W.LONG_RUNNING,), "is known to take long")
READS_LONG = Verb(fx.READS, (_W.LONG_RUNNING,), "reads so much that it is known to take long")
FETCH = Verb(fx.CHANGES | fx.NETWORK, (_W.LONG_RUNNING,), "downloads or installs, and is known to take long")
WIPE_LONG = Verb(fx.CHANGES | fx.DESTROYS, (_W.DESTRUCTIVE, _W.LONG_RUNNING), "writes over what was there, for long")
WIPE_SCREEN = Verb(
    fx.CHANGES | fx.DESTROYS | fx.INTERACTIVE, (_W.DESTRUCTIVE, _W.INTERACTIVE), "asks a person what to write over"
)
HIDES = Verb(fx.UNSURE, (_W.OPAQUE,), "runs what cannot be known before it runs")
SWEEP = Verb(fx.READS, (_W.MULTI_HOST,), "reaches a range or a list of machines", Look.READ)
SWEEP_LONG = Verb(fx.READS, (_W.MULTI_HOST, _W.LONG_RUNNING), "tries a list of machines one after the other", Look.READ)
STRIKE = Verb(fx.CHANGES, (_W.CROSS_MACHINE, _W.LONG_RUNNING), "tries another machine again and again", Look.CHANGE)
WORK_THERE = Verb(fx.CHANGES, (_W.CROSS_MACHINE, _W.LONG_RUNNING), "works for long on another machine", Look.CHANGE)
HALT = Verb(fx.CHANGES, (_W.CROSS_MACHINE, _W.RESTART), "starts, stops or restarts another machine", Look.CHANGE)
TUNNEL = Verb(fx.UNSURE | fx.NETWORK, (_W.REMOTE_SESSION, _W.LONG_RUNNING), "keeps a tunnel to another machine open")
WINDOW_THERE = Verb(
    fx.UNSURE | fx.INTERACTIVE, (_W.REMOTE_SESSION, _W.INTERACTIVE), "shows another machine to a person"
)

_HERE = frozenset({_W.LONG_RUNNING, _W.INTERACTIVE, _W.LOG_TAIL})
"""What keeps this machine or a person busy, and reaches no other one."""

Program = Callable[[Call], Effect]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What a program *does* where nothing else says so, and what does: the first of these that holds.

    An option of *options* (`--name`, or `--name=value` for that value only, in the order of the table); the *bare*
    call without operands; what is *fed*; a subcommand of *table*. *valued* are the options that take a value. With
    *runs*, a command stands behind those subcommands (an empty name: at once) and so many more words, and is judged,
    as are the shell texts of the options *texts*; the program itself is then *around* it. *at* says where the machine
    is named: by options or an operand's number, without one of them here; where it is empty, or ends in an empty
    name, it is another machine in any case. With *hosts* every operand is a machine.
    """

    does: Verb = ORDINARY
    options: dict[str, Verb] = {}
    bare: Verb | None = None
    fed: Verb | None = None
    table: dict[str, Verb] = {}
    valued: frozenset[str] = frozenset()
    runs: dict[str, int] = {}
    texts: frozenset[str] = frozenset()
    around: Verb = ORDINARY
    at: tuple[str, ...] | None = None
    hosts: bool = False
    long_dash: bool = False


def given(*groups: tuple[Verb, str]) -> dict[str, Verb]:
    """Return a table of options: each group is a verb and the options that mean it."""
    return {name: verb for verb, names in groups for name in names.split()}


def unless(does: Verb, options: str, valued: str = "", *, long_dash: bool = False) -> Kind:
    """Return the kind that *does* so unless one of *options* is given."""
    return Kind(does=does, options=given((ORDINARY, options)), valued=words_of(valued), long_dash=long_dash)


def when(does: Verb, options: str, valued: str = "", *, long_dash: bool = False) -> Kind:
    """Return the kind that *does* so only where one of *options* is given."""
    return Kind(options=given((does, options)), valued=words_of(valued), long_dash=long_dash)


def tool(
    *groups: tuple[Verb, str],
    bare: Verb | None = None,
    does: Verb = ORDINARY,
    valued: str = "",
    at: tuple[str, ...] | None = None,
) -> Kind:
    """Return the kind whose subcommands tell: each group is a verb and its subcommands, one a comma."""
    return Kind(does=does, bare=bare, table=verbs(*groups), valued=words_of(valued), at=at)


def rows(*table: tuple[Kind | Verb, str]) -> dict[str, Program]:
    """Return the programs of *table*: each row is a kind, or a verb alone, and the names it holds for."""
    found: dict[str, Program] = {}
    for shape, names in table:
        kind = Kind(does=shape) if isinstance(shape, Verb) else shape
        kind = msgspec.structs.replace(kind, valued=kind.valued | kind.texts)
        found.update(dict.fromkeys(names.split(), partial(judge, kind)))
    return found


def judge(kind: Kind, call: Call) -> Effect:
    """Return the effect of a call of a program of this *kind*; where no row tells, its words may name a command."""
    if _only_asks(kind, call.words):
        return ONLY_READS
    if kind.runs or kind.texts:
        started = _started(kind, call)
        if started:
            return join((near(call, kind.around), *started))
        if call.words and asks_help(call.words):
            return ONLY_READS
    found = split(call.words, kind.valued, long_dash=kind.long_dash)
    if found.operands and HIDDEN in found.operands[0] and _tells(kind):
        return call.opaque(f"the subcommand of `{call.name}` is not known before it runs")
    verb = _verb(kind, call, found)
    return stranger(call) if verb is ORDINARY and not kind.runs else _placed(kind, call, verb, found)


def _tells(kind: Kind) -> bool:
    """Whether a subcommand of *kind* may do more than keep this machine, or a person, busy."""
    return any(not _HERE.issuperset(verb.classes) for verb in kind.table.values())


def _only_asks(kind: Kind, words: tuple[str, ...]) -> bool:
    """Whether *words* ask only for help or a version; a command that is run has words of its own."""
    if not words or (words[0] in kind.valued and len(words) > 1):
        return False
    return words in {("-V",), ("-?",)} or asks_help(words[:1] if kind.runs else words)


def _started(kind: Kind, call: Call) -> list[Effect]:
    """Return the effects of the command behind the program's own words, and of its options' texts."""
    found = split(call.words, kind.valued, stops=True, long_dash=kind.long_dash)
    words = _command(kind, found.operands)
    own = found if "" in kind.runs else split(call.words, kind.valued, long_dash=kind.long_dash)
    effects = [call.run(text) for text in own.values(*kind.texts) if text]
    if words:
        effects.append(call.start(words))
    return effects


def _command(kind: Kind, operands: tuple[str, ...]) -> tuple[str, ...]:
    for name, passed in kind.runs.items():
        head = tuple(name.split())
        if operands[: len(head)] != head:
            continue
        rest = operands
        if head:
            rest = split(operands[len(head) :], kind.valued, stops=True, long_dash=kind.long_dash).operands
        rest = rest[passed:]
        return rest[1:] if rest[:1] == ("--",) else rest
    return ()


def _verb(kind: Kind, call: Call, found: Options) -> Verb:
    """Return what the options, the feed and the subcommand make of the call."""
    for name, verb in kind.options.items():
        option, equals, value = name.partition("=")
        if option in found.options and (not equals or value in found.options[option]):
            return verb
    if kind.bare and not found.operands:
        return kind.fed if kind.fed and call.fed else kind.bare
    if kind.fed and call.fed:
        return kind.fed
    verb = verb_of(kind.table, found.operands, kind.does) if kind.table else kind.does
    return FOLLOW if verb is LOOK and "--follow" in found.options else verb


def _placed(kind: Kind, call: Call, verb: Verb, found: Options) -> Effect:
    """Return the effect of *verb* on the machines that the call names, or here."""
    if kind.hosts and verb.classes:
        return _on_hosts(call, verb, found.operands)
    if kind.at is None:
        return near(call, verb)
    if _W.MULTI_HOST in verb.classes:
        return _on_hosts(call, verb, ())
    named = _named(kind.at, found)
    if not named and (not kind.at or "" in kind.at):
        return near(call, verb) if verb.classes and _HERE.issuperset(verb.classes) else far(call, verb)
    machine = host_of(named) if named else ""
    return far(call, verb, machine) if machine else near(call, verb)


def _named(at: tuple[str, ...], found: Options) -> str:
    for place in at:
        if place.isdigit():
            if len(found.operands) > int(place):
                return found.operands[int(place)]
        elif place in found.options:
            return found.options[place][-1]
    return ""


def _on_hosts(call: Call, verb: Verb, operands: tuple[str, ...]) -> Effect:
    machines = tuple(dict.fromkeys(filter(None, map(machine_of, operands))))
    several = len(machines) > 1 or any(map(_range, operands))
    if several or _W.MULTI_HOST in verb.classes:
        shown = tuple(name for name in verb.classes if name not in {_W.REMOTE_PROBE, _W.MULTI_HOST})
        wide = Verb(verb.does, (_W.MULTI_HOST, *shown), SWEEP.why, verb.touch)
        reached = far(call, wide)
        return msgspec.structs.replace(reached, machines=machines if len(machines) > 1 else (*machines, SOME_MACHINE))
    return far(call, verb, machines[0]) if machines else near(call, verb)


def _range(word: str) -> bool:
    """Whether *word* stands for several machines: `10.0.0.0/24`, `10.0.0.1-9`, `10.0.0.*`, `a,b`."""
    if "://" in word:
        return False
    return "," in word or (word[:1].isdigit() and any(mark in word for mark in "/-*"))
