"""Parts of a round that hold no other: what one raises is raised once all were done, so that the round fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from temoin.lib.away import is_away

Part = Callable[[], AbstractContextManager[None]]


@contextmanager
def raised_last() -> Iterator[Part]:
    """Give the block a context for each of its parts, and raise the first error at its end.

    A database that is away is no part's own matter: it ends the round at once.
    """
    failed: list[Exception] = []

    @contextmanager
    def part() -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if is_away(error):
                raise
            failed.append(error)

    yield part
    if failed:
        raise failed[0]
