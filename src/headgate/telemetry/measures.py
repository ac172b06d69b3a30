"""Events of the journal as what is added to metrics."""

from collections.abc import Iterator

import msgspec

from headgate.model.action import Thread
from headgate.record import events
from headgate.telemetry.spans import MOST

DURATION = "gen_ai.execute_tool.duration"
DECISIONS = "headgate.decisions"
JOBS = "headgate.jobs"
APPROVALS = "headgate.approvals"
OVERRIDES = "headgate.overrides"
HELD = "headgate.main_thread.held"
REFUSED = "headgate.grants.refused"

COUNTERS = {
    DECISIONS: ("{decision}", "Decisions by answer, thread and classes of work"),
    JOBS: ("{job}", "Starts and ends of jobs by state"),
    APPROVALS: ("{approval}", "What became of questions to people"),
    OVERRIDES: ("{override}", "What became of overrides, and the decisions that they changed"),
    HELD: ("s", "Seconds that calls held the main thread"),
    REFUSED: ("{grant}", "Attempts to grant something by who may not"),
}
"""Each counter with its unit and what it counts."""

LIGHT = "light"


class Measure(msgspec.Struct, frozen=True):
    """What is added to the metric *name*: a number, with attributes."""

    name: str
    value: float
    attributes: dict[str, str]


class Measures:
    """Turns events into measures; remembers, within bounds, the tools of the calls that run."""

    def __init__(self) -> None:
        self._tools: dict[tuple[str, str], str] = {}

    def hear(self, event: events.Event) -> Iterator[Measure]:
        """Yield what *event* adds."""
        match event:
            case events.Decided():
                yield self._decided(event)
                if event.override:
                    yield Measure(OVERRIDES, 1, {"headgate.override.state": "used"})
            case events.CallEnded() if event.seconds is not None:
                yield from self._ended(event, event.seconds)
            case events.JobStarted() | events.JobHandedOver() | events.JobEnded():
                yield Measure(JOBS, 1, {"headgate.job.state": _job(event)})
            case events.OverrideGranted() | events.OverrideEnded():
                state = "granted" if isinstance(event, events.OverrideGranted) else event.why
                yield Measure(OVERRIDES, 1, {"headgate.override.state": state})
            case events.GrantRefused():
                yield Measure(REFUSED, 1, {})
            case _:
                yield from _questions(event)

    def _decided(self, event: events.Decided) -> Measure:
        caller = event.caller
        if caller.thread is Thread.MAIN and event.enforced != "refuse":
            self._tools[caller.session, caller.call_id] = event.tool
            if len(self._tools) > MOST:
                del self._tools[next(iter(self._tools))]
        return Measure(
            DECISIONS,
            1,
            {
                "headgate.decision": event.decision,
                "headgate.thread": caller.thread.value,
                "headgate.workload": ",".join(sorted(event.workloads)) or LIGHT,
                "headgate.mode": event.mode,
            },
        )

    def _ended(self, event: events.CallEnded, seconds: float) -> Iterator[Measure]:
        tool = self._tools.pop((event.session, event.call_id), "")
        told = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool or "unknown"}
        yield Measure(DURATION, seconds, told | ({"error.type": "tool_error"} if event.failed else {}))
        yield Measure(HELD, seconds, {})


def _job(event: events.JobStarted | events.JobHandedOver | events.JobEnded) -> str:
    if isinstance(event, events.JobEnded):
        return event.state
    return "started" if isinstance(event, events.JobStarted) else "handed_over"


def _questions(event: events.Event) -> Iterator[Measure]:
    match event:
        case events.ApprovalAsked():
            yield Measure(APPROVALS, 1, {"headgate.approval.state": "asked"})
        case events.ApprovalAnswered(state=state) if state != "pending":
            yield Measure(APPROVALS, 1, {"headgate.approval.state": state})
        case events.ApprovalUsed():
            yield Measure(APPROVALS, 1, {"headgate.approval.state": "used"})
        case events.ApprovalExpired():
            yield Measure(APPROVALS, 1, {"headgate.approval.state": "expired"})
        case _:
            return
