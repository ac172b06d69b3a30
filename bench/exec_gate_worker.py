"""A process that lives under a gate, or without one, and does on demand what is measured, timed where it is done."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

STARTS = {"posix_spawn": "spawn", "a shell's loop": "loop"}
"""Ways to start a program, each with the name of what a worker does."""

_LOOP = 'i=0; while [ "$i" -lt "$1" ]; do /bin/true; i=$((i + 1)); done'


class Worker:
    """The other end: a process started behind the words that put a gate around it."""

    def __init__(self, around: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [*around, sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def take(self, what: str, count: int = 1, **more: object) -> float:
        """Have *what* done *count* times, and return the seconds that it took there."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"what": what, "count": count, **more}) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def done(order: dict[str, object]) -> None:
    """Do what *order* says."""
    match order:
        case {"what": "spawn", "count": int(count)}:
            for _ in range(count):
                os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
        case {"what": "loop", "count": count}:
            subprocess.run(["/bin/bash", "-c", _LOOP, "loop", str(count)], check=True)
        case {"what": "each", "programs": list(programs), "words": list(words)}:
            for program, those in zip(programs, words, strict=True):
                silent = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, 2)]
                os.waitpid(os.posix_spawn(program, those, {"PATH": os.defpath}, file_actions=silent), 0)
        case {"what": "run", "text": text, "where": where}:
            subprocess.run(["/bin/sh", "-c", text], cwd=where, check=True, stdout=subprocess.DEVNULL)  # type: ignore[call-overload]
        case _:
            raise ValueError(order)


def main() -> None:
    """Take an order a line, in JSON, and answer with the seconds that it took."""
    for line in sys.stdin:
        order = json.loads(line)
        began = time.perf_counter()
        done(order)
        print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main()
