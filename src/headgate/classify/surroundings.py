"""What the classifier is told about the world: data and one port, so that it needs no I/O of its own."""

from collections.abc import Callable

import msgspec

from headgate.classify.tool_map import ToolMap


def _nothing_readable(_path: str) -> str | None:
    return None


NO_TOOLS = ToolMap()


def _nothing_found(_pattern: str) -> tuple[str, ...]:
    return ()


class Surroundings(msgspec.Struct, frozen=True):
    """The machine the text would run on.

    *read* returns the text of a small file at an absolute path, or `None`; *protected* are absolute paths that
    belong to the gate or install it, *protected_suffixes* the ends of such paths in any project, *private* those
    that may not even be read; *gate_pids* are its processes; *comfort* is the main thread's budget in seconds,
    below which a bounded wait is light; *shell* is the name of the client's shell, empty where nobody knows.
    *inventory* are the operator's own patterns, in front of the policy's; *tools* says what named tools do.
    *matching* returns the paths that an absolute pattern fits (`*`, `?`);
    *hostnames* are the names of this machine, in lower case; *api* are the URLs at which the gate's API answers;
    *no_new_privs* says that what runs here cannot have the rights of its file's owner (prctl(2)).
    """

    home: str = ""
    protected: tuple[str, ...] = ()
    protected_suffixes: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    gate_pids: tuple[int, ...] = ()
    comfort: float = 30.0
    shell: str = ""
    inventory: tuple[tuple[str, str], ...] = ()
    tools: ToolMap = NO_TOOLS
    read: Callable[[str], str | None] = _nothing_readable
    matching: Callable[[str], tuple[str, ...]] = _nothing_found
    hostnames: tuple[str, ...] = ()
    api: tuple[str, ...] = ()
    no_new_privs: bool = False
