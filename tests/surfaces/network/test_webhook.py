"""The webhook against real receivers: signed, tried again, once taken never sent again, and heard of in the status."""

import socket
import ssl
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import msgspec
import pytest
from networked import SECRET, Receiver, Running, api, hook, running, until
from standardwebhooks import Webhook as Independent
from standardwebhooks import WebhookVerificationError

from headgate.host.home import Home
from headgate.model.approval import ApprovalState
from headgate.model.errors import HeadgateError
from headgate.model.person import Person
from headgate.surfaces.network import webhook
from headgate.surfaces.network.messages import Message, secret, signed
from headgate.surfaces.network.webhook import Pace


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait short times: how long is no property."""
    monkeypatch.setattr(webhook, "Pace", lambda: Pace(first=0.02, most=0.1, patience=60.0))


def answer(gate: Running, number: int, *, yes: bool = True) -> None:
    gate.do(lambda: gate.approvals.answer(number, Person("bob", "terminal"), yes=yes))


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    """As the specification's reference implementations have it in their tests."""
    message = Message("msg_p5jXN8AQM9LWM0D4loKWxJek", "", 1, b'{"test": 2432232314}')

    headers = signed(secret(SECRET.encode()), message, 1614265330.9)

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


@pytest.mark.parametrize(
    "text", [b"", b"whsec_", b"whsec_c2hvcnQ=", b"whsec_!!!!", b"\xff\xfe", b"whsec_" + b"QUFB" * 30]
)
def test_a_secret_that_is_none_is_told(text: bytes) -> None:
    with pytest.raises(HeadgateError, match="the webhook's secret"):
        secret(text)


def test_a_new_question_is_sent_signed_and_its_link_answers(tmp_path: Path) -> None:
    with Receiver() as receiver:
        told = {"api": api()[0], "webhook": hook(receiver.url, tmp_path, person="alice")}
        with running(tmp_path, **told) as gate:
            asked = gate.ask(what="curl --token abcdefgh123 x")
            until(lambda: gate.status("webhook")["sent"] == 1)

            (headers, body), data = receiver.heard[0], receiver.bodies()[0]["data"]
            assert Independent(SECRET).verify(body, headers) == receiver.bodies()[0]
            with pytest.raises(WebhookVerificationError):
                Independent(SECRET).verify(body.replace(b"pending", b"refused"), headers)
            assert receiver.bodies()[0]["type"] == "approval-asked"
            wanted = "id digest what where why grants needs requester thread session created expires links".split()
            assert {*wanted} <= {*data}
            assert (data["digest"], data["session"], data["thread"]) == (asked.digest, "s-1", "main")
            assert b"abcdefgh123" not in body

            done = httpx.post(data["links"]["page"], data={"answer": "approve"}, trust_env=False, timeout=60)

            assert done.status_code == 200
            kept = gate.do(lambda: gate.approvals.get(asked.id))
            assert (kept.state, kept.answers[0].by.name) == (ApprovalState.APPROVED, "alice")


def test_without_a_person_or_an_api_there_is_no_link(tmp_path: Path) -> None:
    with Receiver() as receiver:
        with running(tmp_path, api=api()[0], webhook=hook(receiver.url, tmp_path)) as gate:
            gate.ask()
            until(lambda: receiver.heard)
        with running(tmp_path / "b", webhook=hook(receiver.url, tmp_path, person="alice")) as gate:
            gate.ask()
            until(lambda: len(receiver.heard) == 2)

        assert [body["data"]["links"] for body in receiver.bodies()] == [{}, {}]


def test_a_receiver_that_fails_is_tried_again_under_one_name_until_it_takes_it(tmp_path: Path) -> None:
    with Receiver(500, 429, 302, 307, 400) as receiver, running(tmp_path, webhook=hook(receiver.url, tmp_path)) as gate:
        gate.ask()
        until(lambda: gate.status("webhook")["sent"] == 1)

        assert len(receiver.heard) == 6
        assert len({(headers["webhook-id"], body) for headers, body in receiver.heard}) == 1
        for headers, body in receiver.heard:
            Independent(SECRET).verify(body, headers)
        assert gate.status("webhook") == {"mistake": "", "sent": 1, "waiting": 0, "given_up": 0, "failing": []}


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with Receiver() as elsewhere, Receiver(*[302] * 100) as receiver:
        receiver.port = elsewhere.port
        with running(tmp_path, webhook=hook(receiver.url, tmp_path, attempts=3)) as gate:
            gate.ask()
            until(lambda: gate.status("webhook")["given_up"] == 1)

            assert (len(receiver.heard), elsewhere.heard) == (3, [])


