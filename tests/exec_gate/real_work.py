"""Real work that is done twice, plain and under `headgate guard`, and everything by which the two can be told apart."""

import difflib
import hashlib
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from conftest import HEADGATE

HERE = Path(__file__).parent
LONGEST = 60.0
"""Seconds that one work may take; one that takes longer is ended, and its status is `late`."""

_SHOWN = 40
_DATE = "2026-01-02T03:04:05Z"
_BLURRED = (r"\d+(\.\d+)? ?(ms|s|secs?|seconds)\b",)
"""What differs between any two runs of the same."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """One piece of work: a text for bash, what is there before it, and what no two runs of it have in common."""

    id: str
    run: str
    setup: str = ""
    """Text for bash that prepares the folder, once; it is always run plain."""
    files: Mapping[str, str] = field(default_factory=dict)
    compile: tuple[str, ...] = ()
    """C files among *files*, each compiled into a program of its name without the `.c`."""
    needs: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    """Patterns of paths whose contents are not compared."""
    blur: tuple[str, ...] = ()
    """Regular expressions whose matches in the output are not compared."""
    heavy: bool = False
    """Whether it takes so long that only `make bench` and a whole run of it take it."""
    order: bool = True
    """Whether the lines of the output come in an order that is always the same."""

    @property
    def missing(self) -> list[str]:
        """The programs that it needs and this machine does not have."""
        return [name for name in self.needs if shutil.which(name, path=_path()) is None]


@dataclass(frozen=True)
class Seen:
    """What can be seen of one run."""

    status: int | str
    said: str
    files: Mapping[str, tuple[str, str]]
    """For each path in the folder its kind with its rights, and what is in it."""

    def differences(self, other: "Seen") -> list[str]:
        """Say in what *other* differs, a line each; nothing where the runs were alike."""
        found = []
        if self.status != other.status:
            found.append(f"status {self.status} became {other.status}")
        found += difflib.unified_diff(
            self.said.splitlines(), other.said.splitlines(), "plain", "guarded", "", "", 1, ""
        )
        for path in sorted({*self.files, *other.files}):
            before, after = self.files.get(path, ("absent", "")), other.files.get(path, ("absent", ""))
            if before != after:
                found.append(f"{path}: {before} became {after}")
        return found[:_SHOWN]


def works() -> list[Work]:
    """Return every work of `works/`."""
    found = []
    for file in sorted((HERE / "works").glob("*.toml")):
        for entry in tomllib.loads(file.read_text())["work"]:
            lists = {name: tuple(entry[name]) for name in ("compile", "needs", "ignore", "blur") if name in entry}
            found.append(Work(**entry | lists))
    return found


def _path() -> str:
    usual = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
    cargo = shutil.which("cargo")
    return ":".join([str(Path(sys.executable).parent), *([str(Path(cargo).parent)] if cargo else []), usual])


class Ground:
    """A folder in which works are done, each always under the same path, since programs tell it."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder, self.home = folder, home
        folder.mkdir(parents=True, exist_ok=True)

    def where(self, work: Work) -> Path:
        """Return the folder of *work*."""
        return self.folder / work.id

    def variables(self, work: Work) -> dict[str, str]:
        """Return the environment that *work* is done in."""
        who = {f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        dates = {"GIT_AUTHOR_DATE": _DATE, "GIT_COMMITTER_DATE": _DATE, "SOURCE_DATE_EPOCH": "1767323045"}
        rust = {name: os.environ.get(name, str(Path.home() / at)) for name, at in _RUST.items()}
        return (
            who
            | dates
            | rust
            | {
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_PAGER": "cat",
                "PYTHONDONTWRITEBYTECODE": "1",
                "RUSTUP_AUTO_INSTALL": "0",
            }
            | {"HOME": f"{self.where(work)}.home", "PATH": _path(), "LANG": "C.UTF-8", "TERM": "xterm", "USER": "user"}
            | {"npm_config_update_notifier": "false", "npm_config_offline": "true", "npm_config_audit": "false"}
            | {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
        )

    def prepare(self, work: Work) -> None:
        """Make the folder of *work*, and keep a copy of how it is before the work begins."""
        here = self.where(work)
        Path(f"{here}.home").mkdir(exist_ok=True)
        here.mkdir()
        for name, text in work.files.items():
            path = here / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o755 if text.startswith("#!") else 0o644)
        for name in work.compile:
            words = ["cc", "-O1", "-pthread", "-o", name.removesuffix(".c"), name]
            subprocess.run(words, cwd=here, check=True, timeout=60)
        if work.setup:
            words = ["bash", "-euc", work.setup]
            done = subprocess.run(
                words, cwd=here, env=self.variables(work), check=False, timeout=120, capture_output=True
            )
            assert done.returncode == 0, done.stdout + done.stderr
        Path(f"{here}.sh").write_text(work.run)
        shutil.copytree(here, f"{here}.before", symlinks=True)

    def again(self, work: Work) -> None:
        """Put the folder of *work* back to how it was before."""
        here = self.where(work)
        shutil.rmtree(here, ignore_errors=True)
        shutil.copytree(f"{here}.before", here, symlinks=True)

    def guarded(self, *words: str) -> list[str]:
        """Return what runs *words* under this ground's gate."""
        return [str(HEADGATE), "--home", str(self.home), "guard", "--", *words]

    def do(self, work: Work, *, guard: bool) -> Seen:
        """Do *work* in its folder as it was before, and return what is to be seen of that."""
        self.again(work)
        shell = ["bash", str(self.folder / f"{work.id}.sh")]
        status, said = ended(self.guarded(*shell) if guard else shell, self.where(work), self.variables(work))
        for pattern in (*_BLURRED, *work.blur):
            said = re.sub(pattern, "*", said)
        lines = said.splitlines()
        return Seen(status, "\n".join(lines if work.order else sorted(lines)), self._files(work))

    def _files(self, work: Work) -> dict[str, tuple[str, str]]:
        here = self.where(work)
        found = {}
        for path in sorted(here.rglob("*")):
            name = str(path.relative_to(here))
            ignored = any(fnmatch(name, pattern) for pattern in work.ignore)
            found[name] = (stat.filemode(path.lstat().st_mode), "" if ignored else contents(path))
        return {name: what for name, what in found.items() if not _gone(name, work)}


def _gone(name: str, work: Work) -> bool:
    """Whether even the name is not compared: a pattern with a `!` before it."""
    return any(fnmatch(name, pattern[1:]) for pattern in work.ignore if pattern.startswith("!"))


_RUST = {"CARGO_HOME": ".cargo", "RUSTUP_HOME": ".rustup"}


def contents(path: Path) -> str:
    """Return what is in *path*: where a link leads, the text of a short file, or a digest."""
    if path.is_symlink():
        return str(path.readlink())
    if not path.is_file():
        return ""
    held = path.read_bytes()
    return held.decode(errors="replace") if len(held) < 400 else hashlib.sha256(held).hexdigest()


def ended(words: Sequence[str], where: Path, variables: Mapping[str, str]) -> tuple[int | str, str]:
    """Run *words* in a session of its own until their output ends; return the status and the output."""
    with subprocess.Popen(
        words,
        cwd=where,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as running:
        try:
            said, _none = running.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            for found in below(running.pid):
                with suppress(ProcessLookupError):
                    os.kill(found, signal.SIGKILL)
            said, _none = running.communicate(timeout=LONGEST)
            return "late", said.decode(errors="replace")
    return running.returncode, said.decode(errors="replace")


def below(session: int) -> list[int]:
    """Return the processes of *session*."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            if os.getsid(int(folder.name)) == session:
                found.append(int(folder.name))
    return found
