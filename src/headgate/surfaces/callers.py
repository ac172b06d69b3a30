"""Who asks, by the kernel's word: which session a process belongs to, and whether it is below a worker's agent."""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from headgate.host.acting import acting
from headgate.host.processes import alive, parent_of, program_of, started
from headgate.model.action import Caller, Thread
from headgate.model.job import Job, JobKind
from headgate.pipeline import Asked
from headgate.workers.dispatch import Dispatcher

MAX_CLIENTS = 1024
"""Client processes that are remembered."""

DEEPEST = 64
"""Ancestors of a process that are looked at."""

_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ash", "ksh", "busybox"})


def asked_below(agent: Job | None, requester: str, now: float, *, hands_over: bool = False) -> Asked:
    """Return how a call below *agent* is asked for, by the user *requester*: an agent's work ends when it does."""
    if agent is None:
        return Asked(requester=requester, hands_over=hands_over)
    begun = agent.created if agent.started is None else agent.started
    left = None if agent.max_run is None else max(begun + agent.max_run - now, SHORTEST_LEFT)
    return Asked(agent.depth, hands_over, left, requester)


SHORTEST_LEFT = 1.0
"""Seconds that a job may run which an agent hands over at the very end of its own time."""


class _Seen(msgspec.Struct, frozen=True):
    client: str
    session: str
    since: str


class Callers:
    """The client processes that asked through a hook, and the agents that *workers* keep.

    *transcripts* is filled, and *clients* with the process of each session's client and what tells it from a later one.
    """

    def __init__(self, workers: Dispatcher, transcripts: dict[str, str], clients: dict[str, tuple[int, str]]) -> None:
        self._of_session = self.clients = clients
        self._workers = workers
        self._clients: dict[int, _Seen] = {}
        self._known: dict[tuple[str, str], int] = {}
        self._transcripts = transcripts

    def heard(self, caller: Caller, pid: int) -> None:
        """Remember that the hook process *pid* asked for *caller*: its parent is the client."""
        parent = parent_of(pid) if pid else 0
        if not parent or self._known.get((caller.client, caller.session)) == parent:
            return
        client = _client_at(parent)
        if client > 1:
            if len(self._clients) >= MAX_CLIENTS:
                self._forget_ended()
            seen = self._clients[client] = _Seen(caller.client, caller.session, started(client))
            if not self._runs_elsewhere(client, caller.session):
                self._of_session[caller.session] = (client, seen.since)
            self._known[caller.client, caller.session] = parent

    def _runs_elsewhere(self, client: int, session: str) -> bool:
        """Whether another process than *client* is the client of *session*, and runs."""
        pid, since = self._of_session.get(session, (client, ""))
        return pid != client and alive(pid, since)

    def of_hook(self, pid: int, session: str) -> tuple[int, str]:
        """Return the client of the hook process *pid* (0: not known), and who else is that of *session*, in words."""
        client = _client_at(parent_of(pid)) if pid else 0
        other = client and self._runs_elsewhere(client, session)
        return client, f"the client of this session is process {self._of_session[session][0]}" if other else ""

    def _forget_ended(self) -> None:
        """Forget the clients that have ended; one that runs is never forgotten: what it starts is no person's."""
        self._clients = {pid: seen for pid, seen in self._clients.items() if started(pid) == seen.since}
        self._known.clear()
        self._of_session.clear()

    def keeps(self, session: str, transcript: str) -> None:
        """Remember where the client keeps what was said in *session*."""
        if transcript and self._transcripts.get(session) != transcript:
            if len(self._transcripts) >= MAX_CLIENTS:
                self._transcripts.clear()
            self._transcripts[session] = transcript

    def agent_above(self, pid: int) -> Job | None:
        """Return the job of the agent that the process *pid* is below of; `None` for everybody else.

        A keeper is the subreaper of all below it, so that no descendant gets away from this.
        """
        if not pid or not self._workers.agents_run():
            return None
        for ancestor in ancestors(pid):
            job = self._workers.job_of_keeper(ancestor)
            if job is not None and job.kind is JobKind.AGENT:
                return job
        return None

    def governed(self, pid: int, since: str) -> str:
        """Return what the process *pid* that started *since* is to the gate, in words; empty for one of its own."""
        seen = self._clients.get(pid)
        if seen is not None and seen.since == since:
            return f"a client of the gate ({seen.client})"
        job = self._workers.job_of_keeper(pid)
        if job is not None:
            return f"the keeper of job {job.id}"
        if pid == os.getpid():
            return "the gate itself"
        return "a keeper of the gate" if program_of(pid) == "headgate-shim" else ""

    def placed(self, caller: Caller, job: Job | None) -> Caller:
        """Return *caller* as it stands below the agent of *job*: a worker, whatever its client says."""
        if job is None:
            return caller
        return msgspec.structs.replace(caller, thread=Thread.WORKER, agent=caller.agent or f"job {job.id}")

    def of_command(self, pid: int, call_id: str) -> Caller:
        """Return who runs the command *pid* of ours: the session of the client above it, or a person's terminal."""
        for ancestor in ancestors(pid):
            seen = self._clients.get(ancestor)
            if seen is not None and seen.since == started(ancestor):
                return Caller(seen.client, seen.session, Thread.MAIN, call_id)
        return Caller("headgate", "terminal", Thread.MAIN, call_id)


@acting()
def person_at(pid: int) -> int:
    """Return the client above the hook process *pid*, where a person types into it at a terminal; 0 for any other.

    A client that only prints waits for its hooks: it must never be taken for one of a person.
    """
    client = _client_at(parent_of(pid)) if pid else 0
    try:
        words = Path(f"/proc/{client}/cmdline").read_bytes().split(b"\0")
        streams = [str(Path(f"/proc/{client}/fd/{number}").readlink()) for number in (0, 1)]
    except OSError:
        return 0
    if not {b"-p", b"--print", b"exec"}.isdisjoint(words):
        return 0
    return client if all(stream.startswith(("/dev/pts/", "/dev/tty")) for stream in streams) else 0


def _client_at(parent: int) -> int:
    """Return the client of a hook whose parent is *parent*: that, or what is above the shell that it is."""
    return parent_of(parent) if program_of(parent) in _SHELLS else parent


def ancestors(pid: int) -> Iterator[int]:
    """Yield the processes above *pid*, the nearest first."""
    for _ in range(DEEPEST):
        pid = parent_of(pid)
        if pid <= 1:
            return
        yield pid
