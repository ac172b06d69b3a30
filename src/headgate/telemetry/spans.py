"""Events of the journal as spans, by the GenAI conventions of OpenTelemetry, and `headgate.*` for what these lack."""

import math
from collections.abc import Iterator

import msgspec

from headgate.model.action import Thread
from headgate.record import events

Value = bool | int | float | str | tuple[str, ...]
Attributes = dict[str, Value]

MOST = 4096
"""Calls, jobs and questions, of each, whose end is waited for; of more, the oldest are told without one."""

PATIENCE, RECEIPT = 900.0, 30.0
"""Seconds in which the end of a call is waited for: of one that runs, and of one that became a job."""

_Calls = dict[tuple[str, str], tuple[str, events.Decided]]

_REASON = 300
"""Characters of a sentence that are sent."""


class Happened(msgspec.Struct, frozen=True):
    """Something within a span: its *name*, its time, and attributes."""

    name: str
    at: float
    attributes: Attributes


class Told(msgspec.Struct, frozen=True):
    """A span: *key* is its identity, the same whenever it is told; *links* are the keys of others; times are in s.

    *error* is the `error.type`, empty where nothing went wrong.
    """

    name: str
    key: str
    start: float
    end: float
    attributes: Attributes
    events: tuple[Happened, ...] = ()
    links: tuple[str, ...] = ()
    error: str = ""


class Begun(msgspec.Struct, frozen=True):
    """A job that runs: when it started, of which session and decision, and whether it was a call that outlived it."""

    at: float
    session: str
    decision: str
    handed_over: bool = False


class _Asked(msgspec.Struct):
    event: events.ApprovalAsked
    answers: list[Happened]


class Spans:
    """Turns events into spans; a span is told when its end is known. *arguments* adds the commands of calls."""

    def __init__(self, *, arguments: bool = False) -> None:
        self._arguments = arguments
        self._running: _Calls = {}
        self._delegated: _Calls = {}
        self._jobs: dict[int, Begun] = {}
        self._questions: dict[int, _Asked] = {}

    def knows(self, job: int, begun: Begun) -> None:
        """Hear of a job that runs already."""
        self._jobs[job] = begun

    def hear(self, name: str, event: events.Event) -> Iterator[Told]:  # noqa: C901, PLR0912 one case a kind
        """Yield the spans that end with *event*, whose entry is known as *name* (12 hexadecimal digits)."""
        match event:
            case events.Decided():
                yield from self._decided(name, event)
            case events.CallEnded():
                yield from self._ended(event)
            case events.JobStarted() | events.JobHandedOver():
                self._begin(event)
            case events.JobEnded():
                yield self._job(event)
            case events.ApprovalAsked():
                yield from self._ask(event)
            case events.ApprovalAnswered():
                yield from self._answered(event)
            case events.ApprovalExpired():
                if question := self._questions.pop(event.approval, None):
                    yield _question(question, "expired", event.at)
            case events.OverrideGranted():
                yield _granted(event)
            case events.OverrideEnded():
                yield _moment("headgate.override.ended", f"override-ended/{event.override}", event.at, {
                    "headgate.override": event.override, "headgate.override.end": event.why,
                    "headgate.person": event.by,
                })  # fmt: skip
            case events.GrantRefused():
                yield _moment("headgate.grant.refused", f"grant-refused/{name}", event.at, {
                    "headgate.wanted": event.what[:_REASON], "headgate.reason": event.why[:_REASON],
                    "process.pid": event.pid, "process.user.id": event.uid,
                }, "refused")  # fmt: skip
            case _:
                return

    def left(self) -> Iterator[Told]:
        """Yield the calls whose end was not heard of: nobody is going to."""
        return self.overdue(math.inf)

    def overdue(self, now: float) -> Iterator[Told]:
        """Yield the calls whose end would have been heard of before *now*."""
        for calls, patience in ((self._running, PATIENCE), (self._delegated, RECEIPT)):
            while calls and self._is_over(calls, now - patience):
                yield self._call(*calls.pop(next(iter(calls))))

    @staticmethod
    def _is_over(calls: _Calls, before: float) -> bool:
        _name, oldest = next(iter(calls.values()))
        return len(calls) >= MOST or oldest.at < before

    # -- calls -------------------------------------------------------------------------------

    def _decided(self, name: str, event: events.Decided) -> Iterator[Told]:
        if event.enforced == "refuse" or event.caller.thread is not Thread.MAIN:  # clients tell of the main thread's
            yield self._call(name, event)
            return
        calls = self._delegated if event.enforced == "rewrite" else self._running
        calls[event.caller.session, event.caller.call_id] = (name, event)
        yield from self.overdue(event.at)

    def _ended(self, event: events.CallEnded) -> Iterator[Told]:
        key = (event.session, event.call_id)
        known = self._running.pop(key, None) or self._delegated.pop(key, None)
        if known is not None:
            yield self._call(*known, ended=event)

    def _call(self, name: str, event: events.Decided, ended: events.CallEnded | None = None) -> Told:
        attributes = call_attributes(name, event, arguments=self._arguments)
        if ended is not None and ended.seconds is not None:
            attributes["headgate.main_thread.held"] = ended.seconds
        reasons = tuple(f"{reason.code}: {reason.message}"[:_REASON] for reason in event.reasons)
        verdict = kept(
            {"headgate.decision": event.decision, "headgate.rules": event.rules, "headgate.reasons": reasons}
        )
        return Told(
            f"execute_tool {event.tool}",
            f"decision/{name}",
            event.at,
            max(event.at, ended.at) if ended is not None else event.at,
            attributes,
            (Happened("headgate.decision", event.at, verdict),),
            (f"approval/{event.approval}",) if event.approval else (),
            "tool_error" if ended is not None and ended.failed else "",
        )

    # -- jobs --------------------------------------------------------------------------------

    def _begin(self, event: events.JobStarted | events.JobHandedOver) -> None:
        known = self._jobs.get(event.job)
        handed_over = isinstance(event, events.JobHandedOver) or (known is not None and known.handed_over)
        at = known.at if known is not None else event.at
        self._jobs[event.job] = Begun(at, event.session, event.decision, handed_over)
        if len(self._jobs) > MOST:
            del self._jobs[next(iter(self._jobs))]

    def _job(self, event: events.JobEnded) -> Told:
        begun = self._jobs.pop(event.job, None) or Begun(event.at - event.seconds, "", "")
        if event.state == "lost":
            self._jobs[event.job] = begun  # it may come back
        attributes: dict[str, Value | None] = {
            "headgate.job": event.job,
            "headgate.job.state": event.state,
            "headgate.job.handed_over": begun.handed_over,
            "headgate.job.late": event.late,
            "headgate.job.remote": event.remote,
            "process.exit.code": event.exit_code,
            "gen_ai.conversation.id": begun.session,
            "headgate.decision.id": begun.decision,
        }
        key = f"job/{event.job}" + ("/late" if event.late else "")
        error = "" if event.state == "succeeded" else event.state
        links = (f"decision/{begun.decision}",) if begun.decision else ()
        return Told("headgate.job", key, min(begun.at, event.at), event.at, kept(attributes), (), links, error)

    # -- questions ---------------------------------------------------------------------------

    def _ask(self, event: events.ApprovalAsked) -> Iterator[Told]:
        self._questions[event.approval] = _Asked(event, [])
        if len(self._questions) > MOST:
            oldest = self._questions.pop(next(iter(self._questions)))
            yield _question(oldest, "pending", oldest.event.at)

    def _answered(self, event: events.ApprovalAnswered) -> Iterator[Told]:
        question = self._questions.get(event.approval)
        if question is None:
            return
        said: Attributes = {"headgate.person": event.by.name, "headgate.how": event.by.how, "headgate.yes": event.yes}
        if event.reason:
            said["headgate.reason"] = event.reason[:_REASON]
        question.answers.append(Happened("headgate.approval.answer", event.at, said))
        if event.state != "pending":
            del self._questions[event.approval]
            yield _question(question, event.state, event.at)


