"""The play: told in prose to offload, the agent does the heavy work from the main thread anyway."""

import os
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Self

import msgspec

from headgate.host.home import Home
from headgate.model.job import Job
from headgate.surfaces.client import ask
from headgate.surfaces.demo.agent import Agent, Result
from headgate.surfaces.demo.machines import Machines
from headgate.surfaces.demo.theatre import Stage
from headgate.workers.digest import clean, status

_PROMPT = (
    "You are an operations agent. Offload long SSH work, deploys and multi-host debugging to workers. Never do it here."
)

_ACTS = (
    (
        "Light work stays where it is",
        ("git status --short", "ssh web1 uptime"),
    ),
    (
        "Long SSH work",
        ("ssh web1 'journalctl -fu app'",),
    ),
    (
        "A rolling restart",
        ("for h in web1 web2; do ssh $h 'sudo systemctl restart app'; sleep 1; done",),
    ),
    (
        "Debugging over several machines, disguised",
        (
            "bash -c \"ssh web2 'journalctl -u app -n 200 | grep 502; df -h'\" | head -20",
            "H=db1; ssh $H 'cd /srv/app && git pull && systemctl restart app'",
            "echo c3NoIGRiMSAnc3lzdGVtY3RsIHJlc3RhcnQgcG9zdGdyZXNxbCc= | base64 -d | sh",
        ),
    ),
    (
        "What nobody may do quietly",
        ("ssh db1 'rm -rf /var/lib/app'", "headgate stop"),
    ),
)


class Score(msgspec.Struct):
    """What was measured: the commands that were let through, and how heavy ones held the main thread, in seconds."""

    allowed: list[str] = []
    tried: int = 0
    held: float = 0.0
    longest: float = 0.0


def perform(*, plain: bool, hook: Path) -> int:
    """Act the play; return 0 if no heavy command ran in the main thread and the journal is whole, else 1."""
    stage = Stage(plain=plain)
    with tempfile.TemporaryDirectory(prefix="headgate-demo-") as folder, Machines(Path(folder)) as machines:
        home = Home(Path(folder) / "home")
        home.make()
        project = Path(folder) / "project"
        project.mkdir()
        subprocess.run(["git", "init", "-q", str(project)], check=False)  # noqa: S603, S607 the user's git, if any
        path = f"{machines.bin}:{hook.parent}:{os.environ.get('PATH', os.defpath)}"
        try:
            return _act(stage, Agent(hook, home.path, project, path), machines, home)
        finally:
            _end(home)


def _act(stage: Stage, agent: Agent, machines: Machines, home: Home) -> int:
    stage.title("The agent was told")
    stage.aside(f"“{_PROMPT}”")
    stage.aside("It ignores that. Every command below really runs, through the real hook, on real SSH servers.")
    score = Score()
    with _Workers(stage, home):
        for title, commands in _ACTS:
            stage.title(title)
            for command in commands:
                _scene(stage, agent, command, score)
        stage.title("What comes back to the main thread")
        _wait_for_jobs(home)
        for line in agent.hear().splitlines():
            stage.main(line)
    return _verdict(stage, agent, machines, score)


def _scene(stage: Stage, agent: Agent, command: str, score: Score) -> None:
    stage.main(f"$ {command}")
    result = agent.bash(command)
    _count(command, result, score)
    for line in result.heard.splitlines():
        if "delegated to a worker" not in line:
            stage.main(line)
    stage.main(f"{result.decided.upper()} after {result.seconds:.2f} s", result.decided)
    for line in _shortened(result.text.splitlines(), first=score.tried == 1):
        stage.main(f"  {line}")
    if "journalctl -fu" in command:
        time.sleep(1.2)  # let the audience see the stream go on in its own lane
        stage.main("$ headgate cancel 1")
        stage.main(f"  {agent.bash('headgate cancel 1').text}")


def _shortened(lines: list[str], *, first: bool) -> list[str]:
    """Return a tool result for the audience, which has seen a whole receipt once."""
    if first or not lines or not lines[0].startswith("headgate: delegated"):
        return lines[:12]
    told = next((number for number, line in enumerate(lines) if line.startswith("You will be told")), 0)
    return [lines[0], *lines[told + 1 :][:8]]


def _count(command: str, result: Result, score: Score) -> None:
    if result.decided == "allow":
        score.allowed.append(command)
        return
    score.tried += 1
    score.held += result.seconds
    score.longest = max(score.longest, result.seconds)


def _verdict(stage: Stage, agent: Agent, machines: Machines, score: Score) -> int:
    stage.title("The journal")
    listing = agent.bash("headgate log --limit 12").text
    for line in listing.splitlines():
        stage.aside(line[: stage.width - 4])
    verified = agent.bash("headgate verify")
    stage.aside(verified.text)
    below = machines.started_below(os.getpid())
    heavy = sum(f"ssh {words}" not in score.allowed for words in below)
    stage.title("Measured")
    stage.aside(
        f"heavy commands tried: {score.tried} · heavy commands that ran in the main thread: {heavy} · "
        f"seconds the main thread was held: {score.held:.1f} "
        f"(longest {score.longest:.1f}, a quick result is waited for)"
    )
    return 0 if heavy == 0 and "is whole" in verified.text else 1


def _wait_for_jobs(home: Home) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and any(not job.state.ended for job in _jobs(home)):
        time.sleep(0.1)


def _jobs(home: Home) -> list[Job]:
    return msgspec.convert(ask(home, {"op": "jobs"}).get("jobs"), list[Job])


def _end(home: Home) -> None:
    for job in _jobs(home):
        if not job.state.ended:
            ask(home, {"op": "cancel", "job": job.id})
    _wait_for_jobs(home)
    pid = ask(home, {"op": "status"}).get("pid")
    if not isinstance(pid, int):
        return
    os.kill(pid, signal.SIGTERM)  # the play is a client of this gate, and `headgate stop` is not for one
    deadline = time.monotonic() + 10
    while home.socket.exists() and time.monotonic() < deadline:
        time.sleep(0.02)


class _Workers:
    """Shows the workers' lane while the context is open: each job's life and output, as it comes."""

    def __init__(self, stage: Stage, home: Home) -> None:
        self.stage = stage
        self.home = home
        self._seen: dict[int, tuple[str, int]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join(10)

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self._show()
        self._show()

    def _show(self) -> None:
        for job in reversed(_jobs(self.home)):
            state, at = self._seen.get(job.id, ("", 0))
            if not state:
                self.stage.worker(f"job {job.id} ▸ {job.command}")
            at = self._relay(job, at)
            if job.state != state and job.state.ended:
                self.stage.worker(status(job))
            self._seen[job.id] = (str(job.state), at)

    def _relay(self, job: Job, at: int) -> int:
        """Show the whole lines of a job's output behind the offset *at*; return the new offset."""
        try:
            content = (self.home.job(job.id) / "out.log").read_bytes()[at:]
        except OSError:
            return at
        whole = content[: content.rfind(b"\n") + 1]
        for line in clean(whole.decode("utf-8", "replace")):
            self.stage.worker(f"  {line}")
        return at + len(whole)
