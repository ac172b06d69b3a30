"""One daemon a home: whoever holds the lock owns it, for as long as its process lives."""

import fcntl
import os
import time

from headgate.host.home import Home
from headgate.model.errors import HeadgateError


def lock(home: Home, patience: float = 0.0) -> int:
    """Take the lock of *home* for as long as this process lives; raises `HeadgateError` HG018 where another has it.

    A daemon that is ending keeps the lock a little longer than its socket: up to *patience* seconds are given to it.
    """
    deadline = time.monotonic() + patience
    try:
        descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if home.socket.exists() or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                home.socket.unlink(missing_ok=True)  # a dead daemon's: nobody must take it for this one's
                return descriptor
    except BlockingIOError:
        raise HeadgateError("HG018", f"another daemon owns `{home.path}`", "use it, or choose another --home") from None
    except OSError as error:
        raise HeadgateError("HG010", f"`{home.lock}` cannot be locked ({error.strerror})", "check the folder") from None
