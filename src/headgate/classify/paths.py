"""Paths as text: nothing here touches a file system."""

import posixpath

_SMALL = frozenset("/bin /boot /dev /etc /lib /lib64 /lost+found /root /run /sbin /tmp".split())


def absolute(path: str, cwd: str, home: str) -> str:
    """Return *path* as seen from *cwd*, normalised; empty where *cwd* would be needed and is not known."""
    if path == "~" or path.startswith("~/"):
        path = home + path[1:]
    elif path.startswith(("$HOME/", "${HOME}/")):
        path = home + path[path.index("/") :]
    if not path.startswith("/"):
        if not cwd:
            return ""
        path = posixpath.join(cwd, path)
    return posixpath.normpath(path)


def inside(path: str, folder: str) -> bool:
    """Whether *path* is *folder* or lies below it (both absolute and normalised)."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def wide(path: str) -> bool:
    """Whether *path* is so near the root of a machine that to walk it takes long: `/`, `/var`, `/home/*`."""
    path = posixpath.normpath(path.rstrip("*") or ".")
    return path in {"/", "//"} or (path.startswith("/") and path.count("/") == 1 and path not in _SMALL)
