"""Who may grant and who may steer, through the real daemon."""

import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

import persons
import sshd
from conftest import HEADGATE, HOOK, Gate, proposal
from headgate.host.home import Home
from headgate.host.keys import SigningKey, protect
from headgate.host.pin import pinned
from headgate.host.processes import Peer, started
from headgate.model.errors import HeadgateError
from headgate.surfaces import authority
from headgate.surfaces.authority import Authority

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells it")

PASSPHRASE = "correct horse battery"
ROOT = os.geteuid() == 0


def typed(gate: Gate, *words: str, keys: tuple[str, ...] = (), login: sshd.Sshd | None = None) -> str:
    """Return what `headgate` shows at a terminal where *keys* are typed; *login* makes it one of a login."""
    command = [str(HEADGATE), "--home", str(gate.home), *words]
    ssh = ["ssh", "-tt", "-F", str(login.config_path), "somewhere"] if login else []
    return persons.at_a_terminal([*ssh, *command], *keys)


def client(gate: Gate, text: str, name: str = "client") -> str:
    """Return what a client shows that asks its hook, and then runs *text* all by itself."""
    program = gate.home.parent / f"{name}.py"
    call = json.dumps(proposal("ls"))
    hook = [str(HOOK), "--home", str(gate.home), "claude-code", "decide"]
    program.write_text(
        "import subprocess\n"
        f"subprocess.run({hook!r}, input={call!r}.encode(), capture_output=True, check=True)\n"
        f"done = subprocess.run({text!r}, shell=True, capture_output=True, text=True)\n"
        "print(done.stdout + done.stderr)\n"
    )
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout


@pytest.mark.parametrize(
    "words",
    [("stop",), ("drain",), ("release", "machine", "web-1"), ("drain", "--undo")],
    ids="-".join,
)
def test_a_client_steers_no_gate(gate: Gate, words: tuple[str, ...]) -> None:
    said = client(gate, shlex.join([str(HEADGATE), "--home", str(gate.home), *words]))

    assert "HG607" in said
    assert "a client of the gate" in said
    assert "no daemon runs" not in gate("status")
    assert [event["what"] for event in gate.events("grant-refused")] != []


def test_a_client_that_hides_behind_a_terminal_of_its_own_steers_no_gate(gate: Gate) -> None:
    inner = shlex.join([str(HEADGATE), "--home", str(gate.home), "stop"])
    said = client(gate, f"setsid script -qec {shlex.quote(inner)} /dev/null </dev/null; sleep 0.1")
    assert "HG607" in said


