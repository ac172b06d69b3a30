"""What the shells of a client run, where they ask the gate: by the real hook, the real keeper and a real daemon."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import HOOK, Gate, proposal
from headgate.host.home import Home
from headgate.surfaces.client_shells import command_in, prefix
from headgate.wiring import shim

CLIENT = """\
import json, subprocess, sys
for line in sys.stdin:
    order = json.loads(line)
    done = subprocess.run(order["words"], input=order["input"].encode(), capture_output=True)
    print(json.dumps([done.returncode, done.stdout.decode(), done.stderr.decode()]), flush=True)
"""
"""A process that starts what a client starts: hooks, and shells."""

GATED = "grep Seccomp_filters /proc/self/status | sort | cut -f2"
"""Prints how many filters are on it. No quick command, for sort may start others: it is wrapped, and gated."""

ASKS = """\
schema = 1
layer = "user"
[[rule]]
id = "sorted"
decision = "confirm"
when.programs.any = ["sort"]
reason = "A person looks at what is sorted."
"""

pytestmark = pytest.mark.skipif("shell" not in shim().can, reason="no keeper could be compiled here")

Done = tuple[int, str, str]


class Client:
    """A client whose shells ask *gate*, or that knows nothing of that."""

    def __init__(self, gate: Gate, *, asks: bool = True) -> None:
        gate.here("status")
        self.gate = gate
        self.prefix = prefix(shim().program, Home(gate.home))
        variables = {"CLAUDE_CODE_SHELL_PREFIX": self.prefix} if asks else {}
        self.process = subprocess.Popen(
            [sys.executable, "-c", CLIENT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/tmp",
            env=os.environ | variables | {"SHELL": "/bin/bash"},
        )

    def start(self, words: list[str], given: str = "") -> Done:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"words": words, "input": given}) + "\n")
        self.process.stdin.flush()
        status, said, faults = json.loads(self.process.stdout.readline())
        return status, said, faults

    def propose(self, command: str, **more: Any) -> dict[str, Any]:
        words = [str(HOOK), "--home", str(self.gate.home), "claude-code", "decide"]
        done = self.start(words, json.dumps(proposal(command, **more)))
        found: dict[str, Any] = json.loads(done[1])["hookSpecificOutput"] if done[1] else {}
        return found

    def shell(self, command: str, *, begin: str = "true && ") -> Done:
        """Run *command* as Claude Code does."""
        text = f"{begin}eval {shlex.quote(command)} < /dev/null && pwd -P >| /dev/null"
        return self.start(["/bin/bash", "-c", f"{self.prefix} {shlex.quote(text)}"])

    def call(self, command: str, **more: Any) -> Done:
        self.propose(command, **more)
        return self.shell(command)

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()


@pytest.fixture
def client(gate: Gate) -> Iterator[Client]:
    made = Client(gate)
    yield made
    made.close()


def test_a_call_that_the_client_asks_about_keeps_its_text_and_has_keeper_and_gate(client: Client) -> None:
    answer = client.propose(f"{GATED}; exit 3", permission_mode="default")
    done = client.shell(f"{GATED}; exit 3")

    assert "permissionDecision" not in answer
    assert {"command": f"{GATED}; exit 3", "timeout": 60_000} == answer["updatedInput"]
    assert (3, "1") == (done[0], done[1].split()[-1])


def test_a_client_whose_shells_do_not_ask_has_its_own_time_out(gate: Gate) -> None:
    client = Client(gate, asks=False)
    answer = client.propose(GATED, permission_mode="default")
    client.close()

    assert {"command": GATED, "timeout": 30_000} == answer["updatedInput"]


def test_what_outlives_its_budget_is_a_job(client: Client, gate: Gate, tmp_path: Path) -> None:
    go = tmp_path / "go"
    os.mkfifo(go)
    command = f"echo begun; sort {go}; echo over; exit 4"
    client.propose(command, tool_input={"command": command, "timeout": 300})
    status, said, _faults = client.shell(command)
    go.write_text("")
    job = gate.until(1, "failed")

    assert (0, "begun") == (status, said.split("\n")[0])
    assert "as job 1" in said
    assert 4 == job["exit_code"]
    assert "begun\nover\n" == (gate.home / "jobs" / "1" / "out.log").read_text()


def test_a_yes_in_the_clients_prompt_lets_the_call_run_under_the_gate(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "headgate").mkdir()
    (tmp_path / "headgate" / "policy.toml").write_text(ASKS)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    client = Client(gate)
    answer = client.propose(GATED)
    done = client.shell(GATED)
    client.close()

    assert "ask" == answer["permissionDecision"]
    assert 60_000 == answer["updatedInput"]["timeout"]
    assert "1\n" == done[1]


def test_what_an_approved_call_starts_unseen_is_asked_about(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "headgate").mkdir()
    (tmp_path / "headgate" / "policy.toml").write_text(ASKS)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    script = tmp_path / "x.py"
    (tmp_path / "name").write_text("sort")
    script.write_text(f"import subprocess\nsubprocess.run([open('{tmp_path}/name').read(), '-u', '/dev/null'])\n")
    client = Client(gate)
    command = f"{GATED}; /usr/bin/python3 {script}"
    client.propose(command, tool_input={"command": command, "timeout": 3000})
    client.shell(command)
    client.close()

    assert "sort -u /dev/null" in gate.here("approvals")


def test_a_call_is_run_by_one_shell(client: Client) -> None:
    client.propose("sort /dev/null; echo once")
    first, second = client.shell("sort /dev/null; echo once"), client.shell("sort /dev/null; echo once")

    assert "once\n" == first[1]
    assert (126, "") == second[:2]
    assert "HG717" in second[2]


def test_a_subagents_call_is_no_call_of_the_main_thread(client: Client) -> None:
    client.propose(GATED)
    client.propose(GATED, agent_id="agent-1")
    main, other = client.shell(GATED), client.shell(GATED)

    assert ("1\n", "0\n") == (main[1], other[1])


def test_a_text_that_nobody_decided_is_taken_for_the_call_that_is_waited_for(client: Client) -> None:
    client.propose(f"{GATED}; true")

    assert ["1\n", "0\n"] == [client.shell(GATED)[1], client.shell(GATED)[1]]


def test_a_hook_of_somebody_elses_with_an_eval_is_no_call(client: Client) -> None:
    client.propose(GATED)
    text = f"eval {shlex.quote(f'{GATED}; true')}"
    hook = client.start(["/bin/bash", "-c", f"{client.prefix} {shlex.quote(text)}"])

    assert ("0\n", "1\n") == (hook[1], client.shell(GATED)[1])


def test_a_call_that_ended_is_forgotten(client: Client) -> None:
    message = proposal(GATED)
    words = [str(HOOK), "--home", str(client.gate.home), "claude-code"]
    client.start([*words, "decide"], json.dumps(message))
    ended = message | {"hook_event_name": "PostToolUse", "tool_response": {}}
    first = client.shell(GATED)
    client.start([*words, "observe"], json.dumps(ended))

    assert ("1\n", "0\n") == (first[1], client.shell(GATED)[1])


def test_a_later_daemon_knows_the_calls_of_an_earlier_one(client: Client, gate: Gate) -> None:
    client.propose(GATED)
    gate.here("stop")
    without = client.shell(GATED)
    gate.here("status")

    assert (126, "") == without[:2]
    assert "HG010" in without[2]
    assert "1\n" == client.shell(GATED)[1]


def test_what_is_no_call_runs_as_it_is(client: Client, gate: Gate) -> None:
    typed = client.shell(GATED)
    client.propose("ssh web1 reboot")
    gate.here("stop")
    hook = client.start(["/bin/bash", "-c", f"{client.prefix} 'echo hook; exit 5'"])

    assert "0\n" == typed[1]
    assert (5, "hook\n", "") == hook


def test_another_client_gets_no_call_of_this_one(client: Client, gate: Gate) -> None:
    other = Client(gate)
    client.propose(GATED)
    taken = other.shell(GATED)
    other.close()

    assert ("0\n", "1\n") == (taken[1], client.shell(GATED)[1])


def test_an_unasked_call_is_rewritten_as_before(client: Client) -> None:
    answer = client.propose(GATED, permission_mode="bypassPermissions")
    done = client.shell(answer["updatedInput"]["command"])

    assert "allow" == answer["permissionDecision"]
    assert (0, "1\n") == done[:2]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("true && eval 'a b' < /dev/null && pwd", "a b"),
        ("eval 'it'\"'\"'s #1' < /dev/null", "it's #1"),
        ("eval a", "a"),
        ("eval 'a\n\tb'", "a\n\tb"),
        ("eval 'open", ""),
        ('eval "open', ""),
        ('eval "a \\"b\\" \\$c \\d"', 'a "b" $c \\d'),
        ("eval a\\ b'c'\"d\" < /dev/null", "a bcd"),
        ("eval ''", ""),
        ("echo", ""),
        ("eval ", ""),
    ],
)
def test_the_command_in_a_clients_text(text: str, command: str) -> None:
    assert command == command_in(text)


def test_a_prefix_that_the_client_would_take_apart_elsewhere_is_none(tmp_path: Path) -> None:
    assert f"/a b/x --shell '{tmp_path}/a b/daemon.sock'" == prefix("/a b/x", Home(tmp_path / "a b"))
    assert "" == prefix("/a/x", Home(tmp_path / "a -b"))
    assert "" == prefix("", Home(tmp_path))


def test_the_doctor_tells_whether_the_clients_shells_ask(gate: Gate, tmp_path: Path) -> None:
    settings = tmp_path / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text('{"env": {"CLAUDE_CODE_SHELL_PREFIX": "/opt/log.sh"}}')
    words = ("--scope", "project", "--client-program", "/bin/true")
    told = gate("install", "claude-code", *words, cwd=tmp_path)
    foreign = gate("doctor", "claude-code", "--scope", "project", "--no-live", cwd=tmp_path, expect=1)
    settings.write_text("{}")
    silent = gate("install", "claude-code", *words, cwd=tmp_path)
    ours = gate("doctor", "claude-code", "--scope", "project", "--no-live", cwd=tmp_path)

    assert "`CLAUDE_CODE_SHELL_PREFIX` is `/opt/log.sh` already, and stays" in told
    assert "no exec gate" not in silent
    assert "BROKEN  calls that the client asks about have a keeper and the exec gate" in foreign
    assert "holds   calls that the client asks about have a keeper and the exec gate" in ours


def test_words_that_nobody_asked_for_are_refused(gate: Gate) -> None:
    asked: Callable[..., Any] = subprocess.run
    done = asked([shim().program, "--shell", "/nowhere"], capture_output=True, check=False)
    lost = asked([shim().program, "--shell", str(gate.home / "no.sock"), "eval 'echo x'"], capture_output=True)

    assert (2, True) == (done.returncode, b"HG017" in done.stderr)
    assert (126, b"", True) == (lost.returncode, lost.stdout, b"HG010" in lost.stderr)
