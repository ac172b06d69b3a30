"""What people granted and refused: overrides and what they changed, questions and their answers, refused grants."""

from collections import Counter, OrderedDict, deque
from statistics import median

import msgspec

from headgate.model.override import Scope
from headgate.surfaces.report.joins import COMMAND, Seen, kept
from headgate.surfaces.report.model import Answerer, Approvals, Exempted, Refusal, Refusals
from headgate.surfaces.report.period import Period
from headgate.surfaces.report.reading import (
    ApprovalAnswered,
    ApprovalAsked,
    ApprovalExpired,
    ApprovalUsed,
    Decided,
    GrantRefused,
    OverrideEnded,
    OverrideGranted,
)

MOST = 5_000
"""Overrides, and questions, that are remembered at once; of more, the oldest are forgotten."""

MOST_COMMANDS = 5
LATEST = 20


class Overrides:
    """Follows every override; those that were granted, used or ended in the period are told."""

    def __init__(self, period: Period) -> None:
        self._period = period
        self._known: OrderedDict[int, Exempted] = OrderedDict()
        self._told: set[int] = set()

    def granted(self, event: OverrideGranted) -> None:
        """Hear of a grant, in the period or before it."""
        given, scope = event.override, event.override.scope
        row = self._row(given.id)
        row.break_glass, row.scope = scope.everything, scope_words(scope)
        row.by, row.how, row.reason = given.by.name, given.by.how, given.reason
        row.granted, row.expires = event.at, given.expires
        row.allowed_uses, row.approval = given.uses, given.approval
        if self._period.has(event.at) and self._meant(scope):
            self._told.add(given.id)

    def _meant(self, scope: Scope) -> bool:
        return self._period.session is None or self._period.session in scope.sessions

    def used(self, event: Decided, seen: Seen) -> None:
        """Hear of a decision of the period that an override changed."""
        row = self._row(event.override)
        self._told.add(event.override)
        row.used += 1
        change = f"{event.without or '?'} → {event.decision}"
        row.changed[change] = row.changed.get(change, 0) + 1
        for rule in event.lifted:
            row.lifted[rule] = row.lifted.get(rule, 0) + 1
        if len(row.commands) < MOST_COMMANDS and seen.command not in row.commands:
            row.commands.append(seen.command)

    def ended(self, event: OverrideEnded) -> None:
        """Hear of an end, in the period or before it."""
        row = self._row(event.override)
        row.end, row.ended, row.ended_by = event.why, event.at, event.by
        if self._period.has(event.at) and self._period.session is None:
            self._told.add(event.override)

    def _row(self, number: int) -> Exempted:
        if number not in self._known:
            kept(self._known, number, Exempted(id=number), MOST)
        return self._known[number]

    def report(self) -> list[Exempted]:
        """Return what is told: break-glass first, then the latest first."""
        rows = [row for number, row in self._known.items() if number in self._told]
        return sorted(rows, key=lambda row: (not row.break_glass, -(row.granted or 0.0), -row.id))


def scope_words(scope: Scope) -> str:
    """Return what *scope* covers, in words."""
    if scope.everything:
        return "EVERYTHING"
    parts = (
        ("workloads", scope.workloads),
        ("machines", scope.machines),
        ("environments", scope.environments),
        ("sessions", scope.sessions),
        ("projects", scope.projects),
        ("rules", scope.rules),
    )
    return "; ".join(f"{name} {', '.join(items)}" for name, items in parts if items) or "nothing named"


class _Asked(msgspec.Struct):
    """A question: when it was asked, in the period or before, and whether somebody answered."""

    at: float
    session: str
    inside: bool
    answered: bool = False


class _Said(msgspec.Struct):
    """What one person said, and how long the questions had stood."""

    yes: int = 0
    no: int = 0
    waited: list[float] = msgspec.field(default_factory=list)


class Questions:
    """Follows every question; what happens to it in the period is counted."""

    def __init__(self, period: Period) -> None:
        self._period = period
        self._open: OrderedDict[int, _Asked] = OrderedDict()
        self._counts: Counter[str] = Counter()
        self._people: dict[tuple[str, str], _Said] = {}
        self._waited: list[float] = []

    def asked(self, event: ApprovalAsked) -> None:
        """Hear of a question."""
        inside = self._period.has(event.at) and self._period.of(event.session)
        kept(self._open, event.approval, _Asked(event.at, event.session, inside), MOST)
        self._counts["asked"] += inside
        self._counts["wishes"] += inside and event.grants.answer == "override"

    def answered(self, event: ApprovalAnswered) -> None:
        """Hear of an answer."""
        question = self._open.get(event.approval)
        if self._counted(event.at, question):
            said = self._people.setdefault((event.by.name, event.by.how), _Said())
            said.yes += event.yes
            said.no += not event.yes
            if question is not None:
                self._waits(question, event.at, said)
            if event.state != "pending":
                self._counts[event.state] += 1
        if event.state == "refused":
            self._open.pop(event.approval, None)

    def _waits(self, question: _Asked, at: float, said: _Said) -> None:
        said.waited.append(at - question.at)
        if not question.answered:
            self._waited.append(at - question.at)
        question.answered = True

    def used(self, event: ApprovalUsed) -> None:
        """Hear that a yes was used."""
        self._over(event.at, event.approval, "used")

    def expired(self, event: ApprovalExpired) -> None:
        """Hear that a question, or a yes, ended by itself."""
        self._over(event.at, event.approval, "expired")

    def _over(self, at: float, approval: int, end: str) -> None:
        self._counts[end] += self._counted(at, self._open.pop(approval, None))

    def _counted(self, at: float, question: _Asked | None) -> bool:
        return self._period.has(at) and self._period.of(question.session if question else "")

    def report(self) -> Approvals:
        """Return what was counted so far; whoever answered most comes first."""
        counts = self._counts
        people = [
            Answerer(name=name, how=how, yes=said.yes, no=said.no, median_seconds=_median(said.waited))
            for (name, how), said in self._people.items()
        ]
        return Approvals(
            asked=counts["asked"],
            approved=counts["approved"],
            refused=counts["refused"],
            used=counts["used"],
            expired=counts["expired"],
            open=sum(question.inside for question in self._open.values()),
            wishes=counts["wishes"],
            median_seconds=_median(self._waited),
            people=sorted(people, key=lambda person: (-person.yes - person.no, person.name, person.how)),
        )


def _median(values: list[float]) -> float | None:
    return median(values) if values else None


class RefusedGrants:
    """Counts who wanted to grant and may not."""

    def __init__(self) -> None:
        self._what: Counter[str] = Counter()
        self._latest: deque[Refusal] = deque(maxlen=LATEST)

    def refused(self, event: GrantRefused) -> None:
        """Count one."""
        what = event.what[:COMMAND]
        if what in self._what or len(self._what) < MOST:
            self._what[what] += 1
        self._latest.append(Refusal(at=event.at, what=what, why=event.why[:COMMAND], uid=event.uid, pid=event.pid))

    def report(self) -> Refusals:
        """Return what was counted so far, the latest first."""
        return Refusals(
            all=self._what.total(), what=dict(self._what.most_common(LATEST)), latest=[*reversed(self._latest)]
        )
