"""From an admitted job to what its keeper must know, and to the work that an engine carries."""

import contextlib
from collections.abc import Mapping

import msgspec

from headgate.host.home import Home
from headgate.model.errors import HeadgateError
from headgate.model.facts import Workload
from headgate.model.job import Job, JobKind, Origin
from headgate.model.work import Work
from headgate.workers.agents.staffing import Agents
from headgate.workers.environment import for_job
from headgate.workers.folders import Folder, Start
from headgate.workers.trace import traced

STREAMS = frozenset({Workload.LOG_TAIL.value})
"""Workloads that have no end of their own, and may be silent for long."""


class Preparer:
    """Prepares jobs in *home*; *ssh* is the program that stands in for `ssh` in a job, empty where there is none."""

    def __init__(self, home: Home, agents: Agents, ssh: str = "") -> None:
        self.home = home
        self.agents = agents
        self.ssh = ssh

    def folder(self, job: int) -> Folder:
        """Return the folder of a job."""
        return Folder(self.home.job(job))

    def folder_of(self, work: Work) -> Folder:
        """Return the folder of work that this gate handed over."""
        number = work.spec.get("job")
        return self.folder(number if isinstance(number, int) else 0)

    def prepared(self, job: int) -> bool:
        """Whether everything is there that *job* needs to start."""
        return self.folder(job).prepared or (self.home.job(job) / "work").exists()

    def prepare(self, job: Job, command: str, origin: Origin, *, far: bool) -> None:
        """Write down, durably, what *job* is to run; raises `OSError`, or `HeadgateError` without its agent."""
        folder = self.folder(job.id)
        if far:
            folder.keep("work", msgspec.json.encode(self._carried(job, command)))
            return
        if job.kind is JobKind.AGENT:
            folder.prepare(self.agents.start(job, command, origin, folder))
            return
        environment = for_job(origin.environment)
        tracing = traced(command, origin.shell, environment) if self.ssh and not origin.words else None
        marked = with_ssh(environment, job.work, folder, ssh_folder(self.home, self.ssh))
        words = self._program(origin) if origin.words else (origin.shell, "-c", command)
        traces = tracing is not None
        tty = Workload.INTERACTIVE.value in job.workloads
        variables = marked | (tracing or {}) | _which_ssh(origin)
        folder.prepare(Start(words, origin.cwd, origin.umask, variables, job.max_run, tty=tty, trace=traces))

    def _program(self, origin: Origin) -> tuple[str, ...]:
        """Return the words that start a program as it was to be started, with the streams of its stub where one waits.

        An `ssh` is the one whose other side can be ended.
        """
        path, *arguments = origin.words
        if self.ssh and path.rpartition("/")[2] == "ssh":
            path, arguments = f"{ssh_folder(self.home, self.ssh)}/ssh", ["ssh", *arguments[1:]]
        if not origin.streams[1]:
            return (path, *arguments[1:])
        return (self.ssh, "take", *origin.streams, path, *arguments)

    def work(self, job: Job, *, far: bool) -> Work:
        """Return the work that an engine carries for *job*; raises `HeadgateError` HG403 where it cannot be read."""
        if not far:
            return self._work(job, {"job": job.id})
        try:
            spec = msgspec.json.decode((self.home.job(job.id) / "work").read_bytes(), type=dict[str, object])
        except (OSError, msgspec.DecodeError) as error:
            raise HeadgateError("HG403", f"what the job runs cannot be read ({error})", "hand it over again") from None
        return self._work(job, spec)

    def _work(self, job: Job, spec: dict[str, object]) -> Work:
        told: dict[str, object] = {
            "plan": msgspec.to_builtins(job.plan),
            "expected": job.estimate,
            "agent": job.agent,
            "streams": not STREAMS.isdisjoint(job.workloads),
        }
        return Work(job.work, job.pool, spec | told, job.once, job.priority)

    def _carried(self, job: Job, command: str) -> dict[str, object]:
        """Return what a worker on another machine must know; it never holds an environment."""
        return {
            "gate": "",
            "job": job.id,
            "command": command,
            "kind": job.kind.value,
            "agent": job.agent,
            "task": job.task,
            "max_run": job.max_run,
            "machines": list(job.machines),
        }


def _which_ssh(origin: Origin) -> dict[str, str]:
    """Return what tells the `ssh` that stands in front which one was to be started."""
    path = origin.words[0] if origin.words else ""
    return {"HEADGATE_SSH": path} if path.rpartition("/")[2] == "ssh" else {}


def ssh_folder(home: Home, program: str) -> str:
    """Return the folder whose `ssh`, which is *program*, can be ended on its other side; empty without *program*."""
    if not program:
        return ""
    folder = home.path / "bin"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    with contextlib.suppress(FileExistsError):
        (folder / "ssh").symlink_to(program)
    return str(folder)


def with_ssh(given: Mapping[str, str], mark: str, folder: Folder, ssh: str) -> dict[str, str]:
    """Return the environment *given*, marked, and with an `ssh` in front whose other side can be ended."""
    found = dict(given) | {"HEADGATE_JOB": mark}
    if ssh:
        found |= {
            "PATH": f"{ssh}:{given.get('PATH', '/usr/local/bin:/usr/bin:/bin')}",
            "HEADGATE_MARK": mark,
            "HEADGATE_REMOTES": str(folder.remotes),
            "HEADGATE_SHIM_BIN": ssh,
        }
    return found
