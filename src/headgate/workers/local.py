"""Jobs on this machine: admitted durably, started once, kept by a shim each, and told apart from the dead."""

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from headgate.host.home import Home
from headgate.host.processes import alive, started
from headgate.model.errors import HeadgateError
from headgate.model.job import UNNAMED, Job, JobState, Origin
from headgate.ports import Clock, Store
from headgate.record.events import JobCancelled, JobEnded, JobStarted
from headgate.workers import shim
from headgate.workers.environment import for_job

MAX_RUNNING = 16
"""Jobs that run at once; more wait, visibly."""

POLL = 0.1
"""Seconds between looks at a shim that this daemon did not start itself."""

_STATES = {
    "exited": JobState.SUCCEEDED,
    "cancelled": JobState.CANCELLED,
    "expired": JobState.EXPIRED,
    "failed": JobState.FAILED,
}

_BY_ITSELF = frozenset({JobState.SUCCEEDED, JobState.FAILED})
"""Ends that tell how long a command takes: nobody and no limit cut it short."""


class LocalWorkers:
    """The worker pool `local`; lives in the daemon's event loop."""

    def __init__(self, home: Home, store: Store, clock: Clock) -> None:
        self.home = home
        self.store = store
        self.clock = clock
        self._ended: dict[int, asyncio.Event] = {}
        self._running: dict[int, asyncio.Task[None]] = {}
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._on_end: Callable[[Job], None] = lambda _job: None

    # -- the port ----------------------------------------------------------------------------

    def submit(self, job: Job, command: str, origin: Origin) -> None:
        """Take over *job*, which is durable; returns at once. Raises `HeadgateError` HG403 where it cannot start."""
        folder = self.home.job(job.id)
        spec = {
            "argv": [origin.shell, "-c", command],
            "cwd": origin.cwd,
            "umask": origin.umask,
            "environment": for_job(origin.environment),
            "max_run": job.max_run,
        }
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_private(folder / "start.json", json.dumps(spec).encode("utf-8", "surrogateescape"))
        except OSError as error:
            _forget(folder)
            self._end(job, JobState.FAILED, None, f"it cannot be prepared: {error.strerror}")
            raise HeadgateError(
                "HG403", f"the job cannot be prepared ({error.strerror})", "free space, and try again"
            ) from None
        self._fill()

    def cancel(self, job: Job) -> None:
        """End the whole process tree of *job*: asked first, then killed; returns at once."""
        self.store.append(JobCancelled(self.clock.now(), job.id, "command"))
        if job.state is JobState.QUEUED:
            _forget(self.home.job(job.id))
            self._end(job, JobState.CANCELLED, None, "it had not started")
            return
        self._tell_to_end(job)

    def _tell_to_end(self, job: Job) -> None:
        """Signal the shim of *job*, once it is ready for that."""
        pid, since = self._shim_of(job)
        if not pid or not alive(pid, since):
            return
        if (self.home.job(job.id) / "shim.json").exists():
            os.kill(pid, signal.SIGTERM)
        else:
            asyncio.get_running_loop().call_later(POLL / 5, self._tell_to_end, job)

    async def ended(self, job: int, seconds: float) -> bool:
        """Wait up to *seconds* for *job* to end, and say whether it did."""
        event = self._ended.setdefault(job, asyncio.Event())
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def on_end(self, told: Callable[[Job], None]) -> None:
        """Call *told* with every job that ends."""
        self._on_end = told

    # -- a daemon's life ---------------------------------------------------------------------

    def resume(self) -> None:
        """Take up what an earlier daemon left: adopt what lives, write down what ended, admit what is lost."""
        for job in reversed(self.store.select(states=(JobState.RUNNING,), limit=10_000)):
            self._watch(job)
        self._fill()

    def pids(self) -> tuple[int, ...]:
        """Return the shims that run."""
        return tuple(child.pid for child in self._children.values() if child.poll() is None)

    async def close(self) -> None:
        """Stop watching; the jobs go on."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    # -- one job -----------------------------------------------------------------------------

    def _fill(self) -> None:
        """Start queued jobs, the oldest first, while there are free places."""
        queued = self.store.select(states=(JobState.QUEUED,), limit=10_000)
        running = (
            self.store.select(states=(JobState.RUNNING,), limit=10_000) if any(job.lease for job in queued) else []
        )
        held = list(reversed(running))
        for job in reversed(queued):
            if len(self._running) >= MAX_RUNNING:
                return
            if not (self.home.job(job.id) / "start.json").exists():
                self._end(job, JobState.LOST, None, "the daemon ended before the job was prepared")
                continue
            first = next(((lease, other.id) for other in held if (lease := job.disputes(other))), None)
            held.append(job)
            if first is None:
                self._start(job)
            else:
                self._wait(job, *first)

    def _wait(self, job: Job, lease: tuple[str, str], other: int) -> None:
        """Let *job* stay in the queue until *other* has ended; people see why."""
        kind, name = lease
        what = f"a {kind} that nobody can name" if name == UNNAMED else f"the {kind} {name}"
        note = f"it waits for job {other}, which has {what}"
        if job.note != note:
            self.store.save(msgspec.structs.replace(job, note=note))

    def _start(self, job: Job) -> None:
        """Write the start marker, then start: a crash in between loses the job, but never runs it twice."""
        now = self.clock.now()
        job = job.moved(JobState.RUNNING, started=now, note="")
        with self.store.together():
            self.store.append(JobStarted(now, job.id, job.session, job.decision))
            self.store.save(job)
        folder = self.home.job(job.id)
        try:
            child = subprocess.Popen(  # noqa: S603 our own file
                [sys.executable, "-I", "-S", shim.__file__, str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PATH": os.defpath},
                start_new_session=True,
            )
        except OSError as error:
            _forget(folder)
            self._end(job, JobState.FAILED, None, f"its shim cannot be started: {error.strerror}")
            return
        self._children[job.id] = child
        job = msgspec.structs.replace(job, pid=child.pid, pid_started=started(child.pid))
        self.store.save(job)
        self._watch(job)

    def _watch(self, job: Job) -> None:
        self._running[job.id] = asyncio.get_running_loop().create_task(self._follow(job))

    async def _follow(self, job: Job) -> None:
        """Wait until the shim of *job* is gone, then write down how the job ended."""
        pid, since = self._shim_of(job)
        child = self._children.get(job.id)
        end_file = self.home.job(job.id) / "end.json"

        def runs() -> bool:
            return child.poll() is None if child else bool(pid and alive(pid, since))

        while not end_file.exists() and runs():  # noqa: ASYNC110 no event tells of the end of another's child
            await asyncio.sleep(POLL if child is None else POLL / 5)
        if child is not None:
            await asyncio.to_thread(child.wait)
        end = _read_end(end_file)
        digest = await asyncio.to_thread(_digest, self.home.job(job.id) / "out.log")
        self._running.pop(job.id, None)
        self._children.pop(job.id, None)
        _forget(self.home.job(job.id))
        if end is None:
            self._end(
                job, JobState.LOST, None, "its keeper was killed; whether the command finished is not known", digest
            )
        else:
            self._finish(job, end, digest)
        self._fill()

    def _finish(self, job: Job, end: dict[str, object], digest: str) -> None:
        code = end.get("exit_code")
        exit_code = code if isinstance(code, int) else None
        state = _STATES.get(str(end.get("reason")), JobState.FAILED)
        if state is JobState.SUCCEEDED and exit_code != 0:
            state = JobState.FAILED
        note = str(end.get("message", ""))
        if state is JobState.EXPIRED:
            note = "its time was over"
        self._end(job, state, exit_code, note, digest)

    def _end(self, job: Job, state: JobState, exit_code: int | None, note: str, digest: str = "") -> None:
        now = self.clock.now()
        job = job.moved(state, ended=now, exit_code=exit_code, note=note)
        with self.store.together():
            self.store.append(JobEnded(now, job.id, state, exit_code, job.seconds, digest))
            self.store.save(job)
            if job.routine and exit_code is not None and state in _BY_ITSELF:
                self.store.add_duration(job.routine, job.seconds)
        self._ended.setdefault(job.id, asyncio.Event()).set()
        self._on_end(job)

    def _shim_of(self, job: Job) -> tuple[int, str]:
        """Return the pid of the shim, and what tells it from a later process; it writes its pid down itself."""
        if job.pid:
            return job.pid, job.pid_started
        try:
            pid = int(json.loads((self.home.job(job.id) / "shim.json").read_bytes())["pid"])
        except (OSError, ValueError, KeyError):
            return 0, ""
        return pid, ""


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _forget(folder: Path) -> None:
    """Remove the caller's environment."""
    with contextlib.suppress(OSError):
        (folder / "start.json").unlink()


def _read_end(path: Path) -> dict[str, object] | None:
    try:
        end = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return end if isinstance(end, dict) else None


def _digest(log: Path) -> str:
    try:
        with log.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
