"""A connection inside a call: what a supervisor saw of it."""

import msgspec

CONNECT = "connect()"
"""The name under which a connection is decided as an action; no tool of a client can have it."""


class Connection(msgspec.Struct, frozen=True):
    """One connection, as the kernel would make it.

    *protocol* is `tcp`, `udp`, `raw` or `unix`, *address* an address of the internet, or the path of a socket; *port*
    is 0 for the latter. *program* is the file that runs (empty: not known), *words* how its process was called,
    *process* and *parent* are process numbers. *here* says that the address is one of this machine.
    """

    protocol: str
    address: str
    port: int
    program: str = ""
    words: tuple[str, ...] = ()
    process: int = 0
    parent: int = 0
    here: bool = False
