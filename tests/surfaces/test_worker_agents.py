"""Worker agents behind the real command line: real processes that play an agent, and ask the real hook."""

import json
import os
import signal
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import HEADGATE, HOOK, Gate, proposal
from headgate.host.processes import alive, started

ROLLING = "for h in web1 web2; do ssh $h 'systemctl restart app'; done"
ANSWER = '```json\n{"result": "all is well", "done": true, "steps": ["looked"], "open": ["tell Ada"]}\n```'

_PLAYED = """
import json, os, subprocess, sys, time
from pathlib import Path
out, brief = Path(sys.argv[1]), Path(sys.argv[2]).read_text()

def propose(command, **more):
    message = {{"hook_event_name": "PreToolUse", "session_id": "s-agent", "cwd": "/tmp", "tool_name": "Bash",
        "tool_use_id": f"toolu_{{os.getpid()}}_{{time.monotonic_ns()}}", "tool_input": {{"command": command}}}} | more
    done = subprocess.run({hook!r}, input=json.dumps(message).encode(), capture_output=True)
    return [done.returncode, (done.stdout + done.stderr).decode()]

def until(name):
    while not (out / name).exists():
        time.sleep(0.02)

def say(text):
    print(text, flush=True)

def answer(**more):
    say("```json\\n" + json.dumps({{"result": "r", "done": True}} | more) + "\\n```")

def note(name, value):
    (out / "part").write_text(json.dumps(value))
    (out / "part").rename(out / name)

"""


