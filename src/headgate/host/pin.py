"""Which key is the person's, where root says so: a file that no agent can write pins it."""

import os
import re
import stat
from pathlib import Path

from headgate.model.errors import HeadgateError

PINNED = Path("/etc/headgate/authority.pub")
"""Where root says it; no variable names another file, for an agent could set that."""

_LINE = re.compile(r"(?:ed25519 )?([0-9a-f]{64})")


def pinned(path: Path = PINNED) -> bytes:
    """Return the public key (32 bytes) that root pinned in *path*; empty where there is no such file.

    Raises `HeadgateError` HG630 where there is one and it is not root's alone, or says no key: nothing may hold then.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return b""
    except OSError as error:
        raise _wrong(path, error.strerror or str(error)) from None
    try:
        found = os.fstat(descriptor)
        text = os.read(descriptor, 4096).decode("utf-8", "replace") if stat.S_ISREG(found.st_mode) else ""
    finally:
        os.close(descriptor)
    if found.st_uid != 0 or found.st_mode & 0o022:
        raise _wrong(path, "it is not root's alone")
    line = _LINE.fullmatch(text.strip())
    if line is None:
        raise _wrong(path, "it names no key")
    return bytes.fromhex(line[1])


def _wrong(path: Path, why: str) -> HeadgateError:
    return HeadgateError("HG630", f"`{path}` cannot be used: {why}", "have root repair it, or remove it")
