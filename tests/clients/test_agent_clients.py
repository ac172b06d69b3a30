"""Real clients as worker agents: the main thread hands over a task, and hears a receipt and two lines."""

import json
import os
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from claude_code import SKIP_PERMISSIONS, make_repository, run_claude
from codex import make_home
from scripted_model import SUB, Planned, ScriptedModel, Text, ToolUse, Turn, say, use
from scripted_responses import ScriptedResponses
from test_claude_code import ROLLING, bash, claude, machines
from test_codex import codex

from conftest import HOOK, Gate
from headgate.model.job import OPEN
from headgate.surfaces.demo.machines import Machines

pytestmark = [pytest.mark.client, pytest.mark.timeout(400)]

__all__ = ["claude", "codex", "machines"]

MARK = "You are a worker agent"
AGENT = SUB + MARK
DESTROY = "ssh db1 'rm -rf /var/lib/app'"
ANSWER = {
    "result": "web1 and web2 were restarted, and answer",
    "done": True,
    "steps": ["restarted web1 and web2"],
    "open": ["the data of db1 needs a person"],
}
ANSWERED = say(f"Both were restarted.\n\n```json\n{json.dumps(ANSWER)}\n```")


def planning(*blocks: ToolUse) -> Turn:
    return Turn((Text("STEP 1: restart the shop\nSTEP 2: empty db1\n"), *blocks))


class Session:
    """One session of Claude Code whose operator has configured agents: `session(main, agent)` plays it."""

    def __init__(self, claude: Path, gate: Gate, folder: Path, machines: Machines) -> None:
        self.claude, self.gate, self.folder, self.machines = claude, gate, folder, machines
        self.project = make_repository(folder / "project", {})
        self.variables = {
            "PATH": f"{machines.bin}:{HOOK.parent}:{claude.parent}:{os.environ['PATH']}",
            "XDG_CONFIG_HOME": str(folder / "config"),
        }

    def configure(self, text: str) -> None:
        file = self.folder / "config" / "headgate" / "headgate.toml"
        file.parent.mkdir(parents=True)
        file.write_text(f"schema = 1\n{text}")

    def __call__(self, main: Sequence[Planned], agent: Sequence[Planned] = (), **variables: str) -> ScriptedModel:
        self.gate(
            "install", "claude-code", "--scope", "project", "--client-program", str(self.claude), cwd=self.project
        )
        with ScriptedModel({"main": [*main, say("done")], AGENT: agent}) as model:
            run_claude(
                self.claude,
                "restart the shop, and offload it",
                cwd=self.project,
                home=self.folder / "user",
                model=model.url,
                env_extra=self.variables | variables,
                args_extra=[SKIP_PERMISSIONS],
                timeout=180,
            )
        return model


@pytest.fixture
def session(claude: Path, gate: Gate, tmp_path: Path, machines: Machines) -> Session:
    return Session(claude, gate, tmp_path, machines)


def told(model: ScriptedModel) -> str:
    """Return all that the main thread was given: results of calls, and what hooks had the client say."""
    results = [result.text for result in model.tool_results("main")]
    return "\n".join([*results, *(text for text in model.contexts("main") if "hook additional context" in text)])


def callers(gate: Gate, thread: str) -> list[tuple[str, str, str]]:
    """Return client, decision and command of the calls in one kind of thread."""
    found = [event for event in gate.events("decided") if event["caller"]["thread"] == thread]  # type: ignore[index]
    return [(str(event["caller"]["client"]), str(event["decision"]), str(event["command"])) for event in found]  # type: ignore[index]


def ended(gate: Gate) -> Turn:
    """Return a turn that begins when job 1 has ended, which is a whole session of another client."""

    def wait() -> None:
        deadline = time.monotonic() + 150
        while json.loads(gate.here("job", "1", "--json", expect=None) or "{}").get("state") in {None, *OPEN}:
            assert time.monotonic() < deadline
            time.sleep(0.1)

    return bash("true").after(wait)


def check(model: ScriptedModel, gate: Gate, machines: Machines, client: str) -> None:
    """Check that the agent *client* did the task, and what the main thread has heard of it."""
    heard, job = told(model), gate.job(1)
    assert ("agent", client.removesuffix("-code"), "succeeded", 1) == (
        job["kind"],
        job["agent"],
        job["state"],
        job["depth"],
    )
    # its heavy calls ran at once, for its thread is that of a worker by the kernel's word
    assert [(client, "allow", ROLLING), (client, "confirm", DESTROY)] == callers(gate, "worker")
    assert ["web1", "web2"] == [text.split()[0] for text in machines.started()]
    # what the main thread was told: a receipt, a question, the result; each of the latter in two lines
    receipt = model.tool_results("main")[0].text
    assert receipt.startswith(f"headgate: delegated. An agent ({job['agent']}) has this task as job 1")
    assert re.search(r"job 1 wants to do what a person must approve: .*\n  ssh db1 'rm -rf /var/lib/app' on db1", heard)
    assert re.search(r"job 1 succeeded after .*\n  web1 and web2 were restarted, and answer · 1 open · more: ", heard)
    assert not any(raw in heard for raw in ("app.service is active", "STEP 1", '"type":', "tool_result"))
    # plan, steps, answer and question are kept
    digest = job["digest"]
    assert [("restart the shop", True), ("empty db1", False)] == [
        (step["text"], step["done"])
        for step in digest["plan"]  # type: ignore[index]
    ]
    assert ANSWER == digest["answer"]  # type: ignore[index]
    assert ["restart the shop", "empty db1"] == [step["text"] for step in job["plan"]]  # type: ignore[attr-defined]
    assert "a person must approve: ssh db1 'rm -rf /var/lib/app'" in gate("job", "1")


