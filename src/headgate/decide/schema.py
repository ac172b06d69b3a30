"""The closed list of facts a policy may test (schema 1), and how a call's facts become values for the rules."""

from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from operator import attrgetter
from types import MappingProxyType
from typing import Any

import msgspec

from headgate.model.action import Thread
from headgate.model.facts import HEAVY_WORKLOADS, Facts, History, Workload

MAX_NAMES = 256
"""Names in a set; a larger set is unknown, because no rule should reason over half a list."""

MAX_TEXT = 4096
"""Characters of a name or a text; in a longer one, what stands behind is not known."""

HOLE = "\0"
"""In a name: a part that nobody knows. Alone: there may be more names in the set, or one that is not told."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Value = bool | str | float | tuple[str, ...] | None
"""The value of a fact for one call; `None` is unknown."""


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
    policy's own windows, in its order, this call included.
    """

    thread: Thread
    history: History = History()
    client_rule: str = "none"
    override: bool = False
    client: str = ""
    pool: str = ""
    moment: Moment = Moment()
    windows: tuple[float, ...] = ()


class Fact(msgspec.Struct, frozen=True):
    """One fact: its kind, its meaning in a sentence, its *words* where they are a closed list.

    *of* says what *read* is given: `action` (the facts), `call` (the situation) or `both`. *usual* is its value in an
    example that does not tell it. *folds* says that capitals do not count, *sure* that it is never unknown, *most* is
    the greatest number there is.
    """

    kind: Kind
    of: str
    read: Callable[..., Any]
    meaning: str
    usual: Value = False
    words: tuple[str, ...] = ()
    folds: bool = False
    sure: bool = True
    most: float = float("inf")


def _set(name: str) -> Callable[[Facts], Value]:
    """Return a reader of a set of names: an opaque action may name more of them than the text shows."""
    read = attrgetter(name)

    def names(facts: Facts) -> Value:
        found: tuple[str, ...] = read(facts)
        if len(found) > MAX_NAMES:
            return None
        if found and len(max(found, key=len)) > MAX_TEXT:
            found = tuple([_short(item) for item in found])
        return (*found, HOLE) if Workload.OPAQUE in facts.workloads else found

    return names


def _machines(facts: Facts) -> Value:
    found = facts.machines
    if len(found) > MAX_NAMES:
        return None
    if found:
        found = tuple([_short(name).lower().rstrip(".") for name in found])
    return (*found, HOLE) if facts.unnamed or Workload.OPAQUE in facts.workloads else found


