"""From what a keeper left to what is told of the end: state, digest, and whether the other machines are quiet too."""

import asyncio
import hashlib
import os
import shutil

from headgate.host.acting import acting
from headgate.model.job import JobState
from headgate.workers.agents.telling import digest_of, is_agent, verdict
from headgate.workers.digest import summarise
from headgate.workers.folders import Folder
from headgate.workers.remote import end_remotes, read_remotes
from headgate.workers.reports import Ended

LOST_KEEPER = "its keeper was killed; whether the command finished is not known"

REMOTE_PATIENCE = 15.0
"""Seconds that ending what runs on other machines may take."""

_STATES = {
    "exited": JobState.SUCCEEDED,
    "cancelled": JobState.CANCELLED,
    "timed_out": JobState.TIMED_OUT,
    "failed": JobState.FAILED,
}


async def how_it_ended(work: str, folder: Folder, end: dict[str, object] | None) -> Ended:
    """Return what is told of *work*, whose keeper is gone and left *end* (`None`: nothing)."""
    output, digest = await asyncio.to_thread(_looked_at, folder)
    if end is None:
        return Ended(work, JobState.LOST, note=LOST_KEEPER, output=output, digest=digest)
    code = end.get("exit_code")
    exit_code = code if isinstance(code, int) else None
    state = _STATES.get(str(end.get("reason")), JobState.FAILED)
    if state is JobState.SUCCEEDED and exit_code != 0:
        state = JobState.FAILED
    note = _note(state, end)
    if state is JobState.SUCCEEDED and is_agent(folder.path):
        state, exit_code, note = _by_its_answer(digest, note)
    remote = ""
    if state in {JobState.CANCELLED, JobState.TIMED_OUT}:
        remote = await _end_elsewhere(work, folder)
    return Ended(
        work,
        state,
        exit_code,
        note,
        _time(end.get("started")),
        _time(end.get("ended")),
        output,
        remote,
        digest=digest,
    )


def _by_its_answer(digest: dict[str, object] | None, note: str) -> tuple[JobState, int | None, str]:
    """Return how the task of an agent ended whose process ended well: it may say itself that it is not done."""
    done, says = verdict(digest)
    return (JobState.SUCCEEDED, 0, says or note) if done else (JobState.FAILED, None, says)


def _note(state: JobState, end: dict[str, object]) -> str:
    if state is JobState.TIMED_OUT:
        return "its time was over"
    left = end.get("survivors")
    if isinstance(left, int) and left > 0:
        return f"{left} of its processes could not be killed"
    return str(end.get("message") or "")


async def _end_elsewhere(work: str, folder: Folder) -> str:
    """End what *work* had started over ssh; say whether that is certain."""
    remotes = await asyncio.to_thread(read_remotes, folder.remotes)
    if not remotes:
        return ""
    environment = {name: value for name, value in folder.environment().items() if not name.startswith("HEADGATE_")}
    own = folder.environment().get("HEADGATE_SHIM_BIN", "")
    path = environment.get("PATH", os.defpath).removeprefix(f"{own}:")
    ssh = shutil.which("ssh", path=path) or "ssh"
    return await end_remotes(remotes, work, ssh, REMOTE_PATIENCE, environment | {"PATH": path} if own else None)


@acting()
def _looked_at(folder: Folder) -> tuple[str, dict[str, object] | None]:
    """Return the SHA-256 of the output, and its digest."""
    try:
        with folder.log.open("rb") as file:
            output = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "", None
    return output, digest_of(folder.log) if is_agent(folder.path) else summarise(folder.log).plain()


def _time(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
