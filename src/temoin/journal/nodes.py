"""Reads the stored tree: the roots of complete subtrees, from leaves and the nodes kept every eight levels."""

from __future__ import annotations

from functools import lru_cache

from django.db import connection

from temoin.journal.tree import TILE, GrowingTree, NodeReader, hash_pair, peaks_of
from temoin.lib.errors import TemoinError


class TreeBrokenError(TemoinError):
    """The stored tree has a hole: only somebody with the owner's rights can have made it."""


def stored_tree(size: int) -> GrowingTree:
    """Return the tree of a size, ready to grow; it reads some hundred hashes at most."""
    return GrowingTree(size, peaks_of(stored_nodes(), 0, size))


def stored_nodes() -> NodeReader:
    """Return a reader of subtree roots that remembers what it read: for one proof, or a few of one tree."""
    return lru_cache(maxsize=4096)(_read_node)


def _read_node(level: int, index: int) -> bytes:
    kept, above = level - level % TILE, level % TILE
    hashes = _read_row(kept, index << above, 1 << above)
    while len(hashes) > 1:
        hashes = [hash_pair(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def _read_row(level: int, first: int, count: int) -> list[bytes]:
    table, values = ("journal_leaf", []) if level == 0 else ("journal_node", [level])
    where = "" if level == 0 else "level = %s AND "
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT hash FROM {table} WHERE {where} index >= %s AND index < %s ORDER BY index",  # noqa: S608
            [*values, first, first + count],
        )
        found = [bytes(row[0]) for row in cursor.fetchall()]
    if len(found) != count:
        raise TreeBrokenError(f"the stored tree lacks {count - len(found)} hashes: run temoin journal verify")
    return found
