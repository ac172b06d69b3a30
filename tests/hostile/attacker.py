"""A process of an agent that does what it is told: it asks the gate's hook as a client does, and runs texts anyway.

It is started as a client, by a job, or as a worker's agent: `attacker.py SOCKET`. A message is one line of JSON,
and so is the answer.
"""

import json
import os
import pty
import select
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

LONGEST = 50.0


def answer(request: dict[str, Any]) -> dict[str, object]:
    """Return what one request came to."""
    if "hook" in request:
        done = subprocess.run(
            request["hook"], input=json.dumps(request["message"]).encode(), capture_output=True, check=False
        )
        return {"status": done.returncode, "said": (done.stdout + done.stderr).decode("utf-8", "replace")}
    words = ["/bin/bash", "-c", request["text"]]
    return at_terminal(words, request) if request.get("terminal") else plainly(words, request)


def plainly(words: list[str], request: dict[str, Any]) -> dict[str, object]:
    """Run *words* as a client's tool does: with nothing to read, and no terminal."""
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=request["cwd"],
            start_new_session=True,
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return {"status": -1, "said": (error.stdout or b"").decode("utf-8", "replace")}
    return {"status": done.returncode, "said": done.stdout.decode("utf-8", "replace")}


def at_terminal(words: list[str], request: dict[str, Any]) -> dict[str, object]:
    """Run *words* at a terminal that this process holds, and answer every question with yes."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(request["cwd"])
        os.execv(words[0], words)
    said, end = b"", time.monotonic() + LONGEST
    os.write(terminal, b"y\n")
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            break
        if not chunk:
            break
        said += chunk
    os.close(terminal)
    return {"status": os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), "said": said.decode("utf-8", "replace")}


def main() -> None:
    """Serve until told to end."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1] + ".new")
    listener.listen()
    Path(sys.argv[1] + ".new").rename(sys.argv[1])
    while True:
        connection, _ = listener.accept()
        with connection, connection.makefile("rw") as line:
            request = json.loads(line.readline())
            if "end" in request:
                return
            line.write(json.dumps(answer(request)) + "\n")


main()
