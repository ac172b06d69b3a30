"""The real Claude Code at a terminal of its own: idle, and woken when what it has delegated ends."""

import contextlib
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from claude_code import SKIP_PERMISSIONS, client_environment, make_repository, run_claude
from scripted_model import ScriptedModel, batch, flatten, say
from test_claude_code import bash, claude

from conftest import HOOK, Gate

pytestmark = [pytest.mark.client, pytest.mark.timeout(400)]

__all__ = ["claude"]

FIRST = "until test -e {0}/one; do sleep 0.2; done; echo first of all; exit 3; sleep 31"
SECOND = "until test -e {0}/two; do sleep 0.2; done; echo second of all; sleep 31 && exit; exit"


def installed(claude: Path, gate: Gate, folder: Path) -> Path:
    project = make_repository(folder / "project", {})
    gate("install", "claude-code", "--scope", "project", "--client-program", str(claude), cwd=project)
    return project


@contextlib.contextmanager
def at_a_terminal(claude: Path, project: Path, user: Path, model: str) -> Iterator[int]:
    """Run the client in a pseudo-terminal, as a person has it; yield the person's end."""
    user.mkdir()
    seen = {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "bypassPermissionsModeAccepted": True,
        "customApiKeyResponses": {"approved": ["sk-fake"], "rejected": []},
        "projects": {str(project): {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}},
    }
    (user / ".claude.json").write_text(json.dumps(seen))
    person, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
    own = {"PATH": f"{HOOK.parent}:{os.environ['PATH']}", "TERM": "xterm-256color"}
    client = subprocess.Popen(
        [str(claude), SKIP_PERMISSIONS],
        cwd=project,
        env=client_environment(user, model) | own,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    try:
        yield person
    finally:
        client.send_signal(signal.SIGTERM)
        try:
            client.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(client.pid, signal.SIGKILL)
            client.wait()
        os.close(person)


class Screen:
    """All that the client has drawn, read on a thread of its own for as long as it lives."""

    def __init__(self, person: int) -> None:
        self._person = person
        self._drawn = bytearray()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            while data := os.read(self._person, 65536):
                self._drawn += data

    def type(self, text: str) -> None:
        """Type *text* once the client shows where, see it there, and send it."""
        self._until("❯")
        os.write(self._person, text.encode())
        self._until(text.partition(" ")[0])
        os.write(self._person, b"\r")

    def _until(self, text: str) -> None:
        deadline = time.monotonic() + 60
        while text.encode() not in self._drawn:
            assert time.monotonic() < deadline, self._drawn[-4000:].decode("utf-8", "replace")
            time.sleep(0.05)


def after(model: ScriptedModel, count: int, gate: Gate, sign: Path) -> str:
    """End a job by its *sign* once the session has asked *count* times and can be woken; return what it asks then."""
    model.wait_for("main", count, 90)
    deadline = time.monotonic() + 60
    while not can_be_woken(gate):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    sign.touch()
    return flatten(model.wait_for("main", count + 1, 90)[-1].messages[-2]["content"])


def can_be_woken(gate: Gate) -> bool:
    """Whether a hook of the client waits for news."""
    for words in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if words.read_bytes().endswith(f"--home\0{gate.home}\0claude-code\0wake\0".encode()):
                return True
    return False


def test_an_idle_session_is_woken_by_each_job_that_ends(claude: Path, gate: Gate, tmp_path: Path) -> None:
    project = installed(claude, gate, tmp_path)
    calls = batch(*(bash(text.format(tmp_path)) for text in (FIRST, SECOND)))
    script = {"main": [calls, say("both are handed over"), say("heard"), say("heard all")]}
    with ScriptedModel(script) as model, at_a_terminal(claude, project, tmp_path / "user", model.url) as person:
        Screen(person).type("restart the shop")
        told = [after(model, count, gate, tmp_path / name) for count, name in ((2, "one"), (3, "two"))]

    gate.until(1, "failed")
    assert "headgate: job 1 failed" in told[0]
    assert "first of all" in told[0]
    assert "second of all" in told[1]
    assert all("Nothing failed here: there is news of work that this session has delegated" in text for text in told)
    assert [] == list(model.overruns)


def test_a_client_that_prints_is_not_kept_waiting(claude: Path, gate: Gate, tmp_path: Path) -> None:
    project = installed(claude, gate, tmp_path)
    with ScriptedModel({"main": [bash("true; sleep 600"), bash("true"), say("done")]}) as model:
        done = run_claude(
            claude,
            "go on",
            cwd=project,
            home=tmp_path / "user",
            model=model.url,
            env_extra={"PATH": f"{HOOK.parent}:{os.environ['PATH']}"},
            args_extra=[SKIP_PERMISSIONS],
            timeout=120,
        )

    assert "done" == done.json["result"]
    gate.until(1, "running")  # it goes on, and the client did not wait for it
