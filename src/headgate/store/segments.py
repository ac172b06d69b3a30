"""Sealed files with older entries of the journal: what they say, compressed; two hashes of each; a signed manifest."""

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Self

import msgspec

from headgate.ports import Signer
from headgate.record.chain import Entry
from headgate.record.tree import Tree, leaf

HASH = 32
"""Bytes of one hash; the index has two for each entry: its leaf in the tree, and its hash in the chain."""

_DOMAIN = b"headgate-segment/1\n"
_ENCODER = msgspec.json.Encoder(order="sorted")


class Manifest(msgspec.Struct, frozen=True):
    """What one segment holds: entries *first* to *last* of *gate*; hashes are hexadecimal.

    *prev* is the hash of the entry before it, *hash* that of its last. *bodies* and *index* are the SHA-256 of its two
    files, *tree* has the parts of the tree over all entries up to its last. *began* and *ended* are the times of its
    first and last event, *forgotten* when what its entries say was deleted (0: it is kept).
    """

    gate: str
    first: int
    last: int
    prev: str
    hash: str
    bodies: str
    index: str
    tree: tuple[str, ...]
    began: float
    ended: float
    forgotten: float = 0.0
    v: int = 1
    key: str = ""
    signature: str = ""

    def text(self) -> bytes:
        """Return what the signature is over."""
        return _DOMAIN + _ENCODER.encode(msgspec.structs.replace(self, signature=""))

    def signed(self, signer: Signer | None) -> "Manifest":
        """Return this, signed with the key of *signer*, where there is one."""
        if signer is None:
            return self
        mine = msgspec.structs.replace(self, key=signer.public.hex())
        return msgspec.structs.replace(mine, signature=signer.sign(mine.text()).hex())


_MANIFEST = msgspec.json.Decoder(Manifest, strict=True)


class _At(msgspec.Struct):
    at: float = 0.0


class Segments:
    """The segments in *folder*, each known by the number of its first entry.

    Raises `OSError` where a file cannot be used, and `msgspec.DecodeError` where a manifest is none.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, first: int, kind: str) -> Path:
        """Return the path of a segment's file: `json` the manifest, `index` the hashes, `jsonl.gz` what was said."""
        return self.folder / f"{first:012}.{kind}"

    def manifest(self, first: int) -> Manifest:
        """Return what the segment holds, in its one form."""
        content = self.file(first, "json").read_bytes()
        try:
            found = _MANIFEST.decode(content)
        except UnicodeDecodeError as error:
            raise msgspec.DecodeError(str(error)) from None
        if _ENCODER.encode(found) + b"\n" != content:
            raise msgspec.DecodeError("the manifest is not in its usual form")
        return found

    def index(self, first: int) -> bytes:
        """Return the hashes of the segment's entries."""
        return self.file(first, "index").read_bytes()

    def digest(self, first: int) -> str:
        """Return the SHA-256 of the file with what the segment's entries say."""
        with self.file(first, "jsonl.gz").open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def bodies(self, first: int) -> Iterator[bytes]:
        """Yield what the segment's entries say."""
        try:
            with gzip.open(self.file(first, "jsonl.gz")) as file:
                for line in file:
                    yield line.removesuffix(b"\n")
        except (EOFError, zlib.error) as error:
            raise OSError(f"the segment cannot be unpacked ({error})") from None

    def entries(self, first: int, after: int) -> Iterator[Entry]:
        """Yield the segment's entries with a number above *after*; none where what they say is no longer kept."""
        manifest = self.manifest(first)
        if manifest.forgotten:
            return
        index, prev = self.index(first), bytes.fromhex(manifest.prev)
        for number, body in enumerate(self.bodies(first)):
            at = number * 2 * HASH
            found = index[at + HASH : at + 2 * HASH]
            if first + number > after:
                yield Entry(first + number, prev, found, body)
            prev = found

    def leaves(self, first: int, after: int) -> Iterator[bytes]:
        """Yield the leaves of the segment's entries with a number above *after*."""
        index = self.index(first)
        for at in range(2 * HASH * max(after + 1 - first, 0), len(index), 2 * HASH):
            yield index[at : at + HASH]

    def find(self, first: int, prefix: str) -> int:
        """Return the number of the segment's latest entry whose hash starts with the hexadecimal *prefix*, else 0."""
        index, begin = self.index(first), bytes.fromhex(prefix[: len(prefix) // 2 * 2])
        for at in range(len(index) - HASH, 0, -2 * HASH):
            if index.startswith(begin, at) and index[at : at + HASH].hex().startswith(prefix):
                return first + at // (2 * HASH)
        return 0

    def write(self, entries: Iterable[Entry], tree: Tree, gate: str, signer: Signer | None) -> Manifest:
        """Make one segment of *entries*, durably, and return its manifest; *tree* is over all entries before them.

        Raises `ValueError` where there are none. Nothing counts until `SqliteJournal.seal`: a file that a crash left
        half written is written again.
        """
        self.folder.mkdir(mode=0o700, exist_ok=True)
        index = bytearray()
        ends: list[Entry] = []
        with _Spool(self.folder / "new.jsonl.gz") as spool:
            for entry in entries:
                ends[1 if ends else 0 :] = [entry]
                index += leaf(entry.body) + entry.hash
                tree.add(bytes(index[-2 * HASH : -HASH]))
                spool.add(entry.body)
            if not ends:
                raise ValueError("there is nothing to seal")
            began, ended = ends[0], ends[-1]
            spool.put(self.file(began.seq, "jsonl.gz"))
        manifest = Manifest(
            gate=gate,
            first=began.seq,
            last=ended.seq,
            prev=began.prev.hex(),
            hash=ended.hash.hex(),
            bodies=self.digest(began.seq),
            index=hashlib.sha256(index).hexdigest(),
            tree=tuple(part.hex() for part in tree.nodes),
            began=_time(began.body),
            ended=_time(ended.body),
        ).signed(signer)
        _replace(self.file(began.seq, "index"), bytes(index))
        self._keep(manifest)
        return manifest

    def _keep(self, manifest: Manifest) -> None:
        _replace(self.file(manifest.first, "json"), _ENCODER.encode(manifest) + b"\n")

    def forget(self, manifest: Manifest, now: float, signer: Signer | None) -> None:
        """Delete what the entries of *manifest* say; that they were there, and their hashes, stay."""
        if not manifest.forgotten:
            self._keep(msgspec.structs.replace(manifest, forgotten=now).signed(signer))
        self.file(manifest.first, "jsonl.gz").unlink(missing_ok=True)


class _Spool:
    """A compressed file of lines at *path* that is being written, until it is put in its place."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._raw = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        self._file = gzip.GzipFile("", "wb", 6, self._raw, mtime=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()
        self._raw.close()

    def add(self, line: bytes) -> None:
        """Write one line; raises `ValueError` where it is more than one."""
        if b"\n" in line:
            raise ValueError("an entry has more than one line")
        self._file.write(line + b"\n")

    def put(self, path: Path) -> None:
        """Put the file at *path*, durably."""
        self._file.close()
        _sync(self._raw)
        self._path.replace(path)
        _sync_folder(path.parent)


def _replace(path: Path, content: bytes) -> None:
    """Put *content* at *path*, durably, all of it or nothing."""
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        _sync(file)
    new.replace(path)
    _sync_folder(path.parent)


def _sync(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _time(body: bytes) -> float:
    """Return when the event in *body* was; 0 where it does not say."""
    try:
        return msgspec.json.decode(body, type=_At).at
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 0.0
