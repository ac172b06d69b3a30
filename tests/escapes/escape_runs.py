"""Ways that are run, without a gate or under `headgate guard`, and what the marks say about where the work ran."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from stands import STANDS, Ground, Way

from conftest import HEADGATE, Gate
from headgate.model.job import OPEN

AT_ONCE = 4
"""Ways that are under way at a time."""

BATCH = Path(__file__).with_name("batch.py")


@dataclass(frozen=True)
class Mark:
    """What one marked program wrote down of itself."""

    argv: str
    filters: str
    """How many filters of system calls it ran under; `?` where it could not tell."""
    job: str
    """What its environment says of the job it is in."""
    ancestors: tuple[str, ...]
    """The processes above it, nearest first, each as its number, its name and its words."""

    @classmethod
    def of(cls, line: str) -> "Mark":
        """Read one line of the file of marks."""
        fields = dict(part.partition("=")[::2] for part in line.split("\t"))
        above = tuple(item for item in fields.get("ancestors", "").split("|") if item)
        return cls(fields.get("argv", ""), fields.get("filters", "?"), fields.get("job", ""), above)

    def heavy(self, way: Way) -> bool:
        """Whether it was asked for the heavy work of *way*, and not for something lighter that the gate let pass."""
        return (way.asked or " ".join(way.words[1:])) in self.argv

    @property
    def in_worker(self) -> bool:
        """Whether a worker's job ran it: by the keeper above it, or by its job's name where it outlived that."""
        words = [item.split(" ", 2)[-1] for item in self.ancestors]
        keepers = [found[1] for item in words if (found := re.match(r"\S*headgate-shim ?(job|[a-z]+)", item))]
        return (keepers[:1] == ["job"] or (not keepers and bool(self.job))) and self.filters == own_filters()


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
    caught: str = ""
    """The program whose start was not allowed, by the gate's journal; `its text` where the shell of the way was."""

    @property
    def worked(self) -> bool:
        """Whether a worker did the work."""
        return any(mark.in_worker for mark in self.marks)

    @property
    def leaked(self) -> bool:
        """Whether the marked program ran anywhere but in a worker."""
        return any(not mark.in_worker and mark.heavy(self.way) for mark in self.marks)


class Course:
    """All that is needed to run ways once: a folder, the marked programs in it, and a gate where there is one."""

    def __init__(self, folder: Path, cache: Path, *, settings: str = "", guard: tuple[str, ...] | None = None) -> None:
        self.ground = Ground(folder / "g", cache)
        self.gate = Gate(folder / "home")
        self._guard = guard
        self._settings = settings
        self._etc = folder / "etc"
        self.strays: list[str] = []
        """What marked programs were called with that is no way's: work that nobody asked for."""

    def run(self, ways: Sequence[Way]) -> list[Outcome]:
        """Run *ways*, wait for what they left behind, and tell how each went."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            done = [
                item for part in pool.map(self._batch, [ways[at::AT_ONCE] for at in range(AT_ONCE)]) for item in part
            ]
        self._settle()
        if self._guard is not None:
            self._await_jobs()
        marks = [Mark.of(line) for line in self.ground.marks()]
        self.strays = [
            mark.argv
            for mark in marks
            if "--version" not in mark.argv and not any(list(of(way, [mark])) for way in ways)
        ]
        # a race of the way's own may leave off in the middle of the words
        self.strays = [
            argv for argv in self.strays if not any(mark.argv.startswith(argv) != (mark.argv == argv) for mark in marks)
        ]
        said = {way: (self.ground.where(way) / "said").read_text(errors="replace")[-4000:] for way, _status in done}
        caught = self._caught({way.id: self.ground.text(way) for way in ways}) if self._guard is not None else {}
        return [Outcome(way, status, said[way], tuple(of(way, marks)), caught.get(way.id, "")) for way, status in done]

    def _caught(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Return, for each way, what the gate's journal says was not allowed first."""
        names = {event["session"]: Path(str(event["cwd"])).name for event in self.gate.events("command-guarded")}
        found: dict[str, str] = {}
        for event in self.gate.events("decided"):
            name = names.get(event["caller"]["session"], "")  # type: ignore[index]
            if event["decision"] != "allow" and name in texts:
                found.setdefault(name, _program(str(event["command"]), texts[name]))
        return found

    def _batch(self, ways: Sequence[Way]) -> list[tuple[Way, int]]:
        """Run *ways* one after another; return how each ended."""
        for way in ways:
            self.ground.prepare(way)
        file = Path(tempfile.mkstemp(suffix=".jsonl", dir=self.ground.folder)[1])
        entries = [
            {"text": self.ground.text(way), "where": str(self.ground.where(way)), "env": self.ground.variables(way)}
            for way in ways
        ]
        file.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))
        words = [] if self._guard is None else ["--home", str(self.gate.home), "guard", *self._guard]
        command = [sys.executable, str(BATCH), str(file), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
        statuses = [int(line) for line in done.stdout.split()]
        assert len(statuses) == len(ways), done.stderr
        return list(zip(ways, statuses, strict=True))

    def _settle(self) -> None:
        """Wait until nothing is left that a way began; what is left after that is ended."""
        time.sleep(0.5)  # what has gone to the root folder may be a script: the longest sleeps less
        deadline = time.monotonic() + 10
        while (left := list(self._left())) and time.monotonic() < deadline:
            time.sleep(0.05)
        for number in left:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)

    def _await_jobs(self) -> None:
        """Wait until the workers have done what they were given."""
        deadline = time.monotonic() + 300
        while any(job["state"] in OPEN for job in self._jobs()) and time.monotonic() < deadline:
            time.sleep(0.2)

    def _jobs(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.gate.here("jobs", "--json", expect=None).splitlines()]

    def _left(self) -> Iterator[int]:
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                places = [str(folder.joinpath(name).readlink()) for name in ("cwd", "exe")]
                if any(place.startswith(str(self.ground.folder)) for place in places):
                    yield int(folder.name)

    @contextmanager
    def begun(self) -> Iterator["Course"]:
        """Start the one daemon for all ways, where there is a gate, and end it afterwards."""
        if self._guard is None:
            yield self
            return
        done = subprocess.run(
            self._starts(), capture_output=True, text=True, check=False, timeout=60, env=self._installed()
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "WRONG" not in done.stdout, done.stdout
        try:
            yield self
        finally:
            self.gate.end()

    def _installed(self) -> dict[str, str]:
        """Return the daemon's environment: the marked programs are installed, as real ones would be."""
        path = ":".join([*(f"{self.ground.folder}/stands/{name}/bin" for name in STANDS), os.environ["PATH"]])
        return os.environ | {"PATH": path}

    def _starts(self) -> list[str]:
        """Return what starts the daemon: where settings are given, as an organisation's, in a namespace of mounts."""
        words = [str(HEADGATE), "--home", str(self.gate.home), "status"]
        if not self._settings:
            return words
        shutil.copytree("/etc", self._etc, symlinks=True, ignore=shutil.ignore_patterns("ssl"))
        (self._etc / "headgate").mkdir(mode=0o755, exist_ok=True)
        (self._etc / "headgate" / "policy.toml").write_text(
            f'schema = 1\nprofile = "balanced"\n[settings]\n{self._settings}\n'
        )
        return ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', str(self._etc), *words]


def _program(command: str, text: str) -> str:
    if command == shlex.join(["bash", "-c", text]):
        return "its text"
    words = re.sub(r"^cd \S+ && ", "", command).split()
    return next((word.strip("'").rpartition("/")[2] for word in words if "=" not in word), command)


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
