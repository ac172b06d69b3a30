"""The page behind a reply link: one question, two buttons, no script."""

from base64 import b64encode
from hashlib import sha256
from html import escape

from headgate.model.approval import Approval, ApprovalState
from headgate.model.errors import HeadgateError
from headgate.model.person import Person
from headgate.surfaces.grant_asking import grants_words, who_words
from headgate.surfaces.network.views import REFUSED, moment, shown

MAX_REASON = 500
"""Characters of a reason."""

STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.3rem}dt{font-weight:600;margin-top:1rem}dd{margin:0}
pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#8882;padding:.75rem;border-radius:.4rem;margin:.25rem 0}
textarea{width:100%;box-sizing:border-box;font:inherit;padding:.5rem}
button{font:inherit;font-weight:600;padding:.7rem 1.4rem;margin:1rem 1rem 0 0;border:0;border-radius:.4rem;color:#fff}
.yes{background:#1a6b32}.no{background:#a32020}
"""

POLICY = (
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'; "
    f"style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'"
)
"""The page's Content-Security-Policy: this one style, and a form that goes back to where it came from."""


def question(approval: Approval, person: Person) -> str:
    """Return the page that shows *approval* to *person*, with the form while it waits for an answer."""
    body = [f"<h1>Question {approval.id}: {_state(approval)}</h1>", _told(approval)]
    if approval.state is ApprovalState.PENDING:
        body.append(_form(approval, person))
    return _page(f"Question {approval.id}", "\n".join(body))


def answered(approval: Approval) -> str:
    """Return the page that says what became of *approval* by the answer just given."""
    missing = "".join(f"<p>Still missing: {escape(item)}.</p>" for item in approval.missing())
    left = missing if approval.state is ApprovalState.PENDING else ""
    body = f"<h1>Question {approval.id}: {_state(approval)}</h1><p>Your answer is kept.</p>{left}{_told(approval)}"
    return _page(f"Question {approval.id}", body)


def fault(error: HeadgateError) -> str:
    """Return the page that says what is wrong."""
    return _page("Not possible", f"<h1>{escape(error.code)}: {escape(error.message)}</h1><p>{escape(error.hint)}</p>")


def _state(approval: Approval) -> str:
    words = {
        ApprovalState.PENDING: "waits for an answer",
        ApprovalState.APPROVED: "approved, and not used yet",
        ApprovalState.REFUSED: "refused",
        ApprovalState.USED: "approved, and used",
        ApprovalState.EXPIRED: "over; nobody answered, or nobody used the answer",
    }
    return words[approval.state]


def _told(approval: Approval) -> str:
    caller = approval.caller
    asks = f"{caller.client}, session {caller.session}, thread {caller.thread}, of user {approval.requester}"
    rows = [
        ("What", f"<pre>{escape(shown(approval.what))}</pre>"),
        ("Where", _text(approval.where)),
        ("Why it is asked", _text(approval.why)),
        ("Who asks", _text(asks)),
        *([("Who has to say yes", _text("\n".join(who_words(approval))))] if approval.needs.named else []),
        ("Approval grants", _text(grants_words(approval))),
        ("Refusal", _text(REFUSED)),
        ("Ends", _text(moment(approval.expires))),
    ]
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows) + "</dl>"


def _text(text: str) -> str:
    return escape(shown(text)).replace("\n", "<br>")


def _form(approval: Approval, person: Person) -> str:
    why_not = approval.refuses(person)
    yes = '<button class="yes" name="answer" value="approve">Approve</button>'
    note = f"<p>You cannot approve it: {escape(why_not)}.</p>" if why_not else ""
    return f"""{note}<form method="post">
<p><label for="reason">Reason, for the record and for whoever asked</label>
<textarea id="reason" name="reason" rows="2" maxlength="{MAX_REASON}"></textarea></p>
<p>You answer as {escape(person.name)}.</p>
{"" if why_not else yes}<button class="no" name="answer" value="refuse">Refuse</button>
</form>"""


def _page(title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(title)} · Headgate</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<style>{STYLE}</style></head>
<body>
{body}
</body></html>
"""
