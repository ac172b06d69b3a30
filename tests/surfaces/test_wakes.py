"""Hooks that wait for news, run by a client that is a process of this test, at a terminal or not."""

import contextlib
import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import HOOK, Gate

_CLIENT = """
import json, subprocess, sys
out, hook, messages = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
running = []
for number, message in enumerate(messages):
    running.append(subprocess.Popen(hook, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    running[-1].stdin.write(json.dumps(message).encode())
    running[-1].stdin.close()
    if number + 1 < len(messages):
        sys.stdin.readline()
for number, one in enumerate(running):
    text = (one.stdout.read() + one.stderr.read()).decode()
    open(f"{out}/part", "w").write(json.dumps([one.wait(), text]))
    __import__("os").rename(f"{out}/part", f"{out}/{number}")
"""


def after_a_call(session: str = "s-1", **more: object) -> dict[str, object]:
    said = {"hook_event_name": "PostToolUse", "session_id": session, "cwd": "/tmp", "tool_name": "Bash"}
    return said | {"tool_use_id": "toolu_x", "tool_input": {"command": "true"}, "tool_response": {}} | more


STOP = {"hook_event_name": "Stop", "session_id": "s-1", "cwd": "/tmp"}


class Client:
    """A client with hooks that wait: `answer(0)` is what the first said."""

    def __init__(self, gate: Gate, folder: Path) -> None:
        self.hook = [str(HOOK), "--home", str(gate.home), "claude-code", "wake"]
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self.person = -1

    def start(self, *messages: dict[str, object], words: tuple[str, ...] = (), terminal: bool = True) -> None:
        command = [sys.executable, "-c", _CLIENT, str(self.folder), json.dumps(self.hook), json.dumps(messages), *words]
        self.person, inside = pty.openpty() if terminal else os.pipe()[::-1]
        out = inside if terminal else subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdin=inside, stdout=out, stderr=out, start_new_session=True)
        os.close(inside)

    def answer(self, number: int = 0) -> list[object]:
        until((self.folder / str(number)).exists, f"the answer of hook {number}")
        found: list[object] = json.loads((self.folder / str(number)).read_text())
        return found

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def until(ready: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def waiting(client: Client, count: int = 1) -> Callable[[], bool]:
    """Return whether *count* hooks of the client wait: each has connected, and no answer came."""

    def look() -> bool:
        assert client.process is not None
        children = Path(f"/proc/{client.process.pid}/task/{client.process.pid}/children").read_text().split()
        return len(children) == count and all(map(connected, children))

    return look


def connected(pid: str) -> bool:
    """Whether the hook *pid*, which asks for nothing else, has a connection to the daemon."""
    with contextlib.suppress(OSError):
        return any(str(file.readlink()).startswith("socket:") for file in Path(f"/proc/{pid}/fd").iterdir())
    return False


@pytest.fixture
def client(gate: Gate, tmp_path: Path) -> Iterator[Client]:
    found = Client(gate, tmp_path)
    yield found
    found.kill()
    with contextlib.suppress(OSError):
        os.close(found.person)


def hand_over(gate: Gate, folder: Path) -> Callable[[], None]:
    """Have session `s-1` delegate a job; return what lets it end."""
    gate.delegate(f"until [ -e {folder}/go ]; do sleep 0.1; done; echo all is done; exit 0; sleep 300")
    return (folder / "go").touch


@pytest.mark.parametrize("message", [after_a_call(), STOP], ids=["a call", "the end of a turn"])
def test_a_client_at_a_terminal_is_woken_with_the_news(
    gate: Gate, client: Client, tmp_path: Path, message: dict[str, object]
) -> None:
    end = hand_over(gate, tmp_path)
    client.start(message)
    until(waiting(client), "the hook")
    end()
    status, text = client.answer()

    assert 2 == status
    assert "headgate: job 1 succeeded" in str(text)
    assert "all is done" in str(text)
    assert "additionalContext" not in gate.propose("true")  # it was told once


def test_news_that_came_before_the_hook_wakes_at_once(gate: Gate, client: Client, tmp_path: Path) -> None:
    hand_over(gate, tmp_path)()
    gate.until(1, "succeeded")
    client.start(STOP)

    assert 2 == client.answer()[0]


@pytest.mark.parametrize(
    ("started", "message"),
    [
        ({"words": ("-p", "x")}, after_a_call()),
        ({"words": ("--print",)}, after_a_call()),
        ({"terminal": False}, after_a_call()),
        ({}, after_a_call("another")),
        ({}, after_a_call(agent_id="x")),
        ({}, {"hook_event_name": "Stop"}),
    ],
    ids=["-p", "--print", "no terminal", "no job", "a subagent", "no session"],
)
def test_nobody_else_is_kept_waiting(
    gate: Gate, client: Client, tmp_path: Path, started: dict[str, Any], message: dict[str, object]
) -> None:
    hand_over(gate, tmp_path)
    client.start(message, **started)

    assert [0, ""] == client.answer()
    gate.until(1, "running")


def test_a_later_hook_takes_the_place_of_an_earlier(gate: Gate, client: Client, tmp_path: Path) -> None:
    end = hand_over(gate, tmp_path)
    client.start(STOP, STOP)
    until(waiting(client), "the first hook")
    time.sleep(2)  # it waits by now: the daemon let the news settle
    os.write(client.person, b"\n")
    assert [0, ""] == client.answer(0)
    end()

    assert 2 == client.answer(1)[0]


def test_news_for_a_client_that_is_gone_are_kept_for_the_next(gate: Gate, client: Client, tmp_path: Path) -> None:
    end = hand_over(gate, tmp_path)
    client.start(STOP)
    until(waiting(client), "the hook")
    client.kill()
    end()
    gate.until(1, "succeeded")

    assert "headgate: job 1 succeeded" in str(gate.propose("true")["additionalContext"])
