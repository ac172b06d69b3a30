"""Redeem a ticket: what the client runs in place of a delegated command. Paid on every delegation, so lean imports."""

import json
import os
import socket
import sys

TIMEOUT = 20.0
"""Seconds without a word from the daemon after which we give up; the daemon itself waits less for quick results."""


def attach(ticket: str, socket_path: str) -> int:
    """Hand the moment of this shell to the daemon, print what it says, and return the exit status it gives.

    Any fault is exit status 2 with a sentence: then nothing was started, or `headgate jobs` shows it.
    """
    request = {
        "op": "attach",
        "ticket": ticket,
        "cwd": _here(),
        "umask": _umask(),
        "environment": dict(os.environ),
    }
    try:
        return _exchange(request, socket_path)
    except (OSError, ValueError) as error:
        print(  # noqa: T201 the client shows it to the model
            f"HG010 headgate: the daemon did not take the ticket ({error}); nothing was run, make the call again",
            file=sys.stderr,
        )
        return 2


def _exchange(request: dict[str, object], socket_path: str) -> int:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(TIMEOUT)
        connection.connect(socket_path)
        connection.sendall(b"headgate-command/1\n" + json.dumps(request).encode())
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answers:
            for line in answers:
                answer = json.loads(line)
                if "print" in answer:
                    print(answer["print"], file=sys.stderr if answer.get("error") else sys.stdout, flush=True)
                if "exit" in answer:
                    return int(answer["exit"])
    raise ValueError("it closed the connection")


def _here() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 pathlib is not loaded on this path
    except OSError:
        return os.environ.get("PWD", "/")


def _umask() -> int:
    now = os.umask(0o077)
    os.umask(now)
    return now