def call_attributes(name: str, event: events.Decided, *, arguments: bool) -> Attributes:
    """Return the attributes of a call's span; with *arguments* also its command, as the journal has it."""
    told: dict[str, Value | None] = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": event.tool,
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": event.caller.call_id,
        "gen_ai.conversation.id": event.caller.session,
        "gen_ai.agent.id": event.caller.agent,
        "headgate.client": event.caller.client,
        "headgate.thread": event.caller.thread.value,
        "headgate.decision": event.decision,
        "headgate.decision.id": name,
        "headgate.decision.then": event.then,
        "headgate.enforced": event.enforced,
        "headgate.mode": event.mode,
        "headgate.rules": event.rules,
        "headgate.workloads": event.workloads,
        "headgate.machines": event.machines[:100],
        "headgate.environment": event.environment,
        "headgate.policy": event.policy[:12],
        "headgate.override": event.override or None,
        "headgate.override.without": event.without,
        "headgate.override.lifted": event.lifted,
        "headgate.approval": event.approval or None,
    }
    if arguments:
        what = {"shell": "command", "write": "path"}.get(event.tool, "arguments")
        told["gen_ai.tool.call.arguments"] = msgspec.json.encode({what: event.command}).decode()
    return kept(told)


def kept(told: dict[str, Value | None]) -> Attributes:
    """Return *told* without what nobody knows, and what is empty."""
    return {key: value for key, value in told.items() if value is not None and value not in {"", ()}}


def _question(question: _Asked, state: str, at: float) -> Told:
    event = question.event
    told: dict[str, Value | None] = {
        "headgate.approval": event.approval,
        "headgate.approval.state": state,
        "headgate.approval.grants": event.grants.answer,
        "headgate.approval.needed": event.needs.count,
        "headgate.approval.approvers": event.needs.approvers,
        "headgate.requester": event.requester,
        "headgate.thread": event.thread,
        "headgate.decision.id": event.decision,
        "gen_ai.conversation.id": event.session,
    }
    key, links = f"approval/{event.approval}", (f"decision/{event.decision}",) if event.decision else ()
    return Told("headgate.approval", key, event.at, max(event.at, at), kept(told), tuple(question.answers), links)


def _granted(event: events.OverrideGranted) -> Told:
    given = event.override
    scope = given.scope
    told: dict[str, Value | None] = {
        "headgate.override": given.id,
        "headgate.override.everything": scope.everything,
        "headgate.override.workloads": scope.workloads,
        "headgate.override.machines": scope.machines,
        "headgate.override.environments": scope.environments,
        "headgate.override.sessions": scope.sessions,
        "headgate.override.rules": scope.rules,
        "headgate.override.seconds": given.expires - given.created,
        "headgate.override.uses": given.uses,
        "headgate.person": given.by.name,
        "headgate.how": given.by.how,
        "headgate.reason": given.reason[:_REASON],
        "headgate.approval": given.approval or None,
    }
    links = (f"approval/{given.approval}",) if given.approval else ()
    return Told("headgate.override.granted", f"override/{given.id}", event.at, event.at, kept(told), (), links)


def _moment(name: str, key: str, at: float, told: dict[str, Value | None], error: str = "") -> Told:
    return Told(name, key, at, at, kept(told), error=error)
