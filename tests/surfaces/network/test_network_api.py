"""The API over real sockets: who may ask, what is answered, and what a hostile or a slow client gets."""

import json
import socket
import ssl
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import msgspec
import pytest
from networked import Running, api, running, until

from headgate.configure import Configuration
from headgate.configure.network import Token
from headgate.model.approval import ApprovalState, Needs
from headgate.record.events import ApprovalAnswered, GrantRefused, decode
from headgate.surfaces.network import server
from headgate.surfaces.network.desk import MOST_RECORDED
from headgate.surfaces.network.tokens import MOST_WRONG, digest, new_token


def code(answer: httpx.Response) -> tuple[int, str]:
    told = answer.json()
    assert {*told} == {"code", "message", "hint"}
    return answer.status_code, told["code"]


def test_health_says_that_it_is_up_and_nothing_else(tmp_path: Path) -> None:
    with running(tmp_path, api=api()[0]) as gate, gate.client() as client:
        assert client.get("/v1/health").json() == {"up": True}


def test_a_question_is_listed_shown_and_answered_once(tmp_path: Path) -> None:
    told, (token,) = api("alice")
    with running(tmp_path, api=told, groups={"oncall": ("alice", "bob")}) as gate, gate.client(token) as client:
        asked = gate.ask(needs=Needs(("oncall",)), what="curl -H 'Authorization: Bearer abcdefghijklm' x\u202e")

        (listed,) = client.get("/v1/approvals").json()["approvals"]
        assert listed == client.get(f"/v1/approvals/{asked.id}").json()
        assert (listed["state"], listed["digest"], listed["requester"]) == ("pending", asked.digest, "dora")
        assert "abcdefghijklm" not in listed["what"]
        assert "<U+202E>" in listed["what"]
        assert listed["needs"]["missing"] == ["a yes of oncall"]

        done = client.post(f"/v1/approvals/{asked.id}", json={"answer": "approve", "reason": "seen"})

        assert (done.status_code, done.json()["state"]) == (200, "approved")
        assert [(a["by"], a["how"], a["reason"]) for a in done.json()["answers"]] == [("alice", "api", "seen")]
        assert code(client.post(f"/v1/approvals/{asked.id}", json={"answer": "refuse"})) == (409, "HG603")
        kept = gate.do(lambda: gate.approvals.get(asked.id))
        assert (kept.state, kept.answers[0].by.groups) == (ApprovalState.APPROVED, ("oncall",))


def test_a_refusal_carries_its_reason(tmp_path: Path) -> None:
    told, (token,) = api("alice")
    with running(tmp_path, api=told) as gate, gate.client(token) as client:
        number = gate.ask().id

        done = client.post(f"/v1/approvals/{number}", json={"answer": "refuse", "reason": "not on a Friday"})

        assert (done.json()["state"], done.json()["answers"][0]["reason"]) == ("refused", "not on a Friday")


def test_whom_the_rules_do_not_ask_is_refused_and_that_is_recorded(tmp_path: Path) -> None:
    told, (token,) = api("dora")
    with running(tmp_path, api=told) as gate, gate.client(token) as client:
        number = gate.ask(needs=Needs(others=True)).id

        assert code(client.post(f"/v1/approvals/{number}", json={"answer": "approve"})) == (403, "HG602")
        assert [event.what for event in gate.events] == [f"approve question {number} by api"]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic {}", "{}", "Bearer {}x", "Token {}", "Bearer {},a"]
)
def test_without_the_right_token_nothing_is_told_or_done(tmp_path: Path, header: str) -> None:
    told, (token,) = api("alice")
    with running(tmp_path, api=told) as gate, gate.client() as client:
        number = gate.ask().id
        headers = {"authorization": header.format(token)} if header else {}
        calls = [("GET", "/v1/approvals"), ("GET", f"/v1/approvals/{number}"), ("POST", f"/v1/approvals/{number}")]

        found = [client.request(method, path, headers=headers, json={"answer": "approve"}) for method, path in calls]

        assert [code(answer) for answer in found] == [(401, "HG622")] * 3
        assert all(answer.headers["www-authenticate"].startswith("Bearer") for answer in found)
        assert gate.do(lambda: gate.approvals.get(number)).state is ApprovalState.PENDING
        assert len([event for event in gate.events if isinstance(event, GrantRefused)]) == 3


