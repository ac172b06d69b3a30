"""What came of a decision: which later entries of the journal are about it."""

from headgate.record.events import (
    ApprovalAnswered,
    ApprovalAsked,
    ApprovalExpired,
    ApprovalUsed,
    CallEnded,
    Decided,
    Event,
    JobEnded,
    JobHandedOver,
    JobStarted,
    OverrideUsed,
)


class Aftermath:
    """The entries behind the one that is called *name*, in the order of the journal."""

    def __init__(self, name: str, decided: Decided) -> None:
        self._name = name
        self._call = (decided.caller.session, decided.caller.call_id)
        self._question = decided.approval
        self._jobs: set[int] = set()

    def concerns(self, event: Event) -> bool:
        """Whether *event* is about the decision: its question, its override, its job, or how the call ended."""
        match event:
            case JobStarted(job=job, decision=decision):
                if decision == self._name:
                    self._jobs.add(job)
                return decision == self._name
            case JobEnded(job=job) | JobHandedOver(job=job):
                return job in self._jobs
            case CallEnded(session=session, call_id=call):
                return (session, call) == self._call
            case OverrideUsed(decision=decision):
                return decision == self._name
            case _:
                return self._asked(event)

    def _asked(self, event: Event) -> bool:
        match event:
            case ApprovalAsked(approval=number) | ApprovalAnswered(approval=number):
                return number == self._question
            case ApprovalUsed(approval=number) | ApprovalExpired(approval=number):
                return number == self._question
            case _:
                return False
