"""A gate's folders, shims and socket, with programs to stand in for what is watched."""

import contextlib
import importlib.util
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headgate.host.home import Home
from headgate.host.shims import Shims
from headgate.intercept.starts import frames, start_of, written
from headgate.model.start import Reply, Start, Verdict

ROOT = Path(__file__).parents[2]
_spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
assert _spec is not None
assert _spec.loader is not None
BUILD = importlib.util.module_from_spec(_spec)
sys.modules.setdefault("hatch_build", BUILD)
_spec.loader.exec_module(BUILD)
STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror")
MEETING = "-DMEETING_MS=1500"
"""So long, and not ten seconds, a start waits for a daemon."""

REAL = """\
#!/bin/sh
echo "real ${0##*/}" "$@"
cat
exit 43
"""
VALUED = ",PATH,BASH_ENV,KUBECONFIG,"

Answer = Callable[[Start], Reply]


def go(_start: Start) -> Reply:
    return Reply(Verdict.GO)


class Socket:
    """Stands in for the daemon: gives each start the answer of *answer*, and keeps what it heard."""

    def __init__(self, path: Path) -> None:
        self.answer: Answer = go
        self.starts: list[Start] = []
        self.greetings: list[str] = []
        self.hang_up = 0
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen(16)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection = self._socket.accept()[0]
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        heard = bytearray()
        while b"\n" not in heard:
            heard += connection.recv(1)
        self.greetings.append(heard.decode())
        heard.clear()
        while part := connection.recv(65536):
            heard += part
            for frame in frames(heard):
                if self.hang_up:
                    self.hang_up -= 1
                    return
                start = start_of(frame)
                self.starts.append(start)
                connection.sendall(written(frame.id, self.answer(start)))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


class World:
    """One gate in portable mode with one call, and a PATH with programs that tell that they ran."""

    def __init__(self, top: Path, program: Path) -> None:
        self.top = top
        self.home = Home(top / "home")
        self.call = self.home.path / "runs" / "call-1"
        self.real = top / "real"
        self.user = top / "user"
        for folder in (self.call, self.real, self.user):
            folder.mkdir(parents=True)
        for name in ("ssh", "kubectl"):
            self.add(name)
        self.options()
        self.shims = Shims(self.home, str(program))
        self.base = {"PATH": f"{self.real}:/usr/bin:/bin", "HOME": str(self.user), "LANG": "C.UTF-8"}
        self.gate: Socket | None = None

    def options(self, path: Path | None = None) -> None:
        text = f"socket {path or self.home.socket}\nmode portable\nnnp 0\nnetwork 0\nvalue {VALUED}\n"
        (self.call / "gate").write_text(text)

    def add(self, name: str, text: str = REAL) -> Path:
        path = self.real / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def open(self, answer: Answer = go) -> Socket:
        self.gate = Socket(self.home.socket)
        self.gate.answer = answer
        return self.gate

    def env(self, **more: str) -> dict[str, str]:
        """Return the environment of the call, made from the user's with *more* in it."""
        return self.shims.environment(self.base | more, self.call)

    def run(self, *words: str, env: dict[str, str] | None = None, **more: Any) -> subprocess.CompletedProcess[str]:
        given = self.env() if env is None else env
        options: dict[str, Any] = {"stdin": subprocess.DEVNULL} | more
        found = shutil.which(words[0], path=given["PATH"])
        return subprocess.run(
            words,
            executable=found,
            env=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            **options,
        )

    def script(self, name: str, text: str) -> str:
        path = self.top / name
        path.write_text(text)
        path.chmod(0o755)
        return str(path)


def ran(start: Start) -> str:
    """Return what a start was: the name of its file and its arguments."""
    return " ".join([Path(start.path).name, *start.words[1:]])


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("portable") / "headgate-shim"
    if not BUILD.compile_client(found, (*STRICT, MEETING), BUILD.SHIM):
        if any(shutil.which(c[0]) for c in BUILD.compilers()):
            pytest.fail("the program does not compile")
        pytest.skip("no C compiler on this machine")
    return found


@pytest.fixture
def world(program: Path) -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp") as folder:
        found = World(Path(folder).resolve(), program)
        yield found
        if found.gate is not None:
            found.gate.close()
