"""A throw-away Postgres with full durability, on a Unix socket: `with postgres() as server: server.database()`."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

OWNER = "postgres"


def programs() -> Path | None:
    """Return the folder with the programs of Postgres; `None` where there is none."""
    known = shutil.which("postgres")
    found = [Path(known).resolve()] if known else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True)
    return next((path.parent for path in found if (path.parent / "initdb").exists()), None)


class Server:
    """One cluster. It can be stopped as a crash would, and started again on what it had written."""

    def __init__(self, folder: Path, bin_folder: Path) -> None:
        self.folder, self._bin = folder, bin_folder
        self._process: subprocess.Popen[bytes] | None = None
        self._names = count(1)

    def url(self, name: str = "postgres", role: str = OWNER) -> str:
        """Return the address of the database *name* for *role*."""
        return f"postgresql://{role}@/{name}?host={self.folder}"

    def database(self) -> str:
        """Make an empty database, and return its address for the superuser."""
        name = f"test_{os.getpid()}_{next(self._names)}"
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def sql(self, text: str, url: str | None = None) -> list[tuple[object, ...]]:
        """Carry out *text* on its own, and return its rows."""
        import psycopg

        with psycopg.connect(url or self.url(), autocommit=True) as connection:
            cursor = connection.execute(text)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        """Start the server, and return once it takes connections."""
        command = [self._bin / "postgres", "-D", self.folder / "data", "-k", self.folder, "-c", "listen_addresses="]
        command += ["-c", "max_connections=200", "-c", "fsync=on"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                _as_owner(command), stdout=log, stderr=log, start_new_session=True, cwd=self.folder
            )
        deadline = time.monotonic() + 90
        while subprocess.run(
            [self._bin / "pg_isready", "-q", "-h", self.folder, "-d", "postgres"], check=False
        ).returncode:
            assert self._process.poll() is None, (self.folder / "log").read_text(errors="replace")[-2000:]
            assert time.monotonic() < deadline, "Postgres does not take connections"
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server at once, as a crash would: nothing is flushed, every connection breaks."""
        if self._process is None:
            return
        if self._process.poll() is None:
            number = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
            os.kill(number, signal.SIGQUIT)
        self._process.wait(90)
        self._process = None


@contextmanager
def postgres() -> Iterator[Server]:
    """Yield a new server, and remove it afterwards; `programs()` says whether that is possible."""
    bin_folder = programs()
    assert bin_folder is not None, "there is no Postgres"
    folder = Path(tempfile.mkdtemp(prefix="hg-pg-", dir="/tmp"))  # the path of a socket is short
    try:
        if os.getuid() == 0:
            shutil.chown(folder, OWNER, OWNER)
        made = [bin_folder / "initdb", "-D", folder / "data", "-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-locale"]
        subprocess.run(_as_owner(made), check=True, capture_output=True, cwd=folder)
        server = Server(folder, bin_folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_owner(command: list[str | Path]) -> list[str]:
    """Return *command* for a user that Postgres accepts: it refuses root."""
    words = [str(word) for word in command]
    if os.getuid() != 0:
        return words
    return ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups", "--", *words]
