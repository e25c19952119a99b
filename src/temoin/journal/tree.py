"""The Merkle tree of RFC 6962 over the journal's leaves: roots as it grows, and the proofs that others check.

Nothing here reads a database. A tree that grows holds only its peaks: the roots of the complete subtrees that its
size, written in binary, calls for. Proofs ask a function for the roots of complete subtrees, however they are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

HASH = 32
TILE = 8  # levels between two kept ones: a node in 256 is stored, the others are recomputed from at most 128

# Returns the root of the complete subtree `index` of 2**level leaves.
NodeReader = Callable[[int, int], bytes]


class Node(NamedTuple):
    """The root of a complete subtree, kept so that no proof reads the whole journal."""

    level: int
    place: int
    hash: bytes


def hash_leaf(leaf: bytes) -> bytes:
    """Return the hash of one leaf's bytes (RFC 6962 §2.1)."""
    return sha256(b"\x00" + leaf).digest()


def hash_pair(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def fold_peaks(peaks: list[bytes]) -> bytes:
    """Return the root over peaks, the largest first; the hash of nothing for an empty tree."""
    if not peaks:
        return sha256(b"").digest()
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = hash_pair(peak, root)
    return root


class GrowingTree:
    """A tree to whose right edge leaves are added."""

    def __init__(self, size: int = 0, peaks: list[bytes] | None = None) -> None:
        self.size = size
        self.peaks = list(peaks or [])

    def append(self, leaf_hash: bytes) -> list[Node]:
        """Add a leaf's hash; return the nodes to keep that it completes, rarely any."""
        node, level, left = leaf_hash, 0, self.size
        kept: list[Node] = []
        while left & 1:
            node = sha256(b"\x01" + self.peaks.pop() + node).digest()
            left >>= 1
            level += 1
            if level % TILE == 0:
                kept.append(Node(level, left, node))
        self.peaks.append(node)
        self.size += 1
        return kept

    def root(self) -> bytes:
        return fold_peaks(self.peaks)


def peaks_of(read: NodeReader, start: int, end: int) -> list[bytes]:
    """Return the peaks over leaves start..end-1, where start is a multiple of the largest of them."""
    peaks = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(read(level, start >> level))
        start += 1 << level
    return peaks


def root_of(read: NodeReader, start: int, end: int) -> bytes:
    return fold_peaks(peaks_of(read, start, end))


def prove_inclusion(read: NodeReader, index: int, size: int) -> list[bytes]:
    """Return the audit path of a leaf in the tree of a size, nearest first (RFC 6962 §2.1.1)."""
    if not 0 <= index < size:
        raise ValueError("the leaf is not in a tree of this size")
    path = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _half(end - start)
        if index < middle:
            path.append(root_of(read, middle, end))
            end = middle
        else:
            path.append(root_of(read, start, middle))
            start = middle
    return path[::-1]


def prove_consistency(read: NodeReader, old: int, new: int) -> list[bytes]:
    """Return the proof that the tree of size `new` begins with that of size `old` (RFC 6962 §2.1.2)."""
    if not 0 <= old <= new:
        raise ValueError("a tree does not shrink")
    if old in {0, new}:
        return []
    path = []
    start, end = 0, new
    while old != end:
        middle = start + _half(end - start)
        if old <= middle:
            path.append(root_of(read, middle, end))
            end = middle
        else:
            path.append(root_of(read, start, middle))
            start = middle
    if start:
        path.append(root_of(read, start, end))
    return path[::-1]


def _half(count: int) -> int:
    """Return the largest power of two below `count`: where RFC 6962 splits a tree."""
    return 1 << ((count - 1).bit_length() - 1)
