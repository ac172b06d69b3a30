"""What a user may read and change on this machine, by owners and modes: asked for somebody who is not asking."""

import os
import pwd
import stat
from pathlib import Path

import msgspec


class Subject(msgspec.Struct, frozen=True):
    """A user of the operating system, with all the groups they are in."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str


def subject(name: str = "") -> Subject:
    """Return the user *name*, or who runs this process; raises `KeyError` where there is no such user."""
    found = pwd.getpwnam(name) if name else pwd.getpwuid(os.geteuid())
    groups = tuple(os.getgrouplist(found.pw_name, found.pw_gid))
    return Subject(found.pw_name, found.pw_uid, found.pw_gid, groups, found.pw_dir)


def reads(who: Subject, path: Path) -> bool:
    """Whether *who* may read what stands at *path*: false where there is nothing."""
    return _may(who, path, 4) and all(_may(who, folder, 1) for folder in path.resolve().parents)


def changes(who: Subject, path: Path) -> Path | None:
    """Return where *who* could change what stands, or would stand, at *path*; `None` where they cannot.

    That is the file, or a directory on the way in which they could put another in its place.
    """
    for start in dict.fromkeys((Path(os.path.abspath(path)), path.resolve())):  # noqa: PTH100 links are not followed here
        if start.exists() and not start.is_symlink() and _may(who, start, 2):
            return start
        child = start
        for folder in start.parents:
            if folder.exists() and _may(who, folder, 3) and _replaces(who, folder, child):
                return folder
            child = folder
    return None


def _replaces(who: Subject, folder: Path, child: Path) -> bool:
    """Whether *who*, who may write into *folder*, may do so with *child*: a sticky one keeps what others own."""
    found = folder.stat()
    if not found.st_mode & stat.S_ISVTX or who.uid in {0, found.st_uid}:
        return True
    try:
        return child.lstat().st_uid == who.uid
    except OSError:
        return True


def _may(who: Subject, path: Path, wanted: int) -> bool:
    """Whether the mode of *path* gives *who* the bits *wanted* (4 read, 2 write, 1 pass)."""
    try:
        found = path.stat()
    except OSError:
        return False
    if who.uid == 0:
        return True
    shift = 6 if found.st_uid == who.uid else 3 if found.st_gid in who.groups else 0
    return found.st_mode >> shift & wanted == wanted
