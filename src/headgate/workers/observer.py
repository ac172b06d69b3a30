"""Looks at running work from time to time: how far it is, and what its main thread should hear."""

import time

import msgspec

from headgate.host.acting import acting
from headgate.model.plan import Plan, Progress
from headgate.model.work import Work
from headgate.workers.agents.reading import Reading
from headgate.workers.agents.telling import is_agent, planned
from headgate.workers.agents.telling import progress as progress_of_agent
from headgate.workers.folders import Folder
from headgate.workers.progress import TAIL, Pulse, progress
from headgate.workers.reports import Planned, Said
from headgate.workers.trace import tail
from headgate.workers.vitals import vitals
from headgate.workers.watch import Sign, Watch

NEW = 256 * 1024
"""Bytes of new output that one look reads; of more, the end."""

MODELS_QUIET = 1200.0
"""Seconds that a task of an agent is expected to take, at least: models are silent for long while they think."""


class Observer:
    """Observes *work* in *folder*, kept by the process *keeper*."""

    def __init__(self, work: Work, folder: Folder, keeper: int) -> None:
        self._work = work
        self._folder = folder
        self._keeper = keeper
        self._plan = plan_of(work)
        self._began = time.monotonic()
        expected = work.spec.get("expected")
        self._expected = float(expected) if isinstance(expected, int | float) else None
        self._agent = Reading() if is_agent(folder.path) else None
        patience = MODELS_QUIET if self._agent else self._expected
        self._watch = Watch(time.monotonic(), patience, streams=work.spec.get("streams") is True)
        self._read = 0

    @acting()
    def look(self) -> list[Said | Planned]:
        """Return what is new and worth telling."""
        if self._agent is not None:
            return self._look_at_agent(self._agent)
        size = self._folder.size()
        offset = max(self._read, size - NEW)
        new = self._folder.read(offset, NEW) if size > self._read else b""
        self._read = size
        signs = vitals(self._keeper)
        heard = self._watch.look(Sign(time.monotonic(), size, signs.cpu, signs.asking, new))
        return [Said(self._work.id, item.kind.value, item.text) for item in heard]

    def _look_at_agent(self, agent: Reading) -> list[Said | Planned]:
        """Return what an agent plans, and whether it is silent; what its client prints is no news."""
        while data := self._folder.read(self._read, NEW):
            self._read += len(data)
            agent.take(data)
        heard = self._watch.look(Sign(time.monotonic(), self._read, vitals(self._keeper).cpu, asking=None))
        plan = planned(agent.steps, str(self._work.spec.get("agent", "")))
        new: list[Said | Planned] = [Planned(self._work.id, plan)] if plan != self._plan else []
        self._plan = plan
        return [*new, *(Said(self._work.id, item.kind.value, item.text) for item in heard)]

    def progress(self) -> Progress:
        """Return how far the work is, counted from when it was first observed."""
        pulse = Pulse(
            time.monotonic(),
            self._began,
            self._watch.last_output_at,
            self._folder.size(),
            self._expected,
            self._watch.state,
            self._watch.first_error,
        )
        if self._agent is not None:
            return progress_of_agent(self._agent, pulse)
        return progress(self._plan, tail(self._folder.trace), self._folder.read(-TAIL, TAIL), pulse)

    def plain(self) -> dict[str, object]:
        """Return the progress in plain values."""
        found: dict[str, object] = msgspec.to_builtins(self.progress())
        return found


def plan_of(work: Work) -> Plan:
    """Return the plan that *work* carries; empty where it carries none that can be read."""
    try:
        return msgspec.convert(work.spec.get("plan", ()), Plan)
    except msgspec.ValidationError:
        return ()
