"""Reading ahead: in order, one item in advance, and nothing lost of what making an item raises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from threading import Event, current_thread

import pytest
from patience import PATIENCE

from temoin.lib.ahead import read_ahead


def test_items_come_in_their_order_made_in_another_thread():
    makers = [current_thread()]

    def items() -> Iterator[int]:
        for number in range(5):
            makers.append(current_thread())
            yield number

    assert list(read_ahead(items())) == [0, 1, 2, 3, 4]
    assert len(set(makers)) == 2


def test_the_next_item_is_made_while_one_is_worked_on_and_no_more():
    made: list[int] = []
    second = Event()

    def items() -> Iterator[int]:
        for number in range(9):
            made.append(number)
            if number == 1:
                second.set()
            yield number

    with closing(read_ahead(items())) as ahead:
        assert next(ahead) == 0
        assert second.wait(timeout=PATIENCE)

    assert made == [0, 1]


def test_what_making_an_item_raises_is_raised_at_its_place():
    def items() -> Iterator[int]:
        yield 1
        raise UnicodeError("half a letter")

    ahead = read_ahead(items())

    assert next(ahead) == 1
    with pytest.raises(UnicodeError):
        next(ahead)
