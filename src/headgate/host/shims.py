"""Portable mode: folders of shims in front of PATH, and what shells read when they start, for one call of an agent."""

import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from shlex import quote
from threading import get_ident

from headgate.classify.programs.watched import watched
from headgate.host.home import Home
from headgate.host.shim_texts import MARK, texts
from headgate.host.shim_variables import KEPT, restored
from headgate.model.errors import HeadgateError

USUAL_PATH = "/usr/local/bin:/usr/bin:/bin"
"""What is taken for PATH where there is none."""

_PLACES = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin:/opt/homebrew/bin:/opt/local/bin"
"""Where scripts find programs by their whole paths, whatever PATH says."""

_PLAIN = re.compile(r"[/\w.+:@-]+\Z", re.ASCII)
"""Paths that may be the name of a shell's function."""

_Programs = tuple[tuple[str, tuple[str, ...]], ...]


class Shims:
    """The shims of the gate in *home*; *program* is the keeper's program, empty where it could not be compiled."""

    def __init__(self, home: Home, program: str) -> None:
        self._top = home.path / "shims"
        self._runs = home.path / "runs"
        self._program = program

    @property
    def available(self) -> bool:
        """Whether there can be shims here."""
        return bool(self._program)

    def folder(self, path: str) -> Path:
        """Return the folder of shims for the programs that *path* (a PATH) finds, made or mended where it has to be.

        A program that is not there has no shim, so that scripts which look for it do not find one. Sets are kept by
        what is in them: calls with another PATH do not disturb each other. Raises `HeadgateError` HG713.
        """
        programs, names = present(path)
        folder, files = _written(self._top, self._runs, self._program, programs)
        try:
            _make(folder, files, names)
        except OSError as error:
            why = f"the shims in `{folder}` cannot be written ({error.strerror})"
            raise HeadgateError("HG713", why, "free space, or choose another home") from None
        return folder

    def environment(self, base: Mapping[str, str], folder: Path) -> dict[str, str]:
        """Return the environment *base* with the shims in front, for the call whose folder is *folder* (in `runs/`).

        What a user has in BASH_ENV, ENV and ZDOTDIR keeps its effect; ENV is left alone where it names no file.
        Raises `HeadgateError` HG713.
        """
        found = restored(base)
        path = found.get("PATH", USUAL_PATH)
        shims = self.folder(path)
        ours = {"BASH_ENV": shims / "bash", "ZDOTDIR": shims / "zsh"}
        if found.get("ENV", "").startswith(("/", ".", "~", "$")):
            ours["ENV"] = shims / "sh"
        kept = {KEPT[name]: found[name] for name in ours if name in found}
        own = {"HEADGATE_CALL": folder, "HEADGATE_SHIMS": shims, "HEADGATE_STARTUP": shims / "profile"}
        return found | kept | {name: str(at) for name, at in (ours | own).items()} | {"PATH": f"{shims / 'bin'}:{path}"}

    def exports(self, folder: Path, path: str) -> str:
        """Return lines for bash and zsh that do the same in the shell of a client, whose PATH is *path*.

        They are to stand in front of the wrapped command, in the shell that runs it; without the shims that shell ends
        with 77. Raises `HeadgateError` HG713.
        """
        begin = quote(str(self.folder(path) / "begin"))
        return f"export HEADGATE_CALL={quote(str(folder))}\n. {begin} || exit 77\n"


def present(path: str) -> tuple[_Programs, frozenset[str]]:
    """Return the watched programs here with the whole paths that scripts may call, and the names that *path* finds."""
    searched = [folder for folder in path.split(":") if folder.startswith("/")]
    paths: dict[str, tuple[str, ...]] = {}
    names: set[str] = set()
    for folder in dict.fromkeys([*searched, *_PLACES.split(":")]):
        there = _programs(folder, _changed(folder))
        names |= there if folder in searched else frozenset()
        for name in there:
            paths[name] = (*paths.get(name, ()), f"{folder.rstrip('/')}/{name}")
    return tuple(sorted(paths.items())), frozenset(names)


def _changed(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116 for every call, and for every folder of PATH
    except OSError:
        return 0


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return watched()


@lru_cache(maxsize=256)
def _programs(folder: str, changed: int) -> frozenset[str]:
    """Return the watched programs in *folder* as it was when it *changed*; none in a folder of shims."""
    if not changed or not _PLAIN.match(folder) or (Path(folder) / MARK).exists():
        return frozenset()
    with suppress(OSError):
        return frozenset(name for name in _names().intersection(os.listdir(folder)) if _runs(f"{folder}/{name}"))  # noqa: PTH208
    return frozenset()


def _runs(path: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(path).st_mode) and os.access(path, os.X_OK)  # noqa: PTH116
    except OSError:
        return False


@lru_cache(maxsize=16)
def _written(top: Path, runs: Path, program: str, programs: _Programs) -> tuple[Path, dict[str, str]]:
    """Return the folder below *top* for these *programs*, and the files in it; its name is a digest of them."""
    every = texts(Path("/"), runs, program, programs)
    digest = sha256("\0".join(part for item in sorted(every.items()) for part in item).encode()).hexdigest()
    folder = top / digest[:12]
    return folder, texts(folder, runs, program, programs)


def _make(folder: Path, files: Mapping[str, str], names: frozenset[str]) -> None:
    """Bring *folder* to hold *files*, and a shim for each of *names*; each of them is whole at every moment."""
    shims = folder / "bin"
    for inner in (folder.parent, folder, shims, folder / "zsh"):
        if not inner.is_dir():
            inner.mkdir(parents=True, exist_ok=True)
            inner.chmod(0o755)
    for name, text in files.items():
        if _read(folder / name) != text:
            _replace(folder / name, text)
    there = {entry.name for entry in os.scandir(shims) if entry.is_symlink() and os.readlink(entry) == "../shim"}  # noqa: PTH115
    for name in names - there:
        fresh = shims / _fresh(name)
        fresh.symlink_to("../shim")
        fresh.replace(shims / name)


def _fresh(name: str) -> str:
    return f".{name}.{os.getpid()}.{get_ident()}"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(_fresh(path.name))
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o555 if path.name == "shim" else 0o444)
    fresh.replace(path)
