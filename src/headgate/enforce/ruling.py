"""What the enforcers work on."""

import msgspec

from headgate.model.action import Action, Caller
from headgate.model.decision import Decision
from headgate.model.facts import Facts


class Ruling(msgspec.Struct, frozen=True):
    """A decision with all that led to it.

    *decision_id* is its name in the journal, *policy* the digest of what decided.
    """

    action: Action
    caller: Caller
    facts: Facts
    decision: Decision
    decision_id: str
    quick_wait: float
    policy: str = ""
