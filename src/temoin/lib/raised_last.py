"""Parts of a round that hold no other: what one raises is raised once all were done, so that the round fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from temoin.lib.away import is_away

log = logging.getLogger("temoin.rounds")

Part = Callable[[], AbstractContextManager[None]]


@contextmanager
def raised_last() -> Iterator[Part]:
    """Give the block a context for each of its parts, and raise the first error at its end; each is in the log.

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
            log.error("a part of a round cannot be done: %s", type(error).__name__)
            failed.append(error)

    yield part
    if failed:
        raise failed[0]
