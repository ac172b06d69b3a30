"""Runs ways one after another, each as its own process, under `headgate guard` where that is asked for.

    batch.py LIST [OPTION of headgate]... [guard OPTION...]

LIST has a way a line, in JSON: `text`, `where`, `env`. How each ended is printed, a number a line. The command line of
`headgate` is called in a fork of this process: what it imports is imported once for all of them.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

from headgate.__main__ import main
from headgate.surfaces.cli import guard  # noqa: F401 imported here, once

LONGEST = 40
"""Seconds that one way may take."""


def become(way: dict[str, object], words: list[str]) -> None:
    """Become the shell that runs *way*, behind what *words* put around it."""
    where = Path(str(way["where"]))
    os.setsid()
    os.chdir(where)
    said = os.open(where / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    none = os.open("/dev/null", os.O_RDONLY)
    for number, stream in enumerate((none, said, said)):
        os.dup2(stream, number)
    os.closerange(3, 64)
    os.environ.clear()
    os.environ.update(way["env"])  # type: ignore[call-overload]
    shell = ["bash", "-c", str(way["text"])]
    if not words:
        os.execvp(shell[0], shell)
    sys.argv = ["headgate", *words, "--", *shell]
    main()


def run(way: dict[str, object], words: list[str]) -> int:
    """Return how *way* ended; one that takes too long is ended with its session's group, and counts as 137."""
    child = os.fork()
    if child == 0:
        try:
            become(way, words)
        finally:
            os._exit(125)
    deadline = time.monotonic() + LONGEST
    while True:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            os.killpg(child, signal.SIGKILL)
        time.sleep(0.002)


if __name__ == "__main__":
    for line in Path(sys.argv[1]).read_text().splitlines():
        print(run(json.loads(line), sys.argv[2:]), flush=True)
