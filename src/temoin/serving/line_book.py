"""Which lines are open and whose they are: each peer has a few, and a part of the threads."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterator
from typing import Generic, Protocol, TypeVar


class PeersLine(Protocol):
    """What is asked of a line here."""

    @property
    def who(self) -> Hashable: ...

    @property
    def is_busy(self) -> bool: ...

    @property
    def silent_since(self) -> float: ...


L = TypeVar("L", bound=PeersLine)


class LineBook(Generic[L]):
    """The open lines of a process."""

    def __init__(self, most: int, each: int, at_once: int) -> None:
        self._most, self._each, self._at_once = most, each, at_once
        self._lines: dict[Hashable, list[L]] = {}
        self._turns: dict[Hashable, asyncio.Semaphore] = {}

    def __iter__(self) -> Iterator[L]:
        return (line for lines in self._lines.values() for line in lines)

    def enter(self, line: L) -> L | None:
        """Add a line; return the one that has to end for it, which is the new one itself when all others work.

        A peer that lost its connection without a word calls again: its old line is the one that is silent longest.
        """
        own = self._lines.get(line.who, [])
        among = own if len(own) >= self._each else list(self) if sum(1 for _ in self) >= self._most else []
        if not among:
            self._add(line)
            return None
        silent = [one for one in among if not one.is_busy]
        if not silent:
            return line
        oldest = min(silent, key=lambda one: one.silent_since)
        self.leave(oldest)
        self._add(line)
        return oldest

    def leave(self, line: L) -> None:
        own = self._lines.get(line.who, [])
        if line in own:
            own.remove(line)
        if not own:
            self._lines.pop(line.who, None)
            self._turns.pop(line.who, None)

    def turn_of(self, who: Hashable) -> asyncio.Semaphore:
        """Return what a peer's messages wait at, so that they hold a part of the threads and no more."""
        return self._turns.setdefault(who, asyncio.Semaphore(self._at_once))

    def _add(self, line: L) -> None:
        self._lines.setdefault(line.who, []).append(line)
