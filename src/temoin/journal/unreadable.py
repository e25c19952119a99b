"""Lists in which a row does not open: it is told and named apart, and the others are shown (law 11).

One row that somebody altered must not take a pharmacy's whole list away. Whoever asks for one row alone still meets the
error: there is nothing else to show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar
from uuid import UUID

from temoin.crypto.envelope import SealBrokenError
from temoin.journal.act import HouseActor
from temoin.journal.alerts import tell_broken_seal
from temoin.lib.unreadable import Unreadable, gather_unreadable

TOLD_AT_ONCE = 20  # rows of one list: more are told by the next look, or by `temoin keys verify`
PAGE = "page"

Row = TypeVar("Row")
Held = TypeVar("Held")


def each_opened(rows: Iterable[Row], opened: Callable[[Row], Held], *, origin: str = PAGE) -> list[Held]:
    """Return what each row holds. One whose seal is broken is left out, told as an event with an alarm, and gathered.

    Within the transaction that reads the rows, as looks are; `origin` is the door of whoever reads them.
    """
    held: list[Held] = []
    broken: dict[tuple[UUID, str, UUID], None] = {}
    for row in rows:
        try:
            held.append(opened(row))
        except SealBrokenError as error:
            if error.row is None:
                raise
            broken[error.row] = None
    for count, (pharmacy_id, table, row_id) in enumerate(broken):
        gather_unreadable(Unreadable(table, row_id))
        if count < TOLD_AT_ONCE:
            tell_broken_seal(HouseActor(pharmacy_id, origin), table, row_id)
    return held
