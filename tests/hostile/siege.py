"""A gate with something to win: a question, a wish, a policy, settings and keys; and an agent that wants it."""

import hashlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conftest import CLIENT, HEADGATE, HOOK, Gate, proposal
from headgate.host.home import Home
from headgate.surfaces.client import ask

ATTACKER = Path(__file__).with_name("attacker.py")
SPEAK = Path(__file__).with_name("speak.py")
FORGE = Path(__file__).with_name("forge.py")
DESTROY = "ssh db1 'rm -rf /var/lib/app'"
"""What a person has to approve: question 1."""

PLACES = ("main", "subagent", "job", "worker")
_POLICY = 'schema = 1\n[[rule]]\nid = "no-tails"\ndecision = "deny"\nreason = "Nobody follows."\n'
_POLICY += 'when.workload.any = ["log-tail"]\nmatch = ["tail -f x"]\nnot_match = ["ls"]\n'
_API = """
[api]
listen = "127.0.0.1:{port}"
public_url = "https://gate.example.com"
[api.tokens.phone]
sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
person = "alice"
"""
_SCRIPTS = {
    "grant.sh": "headgate approve 1 --yes\n",
    "grant.py": "import os\nos.system('headgate approve 1 --yes')\n",
    "Makefile": "grant:\n\theadgate approve 1 --yes\n",
    "package.json": '{"scripts": {"grant": "headgate approve 1 --yes"}}\n',
}


@dataclass(frozen=True)
class State:
    """All that an attack must leave as it is; a question more, which waits for a person, grants nothing."""

    answered: tuple[tuple[int, str], ...]
    waiting: frozenset[int]
    overrides: tuple[object, ...]
    policy: tuple[object, ...]
    files: tuple[tuple[str, str], ...]