def _short(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + HOLE


def _environment(facts: Facts) -> Value:
    return None if facts.environment == "unknown" else facts.environment


def _cwd(facts: Facts) -> Value:
    return facts.cwd or None


def _machines_recent(facts: Facts, situation: Situation) -> Value:
    before = situation.history.machines_recent
    return len({*before, *facts.machines}) if facts.machines else len(before)


def _recent(name: str, more: Callable[[Facts], float]) -> Callable[[Facts, Situation], Value]:
    read = attrgetter(name)
    return lambda facts, situation: read(situation.history) + more(facts)


_FACTS: dict[str, Fact] = {
    "thread": Fact(
        Kind.CHOICE, "call", attrgetter("thread"), "who asks", "main", tuple(map(str, Thread)),
    ),
    "environment": Fact(
        Kind.CHOICE, "action", _environment,
        "the strictest environment among the machines: `prod`, then unknown, `staging`, `dev`; `local` where nothing "
        "remote is reached",
        "local", ("prod", "staging", "dev", "local"), sure=False,
    ),
    "client_rule": Fact(
        Kind.CHOICE, "call", attrgetter("client_rule"),
        "what the client's own permission rules say of the original command", "none", ("none", "ask", "deny"),
    ),
    "client": Fact(Kind.TEXT, "call", attrgetter("client"), "the client that asks, such as `claude-code`", ""),
    "pool": Fact(Kind.TEXT, "call", attrgetter("pool"), "the pool of the worker that asks; empty in other threads", ""),
    "override": Fact(
        Kind.FLAG, "call", attrgetter("override"),
        "a person's standing exception covers the call; this version has none",
    ),
    "tool": Fact(
        Kind.TEXT, "action", attrgetter("tool"),
        "`shell` for a shell command, `write` for a file that the client writes itself, else the tool's name", "shell",
    ),
    "cwd": Fact(Kind.TEXT, "action", _cwd, "the directory in which the action starts", "", sure=False),
    "workload": Fact(
        Kind.NAMES, "action", attrgetter("workloads"), "the classes of work, see codes.md", (),
        tuple(map(str, Workload)),
    ),
    "machines": Fact(
        Kind.NAMES, "action", _machines,
        "hosts, clusters and accounts that the call reaches, one name each, in small letters: machines.md", (),
        folds=True, sure=False,
    ),
    "programs": Fact(
        Kind.NAMES, "action", _set("programs"), "programs that would run, by their base names", (), sure=False,
    ),
    "commands": Fact(
        Kind.NAMES, "action", _set("commands"),
        "every command that would run, its words joined by blanks, through wrappers, scripts and remote texts: "
        "`sudo kubectl delete pod x` is also `kubectl delete pod x`", (), sure=False,
    ),
    "writes_files": Fact(
        Kind.NAMES, "action", _set("writes_files"), "files that redirections and known programs write", (),
        sure=False,
    ),
    "opaque_because": Fact(
        Kind.NAMES, "action", attrgetter("opaque_because"), "why the action is `opaque`, a sentence each", (),
    ),
    "heavy": Fact(Kind.FLAG, "action", attrgetter("heavy"), "some class other than `remote-probe`"),
    "remote": Fact(Kind.FLAG, "action", attrgetter("remote"), "reaches another machine, named or not"),
    "reads": Fact(Kind.FLAG, "action", attrgetter("reads"), "some step is known to read"),
    "changes": Fact(Kind.FLAG, "action", attrgetter("changes"), "some step is known to change something"),
    "destroys": Fact(Kind.FLAG, "action", attrgetter("destroys"), "destroys what is hard to bring back"),
    "follows": Fact(Kind.FLAG, "action", attrgetter("follows"), "follows a stream without an end"),
    "interactive": Fact(Kind.FLAG, "action", attrgetter("interactive"), "waits for a person"),
    "loops": Fact(Kind.FLAG, "action", attrgetter("loops"), "has a loop"),
    "background": Fact(Kind.FLAG, "action", attrgetter("background"), "has a command in the background"),
    "network": Fact(Kind.FLAG, "action", attrgetter("network"), "uses the network"),
    "steps": Fact(Kind.NUMBER, "action", attrgetter("steps"), "simple commands in all", 0),
    "probes": Fact(Kind.NUMBER, "action", attrgetter("probes"), "quick looks at other machines", 0),
    "estimate": Fact(
        Kind.DURATION, "action", attrgetter("estimate"),
        "what nine of ten earlier runs here took, else what such work takes as a rule; never below the wait that the "
        "text itself tells (`sleep 600`); else unknown", None, sure=False,
    ),
    "machines_recent": Fact(Kind.NUMBER, "both", _machines_recent, "distinct machines", 0),
    "probes_recent": Fact(
        Kind.NUMBER, "both", _recent("probes_recent", attrgetter("probes")),
        "quick looks that were let run where they were asked for, and those of this call", 0,
    ),
    "remote_calls_recent": Fact(
        Kind.NUMBER, "both", _recent("remote_calls_recent", attrgetter("remote")),
        "calls that reach another machine", 0,
    ),
    "restarts_recent": Fact(
        Kind.NUMBER, "both", _recent("restarts_recent", lambda facts: Workload.RESTART in facts.workloads),
        "calls that restart a service", 0,
    ),
    "log_reads_recent": Fact(
        Kind.NUMBER, "both", _recent("log_reads_recent", lambda facts: Workload.LOG_TAIL in facts.workloads),
        "calls that follow a log", 0,
    ),
    "denials_recent": Fact(
        Kind.NUMBER, "call", attrgetter("history.denials_recent"),
        "calls that were denied, and delegated ones that no worker can take", 0,
    ),
    "seconds_used_recent": Fact(
        Kind.DURATION, "call", attrgetter("history.seconds_used_recent"),
        "how long calls held the main thread, where the client told", 0,
    ),
    "hour": Fact(
        Kind.NUMBER, "call", attrgetter("moment.hour"), "the hour of the day on the gate's machine, 0 to 23", 12,
        most=23.0,
    ),
    "weekday": Fact(
        Kind.CHOICE, "call", attrgetter("moment.weekday"), "the day of the week on the gate's machine",
        "monday", WEEKDAYS,
    ),
    "date": Fact(
        Kind.DATE, "call", attrgetter("moment.day"), "the date on the gate's machine", date(2026, 1, 5).toordinal(),
    ),
}  # fmt: skip

FACTS: Mapping[str, Fact] = MappingProxyType(_FACTS)
"""Version 1 of the schema. Facts that end in `_recent` count the last ten minutes of the session, this call included,
but for `denials_recent` and `seconds_used_recent`."""


def window_fact(place: int, meaning: str) -> Fact:
    """Return the fact that the window at *place* of a policy makes."""
    return Fact(Kind.NUMBER, "call", lambda situation: situation.windows[place], meaning, 0)


def values(facts: Facts, situation: Situation) -> dict[str, Value]:
    """Return the value of every fact of the schema."""
    given = {"action": (facts,), "call": (situation,), "both": (facts, situation)}
    return {name: fact.read(*given[fact.of]) for name, fact in _FACTS.items()}


def completed(given: Mapping[str, Value]) -> dict[str, Value]:
    """Return *given* with every fact it leaves out: what follows from it, else the usual value of a quiet call.

    A class makes the call heavy, a machine makes it remote, a remote call is of an unknown environment, and counts of
    recent calls include this one.
    """
    found: dict[str, Value] = {name: fact.usual for name, fact in _FACTS.items()} | dict(given)
    workload, machines = found["workload"], found["machines"]
    classes = frozenset(workload) if isinstance(workload, tuple) else frozenset[str]()
    environment = found["environment"]
    remote = bool(machines) or machines is None or ("environment" in given and environment != "local")
    derived: dict[str, Value] = {
        "heavy": not classes.isdisjoint(HEAVY_WORKLOADS),
        "destroys": Workload.DESTRUCTIVE in classes,
        "follows": Workload.LOG_TAIL in classes,
        "remote": remote,
        "environment": None if remote or found["remote"] else "local",
        "machines_recent": len(machines) if isinstance(machines, tuple) else 1,
        "probes_recent": found["probes"],
        "remote_calls_recent": int(remote or bool(found["remote"])),
        "restarts_recent": int(Workload.RESTART in classes),
        "log_reads_recent": int(Workload.LOG_TAIL in classes),
    }
    return found | {name: value for name, value in derived.items() if name not in given}
