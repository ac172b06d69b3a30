"""Our own commands' side of the socket; starts the daemon where there is none."""

import json
import socket
import subprocess
import sys
import time

from headgate.host.acting import missing_service
from headgate.host.home import Home
from headgate.model.errors import HeadgateError

LOST_RACE = 20.0
"""Seconds that a daemon started by somebody else may take until it answers."""

TIMEOUT = 10.0
"""Seconds the daemon may take to answer a command."""

_NOT_YOURS = b"2HG019"
_SAID = 2000
"""Characters of what a daemon that cannot start says that are passed on, from the end."""


def ask(home: Home, request: dict[str, object], *, start: bool = True) -> dict[str, object]:
    """Return the daemon's answer; raises `HeadgateError` where there is none, or it is an error."""
    home.check_length()
    try:
        answer = _answer(home, request, start=start)
    except TimeoutError:
        raise HeadgateError("HG015", "the daemon did not answer in time", "see `headgate status`, or stop it") from None
    except (OSError, ValueError) as error:
        raise HeadgateError("HG016", f"the daemon's answer is broken ({error})", "restart it") from None
    if answer.get("error"):
        code, _, message = str(answer.get("print")).partition(" headgate: ")
        raise HeadgateError(code, *(message.rpartition("; ")[::2]))
    return answer


def _answer(home: Home, request: dict[str, object], *, start: bool) -> dict[str, object]:
    """Exchange with the daemon, which is started where there is none, and *start* says so."""
    try:
        return _exchange(home, request)
    except (FileNotFoundError, ConnectionRefusedError):
        if not start:
            raise HeadgateError("HG010", f"no daemon runs in `{home.path}`", "start it with `headgate serve`") from None
    start_daemon(home)
    return _patiently(home, request)


def _patiently(home: Home, request: dict[str, object]) -> dict[str, object]:
    """Exchange with a daemon that is there, or that another caller is starting at this very moment."""
    deadline = time.monotonic() + LOST_RACE
    while True:
        try:
            return _exchange(home, request)
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > deadline:
                raise HeadgateError("HG010", "the daemon cannot be reached", "run `headgate serve`") from None
            time.sleep(0.02)


def start_daemon(home: Home) -> None:
    """Start the daemon of *home* in the background; raises `HeadgateError` HG010 with what it said."""
    service = missing_service(home.path)
    if service:
        raise HeadgateError("HG010", f"no daemon runs in `{home.path}`, and its user is another", service)
    command = [sys.executable, "-m", "headgate", "--home", str(home.path), "serve", "--background"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)  # noqa: S603 our own module
    if done.returncode:
        said = done.stderr.strip()[-_SAID:] or "it said nothing"
        raise HeadgateError("HG010", f"the daemon cannot be started ({said})", "see what it said")


def _exchange(home: Home, request: dict[str, object]) -> dict[str, object]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(TIMEOUT)
        connection.connect(str(home.socket))
        connection.sendall(b"headgate-command/1\n" + json.dumps(request).encode())
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answers:
            line = answers.readline() or b"null"
    if line.startswith(_NOT_YOURS):
        raise HeadgateError("HG019", "this gate is another user's", "only its user may ask, and who the operator names")
    answer = json.loads(line)
    if not isinstance(answer, dict):
        raise ValueError("it closed the connection")  # noqa: TRY004 the wire is at fault, not the caller
    return answer