def test_claude_code_does_a_task_as_a_worker_agent(session: Session, gate: Gate, machines: Machines) -> None:
    session.configure("[agents.claude]\n")
    agent = [
        planning(ToolUse("Bash", {"command": ROLLING, "description": "d"})),
        Turn((Text("DONE 1"), ToolUse("Bash", {"command": DESTROY, "description": "d"}))),
        ANSWERED,
    ]

    model = session([bash(ROLLING), ended(gate), bash("true")], agent)

    check(model, gate, machines, "claude-code")
    brief = str(model.requests(AGENT)[0].messages[0])
    assert "restart the shop, and offload it" in brief  # the user's intent, of the client's own transcript
    assert ROLLING in brief.replace("\\'", "'")
    refused = model.tool_results(AGENT)[1].text
    assert "HG410" in refused


def test_codex_does_a_task_as_a_worker_agent(
    session: Session, codex: Path, gate: Gate, machines: Machines, tmp_path: Path
) -> None:
    session.configure('[agents.codex]\npass_environment = ["CODEX_HOME", "SCRIPTED_KEY"]\n')
    home = tmp_path / "codex"
    path = f"{codex.parent}:{session.variables['PATH']}"
    variables = {"CODEX_HOME": str(home), "SCRIPTED_KEY": "none", "PATH": path}
    agent = [
        planning(ToolUse("exec_command", {"cmd": ROLLING})),
        Turn((Text("DONE 1"), ToolUse("exec_command", {"cmd": DESTROY}))),
        ANSWERED,
    ]
    with ScriptedResponses({AGENT: agent}) as responses:
        make_home(home, model=responses.url)
        gate("install", "codex", env=os.environ | {"CODEX_HOME": str(home)})
        (tmp_path / "user").mkdir()
        (tmp_path / "user" / ".profile").write_text(f"export PATH='{path}'\n")  # its shell is a login shell

        model = session([bash(ROLLING), ended(gate), bash("true")], **variables)

    check(model, gate, machines, "codex")
    assert "HG410" in responses.tool_results(AGENT)[1].text


def test_a_real_agent_hands_its_task_to_no_other(session: Session, gate: Gate) -> None:
    session.configure("[agents.claude]\n")
    agent = [
        bash("headgate delegate --task 'restart the shop'"),
        use("Agent", {"description": "d", "prompt": "mark-eight: look", "run_in_background": False}),
        ANSWERED,
    ]

    model = session([bash(ROLLING), ended(gate)], agent, HEADGATE_HOME=str(gate.home))

    tried = [result.text for result in model.tool_results(AGENT)]
    assert "HG408" in tried[0]
    assert 1 == len(gate("jobs", "--json").splitlines())


def test_a_real_agent_whose_time_is_over_is_ended(session: Session, gate: Gate) -> None:
    session.configure('[agents.claude]\nmax_run = "8s"\n')
    agent = [
        Turn(
            (
                Text("STEP 1: wait"),
                ToolUse("Bash", {"command": "python3 -c 'import time; time.sleep(100)'", "description": "d"}),
            )
        )
    ]

    model = session([bash(ROLLING), ended(gate), bash("true")], agent)

    assert ("timed_out", "its time was over") == (gate.job(1)["state"], gate.job(1)["note"])
    assert "job 1 timed out after" in told(model)


def test_the_main_thread_of_a_real_client_cannot_pass_for_a_worker(
    session: Session, gate: Gate, machines: Machines
) -> None:
    session.configure("")
    message = json.dumps({"hook_event_name": "PreToolUse", "session_id": "x", "agent_id": "y", "tool_name": "Bash"})
    hook = f"{HOOK} --home {gate.home} claude-code decide"
    main = [
        bash(f"HEADGATE_THREAD=worker; {ROLLING}"),
        bash(f"echo '{message}' | {hook}"),
        bash(f"({hook} <<< '{message}' &)"),
        bash("ssh web1 'systemctl restart app'"),
    ]

    model = session(main, HEADGATE_THREAD="worker")

    results = [result.text for result in model.tool_results("main")]
    assert [True] * 3 == ["control-plane" in text for text in results[:3]]
    assert "headgate: delegated" in results[3]
    assert {"main"} == {event["caller"]["thread"] for event in gate.events("decided")}  # type: ignore[index]
    assert [] == machines.started_below(os.getpid())
