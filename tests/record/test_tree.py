"""The tree gives the published roots and proofs, and those of a second, naive reading of RFC 6962."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.record.tree import EMPTY, Tree, consistency, extends, includes, inclusion, leaf, node

# the tree that the test data of Certificate Transparency is about (github.com/google/certificate-transparency)
BODIES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
EXTENSIONS = {
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
LEAVES = [leaf(body) for body in BODIES]


def naive_root(bodies: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word for word."""
    if not bodies:
        return hashlib.sha256().digest()
    if len(bodies) == 1:
        return hashlib.sha256(b"\x00" + bodies[0]).digest()
    k = 1
    while k * 2 < len(bodies):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(bodies[:k]) + naive_root(bodies[k:])).digest()


def naive_path(m: int, bodies: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, 2.1.1."""
    if len(bodies) == 1:
        return []
    k = 1
    while k * 2 < len(bodies):
        k *= 2
    if m < k:
        return [*naive_path(m, bodies[:k]), naive_root(bodies[k:])]
    return [*naive_path(m - k, bodies[k:]), naive_root(bodies[:k])]


def naive_proof(m: int, bodies: list[bytes], *, whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, 2.1.2."""
    if m == len(bodies):
        return [] if whole else [naive_root(bodies)]
    k = 1
    while k * 2 < len(bodies):
        k *= 2
    if m <= k:
        return [*naive_proof(m, bodies[:k], whole=whole), naive_root(bodies[k:])]
    return [*naive_proof(m - k, bodies[k:], whole=False), naive_root(bodies[:k])]


def grown(bodies: list[bytes]) -> Tree:
    tree = Tree()
    for body in bodies:
        tree.add(leaf(body))
    return tree


def test_an_empty_tree_has_the_published_root() -> None:
    assert "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" == EMPTY.hex() == Tree().root().hex()


@pytest.mark.parametrize("size", range(1, 9))
def test_a_tree_has_the_published_root(size: int) -> None:
    assert ROOTS[size - 1] == grown(BODIES[:size]).root().hex()


@pytest.mark.parametrize(("index", "size"), PATHS)
def test_a_leaf_has_the_published_path(index: int, size: int) -> None:
    path = inclusion(LEAVES, index, size)

    assert PATHS[index, size] == [part.hex() for part in path]
    assert includes(bytes.fromhex(ROOTS[size - 1]), size, index, LEAVES[index], path)


@pytest.mark.parametrize(("old", "size"), EXTENSIONS)
def test_two_trees_have_the_published_proof(old: int, size: int) -> None:
    path = consistency(LEAVES, old, size)

    assert EXTENSIONS[old, size] == [part.hex() for part in path]
    assert extends((old, bytes.fromhex(ROOTS[old - 1])), (size, bytes.fromhex(ROOTS[size - 1])), path)


LISTS = st.lists(st.binary(max_size=4), min_size=1, max_size=70)


@given(LISTS, st.data())
def test_roots_and_proofs_are_those_of_the_naive_reading(bodies: list[bytes], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(bodies)))
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    leaves = [leaf(body) for body in bodies]
    root = naive_root(bodies[:size])

    assert root == grown(bodies[:size]).root()
    assert naive_path(index, bodies[:size]) == inclusion(leaves, index, size)
    assert naive_proof(old, bodies[:size]) == consistency(leaves, old, size)
    assert includes(root, size, index, leaves[index], inclusion(leaves, index, size))
    assert extends((old, naive_root(bodies[:old])), (size, root), consistency(leaves, old, size))


@given(LISTS, st.data())
def test_a_spoiled_proof_proves_nothing(bodies: list[bytes], data: st.DataObject) -> None:
    size, other = len(bodies), hashlib.sha256(b"other").digest()
    index = data.draw(st.integers(0, size - 1))
    leaves = [leaf(body) for body in bodies]
    root, path = naive_root(bodies), inclusion(leaves, index, size)
    at = data.draw(st.integers(0, len(path)))

    assert not includes(other, size, index, leaves[index], path)
    assert not includes(root, size, index, other, path)
    assert not includes(root, size, index, leaves[index], [*path[:at], other, *path[at:]])
    assert not includes(root, size, size, leaves[index], path)
    assert not path or not includes(root, size, index, leaves[index], path[:-1])
    assert not path or not includes(root, size, index, leaves[index], [*path[:-1], other])


@given(LISTS.filter(lambda bodies: len(bodies) > 1), st.data())
def test_a_rewritten_past_is_no_beginning(bodies: list[bytes], data: st.DataObject) -> None:
    size = len(bodies)
    old = data.draw(st.integers(1, size - 1))
    leaves = [leaf(body) for body in bodies]
    path, root = consistency(leaves, old, size), naive_root(bodies)
    before = naive_root(bodies[:old])

    assert not extends((old, leaf(b"another past")), (size, root), path)
    assert not extends((old, before), (size, leaf(b"another present")), path)
    assert not extends((old, before), (size, root), [*path, root])
    assert not extends((old, before), (size, root), path[:-1])
    assert not extends((size, root), (old, before), path)
    assert not extends((size, root), (size, before if before != root else EMPTY), [])


@given(LISTS, LISTS)
def test_a_tree_goes_on_from_its_parts(first: list[bytes], second: list[bytes]) -> None:
    kept = grown(first)
    again = Tree(kept.size, tuple(kept.nodes))
    for body in second:
        again.add(leaf(body))

    assert (len(first) + len(second), naive_root(first + second)) == (again.size, again.root())


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="another number of parts"):
        Tree(3, [EMPTY])
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion(LEAVES, 3, 3)
    with pytest.raises(ValueError, match="fewer leaves"):
        inclusion(LEAVES[:4], 0, 8)
    with pytest.raises(ValueError, match="larger one"):
        consistency(LEAVES, 4, 3)


def test_nothing_is_the_beginning_of_everything() -> None:
    assert ([], True, False) == (
        consistency(LEAVES, 0, 8),
        extends((0, EMPTY), (1, LEAVES[0]), []),
        extends((0, LEAVES[0]), (1, LEAVES[0]), []),
    )


def test_a_leaf_is_never_a_node() -> None:
    assert leaf(LEAVES[0] + LEAVES[1]) != node(LEAVES[0], LEAVES[1])
