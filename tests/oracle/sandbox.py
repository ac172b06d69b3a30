"""Programs of ours, really run: stand-ins for everything that does something, and a folder for each program."""

import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

STAND_INS = tuple(
    "ssh scp rsync sftp mosh kubectl helm terraform ansible docker podman systemctl service psql redis-cli fly".split()
)
"""Programs that only note how they were called."""

PASSING = ("sudo", "doas")
"""Programs that run their words, as the real ones do, without becoming anybody else."""

TOOLS = tuple(
    "awk base32 base64 bash cat chmod chrt cp cut dash dd ed env expr find flock git grep gunzip gzip head install "
    "ionice ln ls make mkdir mkfifo mv nice nohup node perl prlimit rev script sed seq setarch setsid sh sleep sort "
    "split stdbuf tac tail tar taskset tee test timeout touch tr true uniq wc xargs xxd yes".split()
)
"""The ordinary programs that templates use; one that this machine has not is left out."""

SEPARATOR = "\x1f"
_NOTE = """#!/bin/sh
IFS='{separator}'
printf '%s\\n' "${{0##*/}}{separator}$*" >> '{marks}'
"""
_PASS = """#!/bin/sh
while :; do
  case $1 in
    -u) shift 2;;
    --) shift; break;;
    -*) shift;;
    *) break;;
  esac
done
exec env "$@"
"""
_SECONDS = 4
"""What a program may take; one that starts itself without end takes as long as that of every processor."""
_SHELL = ("bash", "--norc", "--noprofile", "-c")


class Sandbox:
    """A folder with stand-ins as the whole `PATH`; with *more* scripts by name where a test needs them."""

    def __init__(self, more: Mapping[str, str] | None = None) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="hg-oracle-"))
        self.marks = self.root / "marks"
        self.marks.touch()
        self.tools = self.root / "bin"
        self.tools.mkdir()
        (self.root / "home").mkdir()
        for name in STAND_INS:
            self._write(name, _NOTE.format(separator=SEPARATOR, marks=self.marks))
        for name in PASSING:
            self._write(name, _PASS)
        for name, script in (more or {}).items():
            self._write(name, script)
        self.missing = {name for name in TOOLS if not self._link(name)}
        (self.tools / "python3").symlink_to(os.path.realpath(sys.executable))
        self.environment = {
            "PATH": str(self.tools),
            "HOME": str(self.root / "home"),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CEILING_DIRECTORIES": str(self.root),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    def run(self, texts: Iterable[str]) -> set[tuple[str, ...]]:
        """Run each of *texts* by bash, in a new folder; return the words of every marked command that ran."""
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 24, before[1]))
        try:
            for text in texts:
                self._run(text)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)  # what this process starts later has no such limit
        return {tuple(line.split(SEPARATOR)) for line in self.marks.read_text(errors="replace").splitlines()}

    def _run(self, text: str) -> None:
        place = tempfile.mkdtemp(dir=self.root)
        quiet = subprocess.DEVNULL
        with subprocess.Popen(
            (*_SHELL, text),
            cwd=place,
            env=self.environment,
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            start_new_session=True,
        ) as shell:
            try:
                shell.wait(_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(shell.pid, signal.SIGKILL)
        shutil.rmtree(place, ignore_errors=True)

    def _write(self, name: str, text: str) -> None:
        (self.tools / name).write_text(text)
        (self.tools / name).chmod(0o755)

    def _link(self, name: str) -> bool:
        found = shutil.which(name, path="/usr/bin:/bin:/usr/local/bin:/usr/sbin:/sbin")
        if found:
            (self.tools / name).symlink_to(found)
        return bool(found)
