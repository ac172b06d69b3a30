"""The closed list of facts a policy may test (schema 1), and how a call's facts become values for the rules."""

from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from operator import add, attrgetter, itemgetter
from types import MappingProxyType
from typing import Any

import msgspec

from headgate.decide.names import HOLE, Value, machines, names
from headgate.model.action import Thread
from headgate.model.facts import HEAVY_WORKLOADS, Facts, History, Workload

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Kind(Enum):
    """How a fact can be tested."""

    FLAG = "true or false"
    CHOICE = "one of a list of words"
    TEXT = "a text"
    NAMES = "a set of names"
    NUMBER = "a number"
    DURATION = "a duration"
    DATE = "a date"


MEASURES = frozenset({Kind.NUMBER, Kind.DURATION, Kind.DATE})


class Moment(msgspec.Struct, frozen=True):
    """The local time on the gate's machine when the call came; *day* is the proleptic ordinal of the date."""

    day: int = 1
    weekday: str = WEEKDAYS[0]
    hour: int = 0


class Situation(msgspec.Struct, frozen=True):
    """What a decision depends on beside the facts of the action.

    *client_rule* is `none`, `ask` or `deny`; *pool* is that of the worker that asks; *windows* are the counts of the
    policy's own windows, in its order, this call included. *started* says that a call started this by itself.
    """

    thread: Thread
    history: History = History()
    client_rule: str = "none"
    override: bool = False
    client: str = ""
    pool: str = ""
    moment: Moment = Moment()
    windows: tuple[float, ...] = ()
    started: bool = False


def _itself(value: Value) -> Value:
    return value


class Fact(msgspec.Struct, frozen=True):
    """One fact: its kind, its meaning in a sentence, its *words* where they are a closed list.

    *read* makes its value of the attributes *action* of the facts and *call* of the situation. *usual* is its value in
    an example that does not tell it. *folds* says that capitals do not count, *sure* that it is never unknown, *most*
    is the greatest number there is.
    """

    kind: Kind
    meaning: str
    action: tuple[str, ...] = ()
    call: tuple[str, ...] = ()
    read: Callable[..., Any] = _itself
    usual: Value = False
    words: tuple[str, ...] = ()
    folds: bool = False
    sure: bool = True
    most: float = float("inf")

    @property
    def few(self) -> bool:
        """Whether it has few values, so that it is best looked up together with others."""
        return self.kind in {Kind.FLAG, Kind.CHOICE, Kind.NUMBER} or bool(self.words)


def _environment(name: str) -> Value:
    return None if name == "unknown" else name


def _heavy(workloads: tuple[Workload, ...]) -> bool:
    return not HEAVY_WORKLOADS.isdisjoint(workloads)


def _recent(workload: Workload) -> Callable[..., Value]:
    return lambda workloads, before: before + (workload in workloads)


