"""A test as a list shows it: its state, its reading window, and where its parcels are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from temoin.catalogue.actions import kits_of_lots
from temoin.outbox.open_channels import place_of
from temoin.pharmacies.seat import Seat
from temoin.testing.queries import TestRow
from temoin.testing.states import UNDER_WAY, RecordState
from temoin.web.reading_window import ReadingWindow, reading_window
from temoin.web.wording import STATE, Mark, Words, destination_words, mark_of


@dataclass(frozen=True)
class ListedTest:
    row: TestRow
    mark: Mark
    window: ReadingWindow | None
    is_to_start: bool  # sampled, and its reading clock waits
    parcels: list[tuple[Words, Mark]]


def kits_of(seat: Seat, rows: Iterable[TestRow]) -> dict[UUID, str]:
    """Return the kit of each lot that the tests under way are done with."""
    return kits_of_lots(by=seat, lot_ids={row.lot_id for row in rows if row.lot_id and row.state in UNDER_WAY})


def test_lines(rows: Iterable[TestRow], kits: dict[UUID, str]) -> list[ListedTest]:
    return [_line(row, kits) for row in rows]


def _line(row: TestRow, kits: dict[UUID, str]) -> ListedTest:
    window, is_to_start = None, False
    if row.state is RecordState.SAMPLED and row.steps is not None and row.lot_id in kits:
        window = reading_window(kits[row.lot_id], row.steps, row.patient_name)
        is_to_start = window is None
    latest = {destination: mark_of(destination, state) for destination, state in row.parcels}
    parcels: list[tuple[Words, Mark]] = [
        (destination_words(name), mark) for name, mark in sorted(latest.items(), key=lambda one: place_of(one[0]))
    ]
    return ListedTest(row=row, mark=STATE[row.state], window=window, is_to_start=is_to_start, parcels=parcels)