def test_what_is_answered_meanwhile_is_not_asked_any_more(tmp_path: Path) -> None:
    with Receiver(*[503] * 10_000) as receiver, running(tmp_path, webhook=hook(receiver.url, tmp_path)) as gate:
        number = gate.ask().id
        until(lambda: gate.status("webhook")["failing"])
        (failing,) = gate.status("webhook")["failing"]
        assert failing.startswith(f"HG627 headgate: question {number}, try ")
        assert failing.endswith("it was answered with 503")

        answer(gate, number)

        until(lambda: gate.status("webhook")["waiting"] == 0)
        assert gate.status("webhook")["sent"] == 0


def test_a_receiver_that_is_slow_does_not_hold_the_gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "Pace", lambda: Pace(first=0.02, most=0.1, patience=1.0))
    told, (token,) = api("alice")
    with Receiver() as receiver:
        receiver.wait.clear()
        with running(tmp_path, api=told, webhook=hook(receiver.url, tmp_path)) as gate, gate.client(token) as client:
            numbers = [gate.ask().id for _ in range(10)]
            until(lambda: receiver.heard)
            assert len(client.get("/v1/approvals").json()["approvals"]) == 10
            until(lambda: gate.status("webhook")["failing"])
            assert "TimeoutError" in gate.status("webhook")["failing"][0]
            receiver.wait.set()

            until(lambda: gate.status("webhook")["sent"] == 10)
            heard = {body["data"]["id"] for body in receiver.bodies()}
            assert heard == {*numbers}


def test_a_receiver_that_is_away_gets_it_when_it_is_back_and_a_new_daemon_goes_on(tmp_path: Path) -> None:
    with socket.socket() as held:  # bound, so that nobody else gets it; nobody listens
        held.bind(("127.0.0.1", 0))
        away = hook(f"http://127.0.0.1:{held.getsockname()[1]}/hook", tmp_path)
        with running(tmp_path, webhook=away) as gate:
            first = gate.ask().id
            until(lambda: gate.status("webhook")["failing"])
            assert "ConnectError" in gate.status("webhook")["failing"][0]
            names = [gate.do(lambda: list(gate.network._sender.failing))]

    with Receiver() as back, running(tmp_path, webhook=hook(back.url, tmp_path)) as gate:
        until(lambda: gate.status("webhook")["sent"] == 1)
        assert [body["data"]["id"] for body in back.bodies()] == [first]
        assert [[headers["webhook-id"]] for headers, _ in back.heard] == names
        second = gate.ask().id
        until(lambda: gate.status("webhook")["sent"] == 2)

    with Receiver() as third, running(tmp_path, webhook=hook(third.url, tmp_path)) as gate:
        last = gate.ask().id
        until(lambda: gate.status("webhook")["sent"] == 1)
        assert [body["data"]["id"] for body in third.bodies()] == [last] != [second]


def test_each_change_is_sent_where_it_is_wanted(tmp_path: Path) -> None:
    with Receiver() as receiver:
        events = ("approval-asked", "approval-answered", "approval-expired")
        with running(tmp_path, webhook=hook(receiver.url, tmp_path, events=events)) as gate:
            first, second = gate.ask().id, gate.ask(life=60.0).id
            until(lambda: gate.status("webhook")["sent"] == 2)
            answer(gate, first, yes=False)
            until(lambda: gate.status("webhook")["sent"] == 3)
            gate.clock.ahead = 61.0
            gate.do(gate.approvals.sweep)
            until(lambda: gate.status("webhook")["sent"] == 4)

        found = [(body["type"], body["data"]["id"], body["data"]["state"]) for body in receiver.bodies()]
        assert sorted(found[:2]) == [("approval-asked", first, "pending"), ("approval-asked", second, "pending")]
        assert found[2:] == [("approval-answered", first, "refused"), ("approval-expired", second, "expired")]
        assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 4


def test_what_is_not_wanted_is_not_sent(tmp_path: Path) -> None:
    with Receiver() as receiver, running(tmp_path, webhook=hook(receiver.url, tmp_path)) as gate:
        answer(gate, gate.ask().id)
        gate.ask()
        until(lambda: gate.status("webhook")["sent"] >= 1 and not gate.status("webhook")["waiting"])

        assert {body["type"] for body in receiver.bodies()} == {"approval-asked"}


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_secret_that_others_can_read_is_not_used(tmp_path: Path, mode: int) -> None:
    told = hook("http://127.0.0.1:9/", tmp_path)
    Path(told.secret_file).chmod(mode)
    with running(tmp_path, webhook=told) as gate:
        assert gate.status("webhook")["mistake"].startswith("HG621 headgate: ")
        assert gate.ask().id == 1


