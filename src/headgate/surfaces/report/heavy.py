"""Heavy calls of the main thread: which of them stayed out of it, which did not, and why."""

from collections import Counter, OrderedDict, deque

from headgate.surfaces.report.joins import Seen, kept
from headgate.surfaces.report.model import Example, Heavy, Ran

EXAMPLES = 10
"""Calls that are shown: the latest."""

_OFF = {"rewrite": "delegated", "refuse": "refused"}


class HeavyCalls:
    """Counts them; a call that a person was asked about counts by what came of it."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._because: Counter[tuple[str, str]] = Counter()
        self._latest: deque[tuple[Seen, str]] = deque(maxlen=EXAMPLES)
        self._asked: OrderedDict[str, Seen] = OrderedDict()

    def decided(self, seen: Seen) -> None:
        """Count a decision of the period."""
        if not seen.heavy or seen.thread != "main":
            return
        self._counts["calls"] += 1
        if seen.enforced == "ask":
            kept(self._asked, seen.name, seen)
        elif seen.enforced == "rewrite" and seen.why[0] == "approval":
            self._counts["approved_job"] += 1
        elif seen.enforced in _OFF:
            self._counts[_OFF[seen.enforced]] += 1
        else:
            self._ran(seen, seen.why)

    def went_on(self, seen: Seen | None) -> None:
        """Hear that something came of a decision: its call ran to an end, or its question's yes was used."""
        if seen is None or self._asked.pop(seen.name, None) is None:
            return
        if seen.then == "delegate":
            self._counts["approved_job"] += 1
        else:
            kind, which = seen.why
            self._ran(seen, ("approval", which if kind == "approval" else ""))

    def became_job(self, seen: Seen | None) -> None:
        """Hear that a job started from a decision."""
        if seen is not None and seen.then == "delegate":
            self.went_on(seen)

    def _ran(self, seen: Seen, why: tuple[str, str]) -> None:
        self._counts["ran"] += 1
        self._because[why] += 1
        self._latest.append((seen, why[0]))

    def report(self) -> Heavy:
        """Return what was counted so far; whoever was asked and let nothing go kept it out of the thread."""
        counts = self._counts
        ran, calls = counts["ran"], counts["calls"]
        jobs, delegated, refused = counts["approved_job"], counts["delegated"], counts["refused"]
        return Heavy(
            calls=calls,
            off=calls - ran,
            ran=ran,
            share=(calls - ran) / calls if calls else None,
            delegated=delegated,
            refused=refused,
            approved_job=jobs,
            not_approved=calls - ran - jobs - delegated - refused,
            because=[Ran(why=why, which=which, calls=n) for (why, which), n in self._because.most_common()],
            examples=[
                Example(at=seen.at, decision=seen.name, session=seen.session, command=seen.command, why=why)
                for seen, why in reversed(self._latest)
            ],
        )