def test_two_headers_are_none(tmp_path: Path) -> None:
    told, (token,) = api("alice")
    with running(tmp_path, api=told) as gate, gate.client() as client:
        both = [("authorization", f"Bearer {token}"), ("authorization", f"Bearer {token}")]

        assert code(client.get("/v1/approvals", headers=both)) == (401, "HG622")


def test_a_flood_of_refusals_does_not_fill_the_journal(tmp_path: Path) -> None:
    told, (token,) = api("dora")
    with running(tmp_path, api=told) as gate, gate.client(token) as client:
        number = gate.ask(needs=Needs(others=True)).id

        found = {client.post(f"/v1/approvals/{number}", json={"answer": "approve"}).status_code for _ in range(70)}

        assert (found, len(gate.events)) == ({403}, MOST_RECORDED)


def test_a_cookie_is_nobody(tmp_path: Path) -> None:
    told, (token,) = api("alice")
    with running(tmp_path, api=told) as gate, gate.client(cookies={"authorization": token, "token": token}) as client:
        assert code(client.get("/v1/approvals")) == (401, "HG622")


def test_a_token_that_a_person_could_think_of_is_none(tmp_path: Path) -> None:
    known = Token("weak", digest("hunter2"), "alice")
    told = msgspec.structs.replace(api()[0], tokens=(known,))
    with running(tmp_path, api=told) as gate, gate.client("hunter2") as client:
        assert code(client.get("/v1/approvals")) == (401, "HG622")


def test_a_token_ends_with_its_time_and_when_it_is_taken_out(tmp_path: Path) -> None:
    told, (token, other) = api("alice", "bob")
    first = msgspec.structs.replace(told.tokens[0], expires=1.0)
    with running(tmp_path, api=msgspec.structs.replace(told, tokens=(first, told.tokens[1]))) as gate:
        with gate.client(token) as client:
            assert code(client.get("/v1/approvals")) == (401, "HG622")
        with gate.client(other) as client:
            assert client.get("/v1/approvals").status_code == 200
            gate.configuration = Configuration(api=msgspec.structs.replace(told, tokens=()))
            assert code(client.get("/v1/approvals")) == (401, "HG622")


def test_many_wrong_tokens_are_held_off_and_the_right_one_is_not(tmp_path: Path) -> None:
    told, (token,) = api("alice")
    with running(tmp_path, api=told) as gate, gate.client(new_token()) as guesser, gate.client(token) as client:
        found = [code(guesser.get("/v1/approvals")) for _ in range(MOST_WRONG + 2)]

        assert found == [(401, "HG622")] * MOST_WRONG + [(429, "HG625")] * 2
        assert guesser.get("/v1/approvals").headers["retry-after"] == "60"
        assert client.get("/v1/approvals").status_code == 200
        assert len(gate.events) == MOST_WRONG
        gate.clock.ahead += 61
        assert code(guesser.get("/v1/approvals")) == (401, "HG622")
        assert gate.status("api")["wrong_tokens"] == MOST_WRONG + 4


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"answer": "approve"', "application/json", 422),
        (b'{"answer": "yes"}', "application/json", 422),
        (b'{"answer": ["approve"]}', "application/json", 422),
        (b'{"answer": "approve", "as": "bob"}', "application/json", 422),
        (b'{"reason": "x"}', "application/json", 422),
        (b'"approve"', "application/json", 422),
        (b"[" * 10_000, "application/json", 422),
        (b'{"answer": "approve\xff"}', "application/json", 422),
        (b"", "application/json", 422),
        (json.dumps({"answer": "approve", "reason": "x" * 501}).encode(), "application/json", 422),
        (b'{"answer": "approve"}', "text/plain", 415),
        (b'{"answer": "approve"}', "application/x-www-form-urlencoded", 415),
        (b'{"answer": "approve", "reason": "' + b"x" * 20_000 + b'"}', "application/json", 413),
    ],
)
def test_a_wrong_body_answers_nothing(tmp_path: Path, body: bytes, kind: str, status: int) -> None:
    told, (token,) = api("alice")
    with running(tmp_path, api=told) as gate, gate.client(token) as client:
        number = gate.ask().id

        done = client.post(f"/v1/approvals/{number}", content=body, headers={"content-type": kind})

        assert code(done) == (status, "HG624")
        assert gate.do(lambda: gate.approvals.get(number)).state is ApprovalState.PENDING


