"""A server that tells each caller what it is taken for, and ways to call it."""

import contextlib
import json
import os
import pty
import select
import shlex
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from headgate.host.people import Governed, governed_by, standing
from headgate.host.processes import peer_of

_ASK = """\
import socket, sys
with socket.socket(socket.AF_UNIX) as line:
    line.connect(sys.argv[1])
    said = line.makefile().read()
with open(sys.argv[2] + ".new", "w") as file:
    file.write(said)
import os
os.rename(sys.argv[2] + ".new", sys.argv[2])
"""


class Judge:
    """Judges whoever connects to its socket, by *governed*."""

    def __init__(self, folder: Path, governed: Governed) -> None:
        self.folder = folder
        self.governed = governed
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / "judge.sock"))
        self.listener.listen()
        (folder / "ask.py").write_text(_ASK)
        for path in (folder, folder / "judge.sock"):
            path.chmod(0o777)
        self._count = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with connection:
                    peer = peer_of(connection)
                    found = standing(peer, self.governed)
                    answer = {"refused": found.refused, "proved": found.proved, "pid": peer.pid}
                    answer["governed"] = governed_by(peer, self.governed)
                    connection.sendall(json.dumps(answer).encode())

    def question(self) -> tuple[str, Path]:
        """Return a command that asks, and the file in which the answer will stand."""
        self._count += 1
        answer = self.folder / f"answer-{self._count}"
        return shlex.join(
            [sys.executable, str(self.folder / "ask.py"), str(self.folder / "judge.sock"), str(answer)]
        ), answer


@contextlib.contextmanager
def judge(governed: Governed = lambda _pid, _since: "") -> Iterator[Judge]:
    """Run a judge."""
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp") as folder:
        found = Judge(Path(folder), governed)
        yield found
        found.listener.shutdown(socket.SHUT_RDWR)
        found.listener.close()


def answered(answer: Path) -> dict[str, str]:
    """Return what the judge said, once it has."""
    deadline = time.monotonic() + 60
    while not answer.exists():
        assert time.monotonic() < deadline, "nobody asked"
        time.sleep(0.01)
    said: dict[str, str] = json.loads(answer.read_text())
    return said


def at_a_terminal(words: list[str], *answers: str) -> str:
    """Run *words* at a pseudo-terminal that this process holds; return all that was shown.

    Each of *answers* is typed once a prompt stands there: what is typed before one is thrown away.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        with contextlib.suppress(OSError):
            os.execvp(words[0], words)
        os._exit(127)
    shown, left, seen = b"", list(answers), 0
    with contextlib.suppress(OSError):
        while select.select([terminal], [], [], 60)[0] and (chunk := os.read(terminal, 65536)):
            shown += chunk
            if left and shown[seen:].endswith(b": "):
                seen = len(shown)
                os.write(terminal, left.pop(0).encode() + b"\n")
    os.close(terminal)
    os.waitpid(pid, 0)
    return shown.decode("utf-8", "replace")


def orphaned(command: str) -> None:
    """Run *command* at a terminal of its own, in a process that got away from this one: two forks and a session."""
    words = ["setsid", "--fork", "script", "-qec", command, "/dev/null"]
    subprocess.run(
        ["/bin/sh", "-c", f"{shlex.join(words)} </dev/null >/dev/null 2>&1 &"], check=True, start_new_session=True
    )
