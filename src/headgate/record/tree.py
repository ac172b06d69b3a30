"""The tree over the journal's bodies, as RFC 6962 and RFC 9162 have it: one hash for all, and short proofs."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""

Range = tuple[int, int]
"""The leaves from the first number to before the second."""


def leaf(body: bytes) -> bytes:
    """Return the hash of the leaf that holds *body*; no inner node has the same."""
    return hashlib.sha256(b"\0" + body).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node above *left* and *right*."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """A tree that only grows, kept as the roots of its complete parts (*nodes*, the largest first)."""

    def __init__(self, size: int = 0, nodes: Iterable[bytes] = ()) -> None:
        """Go on from *nodes* of a tree of *size* leaves; raises `ValueError` where they cannot be its parts."""
        self.size, self.nodes = size, list(nodes)
        if len(self.nodes) != size.bit_count():
            raise ValueError("a tree of this size has another number of parts")

    def add(self, leaf_hash: bytes) -> None:
        """Put one more leaf behind the last."""
        size, nodes = self.size, self.nodes
        while size & 1:
            leaf_hash = node(nodes.pop(), leaf_hash)
            size >>= 1
        nodes.append(leaf_hash)
        self.size += 1

    def root(self) -> bytes:
        """Return the hash of all leaves."""
        if not self.nodes:
            return EMPTY
        found = self.nodes[-1]
        for part in reversed(self.nodes[:-1]):
            found = node(part, found)
        return found


def _split(size: int) -> int:
    """Return the largest power of two below *size*."""
    return 1 << (size - 1).bit_length() - 1


def _roots(leaves: Iterable[bytes], ranges: Sequence[Range]) -> list[bytes]:
    """Return the root of each of *ranges*, in their order; *leaves* are read once, and not kept."""
    found: dict[Range, bytes] = {}
    rest, at = iter(leaves), 0
    for start, end in sorted(ranges):
        part = Tree()
        for leaf_hash in islice(rest, start - at, end - at):
            part.add(leaf_hash)
        if part.size != end - start:
            raise ValueError("there are fewer leaves than the proof needs")
        found[start, end] = part.root()
        at = end
    return [found[item] for item in ranges]


def inclusion(leaves: Iterable[bytes], index: int, size: int) -> list[bytes]:
    """Return the path from leaf *index* (from 0) to the root of the first *size* of *leaves*, the nearest first.

    Raises `ValueError` where there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("there is no such leaf in a tree of this size")
    return _roots(leaves, list(_beside(index, size))[::-1])


def _beside(index: int, size: int) -> Iterator[Range]:
    """Yield what stands beside the way to leaf *index*, from the root down."""
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            yield middle, end
            end = middle
        else:
            yield start, middle
            start = middle


def consistency(leaves: Iterable[bytes], old: int, size: int) -> list[bytes]:
    """Return the proof that the tree of the first *old* of *leaves* is the beginning of that of the first *size*.

    Raises `ValueError` where it cannot be.
    """
    if not 0 <= old <= size:
        raise ValueError("a tree does not begin with a larger one")
    if old in {0, size}:
        return []
    ranges: list[Range] = []
    start, end, whole = 0, size, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, whole = middle, False
    if not whole:
        ranges.append((start, end))
    return _roots(leaves, ranges[::-1])


def includes(root: bytes, size: int, index: int, leaf_hash: bytes, path: Sequence[bytes]) -> bool:
    """Whether *path* proves *leaf_hash* to be leaf *index* of a tree of *size* with this *root* (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf_hash
    for part in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node(part, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node(found, part)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def extends(old: tuple[int, bytes], new: tuple[int, bytes], path: Sequence[bytes]) -> bool:
    """Whether *path* proves that the tree *old* (size and root) is the beginning of *new* (RFC 9162, 2.1.4.2)."""
    (first, old_root), (second, new_root) = old, new
    if first in {0, second}:
        return not path and (old_root == new_root if first else old_root == EMPTY)
    parts = [old_root, *path] if first & (first - 1) == 0 else list(path)
    if not 0 < first < second or not parts:
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = parts[0]
    for part in parts[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            before, after = node(part, before), node(part, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node(after, part)
        at, last = at >> 1, last >> 1
    return last == 0 and (before, after) == (old_root, new_root)
