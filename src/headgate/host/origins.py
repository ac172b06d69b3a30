"""Where a start comes from, and what the kernel would really run for it: the process that asks, and #! lines."""

import os
from pathlib import Path

MOST = 5
"""Scripts that may interpret one another (Linux refuses more: binfmt_script)."""

LINE = 256
"""Bytes of a #! line that count (BINPRM_BUF_SIZE)."""

_GIT_FOLDER = "/git-core/"


def interpreters(file: str, path: str) -> tuple[str, ...]:
    """Return the words in front of a script's own: what interprets *file*, which was started as *path* (execve(2)).

    Where the interpreter is a script too, it is what interprets that one. Empty where *file* is none.
    """
    found: tuple[str, ...] = (path,)
    for _ in range(MOST):
        line = _first_line(file)
        if line is None:
            return found[:-1]
        file, _, argument = line.partition(" ")
        found = (file, *filter(None, (argument.strip(),)), *found)
    return found[:-1]


def _first_line(file: str) -> str | None:
    try:
        with Path(file).open("rb") as content:
            line = content.read(LINE)
    except OSError:
        return None
    if not line.startswith(b"#!"):
        return None
    text = line[2:].split(b"\n")[0].decode("utf-8", "surrogateescape").replace("\t", " ").strip()
    return text or None


def of_git(process: int) -> bool:
    """Whether *process* is git itself, or one of the scripts that come with it."""
    try:
        program = os.readlink(f"/proc/{process}/exe")  # noqa: PTH115 a link of /proc
        if program.rpartition("/")[2].removesuffix(" (deleted)") == "git" or _GIT_FOLDER in program:
            return True
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")[:3]
    except OSError:
        return False
    return any(_GIT_FOLDER.encode() in word for word in words[1:])
