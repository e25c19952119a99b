"""Whether one tree begins with another: the check of RFC 9162 §2.1.4.2, from the proof and the two roots alone."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

EMPTY = sha256(b"").digest()


def has_grown(old: int, new: int, roots: tuple[bytes, bytes], proof: Sequence[bytes]) -> bool:
    """Tell whether the tree of size `new` is that of size `old` with leaves added. `roots` are theirs."""
    old_root, new_root = roots
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    return bool(path) and _climb(old - 1, new - 1, path) == (old_root, new_root)


def _climb(first: int, second: int, path: list[bytes]) -> tuple[bytes, bytes] | None:
    """Return the two roots that the path leads to, or None when it has not the length it must have."""
    while first & 1:
        first, second = first >> 1, second >> 1
    old_root = new_root = path[0]
    for sibling in path[1:]:
        if second == 0:
            return None
        if first & 1 or first == second:
            old_root, new_root = _pair(sibling, old_root), _pair(sibling, new_root)
            while first and not first & 1:
                first, second = first >> 1, second >> 1
        else:
            new_root = _pair(new_root, sibling)
        first, second = first >> 1, second >> 1
    return (old_root, new_root) if second == 0 else None


def _pair(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()
