"""The closed list of facts a policy may test, and how a call's facts become values for the rules."""

from enum import Enum

import msgspec

from headgate.model.action import Thread
from headgate.model.facts import Facts, History, Workload


class Kind(Enum):
    """How a fact can be tested."""

    FLAG = "true or false"
    CHOICE = "one of a list of words"
    NAMES = "a set of names"
    NUMBER = "a number"
    DURATION = "a duration"


class Situation(msgspec.Struct, frozen=True):
    """What a decision depends on beside the facts of the action; *client_rule* is `none`, `ask` or `deny`."""

    thread: Thread
    history: History = History()
    client_rule: str = "none"
    override: bool = False


CHOICES: dict[str, tuple[str, ...]] = {
    "thread": tuple(Thread),
    "environment": ("prod", "staging", "dev", "local"),
    "client_rule": ("none", "ask", "deny"),
}

SCHEMA: dict[str, Kind] = {
    "thread": Kind.CHOICE,
    "environment": Kind.CHOICE,
    "client_rule": Kind.CHOICE,
    "override": Kind.FLAG,
    "workload": Kind.NAMES,
    "machines": Kind.NAMES,
    "programs": Kind.NAMES,
    "writes_files": Kind.NAMES,
    "heavy": Kind.FLAG,
    "remote": Kind.FLAG,
    "reads": Kind.FLAG,
    "changes": Kind.FLAG,
    "destroys": Kind.FLAG,
    "follows": Kind.FLAG,
    "interactive": Kind.FLAG,
    "loops": Kind.FLAG,
    "background": Kind.FLAG,
    "network": Kind.FLAG,
    "steps": Kind.NUMBER,
    "probes": Kind.NUMBER,
    "estimate": Kind.DURATION,
    "machines_recent": Kind.NUMBER,
    "probes_recent": Kind.NUMBER,
    "remote_calls_recent": Kind.NUMBER,
    "restarts_recent": Kind.NUMBER,
    "log_reads_recent": Kind.NUMBER,
    "denials_recent": Kind.NUMBER,
    "seconds_used_recent": Kind.DURATION,
}
"""Version 1 of the schema; the order is the order of `values`."""

PLACES = {name: place for place, name in enumerate(SCHEMA)}
WORKLOADS = tuple(Workload)

Value = bool | str | float | tuple[str, ...] | None
"""The value of a fact for one call; `None` is unknown."""


def values(facts: Facts, situation: Situation) -> tuple[Value, ...]:
    """Return the value of every fact of the schema, in its order; `_recent` counts include this call."""
    history = situation.history
    return (
        situation.thread,
        None if facts.environment == "unknown" else facts.environment,
        situation.client_rule,
        situation.override,
        facts.workloads,
        facts.machines,
        facts.programs,
        facts.writes_files,
        facts.heavy,
        facts.remote,
        facts.reads,
        facts.changes,
        facts.destroys,
        facts.follows,
        facts.interactive,
        facts.loops,
        facts.background,
        facts.network,
        facts.steps,
        facts.probes,
        facts.estimate,
        len({*history.machines_recent, *facts.machines}) if facts.machines else len(history.machines_recent),
        history.probes_recent + facts.probes,
        history.remote_calls_recent + facts.remote,
        history.restarts_recent + (Workload.RESTART in facts.workloads),
        history.log_reads_recent + (Workload.LOG_TAIL in facts.workloads),
        history.denials_recent,
        history.seconds_used_recent,
    )
