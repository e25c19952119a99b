"""Reading ahead: the next item is made in a thread while the one before it waits for the database."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")


class _End:
    """Comes after the last item."""


_END = _End()


def read_ahead(items: Iterable[Item]) -> Generator[Item, None, None]:
    """Yield the items in their order, one of them in advance; what making one raises is raised at its place.

    Items are made in a thread of their own: they must not ask the database, whose connection and scope are another
    thread's.
    """
    source = iter(items)
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as reader:
        coming = reader.submit(next, source, _END)
        while not isinstance(item := coming.result(), _End):
            coming = reader.submit(next, source, _END)
            yield item
