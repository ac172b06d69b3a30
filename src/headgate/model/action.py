"""What an agent asks for, in our words, and who asks."""

from enum import StrEnum

import msgspec


class Thread(StrEnum):
    """Where a call comes from; a caller we cannot place is `MAIN`, the strictest."""

    MAIN = "main"
    SUBAGENT = "subagent"
    WORKER = "worker"
    BACKGROUND = "background"


class ShellAction(msgspec.Struct, frozen=True, tag="shell"):
    """A text for a POSIX-like shell, started in *cwd* (absolute, or empty where nobody knows).

    *detached* says the caller itself asked to run it in the background; *budget* is the
    time-out the caller asked for, in seconds.
    """

    command: str
    cwd: str = ""
    detached: bool = False
    budget: float | None = None


class WriteAction(msgspec.Struct, frozen=True, tag="write"):
    """A change of the file at *path*, made by the client itself and not by a process."""

    path: str
    cwd: str = ""


class ToolAction(msgspec.Struct, frozen=True, tag="tool"):
    """Any other named tool, with its arguments as the client sent them.

    *annotations* are what its server says of it (`readOnlyHint`, `destructiveHint`, …), where the client tells.
    """

    name: str
    args: dict[str, object] = {}
    cwd: str = ""
    annotations: dict[str, object] = {}


Action = ShellAction | WriteAction | ToolAction


class Caller(msgspec.Struct, frozen=True):
    """Who asks: the client program, its session, the thread in it and the id of this one call."""

    client: str
    session: str
    thread: Thread
    call_id: str
    agent: str = ""
