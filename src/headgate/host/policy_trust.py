"""Whose a policy's file is, and what tells one state of it from another."""

import errno
import os
import stat
from pathlib import Path

from headgate.decide.layers import wrong
from headgate.decide.rules import Layer

PROJECT = Path(".headgate") / "policy.toml"

MAX_SIZE = 256 * 1024
"""Bytes of one file; a longer one is a mistake."""

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH

Stamp = tuple[int, ...] | None
"""What tells one state of a file from another; `None` where there is none."""


def trusted(path: Path, layer: Layer) -> str:
    """Return the text of the file at *path*; raises `HeadgateError` HG110 where others could have written it."""
    try:
        if layer is Layer.ORGANISATION:
            _check_folder(path.parent)
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise wrong([f"{path}:1: it is no regular file"])
            _check_owner(path, found, layer)
            content = file.read(MAX_SIZE + 1)
    except OSError as error:
        raise wrong([f"{path}:1: it cannot be read ({error.strerror})"]) from None
    if len(content) > MAX_SIZE:
        raise wrong([f"{path}:1: it has more than {MAX_SIZE} bytes"])
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise wrong([f"{path}:1: it is not UTF-8 text"]) from None


def _check_folder(folder: Path) -> None:
    found = folder.stat()
    if found.st_uid != 0 or found.st_mode & _OTHERS_WRITE:
        raise wrong([f"{folder}:1: the folder must belong to root, and only root may write it: chown root, chmod go-w"])


def _check_owner(path: Path, found: os.stat_result, layer: Layer) -> None:
    """Refuse a file that others could have written; a project's may be anybody's, for it can only tighten."""
    owners = {Layer.ORGANISATION: {0}, Layer.USER: {0, os.geteuid()}}.get(layer)
    if owners is None:
        return
    who = "root" if layer is Layer.ORGANISATION else "its user or root"
    if found.st_uid not in owners:
        raise wrong([f"{path}:1: it must belong to {who}, not to user {found.st_uid}: chown it"])
    if found.st_mode & _OTHERS_WRITE:
        raise wrong([f"{path}:1: others than its owner may write it (mode {found.st_mode & 0o777:o}): chmod go-w"])


def there(folder: str) -> bool:
    """Whether *folder* holds a project's policy, or something in its place that cannot be looked at."""
    try:
        os.lstat(f"{folder}/{PROJECT}")
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        return error.errno != errno.ENAMETOOLONG  # else what cannot be looked at is not passed over
    except ValueError:
        return False
    return True


def stamp_of(path: str, layer: Layer) -> Stamp:
    """Return what tells one state of the file from another; `None` where there is none.

    A link that leads nowhere is no missing file, and neither is one whose folder is none.
    """
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return (-3,) if os.path.islink(path) or os.path.islink(os.path.dirname(path)) else None
    except NotADirectoryError:
        return (-3,) if layer is Layer.ORGANISATION else None
    except (OSError, ValueError) as error:
        return (-2, getattr(error, "errno", 0) or 0)
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_mode, found.st_uid)
