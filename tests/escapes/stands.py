"""The marked programs, the ways as they stand in the data, and the folder that each of them is run in."""

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
import tomllib
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = ("ssh", "kubectl", "systemctl", "terraform")
HEAVY = {
    "ssh": ("ssh", "web1", "systemctl restart {id}"),
    "kubectl": ("kubectl", "apply", "-f", "{id}.yaml"),
    "delete": ("kubectl", "delete", "ns", "{id}"),
    "systemctl": ("systemctl", "restart", "{id}"),
    "terraform": ("terraform", "apply", "-auto-approve", "{id}"),
}
"""What the marked program is asked to do. The way's own name is in it, so a mark says whose it is."""

STANDS = {
    "static": ("cc", "-static", "standin.c"),
    "dynamic": ("cc", "standin.c"),
    "musl": ("musl-gcc", "-static", "standin.c"),
    "script": (),
}
"""The kinds of marked programs, and what compiles them; a way of kind `musl` needs that compiler."""
_FLAGS = ("-O1", "-w", "-pthread", f"-I{HERE}")


@dataclass(frozen=True, eq=False)
class Way:
    """One way for a light-looking command to start a marked program, as `ways/*.toml` says it."""

    id: str
    family: str
    run: str
    """The text that is given to bash."""
    needs: tuple[str, ...] = ()
    """Programs without which there is no such way."""
    heavy: str = "ssh"
    stand: str = "static"
    files: dict[str, str] = field(default_factory=dict)
    compile: tuple[str, ...] = ()
    """Arguments of the C compiler, for what is there before the way begins."""
    probe: str = ""
    """A text of the shell; where it fails this machine does not let anybody go this way."""
    setup: str = ""
    """A text of the shell that is run before the way, outside of any gate."""
    repository: bool = False
    loader: str = ""
    """How the shell gets the text, where the guard is given one word only; see `loader.c`."""
    env: dict[str, str] = field(default_factory=dict)
    asked: str = ""
    """What the marked program is asked for, where that is not the heavy words."""
    shown: bool = False
    """Whether the text itself shows the heavy work, on purpose."""

    @property
    def words(self) -> list[str]:
        """What the marked program is called with."""
        return [word.format(id=self.id) for word in HEAVY[self.heavy]]

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """What it needs and this machine does not have: programs, or the right to use them."""
        found = tuple(name for name in self.needs if shutil.which(name, path=_path()) is None)
        return found or ((self.probe,) if self.probe and not _works(self.probe) else ())


@lru_cache
def _works(probe: str) -> bool:
    return subprocess.run(["sh", "-c", probe], capture_output=True, check=False, timeout=30).returncode == 0


@lru_cache
def ways() -> tuple[Way, ...]:
    """Return every way of the data, in its order."""
    found = []
    for file in sorted((HERE / "ways").glob("*.toml")):
        data = tomllib.loads(file.read_text())
        for number, entry in enumerate(data["way"]):
            entry.setdefault("family", file.stem)
            entry.setdefault("stand", ("static", "script")[number % 2])
            entry.setdefault("heavy", PROGRAMS[number % len(PROGRAMS)])
            entry["needs"], entry["compile"] = tuple(entry.get("needs", ())), tuple(entry.get("compile", ()))
            found.append(Way(**entry))
    return tuple(found)


def _path(*first: Path) -> str:
    return ":".join(
        [*map(str, first), str(Path(sys.executable).parent), "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"]
    )


