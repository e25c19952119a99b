"""The clients themselves: each operation, and results by the thousand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import count, islice

from temoin_client.asking import drawn_key
from temoin_client.awaited_calls import AwaitedCalls
from temoin_client.blocking_calls import BlockingCalls
from temoin_client.models import ResultVerdict, WholeResult, WholeResults

AT_ONCE = (
    100  # results of a call of `hand_in_all`, whose verdicts come soon; `hand_in` takes as many as the server does
)


class Temoin(BlockingCalls):
    """A pharmacy's Témoin as its program sees it; several threads may share it."""

    def hand_in_all(self, results: Iterable[WholeResult], *, key: str = "") -> Iterator[ResultVerdict]:
        """Hand in results, however many, and yield a verdict for each, in order.

        The same results under the same key are taken once, also by a program that was started anew.
        """
        for part, own_key in _parts(results, key):
            yield from self.hand_in(part, key=own_key).results


class AsyncTemoin(AwaitedCalls):
    """The same, awaited."""

    async def hand_in_all(self, results: Iterable[WholeResult], *, key: str = "") -> AsyncIterator[ResultVerdict]:
        """Hand in results, however many, and yield a verdict for each, in order; see `Temoin`."""
        for part, own_key in _parts(results, key):
            for verdict in (await self.hand_in(part, key=own_key)).results:
                yield verdict


def _parts(results: Iterable[WholeResult], key: str) -> Iterator[tuple[WholeResults, str]]:
    rest, key = iter(results), key or drawn_key()
    for number in count():
        part = list(islice(rest, AT_ONCE))
        if not part:
            return
        yield WholeResults(results=part), f"{key}-{number}"
