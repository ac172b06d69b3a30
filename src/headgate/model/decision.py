"""The four answers, each with its terms: an enforcer cannot have one without the other."""

from enum import IntEnum

import msgspec

from headgate.model.span import Span


class Strictness(IntEnum):
    """The order of the answers; the strictest of all that apply wins."""

    ALLOW = 0
    DELEGATE = 1
    CONFIRM = 2
    DENY = 3

    @property
    def word(self) -> str:
        """The answer as it is written everywhere."""
        return self.name.lower()


class Reason(msgspec.Struct, frozen=True):
    """One sentence of an explanation; *hint* says what to do instead, *span* points into the text.

    *source* says where a rule stands: its layer, file and line.
    """

    code: str
    message: str
    hint: str = ""
    span: Span | None = None
    source: str = ""


class Terms(msgspec.Struct, frozen=True):
    """What comes with an answer: seconds of main thread, seconds of a job's life, where, and by whose leave.

    *worker* is `command` (the command itself runs) or `agent` (an agent takes the task); *lease* names what the job
    has for itself while it runs: `machine`, `environment`. Where a person is asked, each of *approvers* has to say yes,
    and *approvals* different people in all; with *not_requester* none of them is who asks.
    """

    budget: float | None = None
    max_run: float | None = None
    pool: str = "local"
    approvers: tuple[str, ...] = ()
    worker: str = "command"
    lease: tuple[str, ...] = ()
    approvals: int = 1
    not_requester: bool = False


NO_TERMS = Terms()
"""The terms of a rule that names none."""


class Allow(msgspec.Struct, frozen=True, tag="allow", tag_field="answer"):
    """Run it here, within `terms.budget`."""

    terms: Terms
    reasons: tuple[Reason, ...] = ()
    rules: tuple[str, ...] = ()
    strictness = Strictness.ALLOW


class Delegate(msgspec.Struct, frozen=True, tag="delegate", tag_field="answer"):
    """Run it in a worker of `terms.pool`; the caller gets a receipt."""

    terms: Terms
    reasons: tuple[Reason, ...] = ()
    rules: tuple[str, ...] = ()
    strictness = Strictness.DELEGATE


class Confirm(msgspec.Struct, frozen=True, tag="confirm", tag_field="answer"):
    """Ask a person; *then* is what their yes grants, and nothing more."""

    then: Allow | Delegate
    terms: Terms
    reasons: tuple[Reason, ...] = ()
    rules: tuple[str, ...] = ()
    strictness = Strictness.CONFIRM


class Deny(msgspec.Struct, frozen=True, tag="deny", tag_field="answer"):
    """Do not run it; the reasons steer the agent."""

    reasons: tuple[Reason, ...]
    terms: Terms = Terms()
    rules: tuple[str, ...] = ()
    strictness = Strictness.DENY


Decision = Allow | Delegate | Confirm | Deny