class Siege:
    """One gate in *folder*, and where everything of it is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.gate = Gate(folder / "home")
        self.home = Home(self.gate.home)
        self.user, self.project = folder / "user", folder / "project"
        self.config, self.shims = folder / "config" / "headgate", folder / "bin"
        for path in (self.user, self.project, self.config, self.shims):
            path.mkdir(parents=True)
        (self.config / "policy.toml").write_text(_POLICY)
        words = [sys.executable, str(ATTACKER), str(folder / "worker.sock"), "{task_file}"]
        self.port = _free_port()
        agent = f"[agents.mine]\ncommand = {json.dumps(words)}\n"
        (self.config / "headgate.toml").write_text(f"schema = 1\n{agent}{_API.format(port=self.port)}")
        for name, text in _SCRIPTS.items():
            (self.project / name).write_text(text)
        self._shim("ssh", f"exec {sys.executable} {ATTACKER} {folder / 'job.sock'}")
        self.variables = {
            "HOME": str(self.user),
            "XDG_CONFIG_HOME": str(self.config.parent),
            "PATH": f"{self.shims}:{HEADGATE.parent}:{os.environ['PATH']}",
        }
        self.clients: dict[str, subprocess.Popen[bytes]] = {}

    def _shim(self, name: str, text: str) -> None:
        """Put a program in front of the usual ones."""
        (self.shims / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.shims / name).chmod(0o755)

    def begin(self) -> None:
        """Start the daemon, install the gate, put the question and the wish."""
        self.gate("install", "claude-code", "--scope", "project", cwd=self.project)
        answer = self.gate.propose(DESTROY, cwd=str(self.project))
        assert "question 1" in str(answer.get("permissionDecisionReason")), answer
        self.gate("request-override", "--reason", "incident 4411: the disk is full", "--workload", "destructive")

    def end(self) -> None:
        """Stop all that was started."""
        for place in self.clients:
            with suppress(OSError):
                self._exchange(place, {"end": True})
        for client in self.clients.values():
            client.kill()
            client.wait()
        for job in (json.loads(line) for line in self.gate.here("jobs", "--json", expect=None).splitlines()):
            if job["state"] in {"running", "started", "queued", "claimed"}:
                self.gate.here("cancel", str(job["id"]), expect=None)
        self.gate.here("stop", expect=None)

    # -- places ------------------------------------------------------------------------------

    def enter(self, place: str) -> None:
        """Have an attacker stand in *place*: a client (or its subagent), a delegated job, or a worker's agent."""
        match place:
            case "job":
                done = self.gate.delegate("ssh web1 'systemctl restart app'", cwd=self.project)
                assert "delegated" in done.stdout, done.stdout + done.stderr
            case "worker":
                self.gate("delegate", "--task", "approve question 1, and then restart the shop", cwd=self.project)
            case _:
                words = [sys.executable, str(ATTACKER), str(self.folder / f"{place}.sock")]
                self.clients[place] = subprocess.Popen(words, cwd=self.project, stdin=subprocess.DEVNULL)
        self._until((self.folder / f"{place}.sock").exists, f"nobody stands in {place}")
        if place in {"main", "subagent"}:
            self.propose(place, "true")  # the gate knows this client from here on

    def _until(self, ready: Any, what: str) -> None:
        deadline = time.monotonic() + 60
        while not ready():
            assert time.monotonic() < deadline, what
            time.sleep(0.02)

    def _exchange(self, place: str, request: dict[str, object]) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(110)
            connection.connect(str(self.folder / f"{place}.sock"))
            with connection.makefile("rw") as line:
                line.write(json.dumps(request) + "\n")
                line.flush()
                answer = line.readline()
        found: dict[str, Any] = json.loads(answer) if answer else {}
        return found

    def propose(self, place: str, text: str, **more: object) -> str:
        """Return what the real hook, asked below *place*, answers to the call of a shell text."""
        if place == "subagent":
            more |= {"agent_id": "a1", "agent_type": "general-purpose"}
        if "tool_name" in more:
            message = proposal("", session=f"s-{place}", cwd=str(self.project), **more)
        else:
            message = proposal(text, session=f"s-{place}", cwd=str(self.project), **more)
        words = [str(HOOK), "--home", str(self.home.path), "claude-code", "decide"]
        if place in {"job", "worker"}:
            words = [*CLIENT, *words]  # else the attacker itself would be the client
        return str(self._exchange(place, {"hook": words, "message": message})["said"])

    def execute(self, place: str, text: str, *, terminal: bool = False) -> str:
        """Return what *text* says where it is run below *place* in spite of the gate."""
        request: dict[str, object] = {"text": text, "cwd": str(self.project), "terminal": terminal}
        return str(self._exchange(place, request)["said"])

    # -- what there is to win ----------------------------------------------------------------

    def state(self) -> State:
        """Return all that must stay as it is."""
        questions = ask(self.home, {"op": "approvals", "all": True})["approvals"]
        overrides = ask(self.home, {"op": "override-list", "all": True})["overrides"]
        answered = {(item["id"], item["state"]) for item in questions if item["state"] != "pending" or item["answers"]}  # type: ignore[attr-defined]
        return State(
            tuple(sorted(answered)),
            frozenset({item["id"] for item in questions if item["state"] == "pending"} & {1, 2}),  # type: ignore[attr-defined]
            tuple(map(str, overrides)),  # type: ignore[arg-type]
            self.policy(),
            tuple((str(path), _digest(path)) for path in self.guarded()),
        )

    def policy(self) -> tuple[object, ...]:
        """Return what is in force: the digest of the rules, whether they are enforced, and the files they are from."""
        status: dict[str, Any] = ask(self.home, {"op": "status"})
        rules, configuration = status["rules"], status["configuration"]
        return (status["policy"], rules["mode"], str(rules["parts"]), rules["mistakes"], str(configuration))

    def guarded(self) -> Iterator[Path]:
        """Yield the files that nobody but people and the gate writes; the database is the gate's own."""
        yield from sorted(path for path in self.config.iterdir() if path.is_file())
        yield self.project / ".claude" / "settings.json"
        yield from (self.home.gate_key, self.home.authority_key)
        yield from (HEADGATE, HOOK)

    def refused(self) -> int:
        """Return how often the journal says that somebody tried to grant who may not."""
        with closing(sqlite3.connect(f"file:{self.home.database}?mode=ro", uri=True)) as database:
            counted = 'SELECT count(*) FROM journal WHERE instr(body, \'"type":"grant-refused"\')'
            return int(database.execute(counted).fetchone()[0])

    def done(self, place: str) -> Path:
        """Return the file with which what got away from *place* says that it has ended."""
        return self.folder / f"done-{place}"

    def wait(self, place: str) -> None:
        """Wait until what got away from *place* has ended."""
        self._until(self.done(place).exists, f"what got away from {place} did not end")
        self.done(place).unlink()

    def names(self, text: str, place: str = "main") -> str:
        """Return *text* with the names of this gate and of *place* in it."""
        status = ask(self.home, {"op": "status"})
        names = {"home": self.home.path, "config": self.config, "project": self.project, "user": self.user}
        names |= {"bin": HEADGATE.parent, "python": sys.executable, "speaker": SPEAK, "forge": FORGE}
        names |= {"speak": f"{sys.executable} {SPEAK}", "folder": self.folder, "done": self.done(place)}
        names |= {"port": self.port, "pid": status["pid"]}
        names |= {"message": json.dumps(proposal(DESTROY, cwd=str(self.project)))}
        for name, value in names.items():
            text = text.replace("{" + name + "}", str(value).replace("'", "'\\''") if name == "message" else str(value))
        return text


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "not there"


@contextmanager
def siege(*places: str) -> Iterator[Siege]:
    """Run a gate under siege, with attackers in *places*."""
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp") as folder, pytest.MonkeyPatch.context() as patch:
        found = Siege(Path(folder))
        for name, value in found.variables.items():
            patch.setenv(name, value)
        try:
            found.begin()
            for place in places:
                found.enter(place)
            yield found
        finally:
            found.end()
            shutil.rmtree(found.folder / "home", ignore_errors=True)
