"""What the enforcers work on."""

import math

import msgspec

from headgate.model.action import Action, Caller
from headgate.model.approval import Approval
from headgate.model.decision import Decision
from headgate.model.facts import Facts
from headgate.model.pool import Staff


class Ruling(msgspec.Struct, frozen=True):
    """A decision with all that led to it.

    *decision_id* is its name in the journal, *policy* the digest of what decided. *used* are the seconds that the
    session's calls held its thread lately, *session_budget* how many they may. *depth* counts the agents above the
    caller, *left* the seconds that the caller itself has left (`None`: no limit); *outright* says that the caller hands
    this very command over. *requester* is the user of the operating system who asks. *question* is what a person is
    asked, *leave* says by whose leave the call goes on (empty: by the policy alone), *liftable* that an
    override could make the answer milder. *within* is the decision of the call that started this by itself (empty:
    none), *gated* says that an exec gate can be put around it.
    """

    action: Action
    caller: Caller
    facts: Facts
    decision: Decision
    decision_id: str
    quick_wait: float
    policy: str = ""
    used: float = 0.0
    session_budget: float = math.inf
    staff: Staff = Staff()
    depth: int = 0
    outright: bool = False
    left: float | None = None
    requester: str = ""
    question: Approval | None = None
    refused: bool = False
    leave: str = ""
    liftable: bool = False
    within: str = ""
    gated: bool = False
