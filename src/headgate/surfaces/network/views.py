"""A question as it is shown outside: plain values, without secrets and without characters that deceive."""

from datetime import UTC, datetime

from headgate.model.approval import Approval, ApprovalState
from headgate.record.redact import redact
from headgate.record.visible import visible
from headgate.surfaces.grant_asking import grants_words

View = dict[str, object]

REFUSED = "nothing runs; whoever asked is told your reason, and that it is not to be tried another way round"
"""What a refusal does."""


def shown(text: str) -> str:
    """Return *text* without secrets, and with characters that hide or turn round others written out."""
    return visible(redact(text))


def moment(at: float) -> str:
    """Return *at* (seconds since 1970) as RFC 3339, in UTC and whole seconds."""
    try:
        return datetime.fromtimestamp(int(at), UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return "never"


def view(approval: Approval) -> View:
    """Return *approval* as values of JSON; times are RFC 3339, in UTC."""
    needs, caller = approval.needs, approval.caller
    missing = list(approval.missing()) if approval.state is ApprovalState.PENDING else []
    return {
        "id": approval.id,
        "digest": approval.digest,
        "state": approval.state.value,
        "what": shown(approval.what),
        "where": shown(approval.where),
        "why": shown(approval.why),
        "grants": {**_grants(approval), "text": shown(grants_words(approval))},
        "refusal": REFUSED,
        "needs": {"approvers": needs.approvers, "count": needs.count, "others": needs.others, "missing": missing},
        "requester": approval.requester,
        "client": caller.client,
        "thread": caller.thread.value,
        "session": shown(caller.session),
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
                "reason": shown(answer.reason),
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
