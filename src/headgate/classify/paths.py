"""Paths as text: nothing here touches a file system."""

import posixpath


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
