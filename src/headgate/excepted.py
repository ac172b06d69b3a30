"""What a person's override makes of a decision, and how each use of it is kept."""

import msgspec

from headgate.decide.evaluate import decide_lifted
from headgate.decide.exceptions import Asking, covering
from headgate.decide.policy import Policy
from headgate.decide.schema import Situation
from headgate.enforce.questions import Now
from headgate.model.decision import Confirm, Decision
from headgate.model.facts import Facts
from headgate.model.override import Standing
from headgate.ports import Store
from headgate.record.events import OverrideEnded, OverrideUsed


class Lift(msgspec.Struct, frozen=True):
    """A *standing* override that made *decision* of what was decided *without* it."""

    standing: Standing
    decision: Decision
    without: Decision

    @property
    def lifted(self) -> tuple[str, ...]:
        """The rules that do not speak because of it."""
        return tuple(name for name in self.without.rules if name not in self.decision.rules)

    @property
    def words(self) -> str:
        """What people and the model are told."""
        override = self.standing.override
        loud = "BREAK-GLASS: " if override.scope.everything else ""
        return (
            f"{loud}override {override.id} by {override.by.name} ({override.reason}) changes this: "
            f"{self.decision.strictness.word} in place of {self.without.strictness.word}."
        )


def lift(  # noqa: PLR0913, PLR0917 a function of all that an exception may depend on
    decision: Decision, facts: Facts, situation: Situation, policy: Policy, asking: Asking, store: Store, now: Now
) -> Lift | None:
    """Return what the first override that covers the call, and changes its answer or terms, makes of *decision*."""
    for standing in covering(store.grants.standing(), facts, asking, now.at, now.steady):
        found = decide_lifted(facts, situation, policy, standing.override.scope.rules)
        if _answer(found) != _answer(decision):
            return Lift(standing, found, decision)
    return None


def _answer(decision: Decision) -> tuple[object, ...]:
    then = decision.then.strictness if isinstance(decision, Confirm) else None
    return decision.strictness, then, decision.terms


def spend(found: Lift, decision: str, store: Store, now: float) -> None:
    """Keep that an override changed *decision* (its name in the journal), and end it where that was its last use."""
    override = found.standing.override
    used = found.standing.used + 1
    last = override.uses is not None and used >= override.uses
    store.grants.change_override(Standing(override, used, "used up" if last else ""))
    store.append(OverrideUsed(now, override.id, decision, used))
    if last:
        store.append(OverrideEnded(now, override.id, "used up"))
