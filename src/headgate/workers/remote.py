"""Ending what a job had started on other machines: over connections of its own, one for each way that it went."""

import asyncio
import contextlib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

CONFIRMED = "confirmed"
UNCONFIRMED = "remote unconfirmed"

MAX_BYTES = 1 << 20
MAX_REMOTES = 64
"""Connections that are followed; of a job with more, the end is not confirmed."""

AT_ONCE = 8
_ANSWER = 4096

_SCRIPT = Path(__file__).with_name("end_remote.sh")
_MARK = re.compile(r"[A-Za-z0-9-]{1,64}")
_LEFT = re.compile(rb"^headgate-left (\d+)\s*$", re.MULTILINE)

_SETTINGS = (
    "BatchMode=yes",
    "ConnectTimeout=5",
    "ControlMaster=no",
    "RequestTTY=no",
    "RemoteCommand=none",
    "PermitLocalCommand=no",
    "ClearAllForwardings=yes",
    "LogLevel=ERROR",
)
"""In front of the job's own words: ssh takes the first value of each that it hears of."""

Remote = tuple[str, ...]


def read_remotes(path: Path) -> list[Remote]:
    """Return the connections in the file at *path*, each once: ssh's option words, and behind them the destination.

    Every word ends with a NUL, and an empty word ends a connection. One that was cut is returned as far as it goes:
    nobody can confirm the end of what it led to.
    """
    try:
        with path.open("rb") as file:
            words = file.read(MAX_BYTES).decode("utf-8", "surrogateescape").split("\0")
    except OSError:
        return []
    found: list[Remote] = []
    begun: list[str] = []
    for word in words:
        if word:
            begun.append(word)
        elif begun:
            found.append(tuple(begun))
            begun = []
    if begun:
        found.append(tuple(begun))
    return list(dict.fromkeys(found))


async def end_remotes(
    remotes: Sequence[Remote], mark: str, ssh: str, seconds: float, environment: Mapping[str, str] | None = None
) -> str:
    """End what runs with `HEADGATE_JOB=`*mark* at the far ends of *remotes*, within *seconds*.

    The program *ssh* gets the *environment* of the job, where that is given: its agent, its directory. Returns
    `CONFIRMED` where every machine says that nothing is left, `UNCONFIRMED` where one does not, and an empty text where
    there are no *remotes*.
    """
    distinct = list(dict.fromkeys(remotes))
    if not distinct:
        return ""
    if not _MARK.fullmatch(mark):
        return UNCONFIRMED
    script = f"id={mark}\n".encode() + await asyncio.to_thread(_SCRIPT.read_bytes)
    free = asyncio.Semaphore(AT_ONCE)
    command = _Command(ssh, environment)
    tasks = [asyncio.ensure_future(_end(remote, script, command, free)) for remote in distinct[:MAX_REMOTES]]
    try:
        async with asyncio.timeout(seconds):
            quiet = await asyncio.gather(*tasks)
    except TimeoutError:
        return UNCONFIRMED
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return CONFIRMED if all(quiet) and len(distinct) <= MAX_REMOTES else UNCONFIRMED


class _Command:
    """How ssh is started."""

    def __init__(self, ssh: str, environment: Mapping[str, str] | None) -> None:
        given = os.environ if environment is None else environment
        self.ssh = ssh
        self.environment = {**given, "SSH_ASKPASS_REQUIRE": "never"}
        self.cwd = given.get("PWD", "/") if Path(given.get("PWD", "/")).is_dir() else "/"


async def _end(remote: Remote, script: bytes, command: _Command, free: asyncio.Semaphore) -> bool:
    """Run *script* at the far end of *remote*; return whether it says that nothing is left."""
    async with free:
        try:
            child = await asyncio.create_subprocess_exec(
                command.ssh,
                *(word for setting in _SETTINGS for word in ("-o", setting)),
                *remote,
                "sh -s",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=command.environment,
                cwd=command.cwd,
                start_new_session=True,
            )
        except (OSError, ValueError):
            return False
        try:
            answer = await _answer(child, script)
            return await child.wait() == 0 and answer == 0
        finally:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()


async def _answer(child: asyncio.subprocess.Process, script: bytes) -> int | None:
    """Return how many processes are left, as the other end says last; `None` where it does not say."""
    assert child.stdin is not None  # noqa: S101 both are pipes
    assert child.stdout is not None  # noqa: S101
    with contextlib.suppress(OSError):
        child.stdin.write(script)
        await child.stdin.drain()
    child.stdin.close()
    said = b""
    while part := await child.stdout.read(_ANSWER):  # a machine may say more than it was asked
        said = (said + part)[-_ANSWER:]
    found = _LEFT.findall(said)
    return int(found[-1]) if found else None
