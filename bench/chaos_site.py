"""What the chaos harness does its harm to: a gate, its database, fleet workers, and their processes on this machine."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from chaos_run import prefix
from headgate.host.home import Home

POOL = "far"
WORKERS = ("w1", "w2")

PATIENCE = 60.0
"""Seconds that a daemon may take to start."""


class Times(msgspec.Struct, frozen=True):
    """Seconds: the life of a lease, between signs of life, the grace of a claim, and the longest run of a job."""

    ttl: float = 3.0
    beat: float = 0.5
    grace: float = 2.0
    longest: float = 3.0

    @property
    def words(self) -> list[float]:
        """What a process of the harness is told."""
        return [self.ttl, self.beat, self.grace]


class Process(msgspec.Struct, frozen=True):
    """A process of the site: *part* is the folder of a worker, or that of the work that a keeper keeps."""

    pid: int
    kind: str
    part: str = ""


class Site:
    """One gate in *folder*; with a *server* also two workers that take work from its database."""

    def __init__(self, folder: Path, times: Times, server: Any | None) -> None:  # noqa: ANN401 a part of the tests
        """Lay out the folder; nothing runs yet."""
        self.folder, self.times, self.server = folder, times, server
        self.home = Home(folder / "g")
        self.effects = folder / "effects"
        self.store = server.database() if server is not None else ""
        self.workers = WORKERS if server is not None else ()
        self.killed: set[str] = set()  # folders of work whose keeper was killed
        self.pids: set[int] = set()  # what was killed
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("HEADGATE", "XDG"))
        } | {"XDG_CONFIG_HOME": str(folder / "config"), "SHELL": "/bin/bash"}
        self._children: list[subprocess.Popen[bytes]] = []
        self._starting = threading.Lock()
        self._configure()

    def _configure(self) -> None:
        file = self.folder / "config" / "headgate" / "headgate.toml"
        file.parent.mkdir(parents=True)
        pools = f'[pools.{POOL}]\nstore = "{self.store}"\nquarantine = false\n' if self.store else ""
        file.write_text(f"schema = 1\n[pools.local]\nquarantine = false\n{pools}")  # no person is there to release it
        self.effects.touch()

    # -- processes ---------------------------------------------------------------------------

    def words(self, *words: str) -> list[str]:
        """Return the command that runs `headgate` with the site's times on its home."""
        return [*prefix(self.times.words), "--home", str(self.home.path), *words]

    def spawn(self, command: list[str], **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 as Popen
        """Start *command* with the site's environment."""
        return subprocess.Popen(command, env=self.environment, cwd=self.folder, **options)

    def start(self) -> None:
        """Start what does not run: the database, the daemon, the workers."""
        if self.server is not None:
            self.start_server()
        self.start_daemon()
        for worker in self.workers:
            self.start_worker(worker)

    def start_server(self) -> None:
        """Start the database, where it does not run."""
        with self._starting:
            if self.server is not None and self.server._process is None:  # noqa: SLF001 it has no other word for it
                self.server.start()

    def start_daemon(self) -> None:
        """Start the daemon, and return once one answers; where one runs, this one ends by itself."""
        deadline = time.monotonic() + PATIENCE
        while not self.answers() and time.monotonic() < deadline:
            if not self.processes("daemon"):
                self._run(self.words("serve"), "daemon.out")
            time.sleep(0.1)

    def answers(self) -> bool:
        """Whether a daemon listens."""
        with socket.socket(socket.AF_UNIX) as connection:
            return connection.connect_ex(str(self.home.socket)) == 0

    def start_worker(self, worker: str) -> None:
        """Start a worker of the pool; where it runs, this one ends by itself."""
        home = str(self.folder / worker)
        options = ["--pool", POOL, "--store", self.store, "--places", "8"]
        self._run([*prefix(self.times.words), "--home", home, "worker", *options], f"{worker}.out")

    def _run(self, command: list[str], log: str) -> None:
        with (self.folder / log).open("ab") as file:
            self._children.append(self.spawn(command, stdout=file, stderr=file, start_new_session=True))
        self._children = [child for child in self._children if child.poll() is None]

    def processes(self, kind: str, part: str = "") -> list[Process]:
        """Return the processes of a *kind*: `daemon`, `worker` (of the folder *part*), `enqueuer`, `keeper`."""
        return [one for one in self._processes() if one.kind == kind and part in {"", one.part}]

    def _processes(self) -> Iterator[Process]:
        mark = str(self.folder)
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and mark in (text := (entry / "cmdline").read_bytes().decode(errors="replace")):
                    yield from self._kind(int(entry.name), text.split("\0"))

    def _kind(self, pid: int, words: list[str]) -> Iterator[Process]:
        if words[0].endswith("headgate-shim") and "job" in words:
            yield Process(pid, "keeper", words[words.index("job") + 1])
        elif "--home" in words and pid != os.getpid():
            home = Path(words[words.index("--home") + 1])
            for word, kind in (("serve", "daemon"), ("worker", "worker"), ("delegate", "enqueuer")):
                if word in words:
                    yield Process(pid, kind, home.name)

    def signal(self, number: int, processes: list[Process]) -> None:
        """Send a signal to each; a keeper that is being started may still look like the daemon that starts it."""
        self.pids |= {one.pid for one in processes} if number == signal.SIGKILL else set()
        for one in processes:
            with suppress(ProcessLookupError):
                os.kill(one.pid, number)

    # -- the end -----------------------------------------------------------------------------

    def heal(self) -> None:
        """Let everything run again that still exists, and start what does not."""
        self.signal(signal.SIGCONT, list(self._processes()))
        self.start()

    def close(self) -> None:
        """End everything that belongs to the site."""
        deadline = time.monotonic() + 60
        while (left := list(self._processes())) and time.monotonic() < deadline:
            self.signal(signal.SIGKILL, left)
            time.sleep(0.05)
        for child in self._children:
            child.wait()


@contextmanager
def running(site: Site) -> Iterator[Site]:
    """Yield *site* while it runs, and end it then."""
    try:
        site.start()
        yield site
    finally:
        site.close()
