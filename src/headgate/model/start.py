"""A program start inside a call: what a supervisor saw of it, and what is answered."""

from enum import StrEnum

import msgspec


class Input(StrEnum):
    """What a start has as its standard input."""

    TERMINAL = "t"
    NOTHING = "n"
    FILE = "r"
    PIPE = "p"


class Start(msgspec.Struct, frozen=True):
    """One program start, as the kernel would carry it out.

    *path* is the file as the program named it, *real* the file itself (empty: it has no name), *words* are its
    arguments, the first one its name for itself; *cwd* is absolute. *variables* are pairs of a name and a value
    (`None`: only the name is known). *file* is where the content can be read while the start waits. *thread* and
    *parent* are process numbers. *interpreters* are the words that the kernel puts in front of a script's path;
    *of_git* says that git itself starts it, *loader* is a program that its file names as its loader and
    that is none (empty: it is as usual).
    """

    path: str
    real: str
    words: tuple[str, ...]
    cwd: str
    variables: tuple[tuple[str, str | None], ...] = ()
    input: Input = Input.NOTHING
    file: str = ""
    thread: int = 0
    parent: int = 0
    loses_rights: bool = False
    cut: bool = False
    script: bool = False
    interpreters: tuple[str, ...] = ()
    of_git: bool = False
    loader: str = ""

    @property
    def fed(self) -> bool:
        """Whether it is fed by something that its worker would not have."""
        return self.input in {Input.FILE, Input.PIPE}


class Verdict(StrEnum):
    """What is answered to a start, or said of its whole call; the letters of the wire."""

    GO = "C"
    GO_ALWAYS = "P"
    GO_AGAIN = "A"
    REFUSE = "D"
    RELAY = "R"
    WAIT = "W"
    END = "X"
    MOVE = "M"
    FORGET = "F"


class Reply(msgspec.Struct, frozen=True):
    """A *verdict* with its words and exit status, or with the *ticket* that a worker starts by."""

    verdict: Verdict
    words: str = ""
    status: int = 0
    ticket: str = ""


REFUSED = 77
"""Exit status of a start that is refused (EX_NOPERM of sysexits.h)."""

ELSEWHERE = 75
"""Exit status of a start that a worker does instead, and of a call that ended over it (EX_TEMPFAIL)."""
