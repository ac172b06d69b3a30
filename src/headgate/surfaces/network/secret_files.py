"""Files with secrets: read only where nobody else can."""

import os
import stat
from pathlib import Path
from secrets import token_bytes

from headgate.model.errors import HeadgateError

MOST = 4096
"""Bytes of such a file."""

KEY_SIZE = 32


def secret_in(path: Path) -> bytes:
    """Return what stands in *path*; raises `HeadgateError` HG621 where others can read it, or it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _unusable(path, f"it cannot be read ({error.strerror})") from None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise _unusable(path, "it is no file")
        if found.st_uid not in {os.geteuid(), 0} or found.st_mode & 0o077:
            raise _unusable(path, "others can read it, or it is another user's")
        content = file.read(MOST + 1)
    if len(content) > MOST:
        raise _unusable(path, f"it has more than {MOST} bytes")
    return content


def key_at(path: Path) -> bytes:
    """Return the key of `KEY_SIZE` bytes in *path*, which is made where there is none; raises HG621 as above."""
    if not path.exists():
        new = path.with_name(f"{path.name}.new")
        try:
            new.unlink(missing_ok=True)
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(token_bytes(KEY_SIZE))
                file.flush()
                os.fsync(descriptor)
            new.rename(path)
        except OSError as error:
            raise _unusable(path, f"it cannot be made ({error.strerror})") from None
    found = secret_in(path)
    if len(found) != KEY_SIZE:
        raise _unusable(path, "it is no key; where it is removed, a new one is made, and links sent before are void")
    return found


def _unusable(path: Path, why: str) -> HeadgateError:
    hint = "it has to be a file of the gate's own user with mode 0600"
    return HeadgateError("HG621", f"`{path}` cannot be used: {why}", hint)
