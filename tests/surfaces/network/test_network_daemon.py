"""The network in a real daemon: a token that a person made, a question that a real call put, and its answer."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from networked import SECRET, Receiver, until

from conftest import Gate, free_port
from headgate.configure import load
from headgate.host.processes import alive, started
from headgate.surfaces.network.tokens import digest


def secret_in(folder: Path) -> Path:
    file = folder / "secret"
    file.touch(0o600)
    file.write_text(SECRET)
    return file


def configure(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    (folder / "headgate").mkdir(exist_ok=True)
    (folder / "headgate" / "headgate.toml").write_text(f"schema = 1\n{text}")


def test_a_new_token_is_printed_once_with_what_makes_it_count(gate: Gate) -> None:
    lines = gate("token", "new", "--person", "alice@example.com").splitlines()

    token, block = lines[0], "\n".join(lines[lines.index("[api.tokens.alice-example-com]") :])
    found = load(f'schema = 1\n[api]\nlisten = "127.0.0.1:1"\n{block}\n').api
    assert found is not None
    assert [(item.sha256, item.person) for item in found.tokens] == [(digest(token), "alice@example.com")]
    assert not gate.home.exists()
    other = json.loads(gate("token", "new", "--person", "alice", "--name", "phone", "--json"))
    assert (other["name"], other["sha256"]) == ("phone", digest(other["token"]))
    assert other["token"] != token


@pytest.mark.parametrize("words", [("--person", "a b"), ("--person", "a", "--name", "a.b"), ()])
def test_a_name_that_is_none_makes_no_token(gate: Gate, words: tuple[str, ...]) -> None:
    assert "hgt_" not in gate("token", "new", *words, expect=2)


def test_a_call_asks_and_the_api_answers(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = json.loads(gate("token", "new", "--person", "alice", "--json"))
    secret = secret_in(tmp_path)
    port = free_port()
    with Receiver() as receiver:
        configure(
            tmp_path, monkeypatch,
            f'[api]\nlisten = "127.0.0.1:{port}"\n[api.tokens.a]\nsha256 = "{made["sha256"]}"\nperson = "alice"\n'
            f'[webhook]\nurl = "{receiver.url}"\nsecret_file = "{secret}"\nperson = "bob"\n',
        )  # fmt: skip
        asked = gate.propose("rm -rf /srv/data/old")
        assert asked["permissionDecision"] == "ask"
        until(lambda: receiver.heard)

        headers = {"authorization": f"Bearer {made['token']}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False, timeout=60) as client:
            (listed,) = client.get("/v1/approvals").json()["approvals"]
            assert "rm -rf /srv/data/old" in listed["what"]
            assert receiver.bodies()[0]["data"]["digest"] == listed["digest"]
            page = receiver.bodies()[0]["data"]["links"]["page"]
            assert client.get(page).status_code == 200
            done = client.post(f"/v1/approvals/{listed['id']}", json={"answer": "approve", "reason": "old data"})

        assert done.json()["state"] == "approved"
        (said,) = gate.events("approval-answered")
        assert (said["by"], said["reason"]) == ({"name": "alice", "how": "api", "groups": []}, "old data")
        assert f"api      http://127.0.0.1:{port}\n" in gate("status")
        until(lambda: "webhook  1 sent, 0 waiting" in gate("status"))
        again = gate.propose("rm -rf /srv/data/old")
        assert again["permissionDecision"] != "ask"


def test_an_address_that_is_taken_is_loud_and_stops_no_decision(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        configure(tmp_path, monkeypatch, f'[api]\nlisten = "{listen}"\n')

        assert gate.propose("ls")["exit"] == 0

        assert "api      DOES NOT LISTEN: HG620 headgate: " in gate("status")


def test_a_daemon_stops_though_its_webhook_hangs(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = secret_in(tmp_path)
    with Receiver() as receiver:
        receiver.wait.clear()
        text = f'[webhook]\nurl = "{receiver.url}"\nsecret_file = "{secret}"\n'
        configure(tmp_path, monkeypatch, text)
        gate.propose("rm -rf /srv/data/old")
        until(lambda: receiver.heard)

        gate("stop")

        assert not (gate.home / "daemon.sock").exists()


def test_what_a_killed_daemon_had_not_delivered_the_next_one_does(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver(*[503] * 10_000) as receiver:
        text = f'[webhook]\nurl = "{receiver.url}"\nsecret_file = "{secret_in(tmp_path)}"\n'
        configure(tmp_path, monkeypatch, text)
        gate.propose("rm -rf /srv/data/old")
        until(lambda: receiver.heard)
        until(lambda: "HG627 headgate: question 1, try " in gate("status"))

        pid = int(json.loads(gate("status", "--json"))["pid"])
        since = started(pid)
        os.kill(pid, signal.SIGKILL)
        until(lambda: not alive(pid, since))
        gate("serve", "--background")
        receiver.answers.clear()

        until(lambda: json.loads(gate("status", "--json"))["network"]["webhook"]["sent"] == 1)
        assert len({headers["webhook-id"] for headers, _ in receiver.heard}) == 1


def python(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_gate_that_is_not_asked_for_it_loads_none_of_its_libraries() -> None:
    found = python("import sys, headgate.surfaces.daemon; print(*sorted({item.split('.')[0] for item in sys.modules}))")

    assert not {"httpx", "itsdangerous", "starlette", "uvicorn"} & {*found.split()}


def test_without_the_extra_that_is_told_and_stops_nothing(tmp_path: Path) -> None:
    told = python(
        "import asyncio, sys\nfrom pathlib import Path\n"
        "sys.modules['uvicorn'] = sys.modules['httpx'] = None\n"
        "from headgate.configure import Configuration\nfrom headgate.configure.network import Api\n"
        "from headgate.configure.webhook import Webhook\nfrom headgate.host.clock import SystemClock\n"
        "from headgate.host.home import Home\nfrom headgate.store.memory import MemoryStore\n"
        "from headgate.surfaces.approvals import Approvals\nfrom headgate.surfaces.network.service import Network\n"
        "told = Configuration(api=Api('127.0.0.1', 0), webhook=Webhook('http://127.0.0.1:9/', '/nowhere'))\n"
        "approvals = Approvals(MemoryStore(), SystemClock())\n"
        f"network = Network(Home(Path({str(tmp_path)!r})), lambda: told, approvals, SystemClock().now)\n"
        "asyncio.run(network.start())\nprint(network.status())\nasyncio.run(network.close())\n"
    )

    assert "HG620 headgate: the package `" in told
    assert "HG621 headgate: the package `" in told
    assert told.count("install `headgate[api]`") == 2
