"""A question as it is shown outside: plain values, without secrets and without characters that deceive."""

import unicodedata
from datetime import UTC, datetime

import msgspec

from headgate.model.approval import Approval, ApprovalState
from headgate.record.redact import redact

View = dict[str, object]

_LAYOUT = frozenset("\n\t")
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})

REFUSED = "nothing runs; whoever asked is told your reason, and that it is not to be tried another way round"
"""What a refusal does."""


def visible(text: str) -> str:
    """Return *text* without secrets, and with characters that hide or turn round others written out as `<U+202E>`."""
    return "".join(
        f"<U+{ord(char):04X}>" if unicodedata.category(char) in _HIDDEN and char not in _LAYOUT else char
        for char in redact(text)
    )


def moment(at: float) -> str:
    """Return *at* (seconds since 1970) as RFC 3339, in UTC and whole seconds."""
    try:
        return datetime.fromtimestamp(int(at), UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return "never"


def granted(approval: Approval) -> str:
    """Return in words what a yes to *approval* grants."""
    grants = approval.grants
    match grants.answer:
        case "delegate":
            most = f", for at most {grants.max_run:g} s" if grants.max_run is not None else ""
            return f"exactly this runs once, as a job of a worker of pool {grants.pool}{most}; nothing else"
        case "override":
            return f"an exception for {approval.wanted:g} s: {_scope(approval)}"
        case _:
            most = f", for at most {grants.budget:g} s" if grants.budget is not None else ""
            return f"exactly this runs once, in the thread that asked{most}; nothing else"


def _scope(approval: Approval) -> str:
    """Return in words what an override that is asked for covers."""
    if approval.scope is None or approval.scope.everything:
        return "EVERYTHING"
    parts = msgspec.structs.asdict(approval.scope).items()
    return visible("; ".join(f"{name} {', '.join(words)}" for name, words in parts if words))


def view(approval: Approval) -> View:
    """Return *approval* as values of JSON; times are RFC 3339, in UTC."""
    needs, caller = approval.needs, approval.caller
    missing = list(approval.missing()) if approval.state is ApprovalState.PENDING else []
    return {
        "id": approval.id,
        "digest": approval.digest,
        "state": approval.state.value,
        "what": visible(approval.what),
        "where": visible(approval.where),
        "why": visible(approval.why),
        "grants": {**_grants(approval), "text": granted(approval)},
        "refusal": REFUSED,
        "needs": {"approvers": needs.approvers, "count": needs.count, "others": needs.others, "missing": missing},
        "requester": approval.requester,
        "client": caller.client,
        "thread": caller.thread.value,
        "session": visible(caller.session),
        "decision": approval.decision,
        "rules": approval.rules,
        "created": moment(approval.created),
        "expires": moment(approval.expires),
        "answers": [
            {
                "by": answer.by.name,
                "how": answer.by.how,
                "answer": "approve" if answer.yes else "refuse",
                "at": moment(answer.at),
                "reason": visible(answer.reason),
            }
            for answer in approval.answers
        ],
    }


def _grants(approval: Approval) -> View:
    grants = approval.grants
    found: View = {"answer": grants.answer, "budget": grants.budget, "max_run": grants.max_run}
    if grants.answer == "delegate":
        found |= {"pool": grants.pool, "worker": grants.worker, "lease": grants.lease}
    return found