class Ground:
    """A folder with the marked programs, and a folder for each way in it; what was compiled is shared in *cache*."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder, self.cache = folder, cache
        self.mark = folder / "marks"
        folder.mkdir(parents=True, exist_ok=True)
        cache.mkdir(parents=True, exist_ok=True)
        self.mark.touch()
        self.mark.chmod(0o666)
        for name, source in STANDS.items():
            self._stand(folder / "stands" / name / "bin", source)
        self.compile(f"{HERE}/loader.c -static -o {folder}/loader/hgrun", HERE)
        self._repository = folder / "repository"
        self._begin_repository()

    def _stand(self, into: Path, source: tuple[str, ...]) -> None:
        into.mkdir(parents=True)
        made = into / "made"
        if source:
            if shutil.which(source[0]) is None:
                return
            words = [*source[1:-1], f'-DMARK="{self.mark}"', f"{HERE}/{source[-1]}", "-o", str(made)]
            self.compile(shlex.join(words), HERE, source[0])
        else:
            made.write_text((HERE / "standin.sh").read_text().replace("MARK", str(self.mark)))
        for name in PROGRAMS:  # as real ones do, they differ
            (into / name).write_bytes(made.read_bytes() + f"# {name}\n".encode())
            (into / name).chmod(0o755)
        made.unlink()

    def compile(self, line: str, folder: Path, compiler: str = "cc") -> None:
        """Compile as *line* says, in *folder*; what was compiled from the same sources before is copied."""
        words = shlex.split(line)
        at = words.index("-o")
        target = folder / words[at + 1]
        sources = [folder / word for word in words if word.endswith(".c")] + [HERE / "way.h"]
        text = shlex.join([compiler, *(word for word in words if word != words[at + 1] and not word.endswith(".c"))])
        digest = hashlib.sha256(text.encode() + b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:20]
        made = self.cache / digest
        if not made.exists():
            fresh = self.cache / f"{digest}.{os.getpid()}-{threading.get_ident()}"
            words[at + 1] = str(fresh)
            subprocess.run([compiler, *_FLAGS, *words], cwd=folder, check=True, timeout=60)
            fresh.rename(made)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(made, target)

    def _begin_repository(self) -> None:
        made = self._repository
        made.mkdir()
        text = (
            "git init -q -b main . && echo one >a.txt && echo one >b.dat && git add . && git commit -qm one"
            " && git checkout -q -b side && echo side >a.txt && git commit -qam side"
            " && git checkout -q main && echo two >a.txt && git commit -qam two"
        )
        subprocess.run(["sh", "-c", text], cwd=made, env=self._variables(made, ()), check=True, timeout=30)

    def _variables(self, home: Path, path: tuple[Path, ...]) -> dict[str, str]:
        who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com"}
        who |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com", "GIT_CONFIG_NOSYSTEM": "1"}
        return who | {"HOME": str(home), "PATH": _path(*path), "LANG": "C.UTF-8", "TERM": "xterm", "USER": "user"}

    def where(self, way: Way) -> Path:
        """Return the folder of *way*."""
        return self.folder / "ways" / way.id

    def variables(self, way: Way) -> dict[str, str]:
        """Return the environment that *way* is run in."""
        here = self.where(way)
        path = (here / "bin", self.folder / "stands" / way.stand / "bin", self.folder / "loader")
        return self._variables(here / "home", path) | {name: self._filled(way, text) for name, text in way.env.items()}

    def _filled(self, way: Way, text: str) -> str:
        stands = self.folder / "stands" / way.stand / "bin"
        line = shlex.join(way.words)
        places = {
            "LINE": line,
            "JSON": json.dumps(way.words),
            "WORDS": way.words[1:] and shlex.join(way.words[1:]),
            "PROG": way.words[0],
            "PATH": f"{stands}/{way.words[0]}",
            "STANDS": str(stands),
            "HERE": str(self.where(way)),
            "ID": way.id,
            "INCLUDE": str(HERE),
        }
        for name, value in places.items():
            text = text.replace(f"@{name}@", value)
        return text

    def text(self, way: Way) -> str:
        """Return the text that the guard's shell is given."""
        return f"hgrun {way.loader}" if way.loader else self._filled(way, way.run)

    def prepare(self, way: Way) -> None:
        """Make the folder of *way*, with all that is there before it begins."""
        here = self.where(way)
        if way.repository:
            shutil.copytree(self._repository, here)
        (here / "bin").mkdir(parents=True)
        (here / "home").mkdir()
        line = shlex.join(way.words)
        given = {
            "words": "\n".join(way.words) + "\n",
            "line": line + "\n",
            "way.txt": "{\n" + way.run + "\n} </dev/null\n",
        }
        given["path"] = f"@STANDS@/{way.words[0]}\n"
        given["bin/step"] = f"#!/bin/sh\n{line}\n"
        for name, text in (given | way.files).items():
            path = here / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self._filled(way, text))
            path.chmod(0o755 if text.startswith("#!") or name.startswith("bin/") else 0o644)
        for each in way.compile:
            self.compile(self._filled(way, each), here)
        if way.setup:
            words = ["bash", "-ec", self._filled(way, way.setup)]
            subprocess.run(words, cwd=here, env=self.variables(way), check=True, timeout=60, capture_output=True)

    def marks(self) -> list[str]:
        """Return the lines that the marked programs wrote."""
        return self.mark.read_text(errors="replace").splitlines()


@lru_cache
def present() -> tuple[Way, ...]:
    """Return the ways that this machine has."""
    return tuple(way for way in ways() if not way.missing)
