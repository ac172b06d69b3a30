"""Closes this process to others of the same user, as far as the kernel lets a program do that by itself."""

import ctypes
import resource
import sys
from contextlib import suppress

_PR_SET_DUMPABLE = 4


def harden() -> bool:
    """Let no process of the same user trace this one, read its memory, environment or descriptors, or have it dumped.

    Returns whether that is so: on Linux, and not for root. What is started from here by `exec` is as open as any other;
    it may gain rights too, for jobs use `sudo`. A kill cannot be kept away.
    """
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if sys.platform != "linux":
        return False
    try:
        return bool(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False
