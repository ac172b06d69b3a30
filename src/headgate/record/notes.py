"""Checkpoints as text: a size and a root that somebody signed (C2SP tlog-checkpoint in a C2SP signed-note)."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator

import msgspec

ED25519 = b"\1"
"""The kind of a signature, as the signed-note format numbers it."""

DASH = "— "
"""What a line with a signature begins with."""

Signs = Callable[[bytes], bytes]
Verifies = Callable[[bytes, bytes, bytes], bool]
"""Whether, under a public key (32 bytes), a signature is one of some bytes."""

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class Note(msgspec.Struct, frozen=True):
    """One checkpoint: the log *origin* has *size* entries with this *root*; *signatures* are a name and bytes each.

    *text* is what the signatures are over, without them.
    """

    origin: str
    size: int
    root: bytes
    text: str
    signatures: tuple[tuple[str, bytes], ...]

    def signed_by(self, public: bytes, verifies: Verifies) -> bool:
        """Whether the key *public* (32 bytes, Ed25519) signed this."""
        hint = key_id(self.origin, public)
        return any(
            name == self.origin and found[:4] == hint and verifies(public, found[4:], self.text.encode())
            for name, found in self.signatures
        )

    def __str__(self) -> str:
        """Return the whole note, as it is kept and handed on."""
        signed = "".join(f"{DASH}{name} {base64.b64encode(found).decode()}\n" for name, found in self.signatures)
        return f"{self.text}\n{signed}"


def origin_of(gate: str) -> str:
    """Return the name under which the journal of *gate* is known elsewhere."""
    return f"headgate/{gate}"


def key_id(name: str, public: bytes) -> bytes:
    """Return the four bytes that tell the key *public* under this *name* from others."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def signed(gate: str, size: int, root: bytes, public: bytes, sign: Signs) -> Note:
    """Return a checkpoint of the journal of *gate*, signed with *sign*, whose key is *public*."""
    name = origin_of(gate)
    text = f"{name}\n{size}\n{base64.b64encode(root).decode()}\n"
    return Note(name, size, root, text, ((name, key_id(name, public) + sign(text.encode())),))


def read(text: str) -> Note:
    """Return the one checkpoint that *text* is, in its one form; raises `ValueError` where it is none."""
    body, gap, tail = text.partition("\n\n")
    origin, size, root, *_more = [*body.split("\n"), "", "", ""]
    if not gap or not origin or not _SIZE.fullmatch(size):
        raise ValueError("it is no checkpoint")
    lines = tail.removesuffix("\n").split("\n")
    note = Note(origin, int(size), _bytes(root), f"{body}\n", tuple(_signature(line) for line in lines))
    if len(note.root) != hashlib.sha256().digest_size or str(note) != text:
        raise ValueError("it is no checkpoint in its usual form")
    return note


def _signature(line: str) -> tuple[str, bytes]:
    name, gap, found = line.removeprefix(DASH).partition(" ")
    if not line.startswith(DASH) or not gap or not name:
        raise ValueError("a line that should be a signature is none")
    return name, _bytes(found)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("what should be base64 is none") from None


def parts(lines: Iterable[str]) -> Iterator[str]:
    """Yield the texts in *lines* that should be one checkpoint each: those of a file, or of a log of `syslog`."""
    kept: list[str] = []
    gap = False
    for line in lines:
        _, logged, text = line.partition("checkpoint {")
        if logged:
            yield _logged("{" + text)
            continue
        if gap and not line.startswith(DASH):
            yield "".join(kept)
            kept, gap = [], False
        kept.append(line)
        gap = gap or line == "\n"
    if kept:
        yield "".join(kept)


def _logged(text: str) -> str:
    """Return the checkpoint in a line that `in_a_line` made; what is none comes back as it is."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return str(found.get("note")) if isinstance(found, dict) else text


def in_a_line(note: Note) -> str:
    """Return *note* on one line, as a log of lines keeps it."""
    return "checkpoint " + json.dumps({"note": str(note)})
