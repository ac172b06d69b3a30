"""The frame of a supervisor that tells of a connection: `N`, with protocol, address, port, program, words and note.

The note is `PID PPID FLAGS`; among the flags, `l` says that the address is one of this machine.
"""

from headgate.intercept.starts import Frame
from headgate.model.connection import Connection
from headgate.model.errors import HeadgateError

_PROTOCOLS = frozenset({"tcp", "udp", "raw", "unix"})


def connection_of(frame: Frame) -> Connection:
    """Return the connection that *frame* tells of; raises `HeadgateError` HG705."""
    try:
        process, parent, flags = frame.text(5).split(" ")
        found = Connection(
            protocol=frame.text(0),
            address=frame.text(1),
            port=int(frame.text(2)),
            program=frame.text(3),
            words=tuple(frame.text(4).split("\0")[:-1]),
            process=int(process),
            parent=int(parent),
            here="l" in flags,
        )
    except ValueError:
        raise HeadgateError("HG705", "a connection of the exec gate is in no known form", _FORM) from None
    if found.protocol not in _PROTOCOLS or not found.address:
        raise HeadgateError("HG705", "a connection of the exec gate is in no known form", _FORM)
    return found


_FORM = "use one version of the gate and of its programs"
