"""Which keys are persons', where root says so: a file that no agent can write pins them."""

import os
import re
import stat
from pathlib import Path

from headgate.model.errors import HeadgateError

PINNED = Path("/etc/headgate/authority.pub")
"""Where root says it; no variable names another file, for an agent could set that."""

_LINE = re.compile(r"(?:ed25519 )?([0-9a-f]{64})")


def pinned(path: Path = PINNED) -> frozenset[bytes]:
    """Return the public keys (32 bytes each) that root pinned in *path*, a line each; empty where there is no file.

    Raises `HeadgateError` HG630 where there is one and it is not root's alone, or says no key: nothing may hold then.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    except OSError as error:
        raise _wrong(path, error.strerror or str(error)) from None
    try:
        found = os.fstat(descriptor)
        text = os.read(descriptor, 4096).decode("utf-8", "replace") if stat.S_ISREG(found.st_mode) else ""
    finally:
        os.close(descriptor)
    if found.st_uid != 0 or found.st_mode & 0o022:
        raise _wrong(path, "it is not root's alone")
    lines = [_LINE.fullmatch(line.strip()) for line in text.splitlines() if line.strip()]
    if not lines or None in lines:
        raise _wrong(path, "a line of it names no key")
    return frozenset(bytes.fromhex(line[1]) for line in lines if line)


def _wrong(path: Path, why: str) -> HeadgateError:
    return HeadgateError("HG630", f"`{path}` cannot be used: {why}", "have root repair it, or remove it")
