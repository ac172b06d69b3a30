"""What the classifier is told about the world: data and one port, so that it needs no I/O of its own."""

from collections.abc import Callable

import msgspec


def _nothing_readable(_path: str) -> str | None:
    return None


class Surroundings(msgspec.Struct, frozen=True):
    """The machine the text would run on.

    *read* returns the text of a small file at an absolute path, or `None`; *protected* are absolute paths that
    belong to the gate or install it, *protected_suffixes* the ends of such paths in any project, *private* those
    that may not even be read; *gate_pids* are its processes; *comfort* is the main thread's budget in seconds,
    below which a bounded wait is light; *shell* is the name of the client's shell, empty where nobody knows.
    """

    home: str = ""
    protected: tuple[str, ...] = ()
    protected_suffixes: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    gate_pids: tuple[int, ...] = ()
    comfort: float = 30.0
    shell: str = ""
    read: Callable[[str], str | None] = _nothing_readable
