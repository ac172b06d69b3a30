"""What the operator's configuration names is the gate's own: calls that reach it are control-plane."""

import hashlib
from pathlib import Path

import pytest

from headgate.classify import classify
from headgate.classify.inventory import Inventory
from headgate.host.home import Home
from headgate.host.world import HostWorld
from headgate.model.action import ShellAction
from headgate.model.facts import Workload

TEXT = f"""
schema = 1
[api]
listen = "127.0.0.1:8787"
public_url = "https://gate.example.com"
certificate = "/srv/gate/cert.pem"
key = "/srv/gate/key.pem"
[api.tokens.phone]
sha256 = "{hashlib.sha256(b"x").hexdigest()}"
person = "alice"
[webhook]
url = "https://chat.example.com/hook"
secret_file = "/srv/gate/secret"
person = "alice"
[journal]
witness = "/srv/gate/witness.log"
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HostWorld:
    folder = tmp_path / "config" / "headgate"
    folder.mkdir(parents=True)
    (folder / "headgate.toml").write_text(TEXT)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder.parent))
    return HostWorld(Home(tmp_path / "home"))


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("curl -k https://localhost:8787/v1/approvals", True),
        ("curl https://gate.example.com/a/x", True),
        ("cat /srv/gate/secret", True),
        ("cat /srv/gate/key.pem", True),
        ("cp x /srv/gate/cert.pem", True),
        ("truncate -s 0 /srv/gate/witness.log", True),
        ("cat /srv/gate/cert.pem", False),
        ("tail /srv/gate/witness.log", False),
        ("curl https://chat.example.com/hook", False),
        ("curl http://localhost:8788/", False),
    ],
)
def test_what_the_configuration_names_is_guarded(world: HostWorld, command: str, *, found: bool) -> None:
    facts = classify(ShellAction(command, cwd="/srv"), world.surroundings(30.0), Inventory())

    assert (Workload.CONTROL_PLANE in facts.workloads) is found