def test_what_is_not_there_is_told_with_a_code(tmp_path: Path) -> None:
    told, (token,) = api("alice")
    with running(tmp_path, api=told) as gate, gate.client(token) as client:
        assert code(client.get("/v1/approvals/99")) == (404, "HG601")
        assert code(client.post(f"/v1/approvals/{10**40}", json={"answer": "approve"})) == (404, "HG601")
        assert code(client.get("/v1/approvals/")) == (404, "HG628")
        assert code(client.get("/v1/approvals/-1")) == (404, "HG628")
        assert code(client.get("/v1/approvals/" + "9" * 9000)) == (404, "HG601")
        assert code(client.get("/v1/approvals/٣")) == (404, "HG628")
        assert code(client.get("/")) == (404, "HG628")
        assert code(client.delete("/v1/approvals/1")) == (405, "HG628")
        assert code(client.options("/v1/approvals")) == (405, "HG628")


def test_every_answer_has_its_headers_and_none_lets_another_origin_in(tmp_path: Path) -> None:
    told, (token,) = api("alice")
    with running(tmp_path, api=told) as gate, gate.client(token) as client:
        for path in ("/v1/health", "/v1/approvals", "/v1/approvals/9", "/nowhere", "/a/x"):
            headers = client.get(path, headers={"origin": "https://evil.example"}).headers
            assert headers["cache-control"] == "no-store"
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            assert headers["referrer-policy"] == "no-referrer"
            assert "default-src 'none'" in headers["content-security-policy"]
            assert not {"access-control-allow-origin", "set-cookie", "server"} & {*headers}


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "", "localhost.evil.example:{port}"])
def test_a_name_that_was_bent_here_is_refused(tmp_path: Path, host: str) -> None:
    told, (token,) = api("alice")
    with running(tmp_path, api=told) as gate, gate.client(token) as client:
        port = gate.address.rpartition(":")[2]

        found = client.get("/v1/approvals", headers={"host": host.format(port=port)})

        assert code(found) == (421, "HG626")


@pytest.mark.parametrize("host", ["localhost:{port}", "127.0.0.1:{port}", "Gate.example.com", "gate.example.com:443"])
def test_its_own_names_are_answered(tmp_path: Path, host: str) -> None:
    told, (token,) = api("alice", public_url="https://gate.example.com")
    with running(tmp_path, api=told) as gate, gate.client(token) as client:
        port = gate.address.rpartition(":")[2]

        assert client.get("/v1/approvals", headers={"host": host.format(port=port)}).status_code == 200


def test_of_a_thousand_answers_at_once_one_counts(tmp_path: Path) -> None:
    told, tokens = api("alice", "bob", "carol", "dave")
    with running(tmp_path, api=told) as gate:
        number, address = gate.ask().id, gate.address

        with httpx.Client(trust_env=False, timeout=60, limits=httpx.Limits(max_connections=64)) as client:

            def one(turn: int) -> int:
                answer = "approve" if turn % 3 else "refuse"
                headers = {"authorization": f"Bearer {tokens[turn % 4]}"}
                done = client.post(f"{address}/v1/approvals/{number}", json={"answer": answer}, headers=headers)
                return done.status_code

            with ThreadPoolExecutor(64) as pool:
                found = list(pool.map(one, range(1000)))

        assert sorted(found) == [200, *[409] * 999]
        journal = [decode(entry.body) for entry in gate.do(lambda: list(gate.store.entries()))]
        assert len([event for event in journal if isinstance(event, ApprovalAnswered)]) == 1