def test_a_secret_behind_a_link_or_a_pipe_is_not_used(tmp_path: Path) -> None:
    told = hook("http://127.0.0.1:9/", tmp_path)
    file = Path(told.secret_file)
    file.rename(tmp_path / "other")
    with running(tmp_path, webhook=told) as gate:
        assert "HG621" in gate.status("webhook")["mistake"]
    file.symlink_to(tmp_path / "other")
    with running(tmp_path, webhook=told) as gate:
        assert "HG621" in gate.status("webhook")["mistake"]


def test_a_receiver_is_known_by_its_certificate(tmp_path: Path) -> None:
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=hook".split()
    cert, key = str(tmp_path / "c.pem"), str(tmp_path / "k.pem")
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", cert, "-keyout", key]
    subprocess.run(["openssl", *words, *more], check=True, capture_output=True)
    heard: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    receiver = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.handle_error = lambda *_: None  # type: ignore[method-assign]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    receiver.socket = context.wrap_socket(receiver.socket, server_side=True)
    thread = Thread(target=lambda: receiver.serve_forever(0.01))
    thread.start()
    url = f"https://127.0.0.1:{receiver.server_address[1]}/"
    with running(tmp_path, webhook=hook(url, tmp_path)) as gate:
        gate.ask()
        until(lambda: gate.status("webhook")["failing"])
        assert heard == []
    with running(tmp_path, webhook=hook(url, tmp_path, ca_file=cert)) as gate:
        until(lambda: gate.status("webhook")["sent"] == 1)
    receiver.shutdown()
    receiver.server_close()
    thread.join()
    assert len(heard) == 1


def test_the_environment_has_no_say_in_where_a_message_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as elsewhere, Receiver() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, elsewhere.url)
        with running(tmp_path, webhook=hook(receiver.url, tmp_path)) as gate:
            gate.ask()
            until(lambda: gate.status("webhook")["sent"] == 1)

        assert (len(receiver.heard), elsewhere.heard) == (1, [])


def test_certificates_that_are_not_there_are_told(tmp_path: Path) -> None:
    with running(tmp_path, webhook=hook("https://127.0.0.1:9/", tmp_path, ca_file="/nowhere/ca.pem")) as gate:
        assert "HG621" in gate.status("webhook")["mistake"]


def test_a_text_that_is_no_text_is_sent_all_the_same(tmp_path: Path) -> None:
    with Receiver() as receiver, running(tmp_path, webhook=hook(receiver.url, tmp_path)) as gate:
        asked = gate.ask()
        torn = msgspec.structs.replace(asked, id=asked.id, what="cat \udcff\ud800", digest="ef" * 32)
        gate.do(lambda: gate.network._sender.heard(torn))

        until(lambda: gate.status("webhook")["sent"] == 2)
        assert "cat <U+DCFF><U+D800>" in {body["data"]["what"] for body in receiver.bodies()}


def test_whoever_asks_does_not_fall_over_a_message_that_cannot_be_made(tmp_path: Path) -> None:
    with Receiver() as receiver, running(tmp_path, webhook=hook(receiver.url, tmp_path)) as gate:
        asked = gate.ask()
        until(lambda: receiver.heard)
        gate.do(lambda: gate.network._sender.heard(msgspec.structs.replace(asked, requester="\ud800", digest="0")))

        assert gate.status("webhook")["given_up"] == 1


def test_waits_grow_to_their_bound_and_are_not_all_the_same() -> None:
    pace = Pace(first=1.0, most=60.0)
    many = [[pace.wait(tries) for _ in range(50)] for tries in (1, 2, 5, 20, 9999)]

    for waits, whole in zip(many, (1.0, 2.0, 16.0, 60.0, 60.0), strict=True):
        assert all(whole / 2 <= wait <= whole for wait in waits)
        assert len(set(waits)) > 1


def test_what_the_disk_did_not_keep_is_sent_again(tmp_path: Path) -> None:
    with Receiver() as receiver:
        for _ in range(2):
            with running(tmp_path, webhook=hook(receiver.url, tmp_path)) as gate:
                if not receiver.heard:
                    gate.ask()
                until(lambda: gate.status("webhook")["sent"] == 1)
            Home(tmp_path / "home").path.joinpath("webhook.delivered").unlink()

        assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 1
        assert len(receiver.heard) == 2
