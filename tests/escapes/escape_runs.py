"""Ways that are run, without a gate or under `headgate guard`, and what the marks say about where the work ran."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from stands import Ground, Way

from conftest import HEADGATE, Gate

AT_ONCE = 3
"""Ways that are under way at a time."""

LONGEST = 40
"""Seconds that one way may take, and that its leftovers may go on after the last of them."""


@dataclass(frozen=True)
class Mark:
    """What one marked program wrote down of itself."""

    argv: str
    filters: str
    """How many filters of system calls it ran under; `?` where it could not tell."""
    ancestors: tuple[str, ...]
    """The processes above it, nearest first, each as its number, its name and its words."""

    @classmethod
    def of(cls, line: str) -> "Mark":
        """Read one line of the file of marks."""
        fields = dict(part.partition("=")[::2] for part in line.split("\t"))
        above = tuple(item for item in fields.get("ancestors", "").split("|") if item)
        return cls(fields.get("argv", ""), fields.get("filters", "?"), above)

    @property
    def in_worker(self) -> bool:
        """Whether a worker's job ran it: the nearest keeper above it is that of a job, and no filter came with it."""
        words = [item.split(" ", 2)[-1] for item in self.ancestors]
        keepers = [found[1] for item in words if (found := re.match(r"\S*headgate-shim ?(job|[a-z]+)", item))]
        return keepers[:1] == ["job"] and self.filters == own_filters()


def own_filters() -> str:
    """Return how many filters this process itself runs under, as a container's processes do."""
    found = re.search(r"^Seccomp_filters:\s*(\d+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    return found[1] if found else "0"


@dataclass(frozen=True)
class Outcome:
    """How one way went."""

    way: Way
    status: int
    output: str
    marks: tuple[Mark, ...]

    @property
    def leaked(self) -> bool:
        """Whether the marked program ran anywhere but in a worker."""
        return any(not mark.in_worker for mark in self.marks)

    @property
    def fence(self) -> str:
        """What stopped it, by the words that it was answered with."""
        if self.leaked:
            return "leaked"
        found = re.search(r"\b(HG\d{3})\b", self.output)
        return found[1] if found else ("delegated" if "headgate" in self.output else "silent")


class Course:
    """All that is needed to run ways once: a folder, the marked programs in it, and a gate where there is one."""

    def __init__(self, folder: Path, cache: Path, *, settings: str = "", guard: tuple[str, ...] | None = None) -> None:
        self.ground = Ground(folder / "g", cache)
        self.guard = guard
        self.gate = Gate(folder / "home")
        self._settings = f"schema = 1\n[settings]\n{settings}\n"
        self._config = folder / "config"

    def run(self, ways: Iterable[Way]) -> list[Outcome]:
        """Run *ways*, wait for what they left behind, and tell how each went."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            done = list(pool.map(self._one, ways))
        self._settle()
        marks = [Mark.of(line) for line in self.ground.marks()]
        return [Outcome(way, status, said, tuple(of(way, marks))) for way, status, said in done]

    def _one(self, way: Way) -> tuple[Way, int, str]:
        self.ground.prepare(way)
        words = ["bash", "-c", self.ground.text(way)]
        if self.guard is not None:
            words = [str(HEADGATE), "--home", str(self.gate.home), "guard", *self.guard, "--", *words]
        where, out = self.ground.where(way), self.ground.where(way) / "said"
        with out.open("wb") as stream:  # a file: what the way leaves behind keeps no pipe open
            begun = subprocess.Popen(
                words,
                cwd=where,
                env=self.ground.variables(way),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
            try:
                status = begun.wait(LONGEST)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(begun.pid, signal.SIGKILL)
                status = begun.wait() or -1
        return way, status, out.read_text(errors="replace")[-4000:]

    def _settle(self) -> None:
        """Wait until nothing is left that a way began; what is left after that is ended."""
        time.sleep(0.5)  # a daemon in the root folder cannot be told from others: the longest sleeps less
        deadline = time.monotonic() + 10
        while (left := list(self._left())) and time.monotonic() < deadline:
            time.sleep(0.05)
        for number in left:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)

    def _left(self) -> Iterator[int]:
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if str(folder.joinpath("cwd").readlink()).startswith(str(self.ground.folder)):
                    yield int(folder.name)

    @contextmanager
    def begun(self) -> Iterator["Course"]:
        """Start the one daemon for all ways, where there is a gate, and end it afterwards."""
        if self.guard is None:
            yield self
            return
        policy = self._config / "headgate" / "policy.toml"
        policy.parent.mkdir(parents=True)
        policy.write_text(self._settings)
        done = self.gate.run("status", env=os.environ | {"XDG_CONFIG_HOME": str(self._config)})
        assert done.returncode == 0, done.stdout + done.stderr
        try:
            yield self
        finally:
            for job in (json.loads(line) for line in self.gate.run("jobs", "--json").stdout.splitlines()):
                if job["state"] in {"running", "started", "queued", "claimed"}:
                    self.gate.run("cancel", str(job["id"]))
            self.gate.run("stop")


def of(way: Way, marks: Iterable[Mark]) -> Iterator[Mark]:
    """Yield the marks of *way*: its name is in the words that the marked program was given."""
    whole = re.compile(rf"(?<![\w-]){re.escape(way.id)}(?![\w-])")
    return (mark for mark in marks if whole.search(mark.argv))


@contextmanager
def course(cache: Path, *, settings: str = "", guard: tuple[str, ...] | None = None) -> Iterator[Course]:
    """Lay out a course in a folder of its own with a short path, and clear it away."""
    with (
        TemporaryDirectory(prefix="hg-", dir="/tmp", ignore_cleanup_errors=True) as folder,
        Course(Path(folder), cache, settings=settings, guard=guard).begun() as made,
    ):
        yield made
