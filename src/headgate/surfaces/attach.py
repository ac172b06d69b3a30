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
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(TIMEOUT)
        try:
            connection.connect(socket_path)
        except OSError as error:
            return _fault(f"the daemon cannot be reached ({error}); nothing was run, make the original call again")
        heard: list[str] = []
        try:
            return _exchange(connection, request, heard)
        except (OSError, ValueError) as error:
            if heard:  # the receipt is out: the work is handed over, whatever became of the line
                return 0
            return _fault(f"the daemon went silent ({error}); look at `headgate jobs` before you try again")


def _fault(what: str) -> int:
    print(f"HG010 headgate: {what}", file=sys.stderr)  # noqa: T201 the client shows it to the model
    return 2


def _exchange(connection: socket.socket, request: dict[str, object], heard: list[str]) -> int:
    """Send *request* and print the answers, which are added to *heard*; return the status that ends them."""
    connection.sendall(b"headgate-command/1\n" + json.dumps(request).encode())
    connection.shutdown(socket.SHUT_WR)
    with connection.makefile("rb") as answers:
        for line in answers:
            answer = json.loads(line)
            if "print" in answer:
                print(answer["print"], file=sys.stderr if answer.get("error") else sys.stdout, flush=True)
                heard.append(answer["print"])
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
