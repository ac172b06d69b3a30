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
from headgate.surfaces.client_shells import call_in, prefix, put_link, word_at
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

SORTED = "sort /proc/self/status | grep Seccomp_filters | cut -f2"
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
        put_link(shim().program, Home(gate.home))
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
        return self.start(["/bin/bash", "-c", f"{shlex.quote(self.prefix)} {shlex.quote(text)}"])

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
    answer = client.propose(SORTED)
    done = client.shell(SORTED)
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
    command = f"{SORTED}; /usr/bin/python3 {script}"
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
    client.propose(GATED, agent_id="agent-1")

    assert "0\n" == client.shell(GATED)[1]


def test_a_hook_of_somebody_elses_with_an_eval_is_no_call(client: Client) -> None:
    client.propose(GATED)
    text = f"eval {shlex.quote(f'{GATED}; cat')}"
    hook = client.start(["/bin/bash", "-c", f"{client.prefix} {shlex.quote(text)}"], "its message")

    assert ("0\nits message", "1\n") == (hook[1], client.shell(GATED)[1])


def test_a_call_that_a_person_refused_is_no_other_one(client: Client) -> None:
    client.propose(f"{GATED}; echo secret")  # and nothing comes of it
    delegated = client.propose("ssh web1.invalid 'systemctl restart x'")
    attached = client.shell(delegated["updatedInput"]["command"])
    rewritten = client.propose(GATED, permission_mode="bypassPermissions")
    done = client.shell(rewritten["updatedInput"]["command"])

    assert "as job 1" in attached[1]
    assert (0, "1\n") == done[:2]


def test_what_nobody_decided_takes_no_call_and_waits_for_it(client: Client) -> None:
    client.propose(f"{GATED}; echo secret")
    other = client.shell("echo other")
    message = {"hook_event_name": "UserPromptSubmit", "session_id": "s-1", "cwd": "/tmp"}
    client.start([str(HOOK), "--home", str(client.gate.home), "claude-code", "observe"], json.dumps(message))
    later = client.shell("echo other")

    assert (126, "", True) == (*other[:2], "HG717" in other[2])
    assert (0, "other\n") == later[:2]
    assert "1\nsecret\n" == client.shell(f"{GATED}; echo secret")[1]


def test_the_clients_own_spelling_of_the_null_device_is_the_same_call(client: Client) -> None:
    client.propose(f"{GATED} 2> nul")

    assert "1\n" == client.shell(f"{GATED} 2> /dev/null")[1]


def test_who_takes_a_call_of_the_main_thread_does_not_have_it_run_bare(client: Client) -> None:
    client.propose(GATED)
    client.propose(GATED, agent_id="agent-1")
    first, second = client.shell(GATED), client.shell(GATED)

    assert ("1\n", 126) == (first[1], second[0])


def test_a_call_that_waits_too_long_for_its_yes_is_not_begun(client: Client, gate: Gate) -> None:
    client.propose(GATED)
    gate.here("stop")
    (note,) = (gate.home / "runs").glob("*/asked.json")
    note.write_text(json.dumps(json.loads(note.read_text()) | {"expires": 1.0}))
    gate.here("status")
    done = client.shell(GATED)

    assert (126, "", True) == (*done[:2], "HG401" in done[2])


def test_a_call_of_the_same_id_elsewhere_is_another_call(client: Client) -> None:
    client.propose(GATED, tool_use_id="call_0")
    client.propose("true", tool_use_id="call_0", agent_id="agent-1")
    client.propose("true", tool_use_id="call_0", session="s-2")
    ended = proposal("true", session="s-3") | {"tool_use_id": "call_0", "hook_event_name": "PostToolUse"}
    words = [str(HOOK), "--home", str(client.gate.home), "claude-code", "observe"]
    client.start(words, json.dumps(ended | {"tool_response": {}}))

    assert "1\n" == client.shell(GATED)[1]


def test_a_call_that_cannot_be_read_is_refused_while_one_is_waited_for(client: Client) -> None:
    client.propose(GATED)
    text = f"eval {GATED} < /dev/null && pwd -P >| /dev/null"
    done = client.start(["/bin/bash", "-c", f"{client.prefix} {shlex.quote(text)}"])

    assert (126, "", True) == (*done[:2], "HG717" in done[2])


