"""Events about people in words: what they were asked, what they said, and what they granted."""

from headgate.record.events import (
    ApprovalAnswered,
    ApprovalAsked,
    ApprovalExpired,
    ApprovalUsed,
    GrantRefused,
    OverrideEnded,
    OverrideGranted,
    OverrideUsed,
)
from headgate.surfaces.scope_words import scope_words
from headgate.workers.lines import lasting, one_line

_MOST = 200


def granting(event: object) -> str:
    """Return what happened between the gate and people; empty where *event* is about something else."""
    match event:
        case ApprovalAsked(approval=number, scope=scope) if scope is not None:
            wish = f"an override for {lasting(event.wanted)}: {scope_words(scope)}"
            return f"question {number} asks for {one_line(wish, _MOST)} ({one_line(event.reason, _MOST)})"
        case ApprovalAsked(approval=number, decision=decision):
            return f"question {number} is put to a person (decision {decision})"
        case ApprovalAnswered(approval=number, by=by, yes=yes, reason=reason):
            waits = ", others have to agree" if yes and event.state == "pending" else ""
            why = f": {one_line(reason, _MOST)}" if reason else ""
            return f"question {number}: {'yes' if yes else 'NO'} by {by.name} ({by.how}){waits}{why}"
        case ApprovalUsed(approval=number, decision=decision):
            return f"question {number}: its yes is used by {decision}"
        case ApprovalExpired(approval=number):
            return f"question {number} is over; nothing came of it"
        case _:
            return _excepting(event)


def _excepting(event: object) -> str:
    match event:
        case OverrideGranted(override=item):
            loud = "BREAK-GLASS " if item.scope.everything else ""
            uses = "" if item.uses is None else f", {item.uses} uses"
            return (
                f"{loud}override {item.id} granted by {item.by.name} for {lasting(item.expires - item.created)}{uses}: "
                f"{one_line(scope_words(item.scope), _MOST)} ({one_line(item.reason, _MOST)})"
            )
        case OverrideUsed(override=number, decision=decision, used=used):
            return f"override {number} changed decision {decision}; uses so far: {used}"
        case OverrideEnded(override=number, why=why, by=by):
            return f"override {number} {why}{f' by {by}' if by else ''}"
        case GrantRefused(what=what, uid=uid, pid=pid, why=why):
            return f"REFUSED  {one_line(what, _MOST)}, tried by process {pid} of user {uid}: {one_line(why, _MOST)}"
        case _:
            return ""
