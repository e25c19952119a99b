"""Which rows the lists of a page or a command could not open: gathered, so that whoever shows the rest names them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, order=True)
class Unreadable:
    """A row that does not open: what whoever mends it must be told."""

    table: str
    row_id: UUID


_met: ContextVar[list[Unreadable] | None] = ContextVar("temoin_unreadable", default=None)


@contextmanager
def unreadable_gathered() -> Iterator[None]:
    """Gather what lists of the block could not open."""
    token = _met.set([])
    try:
        yield
    finally:
        _met.reset(token)


def gather_unreadable(row: Unreadable) -> None:
    """Add a row, where somebody gathers."""
    gathered = _met.get()
    if gathered is not None:
        gathered.append(row)


def unreadable_met() -> list[Unreadable]:
    """Return what lists could not open so far, each once."""
    return sorted(set(_met.get() or ()))
