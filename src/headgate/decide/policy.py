"""A policy: rules with their conditions and obligations, compiled, and the settings that go with them."""

from collections.abc import Sequence

import msgspec

from headgate.decide.answers import Decisions
from headgate.decide.conditions import Schema
from headgate.decide.rules import Invariant, Mode, Part, Rule, Test, Window
from headgate.decide.schema import FACTS
from headgate.decide.starting import AtStart, Connections, ExecGate
from headgate.decide.tables import Engine, compiled
from headgate.model.decision import Strictness


class Policy(msgspec.Struct, frozen=True):
    """Rules in the order of (strictness, name), so that no other order can matter.

    *digest* is the SHA-256 of the canonical form of all that decides, *engine* and *decisions* are what `ready` makes
    of the rules; *inventory* are pairs of an environment and a pattern; *comfort*, *quick_wait* and *session_budget*
    (what all calls of ten minutes together may hold the main thread) are seconds; *profile* is what the operator chose.
    A question to a person, and a yes to it, are good for *approval* seconds; an override lasts at most *override_max*
    seconds, and covers everything only where *break_glass* says that it may.
    *exec_gate*, *at_start* and *connections* are about what a call of the main thread starts.
    *above* is the policy without the last of its *parts*: what the tests of those above speak about.
    """

    rules: tuple[Rule, ...]
    default: Strictness = Strictness.DENY
    digest: str = ""
    inventory: tuple[tuple[str, str], ...] = ()
    comfort: float = 30.0
    session_budget: float = 120.0
    quick_wait: float = 3.0
    mode: Mode = Mode.ENFORCE
    approval: float = 900.0
    override_max: float = 8 * 3600.0
    break_glass: bool = False
    exec_gate: ExecGate = ExecGate.BEST
    at_start: AtStart = AtStart.MOVE
    connections: Connections = Connections.NONE
    profile: str = ""
    windows: tuple[Window, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    tests: tuple[Test, ...] = ()
    parts: tuple[Part, ...] = ()
    schema: Schema = FACTS
    above: "Policy | None" = None
    engine: Engine = Engine()
    decisions: Decisions = msgspec.field(default_factory=Decisions)

    def ready(self) -> "Policy":
        """Return the same policy with its rules in order and compiled."""
        rules = ordered(self.rules)
        made = msgspec.structs.replace(self, rules=rules, engine=compiled(rules, self.schema))
        return msgspec.structs.replace(made, decisions=Decisions(rules, self.default))


def ordered(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Return *rules* by strictness and name."""
    return tuple(sorted(rules, key=lambda rule: (-rule.answer, rule.name)))