def test_a_job_steers_no_gate(gate: Gate, tmp_path: Path) -> None:
    """What no reading of a text can show, the kernel does."""
    stop = shlex.join([str(HEADGATE), "--home", str(gate.home), "stop"])
    ssh = tmp_path / "ssh"
    ssh.write_text(f"#!/bin/sh\nsetsid sh -c {shlex.quote(stop)}\n")
    ssh.chmod(0o755)
    gate.delegate("ssh web-1 'systemctl restart nginx'", env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    gate.until(1, "succeeded", "failed")
    assert "the keeper of" in str(gate.events("grant-refused"))


def test_status_tells_what_a_shell_is_taken_for(gate: Gate, tmp_path: Path) -> None:
    sshd.needed()
    assert "surely no person: it has no terminal" in gate("authority", "status", expect=1)
    with sshd.sshd(tmp_path) as login:
        shown = typed(gate, "authority", "status", login=login)
    assert ("a person: it is in a login through sshd" in shown) == ROOT
    assert ("nothing proves it" in shown) != ROOT


@pytest.mark.skipif(not ROOT, reason="a server that its user started proves nothing")
def test_a_passphrase_is_set_in_a_login_and_holds_everywhere_then(gate: Gate, tmp_path: Path) -> None:
    sshd.needed()
    with sshd.sshd(tmp_path) as login:
        shown = typed(gate, "authority", "passphrase", keys=("short", "short"), login=login)
        assert "at least 8 characters" in shown
        shown = typed(gate, "authority", "passphrase", keys=(PASSPHRASE, "another one"), login=login)
        assert "not the same" in shown
        shown = typed(gate, "authority", "passphrase", keys=(PASSPHRASE, PASSPHRASE), login=login)
        assert "needs its passphrase from now on" in shown
        assert PASSPHRASE not in shown
        assert "the passphrase proves it" in typed(gate, "authority", "status")
        shown = typed(gate, "authority", "passphrase", "--remove", keys=(f"{PASSPHRASE} no",), login=login)
        assert "HG608" in shown
        time.sleep(1.1)  # the first wrong one makes the next wait
        shown = typed(gate, "authority", "passphrase", "--remove", keys=(PASSPHRASE,), login=login)
        assert "needs no passphrase" in shown
    for line in (gate("log", "--json", "--limit", "0"), (gate.home / "daemon.log").read_text()):
        assert PASSPHRASE not in line


def test_no_passphrase_is_set_from_what_is_not_proved(gate: Gate, tmp_path: Path) -> None:
    gate("status")
    answer, script = tmp_path / "answer", tmp_path / "ask.py"
    script.write_text(
        "import pathlib\n"
        "from headgate.host.home import Home\n"
        "from headgate.surfaces.client import ask\n"
        f"home = Home(pathlib.Path({str(gate.home)!r}))\n"
        "try:\n"
        f"    said = str(ask(home, {{'op': 'passphrase', 'new': {PASSPHRASE!r}}}))\n"
        "except Exception as error:\n"
        "    said = str(error)\n"
        f"pathlib.Path({str(answer)!r}).write_text(said + ' .')\n"
    )
    persons.orphaned(shlex.join([sys.executable, str(script)]))
    deadline = time.monotonic() + 60
    while not answer.exists() or not answer.read_text().endswith("."):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "nothing proves that one is here" in answer.read_text()
    assert not (gate.home / "authority.key").exists()


class TestJudge:
    """The judge itself, with the real process of a child at a terminal."""

    @staticmethod
    def authority(home: Path, **more: object) -> Authority:
        return Authority(Home(home), lambda _pid, _since: "", lambda: {"oncall": (_me(),)}, **more)  # type: ignore[arg-type]

    @staticmethod
    def orphan(tmp_path: Path) -> Peer:
        """Return a process that got away, with a terminal of its own: neither refused nor proved."""
        told = tmp_path / "pid"
        persons.orphaned(f"echo $$ > {told}; exec sleep 100")
        deadline = time.monotonic() + 60
        while not told.exists() or not told.read_text().strip():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        pid = int(told.read_text())
        return Peer(os.geteuid(), pid, started(pid))

    def test_what_is_not_proved_needs_the_passphrase(self, tmp_path: Path) -> None:
        peer, home = self.orphan(tmp_path), tmp_path / "home"
        home.mkdir()
        judge = self.authority(home)
        assert _code(judge, peer) == "HG607"
        assert _code(judge, peer, PASSPHRASE) == "HG607"
        SigningKey.open(home / "authority.key")
        protect(home / "authority.key", PASSPHRASE, "")
        assert _code(judge, peer) == "HG608"
        person = judge.person(peer, "approve", PASSPHRASE)
        assert (person.name, person.how) == (_me(), "terminal")
        assert "oncall" in person.groups

    def test_a_wrong_passphrase_makes_the_next_wait_even_where_that_is_right(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        now = time.monotonic()
        monkeypatch.setattr(authority, "time", SimpleNamespace(monotonic=lambda: now))  # it stands
        peer, home = self.orphan(tmp_path), tmp_path / "home"
        home.mkdir()
        protect(home / "authority.key", PASSPHRASE, "")
        judge = self.authority(home)
        assert _code(judge, peer, "guess number 1") == "HG608"
        with pytest.raises(HeadgateError, match="1 wrong passphrases") as refused:
            judge.person(peer, "approve", PASSPHRASE)
        assert refused.value.code == "HG608"
        assert judge.signer(PASSPHRASE).name, "whoever is proved does not wait for the guesses of others"
        now += 1.0
        assert judge.person(peer, "approve", PASSPHRASE).how == "terminal"

    def test_a_key_that_goes_away_is_no_way_around_its_passphrase(self, tmp_path: Path) -> None:
        peer, home = self.orphan(tmp_path), tmp_path / "home"
        home.mkdir()
        protect(home / "authority.key", PASSPHRASE, "")
        judge = self.authority(home)
        assert _code(judge, peer) == "HG608"
        (home / "authority.key").unlink()
        assert _code(judge, peer) == "HG609"
        with pytest.raises(HeadgateError, match="HG609"):
            judge.signer()

    def test_root_pins_the_key(self, tmp_path: Path) -> None:
        pin = tmp_path / "authority.pub"
        key, other = SigningKey.open(tmp_path / "authority.key"), SigningKey.open(tmp_path / "other")
        judge = self.authority(tmp_path, pin=pin)
        assert judge.holds(key.public)
        assert not judge.holds(other.public)
        pin.write_text(f"ed25519 {other.public.hex()}\n")
        if not ROOT:
            assert not judge.holds(key.public), "only root pins"
            return
        assert pinned(pin) == {other.public}
        assert (judge.holds(key.public), judge.holds(other.public)) == (False, True)
        with pytest.raises(HeadgateError, match="HG630"):
            judge.signer()
        pin.chmod(0o666)
        assert not judge.holds(other.public)
        pin.write_text("nonsense")
        pin.chmod(0o644)
        assert not judge.holds(key.public)

    @pytest.mark.skipif(not ROOT, reason="only root is somebody else")
    def test_root_is_a_person_where_the_agents_are_of_another_user(self, tmp_path: Path) -> None:
        peer = self.orphan(tmp_path)
        assert self.authority(tmp_path, user=65534).person(peer, "approve").name == "root"


def _me() -> str:
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name


def _code(judge: Authority, peer: Peer, passphrase: str = "") -> str:
    with pytest.raises(HeadgateError) as refused:
        judge.person(peer, "approve question 1", passphrase)
    return refused.value.code