_FACTS: dict[str, Fact] = {
    "thread": Fact(Kind.CHOICE, "who asks", call=("thread",), usual="main", words=tuple(map(str, Thread))),
    "environment": Fact(
        Kind.CHOICE,
        "the strictest environment among the machines: `prod`, then unknown, `staging`, `dev`; `local` where nothing "
        "remote is reached",
        action=("environment",), read=_environment, usual="local", words=("prod", "staging", "dev", "local"),
        sure=False,
    ),
    "client_rule": Fact(
        Kind.CHOICE, "what the client's own permission rules say of the original command",
        call=("client_rule",), usual="none", words=("none", "ask", "deny"),
    ),
    "client": Fact(Kind.TEXT, "the client that asks, such as `claude-code`", call=("client",), usual=""),
    "pool": Fact(Kind.TEXT, "the pool of the worker that asks; empty in other threads", call=("pool",), usual=""),
    "override": Fact(
        Kind.FLAG, "a person's standing exception covers the call: overrides.md", call=("override",),
    ),
    "tool": Fact(
        Kind.TEXT,
        "`shell` for a shell command, `write` for a file that the client writes itself, else the tool's name",
        action=("tool",), usual="shell",
    ),
    "cwd": Fact(
        Kind.TEXT, "the directory in which the action starts",
        action=("cwd",), read=lambda cwd: cwd or None, usual="", sure=False,
    ),
    "workload": Fact(
        Kind.NAMES, "the classes of work, see codes.md",
        action=("workloads",), usual=(), words=tuple(map(str, Workload)),
    ),
    "machines": Fact(
        Kind.NAMES,
        "hosts, clusters and accounts that the call reaches, one name each, in small letters: machines.md",
        action=("machines", "unnamed", "workloads"), read=machines, usual=(), folds=True, sure=False,
    ),
    "programs": Fact(
        Kind.NAMES, "programs that would run, by their base names",
        action=("programs", "workloads"), read=names, usual=(), sure=False,
    ),
    "commands": Fact(
        Kind.NAMES,
        "every command that would run, its words joined by blanks, through wrappers, scripts and remote texts: "
        "`sudo kubectl delete pod x` is also `kubectl delete pod x`",
        action=("commands", "workloads"), read=names, usual=(), sure=False,
    ),
    "writes_files": Fact(
        Kind.NAMES, "files that redirections and known programs write",
        action=("writes_files", "workloads"), read=names, usual=(), sure=False,
    ),
    "opaque_because": Fact(
        Kind.NAMES, "why the action is `opaque`, a sentence each", action=("opaque_because",), usual=(),
    ),
    "heavy": Fact(Kind.FLAG, "some class other than `remote-probe`", action=("workloads",), read=_heavy),
    "remote": Fact(Kind.FLAG, "reaches another machine, named or not", action=("remote",)),
    "reads": Fact(Kind.FLAG, "some step is known to read", action=("reads",)),
    "changes": Fact(Kind.FLAG, "some step is known to change something", action=("changes",)),
    "destroys": Fact(Kind.FLAG, "destroys what is hard to bring back", action=("destroys",)),
    "follows": Fact(Kind.FLAG, "follows a stream without an end", action=("follows",)),
    "interactive": Fact(Kind.FLAG, "waits for a person", action=("interactive",)),
    "loops": Fact(Kind.FLAG, "has a loop", action=("loops",)),
    "background": Fact(Kind.FLAG, "has a command in the background", action=("background",)),
    "network": Fact(Kind.FLAG, "uses the network", action=("network",)),
    "privileged": Fact(
        Kind.FLAG, "needs the rights of another user, which nothing gets where the exec gate takes them away",
        action=("privileged",),
    ),
    "started": Fact(
        Kind.FLAG, "a call of the client started this program by itself: exec-gate.md", call=("started",),
    ),
    "steps": Fact(Kind.NUMBER, "simple commands in all", action=("steps",), usual=0),
    "probes": Fact(Kind.NUMBER, "quick looks at other machines", action=("probes",), usual=0),
    "estimate": Fact(
        Kind.DURATION,
        "what nine of ten earlier runs here took, else what such work takes as a rule; never below the wait that the "
        "text itself tells (`sleep 600`); else unknown",
        action=("estimate",), usual=None, sure=False,
    ),
    "machines_recent": Fact(
        Kind.NUMBER, "distinct machines", action=("machines",), call=("history.machines_recent",),
        read=lambda now, before: len({*before, *now}), usual=0,
    ),
    "probes_recent": Fact(
        Kind.NUMBER, "quick looks that were let run where they were asked for, and those of this call",
        action=("probes",), call=("history.probes_recent",), read=add, usual=0,
    ),
    "remote_calls_recent": Fact(
        Kind.NUMBER, "calls that reach another machine",
        action=("remote",), call=("history.remote_calls_recent",), read=add, usual=0,
    ),
    "restarts_recent": Fact(
        Kind.NUMBER, "calls that restart a service",
        action=("workloads",), call=("history.restarts_recent",), read=_recent(Workload.RESTART), usual=0,
    ),
    "log_reads_recent": Fact(
        Kind.NUMBER, "calls that follow a log",
        action=("workloads",), call=("history.log_reads_recent",), read=_recent(Workload.LOG_TAIL), usual=0,
    ),
    "denials_recent": Fact(
        Kind.NUMBER, "calls that were denied, and delegated ones that no worker can take",
        call=("history.denials_recent",), usual=0,
    ),
    "seconds_used_recent": Fact(
        Kind.DURATION, "how long calls held the main thread, where the client told",
        call=("history.seconds_used_recent",), usual=0,
    ),
    "hour": Fact(
        Kind.NUMBER, "the hour of the day on the gate's machine, 0 to 23", call=("moment.hour",), usual=12, most=23.0,
    ),
    "weekday": Fact(
        Kind.CHOICE, "the day of the week on the gate's machine",
        call=("moment.weekday",), usual="monday", words=WEEKDAYS,
    ),
    "date": Fact(
        Kind.DATE, "the date on the gate's machine", call=("moment.day",), usual=date(2026, 1, 5).toordinal(),
    ),
}  # fmt: skip