def raw(gate: Running, data: bytes) -> bytes:
    """Return all that comes back for *data* on a connection that stays open on our side."""
    host, port = gate.address.removeprefix("http://").split(":")
    found = b""
    with socket.create_connection((host, int(port)), timeout=60) as peer, suppress(ConnectionError):
        peer.sendall(data)
        while part := peer.recv(65536):
            found += part
    return found


def test_a_slow_client_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = b"POST /v1/approvals/1 HTTP/1.1\r\nhost: x\r\n"
    with running(tmp_path, api=api()[0]) as gate:
        monkeypatch.setattr(server, "LIFE", 0.5)
        with ThreadPoolExecutor(4) as pool:
            said = (b"", b"GET /v1/h", head, head + b"content-length: 10\r\nx: y\r\n")
            assert list(pool.map(lambda data: raw(gate, data), said)) == [b""] * 4
        monkeypatch.undo()
        with gate.client() as client:
            assert client.get("/v1/health").status_code == 200


def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told, (token,) = api("alice")
    with running(tmp_path, api=told) as gate:
        number, host = gate.ask().id, gate.address.removeprefix("http://")
        head = f"POST /v1/approvals/{number} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n"
        more = "content-type: application/json\r\ncontent-length: 99\r\n\r\n{"
        monkeypatch.setattr(server, "LIFE", 0.5)

        assert raw(gate, (head + more).encode()) == b""


def test_many_idle_connections_keep_nobody_from_answers_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "LIFE", 1.0)
    monkeypatch.setattr(server, "MOST", 4)
    with running(tmp_path, api=api()[0]) as gate:
        host, port = gate.address.removeprefix("http://").split(":")
        idle = [socket.create_connection((host, int(port))) for _ in range(8)]
        with gate.client() as client:

            def answers() -> bool:
                with suppress(httpx.HTTPError):  # a machine that is busy may let its one second go by
                    return client.get("/v1/health").status_code == 200
                return False

            until(answers)
        for peer in idle:
            peer.close()


@pytest.mark.parametrize(
    "data",
    [b"\x16\x03\x01\x02\x00", b"GET / HTTP/9\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"X" * 100_000,
     b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 10_000],
)  # fmt: skip
def test_nonsense_is_refused(tmp_path: Path, data: bytes) -> None:
    with running(tmp_path, api=api()[0]) as gate:
        found = raw(gate, data)

        assert found[:12] in {b"", b"HTTP/1.1 400", b"HTTP/1.1 421", b"HTTP/1.1 431"}
        with gate.client() as client:
            assert client.get("/v1/health").status_code == 200


def certificate(folder: Path) -> tuple[str, str]:
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=gate".split()
    files = (str(folder / "cert.pem"), str(folder / "key.pem"))
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", files[0], "-keyout", files[1]]
    subprocess.run(["openssl", *words, *more], check=True, capture_output=True)
    return files


def test_it_speaks_tls(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    told, (token,) = api("alice", certificate=cert, key=key)
    with running(tmp_path, api=told) as gate:
        assert gate.address.startswith("https://")
        with gate.client(token, verify=ssl.create_default_context(cafile=cert)) as client:
            assert client.get("/v1/approvals").json() == {"approvals": []}
        with pytest.raises(httpx.HTTPError):
            httpx.get(gate.address.replace("https", "http") + "/v1/health", trust_env=False)


def test_a_failure_to_listen_is_told_and_stops_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = msgspec.structs.replace(api()[0], port=taken.getsockname()[1])
        with running(tmp_path, api=told) as gate:
            assert gate.status("api")["mistake"].startswith("HG620 headgate: the API cannot listen on 127.0.0.1")
            assert gate.ask().id == 1


def test_a_certificate_that_is_not_there_is_told(tmp_path: Path) -> None:
    told = api(certificate="/nowhere/cert.pem", key="/nowhere/key.pem")[0]
    with running(tmp_path, api=told) as gate:
        assert gate.status("api")["mistake"].startswith("HG620")


def test_without_tables_nothing_is_started(tmp_path: Path) -> None:
    with running(tmp_path) as gate:
        assert gate.do(gate.network.status) == {}