class Player:
    """Configures agents that play what a test says: `agent(code)`."""

    def __init__(self, gate: Gate, folder: Path) -> None:
        self.gate, self.folder = gate, folder
        self.file = folder / "config" / "headgate" / "headgate.toml"
        self.file.parent.mkdir(parents=True)

    def __call__(self, code: str, **keys: object) -> None:
        program = self.folder / "agent.py"
        hook = [str(HOOK), "--home", str(self.gate.home), "claude-code", "decide"]
        program.write_text(_PLAYED.format(hook=hook) + textwrap.dedent(code))
        words = [sys.executable, str(program), str(self.folder), "{task_file}"]
        settings = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
        self.file.write_text(f"schema = 1\n[agents.mine]\ncommand = {json.dumps(words)}\n{settings}")

    def noted(self, name: str) -> list[object]:
        self.wait((self.folder / name).exists, name)
        found: list[object] = json.loads((self.folder / name).read_text())
        return found

    def wait(self, ready: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + 60
        while not ready():
            assert time.monotonic() < deadline, (what, self.gate("jobs"))
            time.sleep(0.02)


@pytest.fixture
def agent(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Player:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PATH", f"{HEADGATE.parent}:{os.environ['PATH']}")
    return Player(gate, tmp_path)


def threads(gate: Gate, session: str = "s-agent") -> list[str]:
    callers = [event["caller"] for event in gate.events("decided")]
    return [caller["thread"] for caller in callers if caller["session"] == session]  # type: ignore[call-overload, index]


def jobs(gate: Gate) -> list[dict[str, object]]:
    return [json.loads(line) for line in gate("jobs", "--json").splitlines()]


# -- plan, progress, result -------------------------------------------------------------------


def test_the_plan_and_the_progress_of_an_agent_are_what_it_says(gate: Gate, agent: Player) -> None:
    agent('say("STEP 1: look at web1\\nSTEP 2: mend it\\nDONE 1\\nnow I mend"); until("go"); say("DONE 2"); answer()')
    gate("delegate", "--task", "mend web1")
    agent.wait(lambda: (gate.job(1)["progress"] or {}).get("step") == 2, "step 2")  # type: ignore[attr-defined]
    agent.wait(lambda: len(gate.job(1)["plan"]) == 2, "the plan")  # type: ignore[arg-type]

    job, page = gate.job(1), gate("job", "1")
    (agent.folder / "go").touch()
    ended = gate.until(1, "succeeded")

    assert ["look at web1", "mend it"] == [step["text"] for step in job["plan"]]  # type: ignore[attr-defined]
    assert (2, "output") == (job["progress"]["of"], job["progress"]["source"])  # type: ignore[index]
    assert ["> 2. mend it", "| now I mend"] == [
        line.strip() for line in page.splitlines() if "mend" in line and "plan" not in line and "progress" not in line
    ]
    assert [True, True] == [step["done"] for step in ended["digest"]["plan"]]  # type: ignore[index]


def test_the_answer_comes_back_in_two_lines_and_whole_on_demand(gate: Gate, agent: Player) -> None:
    agent(f"""
        for number in range(2000):
            say(json.dumps({{"type": "user", "message": {{"content": "line of a tool %d" % number}}}}))
        say(json.dumps({{"type": "result", "result": {ANSWER!r}}}))
    """)
    receipt = gate.delegate(ROLLING).stdout
    gate.until(1, "succeeded")

    news = str(gate.propose("true")["additionalContext"])
    page = gate("job", "1")

    assert receipt.startswith("headgate: delegated. An agent (mine) has this task as job 1, not the main thread.")
    assert 2 == len(news.splitlines())
    assert "all is well · 1 open · more: headgate job 1" in news
    assert ["all is well", "tell Ada", "looked"] == [
        line.split(maxsplit=1)[1] for line in page.splitlines() if line.split()[0] in {"answer", "open", "did"}
    ]
    assert not any("line of a tool" in text for text in (news, page, receipt))
    assert ["looked"] == gate.job(1)["digest"]["answer"]["steps"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("code", "state", "says"),
    [
        ("answer(done=False)", "failed", "the agent says that its task is not done"),
        ("say('I looked.')", "succeeded", "the agent gave no answer of the agreed form"),
        ("answer(); sys.exit(3)", "failed", "exit status 3"),
        ("raise RuntimeError('no model')", "failed", "RuntimeError: no model"),
    ],
)
def test_how_an_agent_ended_is_said_by_its_answer_and_its_status(
    gate: Gate, agent: Player, code: str, state: str, says: str
) -> None:
    agent(code)
    done = gate.run("delegate", "--wait", "--task", "do it")

    assert (state, state == "succeeded") == (gate.job(1)["state"], done.returncode == 0)
    assert says in done.stdout
    assert says in gate("job", "1")


def test_an_agents_time_is_not_that_of_the_command(gate: Gate, agent: Player) -> None:
    agent("answer()")
    gate.delegate(ROLLING)
    job = gate.until(1, "succeeded")

    assert ("", None, 3600) == (job["routine"], job["estimate"], job["max_run"])


def test_a_command_that_is_handed_over_outright_is_run_and_no_task_for_an_agent(gate: Gate, agent: Player) -> None:
    agent("answer()")
    gate.run("delegate", "--wait", "--", "for h in web1 web2; do ssh -o ConnectTimeout=1 $h uptime; done")

    assert ["command"] == [job["kind"] for job in jobs(gate)]


# -- identity ---------------------------------------------------------------------------------


def test_calls_below_an_agent_are_a_workers_whatever_they_say_and_wherever_they_hide(gate: Gate, agent: Player) -> None:
    agent(f"""
        heavy = {ROLLING!r}
        answers = [propose(heavy), propose(heavy, agent_id="x", agent_type="y")]
        if os.fork() == 0:  # a daemon: its parent is gone, and its session is new
            os.setsid()
            if os.fork() == 0:
                until("alone")
                note("daemon", propose(heavy))
            os._exit(0)
        os.wait()
        note("answers", answers)
        until("daemon")
        answer()
    """)
    gate("delegate", "--task", "restart")
    answers = agent.noted("answers")
    (agent.folder / "alone").touch()

    assert [[0, ""]] * 3 == [*answers, agent.noted("daemon")]
    assert ["worker"] * 3 == threads(gate)
    gate.until(1, "succeeded")


def test_what_an_agent_leaves_behind_is_no_worker_any_more(gate: Gate, agent: Player) -> None:
    agent(f"""
        if os.fork() == 0:
            os.setsid()
            until("over")
            note("left", [os.getpid(), *propose({ROLLING!r})])
            os._exit(0)
        answer()
    """)
    gate("delegate", "--wait", "--task", "restart")
    (agent.folder / "over").touch()
    _pid, _status, text = agent.noted("left")

    assert ["main"] == threads(gate)
    assert "attach" in str(text)


@pytest.mark.parametrize("thread", ["worker", "subagent"])
def test_a_variable_makes_nobody_a_worker(
    gate: Gate, agent: Player, thread: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent('until("go"); answer()')
    monkeypatch.setenv("HEADGATE_THREAD", thread)
    gate("delegate", "--task", "wait")  # an agent runs, and this is not below it
    agent.wait(lambda: gate.job(1)["state"] == "running", "running")

    monkeypatch.setenv("HEADGATE_JOB", str(gate.job(1)["work"]))
    given = gate.propose(ROLLING, session="s-main")
    said = gate.propose(f"export HEADGATE_THREAD={thread}; {ROLLING}", session="s-main")

    (agent.folder / "go").touch()
    assert "attach" in str(given["updatedInput"])
    assert "deny" == said["permissionDecision"]
    assert ["main", "main"] == threads(gate, "s-main")


def test_what_a_call_says_of_its_surroundings_does_not_reach_an_agent(
    gate: Gate, agent: Player, tmp_path: Path
) -> None:
    agent('note("around", {name: os.environ.get(name) for name in ("HOME", "PATH", "LD_PRELOAD", "MINE")}); answer()')
    gate("status")
    evil = os.environ | {"HOME": str(tmp_path), "PATH": f"{tmp_path}:{os.environ['PATH']}", "MINE": "x"}
    gate("delegate", "--wait", "--task", "look", env=evil)

    usual = {"HOME": os.environ["HOME"], "PATH": os.environ["PATH"], "LD_PRELOAD": None, "MINE": None}
    assert usual == agent.noted("around")


@pytest.mark.parametrize(
    "command",
    [
        "echo '{}' | headgate-hook --home /x claude-code decide",
        "python3 -c 'import subprocess; subprocess.run([\"headgate-hook\"])' < message",
        "HEADGATE_THREAD=worker headgate-hook --home /x claude-code decide < message",
        "nc -U {home}/daemon.sock < message",
    ],
)
def test_the_main_thread_may_not_speak_for_the_hook(gate: Gate, command: str) -> None:
    answer = gate.propose(command.replace("{home}", str(gate.home)))

    assert "deny" == answer["permissionDecision"] or "attach" in str(answer["updatedInput"])
    assert ["main"] == threads(gate, "s-1")


# -- what a person must approve ---------------------------------------------------------------


def test_the_question_of_an_agent_reaches_the_thread_that_started_it_and_is_kept(gate: Gate, agent: Player) -> None:
    agent("""note("asked", propose("ssh db1 'rm -rf /var/lib/app'")); until("go"); answer(open=["the rest"])""")
    gate.delegate(ROLLING)
    status, text = agent.noted("asked")

    news = str(gate.propose("true")["additionalContext"])
    page = gate("job", "1")
    (agent.folder / "go").touch()
    gate.until(1, "succeeded")

    assert 2 == status
    assert "HG410" in str(text)
    assert 2 == len(news.splitlines())
    assert "job 1 wants to do what a person must approve" in news
    assert "ssh db1 'rm -rf /var/lib/app' on db1" in news
    for shown in (page, gate("job", "1")):
        assert "a person must approve: ssh db1 'rm -rf /var/lib/app'" in shown
    assert [1] == [job["id"] for job in jobs(gate)]


# -- limits -----------------------------------------------------------------------------------


def test_an_agent_starts_no_agent(gate: Gate, agent: Player) -> None:
    agent("""
        done = subprocess.run(["headgate", "--home", sys.argv[3], "delegate", "--task", "more"], capture_output=True)
        note("tried", [done.returncode, done.stdout.decode(), done.stderr.decode()])
        answer()
    """)
    agent.file.write_text(agent.file.read_text().replace('"{task_file}"', f'"{{task_file}}", "{gate.home}"'))
    gate("delegate", "--wait", "--task", "more")
    status, _out, error = agent.noted("tried")

    assert 2 == status
    assert str(error).startswith("HG408")
    assert [1] == [job["depth"] for job in jobs(gate)]


AGENTS_ONLY = """\
schema = 1
[[rule]]
id = "tasks"
decision = "delegate"
when.workload.any = ["multi-host"]
with.worker = "agent"
reason = "An agent does this."
"""


def test_what_the_policy_sends_to_agents_an_agent_does_itself(gate: Gate, agent: Player) -> None:
    (agent.file.parent / "policy.toml").write_text(AGENTS_ONLY)
    agent(f'note("answer", propose({ROLLING!r})); answer()')
    gate.delegate(ROLLING)

    assert [0, ""] == agent.noted("answer")
    assert ["main", "worker"] == [*threads(gate, "s-1"), *threads(gate)]
    assert ["agent"] == [job["kind"] for job in jobs(gate)]


def test_an_agent_whose_time_is_over_is_ended_with_all_below_it(gate: Gate, agent: Player) -> None:
    agent(
        """
        if os.fork() == 0:
            os.setsid()
            note("pids", [os.getppid(), os.getpid()])
            while True: time.sleep(1)
        say("STEP 1: wait")
        while True: time.sleep(1)
        """,
        max_run="6s",
    )
    gate("delegate", "--task", "wait")
    pids = agent.noted("pids")
    job = gate.until(1, "timed_out")

    assert ("its time was over", 6) == (job["note"], job["max_run"])
    assert ["wait"] == [step["text"] for step in job["plan"]]  # type: ignore[attr-defined]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(int(str(pid)), 0)


def test_no_more_agents_of_a_kind_run_than_it_has_places_and_the_others_wait_visibly(gate: Gate, agent: Player) -> None:
    agent('until("go-" + str(len(brief.split("TASK\\n| ")[1].split("\\n")[0]))); answer()', places=1)
    receipts = [gate("delegate", "--task", "x" * length) for length in (1, 2, 3)]
    agent.wait(lambda: gate.job(1)["state"] == "running", "running")
    agent.wait(lambda: all(gate.job(number)["note"] for number in (2, 3)), "the notes")

    waiting = [gate.job(number) for number in (2, 3)]
    (agent.folder / "go-1").touch()
    agent.wait(lambda: gate.job(2)["state"] == "running", "the second")
    third = gate.job(3)
    gate("cancel", "2")
    (agent.folder / "go-3").touch()
    gate.until(3, "succeeded")

    assert [("queued", "it waits for job 1: one agent `mine` runs at a time")] * 2 == [
        (job["state"], job["note"]) for job in waiting
    ]
    assert "It waits for job 1" in receipts[1]
    assert "queued" == third["state"]


def test_the_places_of_agents_hold_over_daemons(gate: Gate, agent: Player) -> None:
    agent('note("up" + brief.split("TASK\\n| ")[1][0], []); until("go"); answer()', places=1)
    gate("delegate", "--task", "1")
    gate("delegate", "--task", "2")
    agent.noted("up1")
    pid = json.loads(gate("status", "--json"))["pid"]
    since = started(pid)
    os.kill(pid, signal.SIGKILL)
    agent.wait(lambda: not alive(pid, since), "the death of the daemon")
    gate("delegate", "--task", "3")
    agent.wait(lambda: all("job 1" in str(gate.job(number)["note"]) for number in (2, 3)), "the second and the third")

    assert not (agent.folder / "up2").exists()
    (agent.folder / "go").touch()
    for number in (1, 2, 3):
        gate.until(number, "succeeded")


# -- without one ------------------------------------------------------------------------------


def test_without_an_agent_a_command_worker_has_the_command_and_the_receipt_says_how_to_hand_over_the_rest(
    gate: Gate,
) -> None:
    several = gate.delegate("for h in web1 web2; do ssh -o ConnectTimeout=1 $h uptime; done").stdout
    one = gate.delegate("ssh -o ConnectTimeout=1 web1 'systemctl restart app'").stdout

    assert '  hand over headgate delegate --task "…"' in several
    assert "command" == gate.job(1)["kind"]
    assert "hand over" not in one
    assert "HG411" in gate.run("delegate", "--task", "look").stderr


def test_an_agent_that_is_gone_by_the_time_a_ticket_comes_starts_nothing(gate: Gate, agent: Player) -> None:
    agent("answer()")
    given = gate.propose(ROLLING)["updatedInput"]
    agent.file.write_text("schema = 1\n")
    done = gate.shell(given["command"])  # type: ignore[index]

    assert 2 == done.returncode
    assert "HG407" in done.stdout + done.stderr
    assert [] == jobs(gate)


def test_a_message_of_the_hook_that_names_a_subagent_grants_no_ticket(gate: Gate) -> None:
    forged = gate.hook(proposal(ROLLING, agent_id="x", agent_type="general-purpose"))

    assert b"" == forged.stdout  # an allow is worth nothing: only the client's own hook is obeyed
    assert "attach" in str(gate.propose(ROLLING)["updatedInput"])


# -- a Python function ------------------------------------------------------------------------


def test_a_python_function_is_an_agent_as_any_other(gate: Gate, agent: Player, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    mend = 'def mend(brief):\n    print("STEP 1: mend\\nDONE 1")\n    return {"result": "told: " + brief[:24]}\n'
    (tmp_path / "lib" / "shop.py").write_text(f"{mend}def fails(brief):\n    raise RuntimeError('no model')\n")
    agent.file.write_text(
        'schema = 1\n[agents.mine]\ncall = "shop:mend"\npass_environment = ["PYTHONPATH"]\n'
        '[agents.wrong]\ncall = "shop:fails"\npass_environment = ["PYTHONPATH"]\n'
    )
    gate("status", env=os.environ | {"PYTHONPATH": str(tmp_path / "lib")})

    gate("delegate", "--wait", "--task", "mend web1")
    failed = gate.run("delegate", "--wait", "--agent", "wrong", "--task", "mend web1")

    assert "told: You are a worker agent." == gate.job(1)["digest"]["answer"]["result"].strip()  # type: ignore[index]
    assert "did       mend" in gate("job", "1")
    assert (1, "failed") == (failed.returncode, gate.job(2)["state"])
    assert "the agent failed: RuntimeError: no model" in gate("job", "2")
