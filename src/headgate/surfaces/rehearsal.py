"""Decisions without effects: the same pipeline, no daemon and no store."""

from collections.abc import Callable, Sequence
from typing import BinaryIO

import msgspec

from headgate.classify import Inventory, classify
from headgate.classify.steps import Step, Trace
from headgate.decide import ledger
from headgate.decide.policy import Policy
from headgate.decide.rules import Mode
from headgate.decide.schema import Situation
from headgate.enforce import manner
from headgate.host.clock import SystemClock
from headgate.host.world import HostWorld
from headgate.intercept import claude_code
from headgate.model.action import Action, ShellAction, Thread, ToolAction
from headgate.model.decision import Decision
from headgate.model.errors import HeadgateError
from headgate.model.facts import Facts, History
from headgate.model.runs import no_runs
from headgate.pipeline import Judgement, judge


class Verdict(msgspec.Struct, frozen=True):
    """What would be decided about one action, with the facts that led to it."""

    facts: Facts
    decision: Decision
    policy: Policy = Policy(())

    def as_json(self, name: object, steps: Sequence[Step] = ()) -> str:
        """Return one JSON object; *name* becomes its `id`. Spans are `[start, end)` in characters.

        *steps* are in it where they were asked for.
        """
        evidence = [
            {"code": item.code, "message": f"{item.workload}: {item.message}", "span": item.span}
            for item in self.facts.evidence
        ]
        rules = [
            {"code": reason.code, "message": reason.message, "span": None, "source": reason.source}
            for reason in self.decision.reasons
        ]
        answer: dict[str, object] = {
            "id": name,
            "decision": self.decision.strictness.word,
            "workloads": self.facts.workloads,
            "machines": self.facts.machines,
            "environment": self.facts.environment,
            "estimate": self.facts.estimate,
            "estimate_from": self.facts.estimate_from,
            "budget": self.decision.terms.budget,
            "reasons": [*rules, *evidence],
        }
        if self.policy.mode is Mode.OBSERVE:
            answer["mode"] = "observe"
        if steps:
            answer["steps"] = steps
            answer["unknown"] = self.facts.opaque_because
        return msgspec.json.encode(answer).decode()


class Line(msgspec.Struct):
    """One line of a batch: a command, or a tool with its arguments, and who asks when; *at* is in seconds."""

    id: str | int
    command: str | None = None
    tool: str | None = None
    args: dict[str, object] = {}
    annotations: dict[str, object] = {}
    thread: Thread = Thread.MAIN
    session: str | None = None
    cwd: str = ""
    at: float | None = None


class Rehearsal:
    """Sessions that only exist here; lines of one session share its history.

    *ran* tells how long earlier runs of a routine took; without it the answers are the same everywhere.
    """

    def __init__(self, policy: Policy, world: HostWorld, ran: Callable[[str], Sequence[float]] = no_runs) -> None:
        self.policy = policy
        self.clock = SystemClock()
        self.ran = ran
        self.around = world.surroundings(policy.comfort)
        self.staff = world.staff()
        self.sessions: dict[str, list[ledger.Entry]] = {}

    def shell(self, action: ShellAction, thread: Thread) -> Verdict:
        """Return the verdict on *action* in a session of its own, now."""
        judged = self.judged(action, thread)
        return Verdict(judged.facts, judged.decision, self.policy)

    def judged(self, action: ShellAction, thread: Thread) -> Judgement:
        """Return the decision on *action* in a session of its own, now, and all that it rests on."""
        now = self.clock.now()
        return judge(action, self.situation(thread, History(), now), self.around, self.policy, self.ran)

    def situation(self, thread: Thread, recent: History, at: float) -> Situation:
        """Return the situation of a call of *thread* at the time *at*."""
        return Situation(thread, recent, client=claude_code.NAME, moment=self.clock.moment(at))

    def steps(self, action: ShellAction) -> tuple[Step, ...]:
        """Return the commands of *action*, one by one, as they were read."""
        trace = Trace()
        classify(action, self.around, Inventory(), trace)
        return tuple(trace.steps)

    def line(self, line: Line, usual_at: float) -> Verdict:
        """Return the verdict on *line*, after all its session did before; *usual_at* is for lines without a time."""
        action = _action(line)
        at = usual_at if line.at is None else line.at
        past = self.sessions.setdefault(line.session, []) if line.session is not None else []
        recent = ledger.history(past, at) if past else History()
        situation = self.situation(line.thread, recent, at)
        judged = judge(action, situation, self.around, self.policy, self.ran, (past, at))
        facts, decision = judged.facts, judged.decision
        refused = manner(decision, action, self.staff) == "refuse"
        counted = ledger.entry(facts, decision, at, judged.counts, refused=refused)
        if counted is not None:
            past.append(counted)
        return Verdict(facts, decision, self.policy)


def batch(rehearsal: Rehearsal, lines: BinaryIO, out: BinaryIO) -> int:
    """Answer JSON *lines* in order; a wrong line is answered by a deny with the code HG131, and makes the status 2."""
    status = 0
    decoder = msgspec.json.Decoder(Line)
    for number, text in enumerate(lines):
        if not text.strip():
            continue
        try:
            line = decoder.decode(text)
            answer = rehearsal.line(line, float(number)).as_json(line.id)
        except (msgspec.DecodeError, UnicodeDecodeError, HeadgateError) as error:
            status = 2
            answer = _wrong(text, number, error)
        out.write(answer.encode("utf-8", "surrogatepass") + b"\n")
    out.flush()
    return status


def _wrong(text: bytes, number: int, error: Exception) -> str:
    """Return the answer to a line that cannot be judged: a deny that names the line."""
    name: object = None
    try:
        found = msgspec.json.decode(text)
        name = found.get("id") if isinstance(found, dict) else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    reasons = [{"code": "HG131", "message": f"line {number + 1}: {error}", "span": None}]
    empty: list[str] = []
    answer = {"id": name, "decision": "deny", "workloads": empty, "machines": empty, "reasons": reasons}
    return msgspec.json.encode(answer).decode()


def _action(line: Line) -> Action:
    """Return the action of a line; a tool is read as the client that has it would send it."""
    if line.command is not None:
        return ShellAction(line.command, line.cwd)
    if line.tool is None:
        raise HeadgateError("HG131", "a line needs `command`, or `tool` with `args`", "see docs/check.md")
    action = claude_code.tool_action(line.tool, line.args, line.cwd)
    return msgspec.structs.replace(action, annotations=line.annotations) if isinstance(action, ToolAction) else action
