"""The daemon's answers to our own commands that look at jobs and workers, or steer them."""

import base64
from collections.abc import Callable

import msgspec

from headgate import __version__
from headgate.host.policies import parts_of
from headgate.model.errors import HeadgateError
from headgate.model.job import OPEN, Job, JobState
from headgate.ports import Store
from headgate.record.events import SlotReleased
from headgate.surfaces.in_force import PoliciesInForce
from headgate.workers import starts_log
from headgate.workers.dispatch import Dispatcher
from headgate.workers.living import Living, living
from headgate.workers.living import now as now_in
from headgate.workers.pages import progress_of, workers_of

MOST = 1 << 20
"""Bytes of output in one answer."""

Request = dict[str, object]
Answer = dict[str, object]


class Answers:
    """Looks at the jobs of a gate, and at its pools and workers."""

    def __init__(self, store: Store, workers: Dispatcher, rules: PoliciesInForce, now: Callable[[], float]) -> None:
        self._store = store
        self._workers = workers
        self._rules = rules
        self._now = now
        self._ops: dict[str, Callable[[Request], Answer]] = {
            "jobs": self._jobs,
            "job": self._job_page,
            "tree": self._tree,
            "output": self._output,
            "cancel": self._cancel,
            "pools": self._pools,
            "release": self._release,
            "drain": self._drain,
        }

    def answer(self, request: Request) -> Answer:
        """Return the answer to *request*; raises `HeadgateError` where it cannot be done."""
        op = self._ops.get(str(request.get("op")))
        if op is None:
            raise HeadgateError("HG130", f"the daemon does not know `{request.get('op')}`", _VERSIONS)
        return op(request)

    def job(self, request: Request) -> Job:
        """Return the job that *request* names; raises `HeadgateError` HG402 where there is none."""
        number = numbered(request.get("job"), 0)
        job = self._store.get(number)
        if job is None:
            raise HeadgateError("HG402", f"there is no job {number}", "`headgate jobs` lists them")
        return job

    def _jobs(self, request: Request) -> Answer:
        states = tuple(JobState(item) for item in _strings(request.get("states")) if item in set(JobState))
        session = request.get("session")
        found = self._store.select(
            session=session if isinstance(session, str) else None,
            states=states,
            limit=min(numbered(request.get("limit"), 50), 100_000),
        )
        return {"jobs": msgspec.to_builtins(found)}

    def _job_page(self, request: Request) -> Answer:
        job = self.job(request)
        folder = self._workers.preparer.folder(job.id)
        return {
            "job": msgspec.to_builtins(job),
            "folder": str(folder.path),
            "progress": progress_of(job, self._workers, self._now()),
            "size": folder.size(),
            "now": msgspec.to_builtins(now_in(self._living(job))),
        }

    def _tree(self, request: Request) -> Answer:
        """Return what lives of a job, and what it started, as far as a supervisor saw it."""
        job = self.job(request)
        starts = starts_log.kept(self._workers.preparer.folder(job.id).path)
        told = {"starts": msgspec.to_builtins(starts.programs), "total": starts.total}
        return {"tree": told | {"living": msgspec.to_builtins(self._living(job))}}

    def _living(self, job: Job) -> tuple[Living, ...]:
        keeper = 0 if job.state.ended else self._workers.preparer.folder(job.id).keeper()
        return living(keeper) if keeper else ()

    def _output(self, request: Request) -> Answer:
        """Return a part of a job's output, wherever its worker is; a negative offset counts from the end."""
        job, offset = self.job(request), numbered(request.get("offset"), 0)
        most = min(numbered(request.get("most"), MOST), MOST)
        data, size = self._workers.output(job, offset, most)
        return {"data": base64.b64encode(data).decode(), "size": size, "state": job.state.value}

    def _cancel(self, request: Request) -> Answer:
        job = self.job(request)
        if job.state.ended:
            hint = f"see `headgate job {job.id}`"
            raise HeadgateError("HG405", f"job {job.id} has already ended ({job.state})", hint)
        self._workers.cancel(job)
        return {"cancelling": job.id}

    def _pools(self, _request: Request) -> Answer:
        return workers_of(self._workers, self._store)

    def _release(self, request: Request) -> Answer:
        kind, name = str(request.get("kind")), str(request.get("name"))
        if not self._workers.release(kind, name):
            raise HeadgateError("HG413", f"no lost job has the {kind} `{name}`", "`headgate pools` lists what is taken")
        self._store.append(SlotReleased(self._now(), kind, name))
        return {"released": [kind, name]}

    def _drain(self, request: Request) -> Answer:
        name, draining = str(request.get("worker") or ""), request.get("undo") is not True
        if not self._workers.drain(name, draining=draining):
            raise HeadgateError("HG414", f"there is no worker `{name}`", "`headgate workers` lists them")
        return {"draining": draining, "worker": name, "running": self._workers.runner.running}

    def status(self, pid: int, home: str, configuration: Answer) -> Answer:
        """Return what runs, where, and how much of it."""
        rules, counts = self._rules.reading(), self._store.counts()
        return {
            "pid": pid,
            "home": home,
            "version": __version__,
            "policy": rules.policy.digest,
            "rules": {
                "mode": rules.policy.mode,
                "profile": rules.policy.profile,
                "parts": [list(part) for part in parts_of(rules.policy)],
                "mistakes": rules.mistakes,
            },
            "configuration": configuration,
            "journal": {"entries": self._store.length()},
            "jobs": {state.value: counts.get(state, 0) for state in JobState},
            "open": sum(counts.get(state, 0) for state in OPEN),
        }


_VERSIONS = "use the same version of client and daemon"


def numbered(value: object, usual: int) -> int:
    """Return the whole number *value*, or what is *usual* where it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else usual


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
