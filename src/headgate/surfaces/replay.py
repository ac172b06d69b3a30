"""The journal run through another policy: which past decisions would be different."""

from collections.abc import Iterable, Iterator

import msgspec

from headgate.decide import windows
from headgate.decide.evaluate import decide_values
from headgate.decide.ledger import Entry as LedgerEntry
from headgate.decide.names import Value
from headgate.decide.policy import Policy
from headgate.decide.schema import FACTS
from headgate.enforce.delegate import served
from headgate.model.decision import Confirm, Decision, Delegate, Deny
from headgate.model.pool import Staff
from headgate.record.chain import Entry
from headgate.record.events import Decided, OverrideGranted
from headgate.record.facts import restored
from headgate.record.reading import read


class Replayed(msgspec.Struct, frozen=True):
    """One past decision and what the policy says now; *decision* is `None` where the entry does not tell its facts.

    *unsure* says that the policy tests a fact of which the journal keeps less than was seen.
    """

    name: str
    event: Decided
    decision: Decision | None
    unsure: bool = False

    @property
    def changed(self) -> bool:
        """Whether the answer, or what a yes grants, is another one."""
        return self.decision is not None and (self.event.decision, self.event.then) != self.now

    @property
    def now(self) -> tuple[str, str]:
        """The answer by the policy, and what a yes grants."""
        decision = self.decision
        if decision is None:
            return "", ""
        return decision.strictness.word, decision.then.strictness.word if isinstance(decision, Confirm) else ""


def replayed(entries: Iterable[Entry], policy: Policy, staff: Staff = Staff()) -> Iterator[Replayed]:  # noqa: B008
    """Yield every decision in *entries* as *policy* would make it with this *staff*, its windows counted anew."""
    tested = {item.fact for rule in policy.rules for item in (*rule.when, *rule.unless)}
    past: dict[str, list[LedgerEntry]] = {}
    lifts: dict[int, tuple[str, ...]] = {}
    for entry in entries:
        event = read(entry.body)
        if isinstance(event, OverrideGranted):
            lifts[event.override.id] = event.override.scope.rules
        if not isinstance(event, Decided):
            continue
        name = entry.hash.hex()[:12]
        if not event.facts:
            yield Replayed(name, event, None)
            continue
        decision = _decided(
            event, (policy, lifts.get(event.override, ())), past.setdefault(event.caller.session, []), staff
        )
        yield Replayed(name, event, decision, bool(tested & set(event.masked)))


def _refused(decision: Decision, event: Decided, staff: Staff) -> bool:
    """Whether the call would not be admitted: denied, or sent to a worker that is not there."""
    sent = isinstance(decision, Delegate) or (isinstance(decision, Confirm) and isinstance(decision.then, Delegate))
    return isinstance(decision, Deny) or (sent and (event.tool != "shell" or not served(decision.terms, staff)))


def _decided(event: Decided, by: tuple[Policy, tuple[str, ...]], past: list[LedgerEntry], staff: Staff) -> Decision:
    """Return the decision *by* a policy and the rules that an override lifts alone (none: all that it can)."""
    policy, lifts = by
    values: dict[str, Value] = restored(event.facts, {name: fact.usual for name, fact in FACTS.items()})
    this = windows.counted(policy.windows, values)
    counts = windows.counts(policy.windows, past, event.at, this)
    named = {window.name: count for window, count in zip(policy.windows, counts, strict=True)}
    decision = decide_values(values | named, policy, lifts)
    if this and not _refused(decision, event, staff):
        past.append(LedgerEntry(event.at, windows=this))
    return decision
