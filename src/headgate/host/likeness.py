"""What a file really is: a copy of a described program is that program, whatever its name."""

import glob
import hashlib
import os
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from headgate.classify.starts import MANY_IN_ONE
from headgate.model.start import Start

LOOKED_FOR = tuple(
    "ssh scp sftp rsync mosh autossh kubectl helm helmfile oc terraform tofu terragrunt pulumi ansible ansible-playbook"
    " docker podman nerdctl systemctl journalctl service nomad consul vault aws gcloud az doctl flyctl heroku vercel"
    " psql mysql mariadb mongosh mongo redis-cli clickhouse-client etcdctl pg_dump pg_restore mysqldump pssh pdsh clush"
    " plink dbclient rclone tmux screen crontab at batch systemd-run loginctl busctl gdbus dbus-send shutdown reboot"
    " halt poweroff telinit init mkfs dd shred wipefs fdisk parted mount umount sudo doas su".split()
)
"""Programs whose copies are looked for: what may reach other machines, services and disks."""

CHUNK = 1 << 20

LOOK = 1.0
"""Seconds between two looks for programs that were installed meanwhile."""


class Likeness:
    """Compares files by their content; what was compared is remembered by device, number, size and times."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, ...], str] = {}
        self._looked = -LOOK
        self._installed: dict[int, tuple[tuple[str, str], ...]] = {}

    def of_path(self, path: str) -> str:
        """Return the name of the program that the file at *path* is a copy of; empty where it is none."""
        return self.of(Start(path, path, (), "", file=path))

    def of(self, start: Start) -> str:
        """Return the name of the program that the file of *start* is or is a copy of; empty where it is none."""
        try:
            found = os.stat(start.file)  # noqa: PTH116 a link of /proc
        except OSError:
            return ""
        sizes = {} if start.script else self._sizes()  # a script may do another thing under each of its names
        if found.st_size not in sizes:
            return ""
        key = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        if key not in self._known:
            if len(self._known) > 4096:  # noqa: PLR2004
                self._known.clear()
            self._known[key] = _compared(start.file, sizes[found.st_size])
        return self._known[key]

    def _sizes(self) -> dict[int, tuple[tuple[str, str], ...]]:
        """Return what is installed, by size, as of a moment ago."""
        now = time.monotonic()
        if now - self._looked >= LOOK:
            self._looked, self._installed = now, _sizes(_folders())
        return self._installed


def _folders() -> tuple[tuple[str, int], ...]:
    """Return the folders of programs, each with when it changed last."""
    found: list[tuple[str, int]] = []
    for folder in dict.fromkeys(("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", *os.get_exec_path())):
        try:
            found.append((folder, os.stat(folder).st_mtime_ns))  # noqa: PTH116 asked for every start that is not known
        except OSError:
            continue
    return tuple(found)


@lru_cache(maxsize=4)
def _sizes(folders: tuple[tuple[str, int], ...]) -> dict[int, tuple[tuple[str, str], ...]]:
    """Return the installed programs by size: each with its name and its path."""
    found: dict[int, dict[str, str]] = {}
    for folder, _ in folders:
        for name in (*LOOKED_FOR, *MANY_IN_ONE):
            path = f"{folder}/{name}"
            try:
                size = os.stat(path).st_size  # noqa: PTH116
            except OSError:
                continue
            found.setdefault(size, {}).setdefault(name, path)
    for path in glob.glob("/lib*/ld*.so*") + glob.glob("/lib/*/ld*.so*"):  # noqa: PTH207 they are names, not paths
        with suppress(OSError):
            found.setdefault(os.stat(path).st_size, {}).setdefault("ld.so", path)  # noqa: PTH116
    return {size: tuple(programs.items()) for size, programs in found.items()}


def _compared(file: str, programs: tuple[tuple[str, str], ...]) -> str:
    try:
        digest = _digest(file)
        return next((name for name, path in programs if _digest(path) == digest), "")
    except OSError:
        return ""


def _digest(file: str) -> bytes:
    with Path(file).open("rb") as content:
        found = hashlib.sha256()
        while chunk := content.read(CHUNK):
            found.update(chunk)
    return found.digest()
