"""The real Codex, driven by a model that ignores its instructions, against the real gate and real `ssh`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from codex import SANDBOXED, TRUST_HOOKS, UNASKED, CompletedRun, find_codex, make_home, run_codex, trust_hooks
from scripted_model import Json, Planned, Turn, say, use
from scripted_responses import ScriptedResponses

from conftest import HOOK, Gate
from headgate.surfaces.demo.machines import Machines

pytestmark = [pytest.mark.client, pytest.mark.timeout(400)]

STREAM = "ssh web1 'journalctl -fu app'"
RESTART = "ssh web2 'systemctl restart app && uptime'"
AFTER_THE_CRASH = "ssh db1 'systemctl restart postgresql'"


@pytest.fixture
def codex() -> Path:
    found = find_codex()
    if found is None:
        assert not os.environ.get("CI"), "CI must install the client (see .ci/run)"
        pytest.skip("Codex is not installed: see CONTRIBUTING.md, or set HEADGATE_TEST_CODEX")
    return found


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    with Machines(tmp_path) as found:
        yield found


def bash(command: str, **more: object) -> Turn:
    return use("exec_command", {"cmd": command, "yield_time_ms": 30_000, **more})


def end(gate: Gate) -> None:
    """End the stream while its machine is there."""
    gate("cancel", "1")
    gate.until(1, "cancelled")


def listens(gate: Gate) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(gate.home / "daemon.sock")) == 0


def wait_for_agent(messages: Sequence[Json]) -> Turn:
    """Wait for the agent that the last result names."""
    spawned = json.loads(messages[-1]["content"][0]["content"][0]["text"])
    return use("multi_agent_v1/wait_agent", {"targets": [spawned["agent_id"]], "timeout_ms": 150_000})


def environment(home: Path, *more: Path) -> dict[str, str]:
    path = ":".join([*map(str, more), str(HOOK.parent), os.environ["PATH"]])
    return {"PATH": path, "CODEX_HOME": str(home), "HOME": str(home)}


class Drive:
    """One session of the client with the gate installed for its user: `drive(turns)` plays it."""

    def __init__(self, codex: Path, gate: Gate, folder: Path, machines: Machines | None = None) -> None:
        self.codex, self.gate, self.home = codex, gate, folder / "codex"
        self.project = folder / "project"
        self.project.mkdir()
        subprocess.run(["git", "init", "-q", str(self.project)], check=True, stdin=subprocess.DEVNULL)
        self.variables = environment(self.home, *([machines.bin] if machines else []))

    def __call__(
        self,
        main: Sequence[Planned],
        *,
        sub: Sequence[Planned] = (),
        install: Sequence[str] = (),
        args: Sequence[str] = (UNASKED, TRUST_HOOKS),
        before: Callable[[], object] = lambda: None,
    ) -> ScriptedResponses:
        script = {"main": [*main, say("done")], "sub:mark-seven": [*sub, say("restarted")]}
        with ScriptedResponses(script) as model:
            make_home(self.home, model=model.url)
            # the client's shell is a login shell, and that of the system may set a PATH of its own
            (self.home / ".profile").write_text(f"export PATH='{self.variables['PATH']}'\n")
            self.gate(*(install or ("install", "codex")), env=os.environ | self.variables)
            before()
            self.run = self.once(args)
        return model

    def once(self, args: Sequence[str]) -> CompletedRun:
        prompt = "find out why the shop is slow; offload long work to workers"
        return run_codex(
            self.codex,
            prompt,
            cwd=self.project,
            home=self.home,
            env_extra=self.variables,
            args_extra=args,
            timeout=180,
        )


def results(model: ScriptedResponses, thread: str = "main") -> list[str]:
    return [result.text for result in model.tool_results(thread)]


def test_heavy_work_of_a_model_that_ignores_its_instructions_never_runs_in_the_main_thread(
    codex: Path, machines: Machines, gate: Gate, tmp_path: Path
) -> None:
    def kill_daemon() -> None:
        end(gate)
        os.kill(json.loads(gate("status", "--json"))["pid"], signal.SIGKILL)
        while listens(gate):
            time.sleep(0.02)

    main = [
        bash("git status --short"),
        bash(STREAM),
        use("multi_agent_v1/spawn_agent", {"message": "mark-seven: restart web2"}),
        wait_for_agent,
        bash(AFTER_THE_CRASH).after(kill_daemon),
    ]
    model = Drive(codex, gate, tmp_path, machines)(main, sub=[bash(RESTART)])
    told = results(model)

    # the model got a receipt, not output; light work ran where it was
    assert "Process exited with code 0" in told[0]
    assert "headgate: delegated. This runs in a worker as job 1" in told[1]
    assert "GET /checkout" not in told[1]
    # only the subagent's heavy process had the client as an ancestor
    assert ["web2 systemctl restart app && uptime"] == machines.started_below(os.getpid())
    assert "web2: app.service is active (running)" in results(model, "sub:mark-seven")[0]
    # a crash in the middle of a session denies
    assert "HG014" in told[-1]
    assert not any("postgresql" in command for command in machines.started())
    decided = [event for event in gate.events("decided") if event["command"] in {STREAM, RESTART}]
    assert [("codex", "main"), ("codex", "subagent")] == [
        (event["caller"]["client"], event["caller"]["thread"]) for event in decided
    ]


def test_what_the_gate_denies_or_confirms_does_not_run_and_the_model_is_told_why(
    codex: Path, machines: Machines, gate: Gate, tmp_path: Path
) -> None:
    model = Drive(codex, gate, tmp_path, machines)(
        [bash("ssh db1"), bash("ssh db1 'rm -rf /var/lib/app'"), bash("headgate stop")]
    )
    denied, confirmed, guarded = results(model)

    assert "ssh HOST 'COMMAND'" in denied
    assert "a person must approve this" in confirmed
    assert "Codex asks nobody before a call" in confirmed
    assert "control-plane" in guarded
    assert [] == machines.started()


def test_the_client_tells_where_a_call_starts_even_where_the_model_says_so(
    codex: Path, gate: Gate, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    model = Drive(codex, gate, tmp_path)([bash("pwd", workdir=str(elsewhere))])

    assert str(elsewhere) in results(model)[0]
    assert [str(elsewhere)] == [event["cwd"] for event in gate.events("decided")]


def test_the_main_thread_hears_of_an_ended_job_with_its_next_event(codex: Path, gate: Gate, tmp_path: Path) -> None:
    drive = Drive(codex, gate, tmp_path)
    ended = bash("true").after(lambda: gate.until(1, "failed"))

    model = drive([bash("sleep 4; echo ready; exit 3; sleep 31"), ended])

    contexts = "\n".join(model.contexts("main"))
    assert "headgate: job 1 failed" in contexts
    assert "ready" in contexts


def test_in_the_clients_sandbox_delegated_work_still_reaches_a_worker(
    codex: Path, machines: Machines, gate: Gate, tmp_path: Path
) -> None:
    drive = Drive(codex, gate, tmp_path, machines)

    model = drive([bash(STREAM), bash(f"touch {tmp_path}/outside")], args=(*SANDBOXED, TRUST_HOOKS))
    delegated, outside = results(model)
    end(gate)

    assert "Read-only file system" in outside or "Permission denied" in outside  # the sandbox is there
    assert "headgate: delegated. This runs in a worker as job 1" in delegated


def test_a_hook_that_nobody_trusts_does_not_run_and_the_rules_still_hold(
    codex: Path, machines: Machines, gate: Gate, tmp_path: Path
) -> None:
    drive = Drive(codex, gate, tmp_path, machines)

    model = drive([bash(RESTART), bash("echo light")], install=("install", "codex", "--with-rules"), args=(UNASKED,))
    heavy, light = results(model)

    assert "approval required by policy" in heavy
    assert "light" in light
    assert [] == machines.started()
    assert not (gate.home / "daemon.sock").exists()


def test_with_rules_delegated_work_still_reaches_a_worker(
    codex: Path, machines: Machines, gate: Gate, tmp_path: Path
) -> None:
    model = Drive(codex, gate, tmp_path, machines)([bash(STREAM)], install=("install", "codex", "--with-rules"))

    end(gate)
    assert "headgate: delegated. This runs in a worker as job 1" in results(model)[0]


def test_a_hook_program_that_is_gone_denies(codex: Path, gate: Gate, tmp_path: Path) -> None:
    drive = Drive(codex, gate, tmp_path)
    hooks = drive.home / "hooks.json"

    def lose_the_program() -> None:
        hooks.write_text(hooks.read_text().replace(str(HOOK), "/nonexistent/headgate-hook"))

    model = drive([bash("echo ran")], before=lose_the_program)

    assert "HG017 headgate: the hook program failed with status 127" in results(model)[0]


def test_the_doctor_proves_it_in_the_real_client_once_a_person_trusts_the_hooks(
    codex: Path, gate: Gate, tmp_path: Path
) -> None:
    home, project = make_home(tmp_path / "codex", model="http://127.0.0.1:9"), tmp_path / "project"
    project.mkdir()
    variables = os.environ | environment(home)
    words = ("doctor", "codex", "--client-program", str(codex))
    gate("install", "codex", env=variables)

    before = gate(*words, expect=1, env=variables, cwd=project)
    commands = trust_hooks(codex, home, project)
    after = gate(*words, env=variables, cwd=project)

    assert "BROKEN  the real client hands heavy work to a worker" in before
    assert "codex: 1 broken" in before
    assert 4 == sum(str(HOOK) in command for command in commands)
    assert "codex: the boundary holds" in after
