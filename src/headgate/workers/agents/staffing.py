"""An admitted task to an agent that can start: template, brief, environment."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from headgate.enforce.delegate import MAX_DEPTH
from headgate.model.job import Job, Origin
from headgate.workers.agents.brief import Assignment, brief
from headgate.workers.agents.intent import intent
from headgate.workers.agents.places import Seats
from headgate.workers.agents.telling import BRIEF
from headgate.workers.agents.templates import Template, chosen, variables, words
from headgate.workers.digest import one_line, status
from headgate.workers.environment import for_job
from headgate.workers.folders import Folder, Start

TRIED = 10
"""Earlier jobs of the session that an agent is told of."""


class Agents:
    """The operator's agents, with what the gate knows of a session.

    *templates* gives them, the usual one first; *transcript* the file with what was said in a session, empty where
    that is not known; *earlier* the latest jobs of a session, the latest first; *opened* those that have not ended;
    *surroundings* the variables of the client of a session, as a person started it, or those of the gate.
    """

    def __init__(
        self,
        templates: Callable[[], Sequence[Template]],
        transcript: Callable[[str], str],
        earlier: Callable[[str], Sequence[Job]],
        opened: Callable[[], Sequence[Job]],
        surroundings: Callable[[str], Mapping[str, str]],
    ) -> None:
        self._surroundings = surroundings
        self.seats = Seats(templates, opened)
        self._templates = templates
        self._transcript = transcript
        self._earlier = earlier

    def limit(self, agent: str, asked: float | None = None) -> float:
        """Return how long *agent* may run, in seconds, where *asked* is what else limits it; raises HG407."""
        template = chosen(self._templates(), agent)
        return template.max_run if asked is None else min(asked, template.max_run)

    def start(self, job: Job, command: str, origin: Origin, folder: Folder) -> Start:
        """Return how the agent of *job* starts; its brief is in *folder* then.

        Raises `OSError`, and `HeadgateError` HG407 where there is no such agent.
        """
        template = chosen(self._templates(), job.agent)
        text = brief(self._assignment(job, command))
        folder.keep(BRIEF, text.encode())
        shell = words(template, task=text, task_file=str(folder.path / BRIEF), cwd=origin.cwd)
        own = {"HEADGATE_JOB": job.work, "HEADGATE_HOME": str(folder.path.parents[1])}  # it may look at its gate
        around = self._surroundings(job.session)  # those of the call would choose its program, its hooks, its settings
        environment = for_job(around) | variables(template, around) | own
        limit = self.limit(job.agent, job.max_run)
        found = _program(shell[0], environment.get("PATH", ""))
        return Start((found, *shell[1:]), origin.cwd, origin.umask, environment, limit)

    def _assignment(self, job: Job, command: str) -> Assignment:
        path = self._transcript(job.session)
        return Assignment(
            task=job.task,
            attempted="" if job.task else command,
            cwd=job.cwd,
            intent=intent(Path(path)) if path else (),
            workloads=job.workloads,
            machines=tuple((name, job.environment) for name in job.machines),
            tried=tuple(
                f"{status(other)}: {one_line(other.command, 120)}"
                for other in reversed(self._earlier(job.session)[:TRIED])
                if other.id != job.id
            ),
            max_run=self.limit(job.agent, job.max_run),
            depth=job.depth,
            max_depth=MAX_DEPTH - 1,
        )


def _program(name: str, path: str) -> str:
    """Return the absolute path of the program *name*; what is not found stays, and its keeper says so."""
    if "/" in name:
        return name
    absolute = ":".join(folder for folder in path.split(":") if folder.startswith("/"))
    return shutil.which(name, path=absolute) or f"/usr/bin/{name}"
