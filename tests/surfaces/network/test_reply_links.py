"""Reply links: a page that changes nothing, a form that answers, and tokens that nobody else can make or use."""

import base64
import hashlib
import json
from pathlib import Path

import httpx
import pytest
from itsdangerous import URLSafeSerializer
from networked import Running, api, running

from headgate.configure import Configuration
from headgate.configure.webhook import Webhook
from headgate.model.approval import Approval, ApprovalState, Granted, Needs
from headgate.model.override import Scope
from headgate.model.person import Person
from headgate.surfaces.network.links import Links

HOOK = Webhook("http://127.0.0.1:9/hook", "/nowhere", person="alice")


def path(gate: Running, approval: Approval, person: str = "alice", key: bytes = b"") -> str:
    """Return the path of a link; with another *key*, a forged one."""
    own = key or (gate.home.path / "link.key").read_bytes()
    return f"/a/{Links(own, gate.clock.now).token(approval, person)}"


def state(gate: Running, approval: Approval) -> ApprovalState:
    return gate.do(lambda: gate.approvals.get(approval.id)).state  # type: ignore[no-any-return]


def test_looking_changes_nothing_and_the_form_answers_once(tmp_path: Path) -> None:
    with running(tmp_path, api=api()[0], webhook=HOOK, groups={"oncall": ("alice",)}) as gate, gate.client() as client:
        asked = gate.ask(needs=Needs(("oncall",)))
        link = path(gate, asked)

        for _ in range(3):
            page = client.get(link)
            assert client.head(link).status_code == 200
        assert (page.status_code, state(gate, asked)) == (200, ApprovalState.PENDING)
        for word in (
            "restart pg",
            "db1 (prod)",
            "it restarts a service",
            "dora",
            "runs once",
            "at most 10 m",
            "tried",
        ):
            assert word in page.text

        done = client.post(link, data={"answer": "approve", "reason": "seen"})

        assert (done.status_code, state(gate, asked)) == (200, ApprovalState.APPROVED)
        (answer,) = gate.do(lambda: gate.approvals.get(asked.id)).answers
        assert (answer.by, answer.reason) == (Person("alice", "link", ("oncall",)), "seen")
        again = client.post(link, data={"answer": "refuse"})
        assert (again.status_code, "HG603" in again.text) == (409, True)
        shown = client.get(link)
        assert (shown.status_code, "<form" in shown.text) == (410, False)


def test_a_link_refuses_with_a_reason(tmp_path: Path) -> None:
    with running(tmp_path, api=api()[0], webhook=HOOK) as gate, gate.client() as client:
        asked = gate.ask()

        done = client.post(path(gate, asked), data={"answer": "refuse", "reason": "no & <b>never</b>"})

        assert state(gate, asked) is ApprovalState.REFUSED
        assert "<b>never" not in done.text


def test_what_is_shown_is_escaped_without_secrets_and_without_tricks(tmp_path: Path) -> None:
    with running(tmp_path, api=api()[0], webhook=HOOK) as gate, gate.client() as client:
        what = "<script>alert(1)</script>\u202e password=hunter22 \x1b[31m"
        asked = gate.ask(what=what, where="</pre><img src=x>", why='"><form action=//evil>')

        page = client.get(path(gate, asked))

        assert "<script" not in page.text
        assert "<img" not in page.text
        assert page.text.count("<form") == 1
        assert "hunter22" not in page.text
        assert "&lt;U+202E&gt;" in page.text
        assert "&lt;U+001B&gt;" in page.text


