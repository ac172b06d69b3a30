"""Work that one of our commands hands to the daemon: the receipt, and on request the wait for the result."""

import json
import os
import socket
import time
from collections.abc import Iterator

import click
import msgspec

from headgate.host.home import Home
from headgate.model.errors import HeadgateError
from headgate.model.job import Job
from headgate.surfaces.client import LOST_RACE, start_daemon
from headgate.surfaces.job_output import ask_on
from headgate.surfaces.job_page import look
from headgate.workers.digest import status

FIRST_WORD = 60.0
"""Seconds the daemon may take until a job is durable."""

_POLL = 0.2
_BEFORE = "look at `headgate jobs` before you hand it over again"


def moment() -> dict[str, object]:
    """Return the moment of this shell: what a job needs to run as the command would have run here."""
    umask = os.umask(0o077)
    os.umask(umask)
    return {"cwd": _here(), "umask": umask, "environment": dict(os.environ)}


def _here() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 the shell's own word for it
    except OSError:
        return os.environ.get("PWD", "/")


def hand_in(home: Home, request: dict[str, object], *, as_json: bool) -> int:
    """Have the daemon do *request*, and print what it says; return the exit status: 0, or that of the job waited for.

    Raises `HeadgateError` where nothing was handed over. Being interrupted leaves a job that was handed over alone.
    """
    heard = _Heard()
    try:
        _listen(home, request, heard, quiet=as_json)
        return _told(home, heard, wait=request.get("wait") is True, as_json=as_json)
    except KeyboardInterrupt:
        click.echo(heard.goes_on if heard.job else f"headgate: interrupted; {_BEFORE}", err=True)
        return 130


class _Heard(msgspec.Struct):
    """What the daemon said so far: the number of the job, and whether its result was printed."""

    job: int = 0
    result: bool = False

    @property
    def goes_on(self) -> str:
        see, end = f"headgate job {self.job}", f"headgate cancel {self.job}"
        return f"headgate: job {self.job} goes on without you; see it with `{see}`, end it with `{end}`"


def _listen(home: Home, request: dict[str, object], heard: _Heard, *, quiet: bool) -> None:
    """Take in the answers to *request*, and print them unless *quiet*; a line that is lost later is no fault."""
    try:
        for answer in answers(home, request):
            printed = answer.get("print")
            number = answer.get("job")
            heard.result = heard.job != 0 and printed is not None
            heard.job = number if isinstance(number, int) else heard.job
            if printed is not None and not quiet:
                click.echo(str(printed))
    except (OSError, ValueError) as error:
        if not heard.job:
            raise HeadgateError("HG016", f"the daemon went silent ({error})", _BEFORE) from None


def _told(home: Home, heard: _Heard, *, wait: bool, as_json: bool) -> int:
    """Wait for the job where that is wanted, print what is left to be said, and return the exit status."""
    job = _ended(home, heard.job) if wait else None
    if as_json:
        click.echo(json.dumps(_plain(home, heard.job, wait=wait)))
    elif job is not None and not heard.result:
        click.echo("\n".join([f"headgate: {status(job)}", *look(home, heard.job).lines]))
    return job.exit_status if job is not None else 0


def _plain(home: Home, number: int, *, wait: bool) -> dict[str, object]:
    if not wait:
        found = ask_on(home, {"op": "job", "job": number})["job"]
        return {"job": number, "state": msgspec.convert(found, Job).state.value}
    seen = look(home, number)
    lines = [line.strip() for line in seen.lines]
    return {"job": number, "state": seen.job.state.value, "exit_code": seen.job.exit_code, "lines": lines}


def _ended(home: Home, number: int) -> Job:
    """Return the job once it has ended; a daemon that stops meanwhile is waited for."""
    while True:
        job = msgspec.convert(ask_on(home, {"op": "job", "job": number})["job"], Job)
        if job.state.ended:
            return job
        time.sleep(_POLL)


# -- answers that come one by one -----------------------------------------------------------------


def answers(home: Home, request: dict[str, object]) -> Iterator[dict[str, object]]:
    """Yield the daemon's answers as they come; raises `HeadgateError` for one that says no.

    Raises `OSError` or `ValueError` where the daemon goes away, or is silent before its first answer.
    """
    with _connected(home) as connection:
        connection.settimeout(FIRST_WORD)
        connection.sendall(b"headgate-command/1\n" + json.dumps(request).encode())
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as lines:
            said = False
            for line in lines:
                answer = json.loads(line)
                if answer.get("error"):
                    raise _refused(answer)
                yield answer
                said = True
                connection.settimeout(None)
    if not said:
        raise ValueError("it closed the connection")


def _refused(answer: dict[str, object]) -> HeadgateError:
    code, _, message = str(answer.get("print")).partition(" headgate: ")
    return HeadgateError(code, *(message.rpartition("; ")[::2]))


def _connected(home: Home) -> socket.socket:
    """Return a connection to the daemon, which is started where there is none."""
    home.check_length()
    connection = _connection(home)
    if connection is not None:
        return connection
    start_daemon(home)
    deadline = time.monotonic() + LOST_RACE
    while (connection := _connection(home)) is None:
        if time.monotonic() > deadline:
            raise HeadgateError("HG010", "the daemon cannot be reached", "run `headgate serve`")
        time.sleep(0.02)
    return connection


def _connection(home: Home) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(home.socket))
    except (FileNotFoundError, ConnectionRefusedError):
        connection.close()
        return None
    except OSError as error:
        connection.close()
        raise HeadgateError(
            "HG010", f"the daemon cannot be reached ({error.strerror})", "run `headgate serve`"
        ) from None
    return connection
