"""Asks a destination what it holds, from ordinary code: portion by portion, so that memory stays flat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from types import TracebackType

from temoin.outbox.courier import Holding, Reconcilable

PORTION = 1_000  # holdings in memory at once
KEYS = 20  # asked about in one question: an address stays below two thousand characters


class Asking:
    """One run's questions. An OSError says that the destination did not answer wholly."""

    def __init__(self, courier: Reconcilable) -> None:
        self._courier = courier
        self._runner = asyncio.Runner()

    def __enter__(self) -> Asking:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._runner.close()

    def received(self, since: datetime, until: datetime) -> Iterator[list[Holding]]:
        """Give what came to the destination in a stretch of time."""
        return self._portions(self._courier.holdings(since, until))

    def held(self, keys: Sequence[str]) -> dict[str, list[Holding]]:
        """Return every copy it holds of each of these keys."""
        found: dict[str, dict[str, Holding]] = {key: {} for key in keys}
        questions = (keys[start : start + KEYS] for start in range(0, len(keys), KEYS))
        for holding in (each for asked in questions for each in self._all(self._courier.held(asked))):
            if holding.key in found:
                found[holding.key][holding.id] = holding
        return {key: list(copies.values()) for key, copies in found.items()}

    def _all(self, holdings: AsyncIterator[Holding]) -> Iterator[Holding]:
        for portion in self._portions(holdings):
            yield from portion

    def _portions(self, holdings: AsyncIterator[Holding]) -> Iterator[list[Holding]]:
        while portion := self._runner.run(_take(holdings)):
            yield portion


async def _take(holdings: AsyncIterator[Holding]) -> list[Holding]:
    taken: list[Holding] = []
    async for holding in holdings:
        told = (holding.key, holding.id, holding.received_at, holding.finess)
        taken.append(Holding(*map(_text, told)))
        if len(taken) == PORTION:
            break
    return taken


def _text(told: str) -> str:
    """Return what they wrote as the database takes it: a key that they made up must not end the run."""
    return told.encode(errors="replace").decode().replace("\0", "\ufffd")