FACTS: Mapping[str, Fact] = MappingProxyType(_FACTS)
"""Version 1 of the schema. Facts that end in `_recent` count the last ten minutes of the session, this call included,
but for `denials_recent` and `seconds_used_recent`."""


_ACTION = tuple(dict.fromkeys(name for fact in _FACTS.values() for name in fact.action))
_CALL = tuple(dict.fromkeys(name for fact in _FACTS.values() for name in fact.call))
_RAW = (attrgetter(*_ACTION), attrgetter(*_CALL))
_PLACES = {name: place for place, name in enumerate((*_ACTION, *_CALL))}
_PLAIN = tuple((name, _PLACES[(*fact.action, *fact.call)[0]]) for name, fact in _FACTS.items() if fact.read is _itself)
_MADE = tuple(
    (name, fact.read, tuple(_PLACES[raw] for raw in (*fact.action, *fact.call)))
    for name, fact in _FACTS.items()
    if fact.read is not _itself
)


def window_fact(place: int, meaning: str) -> Fact:
    """Return the fact that the window at *place* of a policy makes."""
    return Fact(Kind.NUMBER, meaning, call=("windows",), read=itemgetter(place), usual=0)


def values(facts: Facts, situation: Situation) -> dict[str, Value]:
    """Return the value of every fact of the schema."""
    raw = (*_RAW[0](facts), *_RAW[1](situation))
    found: dict[str, Value] = {name: raw[place] for name, place in _PLAIN}
    for name, read, places in _MADE:
        found[name] = read(*[raw[place] for place in places])
    return found


def completed(given: Mapping[str, Value]) -> dict[str, Value]:
    """Return *given* with every fact it leaves out: what follows from it, else the usual value of a quiet call.

    A class makes the call heavy, a machine makes it remote, a remote call is of an unknown environment, and counts of
    recent calls include this one.
    """
    found: dict[str, Value] = {name: fact.usual for name, fact in _FACTS.items()} | dict(given)
    workload, machines = found["workload"], found["machines"]
    classes = frozenset(workload) if isinstance(workload, tuple) else frozenset[str]()
    environment = found["environment"]
    named = {name for name in machines if name != HOLE} if isinstance(machines, tuple) else set[str]()
    remote = bool(named) or machines is None or ("environment" in given and environment != "local")
    derived: dict[str, Value] = {
        "heavy": not classes.isdisjoint(HEAVY_WORKLOADS),
        "destroys": Workload.DESTRUCTIVE in classes,
        "follows": Workload.LOG_TAIL in classes,
        "remote": remote,
        "environment": None if remote or found["remote"] else "local",
        "machines_recent": len(named),
        "probes_recent": found["probes"],
        "remote_calls_recent": int(remote or bool(found["remote"])),
        "restarts_recent": int(Workload.RESTART in classes),
        "log_reads_recent": int(Workload.LOG_TAIL in classes),
    }
    return found | {name: value for name, value in derived.items() if name not in given}
