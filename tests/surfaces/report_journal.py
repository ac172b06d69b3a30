"""Journals to report about, made by appending real events to a real store."""

from collections.abc import Iterable
from itertools import count

import msgspec

from headgate.model.action import Caller, Thread
from headgate.model.approval import Granted, Needs
from headgate.model.override import Override, Scope
from headgate.model.person import Person
from headgate.ports import Journal
from headgate.record import events
from headgate.record.chain import Entry
from headgate.surfaces.report.counting import counted
from headgate.surfaces.report.model import Report
from headgate.surfaces.report.period import Period

T = 1_790_000_000.0
"""2026-09-21 14:13:20 UTC."""

ALICE, BOB = Person("alice", "terminal", ("oncall",)), Person("bob", "api")
_CALLS = count(1)
HEAVY = ("remote-session", "restart")


def decided(at: float, **more: object) -> events.Decided:
    """Return a light call of the main thread that was let go, unless *more* says otherwise."""
    usual = events.Decided(
        at=T + at,
        caller=Caller("claude-code", "s-1", Thread.MAIN, f"c-{next(_CALLS)}"),
        tool="shell",
        command="ls",
        action="a" * 64,
        cwd="/srv",
        decision="allow",
        then="",
        enforced="run",
        workloads=(),
        machines=(),
        environment="local",
        reasons=(),
        evidence=(),
        rules=("light",),
        budget=30.0,
        policy="p" * 64,
    )
    caller = {name: more.pop(name) for name in ("session", "thread", "call_id", "client") if name in more}
    return msgspec.structs.replace(usual, caller=msgspec.structs.replace(usual.caller, **caller), **more)


def delegated(at: float, **more: object) -> events.Decided:
    return decided(at, **{"decision": "delegate", "enforced": "rewrite", "workloads": HEAVY} | more)


def refused(at: float, **more: object) -> events.Decided:
    return decided(at, **{"decision": "deny", "enforced": "refuse", "workloads": ("deploy",)} | more)


def asked(at: float, then: str, approval: int, **more: object) -> events.Decided:
    given = {"decision": "confirm", "then": then, "enforced": "ask", "workloads": ("deploy",), "approval": approval}
    return decided(at, **given | more)


def question(at: float, approval: int, answer: str = "allow", session: str = "s-1") -> events.ApprovalAsked:
    return events.ApprovalAsked(
        T + at, approval, "d" * 12, session, "main", "carol", "e" * 64, Granted(answer), Needs(), T + at + 900
    )


def answered(at: float, approval: int, by: Person, *, yes: bool, state: str = "") -> events.ApprovalAnswered:
    return events.ApprovalAnswered(T + at, approval, by, yes, state or ("approved" if yes else "refused"))


def granted(at: float, number: int, scope: Scope, **more: object) -> events.OverrideGranted:
    usual = Override(number, scope, "the deploy of tonight", ALICE, T + at, T + at + 600)
    return events.OverrideGranted(T + at, msgspec.structs.replace(usual, **more), "00", "k" * 16)


def ended(at: float, call: events.Decided, seconds: float | None, *, failed: bool = False) -> events.CallEnded:
    return events.CallEnded(T + at, call.caller.session, call.caller.call_id, failed, seconds)


def name(entry: Entry) -> str:
    return entry.hash.hex()[:12]


def job(store: Journal, number: int, of: Entry, took: tuple[float, float], state: str = "succeeded") -> None:
    """Append the start and the end of a job that comes of the decision *of*; it *took* from a time so many seconds."""
    at, seconds = took
    store.append(events.JobStarted(T + at, number, "s-1", name(of)))
    store.append(events.JobEnded(T + at + seconds, number, state, 0, seconds))


def report(store: Journal, since: float = 0.0, until: float = 86_400.0, session: str | None = None) -> Report:
    return counted(store.entries(), Period(T + since, T + until, session), T + until)


def whole_day(store: Journal) -> None:
    """Append a day with something of everything."""
    light = decided(10, command="rg -n 'def main' src")
    store.append(light)
    store.append(ended(12, light, 2.5))
    first = store.append(
        delegated(20, command="ssh web1 'systemctl restart app'", machines=("web1",), environment="prod")
    )
    job(store, 1, first, (21, 31.0))
    for at in (30, 40):
        store.append(
            refused(at, command="kubectl apply -f app.yaml", action="b" * 64, machines=("east",), environment="prod")
        )
    store.append(granted(50, 3, Scope(workloads=("deploy",)), uses=2))
    lifted = decided(
        60, command="kubectl apply -f app.yaml", action="b" * 64, machines=("east",), environment="prod",
        workloads=("deploy",), override=3, without="deny", lifted=("deploy-main",),
    )  # fmt: skip
    store.append(lifted)
    store.append(ended(105, lifted, 45.0))
    store.append(events.OverrideUsed(T + 60, 3, "0" * 12, 1))
    store.append(events.OverrideEnded(T + 120, 3, "ended", "alice"))
    store.append(question(200, 1))
    store.append(answered(230, 1, BOB, yes=True))
    yes = store.append(asked(231, "allow", 1, command="make deploy", call_id="c-yes"))
    store.append(events.ApprovalUsed(T + 240, 1, "e" * 64, name(yes), "c-yes"))
    store.append(question(300, 2))
    store.append(answered(310, 2, ALICE, yes=False))
    store.append(question(320, 3))
    store.append(events.ApprovalExpired(T + 1220, 3))
    store.append(events.GrantRefused(T + 1300, "override add", 1000, 4711, "inside a governed process tree"))
    store.append(
        decided(1400, session="s-2", thread=Thread.SUBAGENT, mode="observe", enforced="observe", decision="deny")
    )
    store.append(events.Refused(T + 1500, "claude-code", "HG101", "no message"))


def appended(store: Journal, found: Iterable[events.Event]) -> list[Entry]:
    return [store.append(event) for event in found]
