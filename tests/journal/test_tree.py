"""The tree of RFC 6962, as three programs see it that share no code: journal, witness, outsider's script."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sealed_journal import outsider

from temoin.journal.tree import GrowingTree, hash_leaf, peaks_of, prove_consistency, prove_inclusion, root_of
from temoin_witness.growth import has_grown

# Roots over 0 to 8 leaves of the test vectors that implementations of RFC 6962 share (certificate-transparency).
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = st.integers(1, 600)


def hashes(size: int) -> list[bytes]:
    return [hash_leaf(number.to_bytes(4, "big")) for number in range(size)]


def reader(leaves: list[bytes]):
    """Return subtree roots straight from the definition, slowly."""

    def read(level: int, index: int) -> bytes:
        row = leaves[index << level : (index + 1) << level]
        while len(row) > 1:
            row = [sha256(b"\x01" + a + b).digest() for a, b in zip(row[::2], row[1::2], strict=True)]
        return row[0]

    return read


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_everybody_else_computes(size: int):
    tree, stack = GrowingTree(), outsider.Stack()
    for leaf in LEAVES[:size]:
        tree.append(hash_leaf(bytes.fromhex(leaf)))
        stack.push(outsider.leaf_hash(bytes.fromhex(leaf)))

    assert tree.root().hex() == stack.root().hex() == ROOTS[size]


@given(SIZES)
def test_a_tree_taken_up_again_from_its_peaks_grows_on(size: int):
    leaves = hashes(size + 40)
    whole, resumed = GrowingTree(), GrowingTree(size, peaks_of(reader(leaves), 0, size))
    for leaf in leaves:
        whole.append(leaf)
    for leaf in leaves[size:]:
        resumed.append(leaf)

    assert resumed.root() == whole.root() == root_of(reader(leaves), 0, size + 40)


@given(SIZES, st.data())
def test_an_inclusion_proof_holds_for_its_leaf_and_no_other(size: int, data: st.DataObject):
    leaves, index = hashes(size), data.draw(st.integers(0, size - 1))
    path = prove_inclusion(reader(leaves), index, size)
    root = root_of(reader(leaves), 0, size)

    assert outsider.root_from_path(index, size, leaves[index], path) == root
    assert outsider.root_from_path(index, size, hash_leaf(b"other"), path) != root
    assert outsider.root_from_path(index, size, leaves[index], [*path, bytes(32)]) != root
    if size > 1:
        assert outsider.root_from_path((index + 1) % size, size, leaves[index], path) != root


@given(SIZES, st.data())
def test_a_consistency_proof_holds_for_growth_and_nothing_else(size: int, data: st.DataObject):
    leaves, old = hashes(size), data.draw(st.integers(0, size))
    read = reader(leaves)
    roots = root_of(read, 0, old), root_of(read, 0, size)
    proof = prove_consistency(read, old, size)

    assert has_grown(old, size, roots, proof)
    assert not has_grown(old, size, roots, [*proof, bytes(32)])
    if 0 < old < size:
        assert not has_grown(old, size, (bytes(32), roots[1]), proof)
        assert not has_grown(old, size, (roots[0], bytes(32)), proof)
        assert not has_grown(old, size, roots, proof[:-1])
    if old == size:
        assert not has_grown(old, size, (bytes(32), roots[1]), proof)


@given(SIZES, st.data())
def test_a_changed_leaf_is_never_consistent(size: int, data: st.DataObject):
    leaves, old = hashes(size + 1), data.draw(st.integers(1, size))
    changed = [*leaves]
    changed[data.draw(st.integers(0, old - 1))] = hash_leaf(b"changed")
    proof = prove_consistency(reader(changed), old, size + 1)

    assert not has_grown(old, size + 1, (root_of(reader(leaves), 0, old), root_of(reader(changed), 0, size + 1)), proof)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1)])
def test_a_leaf_outside_the_tree_has_no_proof(index: int, size: int):
    with pytest.raises(ValueError, match="not in a tree"):
        prove_inclusion(reader([]), index, size)
    assert outsider.root_from_path(index, size, bytes(32), []) is None


def test_a_tree_does_not_shrink():
    with pytest.raises(ValueError, match="does not shrink"):
        prove_consistency(reader([]), 2, 1)
