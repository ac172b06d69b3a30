"""Where a start comes from, and what the kernel would really run for it: the process that asks, and #! lines."""

import os
import struct
from pathlib import Path
from typing import BinaryIO

MOST = 5
"""Scripts that may interpret one another (Linux refuses more: binfmt_script)."""

LINE = 256
"""Bytes of a #! line that count (BINPRM_BUF_SIZE)."""

_LOADERS = ("ld-", "ld.so", "ld64", "libc.musl", "libc.so")
_HEAD = 4096
_PT_INTERP = 3
_WIDE = 2
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


def strange_loader(file: str) -> str:
    """Return what the program in *file* names as its loader (elf(5), PT_INTERP), where that is none; else empty."""
    try:
        with Path(file).open("rb") as content:
            found = _interpreter(content.read(_HEAD), content)
    except (OSError, struct.error):
        return ""
    return "" if found.rpartition("/")[2].startswith(_LOADERS) else found


def _interpreter(head: bytes, content: BinaryIO) -> str:
    """Return the PT_INTERP of a program whose first bytes are *head*; empty where it has none."""
    if head[:4] != b"\x7fELF" or len(head) < 64:  # noqa: PLR2004 its header
        return ""
    wide, order = head[4] == _WIDE, "<" if head[5] == 1 else ">"
    word = f"{order}Q" if wide else f"{order}I"
    size, count = struct.unpack_from(f"{order}HH", head, 54 if wide else 42)
    content.seek(struct.unpack_from(word, head, 32 if wide else 28)[0])
    table = content.read(min(size * count, _HEAD))
    for start in range(0, len(table) - size + 1, size or 1):
        if struct.unpack_from(f"{order}I", table, start)[0] == _PT_INTERP:
            offset, length = (struct.unpack_from(word, table, start + at)[0] for at in ((8, 32) if wide else (4, 16)))
            content.seek(offset)
            return content.read(min(length, _HEAD)).split(b"\0")[0].decode("utf-8", "surrogateescape")
    return ""


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