def test_a_skill_may_run_its_own_commands_after_a_call_that_was_refused(client: Client) -> None:
    client.propose(GATED)
    client.propose("", tool_name="Skill", tool_input={"command": "x"})

    assert (0, "loaded\n") == client.shell("echo loaded")[:2]


def test_no_text_takes_long_to_read() -> None:
    texts = [">" * 120_000, "eval ''\n&& " * 10_000, "eval " + "'' " * 40_000, "> " * 60_000, "eval '" * 20_000]
    found = [call_in(f"true && {text} && pwd -P >| /x") for text in texts]
    command = call_in(f"true && eval {shlex.quote('>' * 100_000)} && pwd -P >| '/tmp/o'\"'\"'brien'")

    assert ([None] * 5, ">" * 100_000) == (found, command)


def test_what_the_client_could_not_quote_is_refused(client: Client) -> None:
    answer = client.propose("echo " + "'' " * 8000)

    assert ("deny", True) == (answer["permissionDecision"], "HG102" in answer["permissionDecisionReason"])


def test_a_text_longer_than_any_is_answered_at_once(client: Client, gate: Gate) -> None:
    client.propose(GATED)
    speak = (
        "import socket, sys\ns = socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n"
        "s.sendall(b'headgate-shell/1\\neval ' + b\"''\" * 1000000)\ns.shutdown(1)\nprint(s.recv(99).decode())"
    )
    told = client.start([sys.executable, "-c", speak, str(gate.home / "daemon.sock")])

    assert "HG102" in told[1]


def test_a_server_of_tools_is_started_by_the_same_path(client: Client) -> None:
    server = client.start([client.prefix, "cat /proc/self/comm '/dev/null'"])

    assert (0, "cat\n", "") == server


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


FRAME = "{} < /dev/null && pwd -P >| /tmp/claude-1-cwd"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        (FRAME.format("source /s 2>/dev/null || true && eval 'a b'"), "a b"),
        (FRAME.format("eval 'it'\"'\"'s #1'"), "it's #1"),
        (FRAME.format("true && eval \"$(direnv export bash)\"\n: && true && eval 'a\n\tb'"), "a\n\tb"),
        (FRAME.format("true && eval 'eval x < /dev/null && pwd -P >| /y'"), "eval x < /dev/null && pwd -P >| /y"),
        ("true && eval 'cat <<X\ny\nX' && pwd -P >| '/a b'", "cat <<X\ny\nX"),
        (FRAME.format("eval ''"), ""),
        (FRAME.format("true && eval x\\n:" * 100 + " && eval 'a'"), "a"),
        (FRAME.format("eval 'open"), None),
        (FRAME.format("eval 'a' b"), None),
        (FRAME.format("eval a;b") + "; ls", None),
        ("eval 'a'", None),
        (FRAME.format("node --eval 'a'"), None),
        ("echo", None),
    ],
)
def test_the_command_in_a_clients_text(text: str, command: str | None) -> None:
    assert command == call_in(text)


@pytest.mark.parametrize(
    ("text", "word"),
    [("a b", ("a", 1)), ("'a'\"b\\\"\"\\'c d", ("ab\"'c", 11)), ("'a", None), ("", None), ('"\\d"', ("\\d", 4))],
)
def test_a_word_is_read_as_a_shell_quotes(text: str, word: tuple[str, int] | None) -> None:
    assert word == word_at(text, 0)


def test_a_prefix_that_the_client_would_take_apart_is_none(tmp_path: Path) -> None:
    assert f"{tmp_path}/a b/headgate-shell" == prefix("/x", Home(tmp_path / "a b"))
    assert "" == prefix("/x", Home(tmp_path / "a -b"))
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
    assert "BROKEN  the client's shells are to ask the gate what to run" in foreign
    assert "holds   the client's shells are to ask the gate what to run" in ours


def test_words_that_nobody_asked_for_are_refused(gate: Gate) -> None:
    gate.home.mkdir(parents=True)
    put_link(shim().program, Home(gate.home))
    asked: Callable[..., Any] = subprocess.run
    done = asked([gate.home / "headgate-shell"], capture_output=True, check=False)
    lost = asked([gate.home / "headgate-shell", FRAME.format("eval 'echo x'")], capture_output=True, check=False)

    assert (2, True) == (done.returncode, b"HG017" in done.stderr)
    assert (126, b"", True) == (lost.returncode, lost.stdout, b"HG010" in lost.stderr)