def test_the_policy_of_the_page_lets_its_style_in_and_nothing_else(tmp_path: Path) -> None:
    with running(tmp_path, api=api()[0], webhook=HOOK) as gate, gate.client() as client:
        page = client.get(path(gate, gate.ask()))

        style = page.text.partition("<style>")[2].partition("</style>")[0]
        sha = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        parts = {part.strip() for part in page.headers["content-security-policy"].split(";")}
        wanted = {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"}
        assert parts == {*wanted, f"style-src 'sha256-{sha}'"}
        assert "<script" not in page.text


def check(answers: list[httpx.Response], status: int) -> None:
    assert [(answer.status_code, "HG623" in answer.text) for answer in answers] == [(status, True)] * len(answers)


def test_forged_links_are_none(tmp_path: Path) -> None:
    with running(tmp_path, api=api()[0], webhook=HOOK) as gate, gate.client() as client:
        asked = gate.ask()
        good = path(gate, asked)
        body, _, signature = good.removeprefix("/a/").rpartition(".")
        key = (gate.home.path / "link.key").read_bytes()
        salted = URLSafeSerializer(key, salt="other").dumps([asked.id, asked.digest, "alice", asked.expires])
        wide = URLSafeSerializer(
            key, salt="headgate reply link 1", signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
        )
        said = json.dumps([asked.id, asked.digest, "alice", asked.expires + 9999]).encode()
        longer = base64.urlsafe_b64encode(said).decode().rstrip("=")
        forged = [
            "/a/x", "/a/x.y", path(gate, asked, key=b"k" * 32), f"{good}x", f"/a/{longer}.{signature}", f"/a/{body}.",
            f"/a/{body}", f"/a/{salted}", f"/a/{wide.dumps([asked.id, 'cd' * 32, 'alice', asked.expires])}",
            f"/a/{wide.dumps({'approval': asked.id})}", f"/a/{wide.dumps('x' * 3000)}", f"/a/{'x' * 5000}",
            path(gate, asked, person="mallory"),
        ]  # fmt: skip

        check([client.get(link) for link in forged], 404)
        check([client.post(link, data={"answer": "approve"}) for link in forged], 404)
        assert state(gate, asked) is ApprovalState.PENDING


def test_every_changed_byte_of_a_link_makes_it_none(tmp_path: Path) -> None:
    with running(tmp_path, api=api()[0], webhook=HOOK) as gate, gate.client() as client:
        asked = gate.ask()
        token = path(gate, asked).removeprefix("/a/")
        last = len(token) - 1  # the last sign of base64 has bits that say nothing
        changed = [f"{token[:i]}{'A' if token[i] != 'A' else 'B'}{token[i + 1 :]}" for i in range(0, last, 7)]

        check([client.post(f"/a/{item}", data={"answer": "approve"}) for item in changed], 404)


def test_a_link_ends_with_its_question(tmp_path: Path) -> None:
    with running(tmp_path, api=api()[0], webhook=HOOK) as gate, gate.client() as client:
        asked = gate.ask(life=60.0)
        link = path(gate, asked)
        gate.clock.ahead = 61.0

        check([client.get(link), client.post(link, data={"answer": "approve"})], 410)

        assert state(gate, asked) is ApprovalState.EXPIRED
        gate.clock.ahead = 0.0
        late = client.post(link, data={"answer": "approve"})
        assert (late.status_code, "HG603" in late.text) == (409, True)


def test_a_link_of_one_question_answers_no_other(tmp_path: Path) -> None:
    with running(tmp_path, api=api()[0], webhook=HOOK) as gate, gate.client() as client:
        first, second = gate.ask(), gate.ask()

        client.post(path(gate, first), data={"answer": "approve", "id": str(second.id)})
        client.post(path(gate, first) + f"?approval={second.id}", data={"answer": "approve"})

        assert (state(gate, first), state(gate, second)) == (ApprovalState.APPROVED, ApprovalState.PENDING)


def test_links_count_no_more_once_nobody_answers_by_them(tmp_path: Path) -> None:
    with running(tmp_path, api=api()[0], webhook=HOOK) as gate, gate.client() as client:
        link = path(gate, gate.ask())
        gate.configuration = Configuration(api=gate.configuration.api)

        check([client.get(link), client.post(link, data={"answer": "approve"})], 404)


def test_whom_the_rules_do_not_ask_gets_no_button_to_approve(tmp_path: Path) -> None:
    with running(tmp_path, api=api()[0], webhook=HOOK) as gate, gate.client() as client:
        asked = gate.ask(needs=Needs(("dba",)))
        link = path(gate, asked)

        page = client.get(link)

        assert ('value="approve"' in page.text, 'value="refuse"' in page.text) == (False, True)
        forced = client.post(link, data={"answer": "approve"})
        assert (forced.status_code, "HG602" in forced.text) == (403, True)


def test_who_is_one_of_two_is_told_what_is_missing(tmp_path: Path) -> None:
    with running(tmp_path, api=api()[0], webhook=HOOK) as gate, gate.client() as client:
        asked = gate.ask(needs=Needs(count=2))

        assert "2 different people must say yes" in client.get(path(gate, asked)).text
        done = client.post(path(gate, asked), data={"answer": "approve"})

        assert "Still missing: a yes of 1 more" in done.text
        assert "HG602" in client.post(path(gate, asked), data={"answer": "approve"}).text
        assert state(gate, asked) is ApprovalState.PENDING


def test_what_an_exception_would_cover_is_shown(tmp_path: Path) -> None:
    with running(tmp_path, api=api()[0], webhook=HOOK) as gate, gate.client() as client:
        scope = Scope(machines=("db1",), rules=("prod-restart",))
        asked = gate.ask(grants=Granted("override"), scope=scope, wanted=600.0)
        every = gate.ask(grants=Granted("override"), scope=Scope(everything=True), wanted=60.0)

        page = client.get(path(gate, asked)).text

        assert "an override for 10 m" in page
        assert "machines db1; rules prod-restart" in page
        assert "EVERYTHING" in client.get(path(gate, every)).text


@pytest.mark.parametrize(
    "form", [{}, {"answer": "yes"}, {"answer": "approve", "as": "bob"}, {"answer": "approve", "reason": "x" * 501}]
)
def test_a_wrong_form_answers_nothing(tmp_path: Path, form: dict[str, str]) -> None:
    with running(tmp_path, api=api()[0], webhook=HOOK) as gate, gate.client() as client:
        asked = gate.ask()

        kind = {"content-type": "application/x-www-form-urlencoded"}
        done = client.post(path(gate, asked), data=form, headers=kind)

        assert (done.status_code, "HG624" in done.text) == (422, True)
        assert state(gate, asked) is ApprovalState.PENDING


def test_json_is_no_form(tmp_path: Path) -> None:
    with running(tmp_path, api=api()[0], webhook=HOOK) as gate, gate.client() as client:
        asked = gate.ask()

        assert client.post(path(gate, asked), json={"answer": "approve"}).status_code == 415
        assert state(gate, asked) is ApprovalState.PENDING


def test_the_key_is_kept_and_others_may_not_read_it(tmp_path: Path) -> None:
    with running(tmp_path, api=api()[0], webhook=HOOK) as gate:
        file = gate.home.path / "link.key"
        first = file.read_bytes()
        assert (file.stat().st_mode & 0o777, len(first)) == (0o600, 32)
    with running(tmp_path, api=api()[0], webhook=HOOK):
        assert file.read_bytes() == first
    file.chmod(0o644)
    with running(tmp_path, api=api()[0], webhook=HOOK) as gate:
        assert gate.status("api")["mistake"].startswith("HG621")
