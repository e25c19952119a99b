"""A test as a list shows it: its state, its reading window, and where its parcels are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from django.utils.translation import gettext as _

from temoin.catalogue.actions import kits_of_lots
from temoin.lib.clock import now
from temoin.lib.zones import day_of, wall_clock
from temoin.outbox.open_channels import place_of
from temoin.pharmacies.policies import has_right, may_sign
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.zones import page_zone
from temoin.testing.lists import TestRow
from temoin.testing.states import UNDER_WAY, RecordState
from temoin.web.fields import Field, Typed
from temoin.web.reading_window import ReadingWindow, reading_window
from temoin.web.record_forms import outcome_fields
from temoin.web.sampled_now import ReadySample, ready_samples
from temoin.web.times import page_today
from temoin.web.wording import STATE, Mark, Words, destination_words, mark_of
from temoin.web.workstation import Station


@dataclass(frozen=True)
class ListedTest:
    row: TestRow
    mark: Mark
    window: ReadingWindow | None
    is_to_start: bool  # sampled, and its reading clock waits
    parcels: list[tuple[Words, Mark]]
    fields: list[Field] = field(default_factory=list)  # of the result, where it is entered in the row
    ready: ReadySample | None = None  # what it would be sampled with now, where one press of the row does it
    may_start: bool = False  # who looks may start its clock in the row
    is_opened: bool = False  # asked for by its number
    is_new: bool = False  # sampled a moment ago
    may_judge: bool = False  # who looks may sign what a program proposes
    link_leads: bool = False  # its name takes the focus, as the row has nothing else to press

    @property
    def waits_since(self) -> str:
        """Return since when the patient waits; the day is told when it is not today's."""
        zone, at = page_zone(), self.row.registered_at
        is_today = day_of(at, zone) == page_today()
        return f"{wall_clock(at, zone):{'%H:%M' if is_today else '%d/%m %H:%M'}}"

    @property
    def waited_words(self) -> str:
        """Return for how long the patient has waited; "" from an hour on, when the time of arrival says it better."""
        minutes = max(0, int((now() - self.row.registered_at).total_seconds() // 60))
        return _("%(minutes)s min") % {"minutes": minutes} if minutes < 60 else ""

    @property
    def takes_focus(self) -> bool:
        """Tell whether work goes on in this row."""
        return self.is_opened or any(each.autofocus for each in self.fields)


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


def waiting_lines(
    seat: Seat, rows: Iterable[TestRow], *, station: Station, opened: str = "", symptoms_first: bool = False
) -> list[ListedTest]:
    """Return the tests to be sampled, each with the sample that one press would record.

    They stand in order of arrival, those put first before the others where the workstation wishes it, and those who
    were not there behind.
    """

    def turn(row: TestRow) -> tuple[bool, bool, datetime]:
        return row.wait.absent_at is not None, not (symptoms_first and row.wait.is_first), row.registered_at

    waiting = sorted((row for row in rows if row.state is RecordState.REGISTERED), key=turn)
    samples = waiting and has_right(by=seat, right=Right.TAKE_SAMPLE)
    ready = ready_samples(seat, station) if samples else {}
    lines = [replace(line, ready=ready.get(line.row.kind.code)) for line in test_lines(waiting, {})]
    return [_opened(line, opened, leads=line.ready is None) for line in lines]


def _opened(line: ListedTest, opened: str, *, leads: bool) -> ListedTest:
    """Return the line, marked where its number was asked for."""
    return replace(line, is_opened=True, link_leads=leads) if opened == str(line.row.id) else line


_LAST = datetime.max.replace(tzinfo=UTC)  # a reading clock not started yet: after those that run


def running_lines(
    seat: Seat, rows: Iterable[TestRow], kits: dict[UUID, str], *, leads: bool, opened: str = "", new: str = ""
) -> list[ListedTest]:
    """Return the tests whose sample is taken, what is due first before the rest, each with the result's own buttons.

    The test that was `opened` by its number takes the focus; with `leads` the first that can be read now does: whoever
    has just signed goes on with it.
    """
    sampled = (row for row in rows if row.state is RecordState.SAMPLED)
    lines = [_read_by_program(line) for line in test_lines(sampled, kits)]
    lines.sort(key=lambda line: line.window.opens if line.window else _LAST)
    is_due = [line.window is not None and line.window.opens <= now() for line in lines]
    first = str(lines[is_due.index(True)].row.id) if leads and True in is_due else None
    asked = opened or first
    lines = [_with_entry(seat, line, takes_focus=asked == str(line.row.id)) for line in lines]
    lines = [replace(line, is_new=new == str(line.row.id)) for line in lines]
    return [_opened(line, opened, leads=not line.fields) for line in lines]


def _read_by_program(line: ListedTest) -> ListedTest:
    """Return the line without its clock where a program has read the test: a person judges that result."""
    return replace(line, window=None, is_to_start=False) if line.row.proposed_by else line


def _with_entry(seat: Seat, line: ListedTest, *, takes_focus: bool) -> ListedTest:
    if line.is_to_start and has_right(by=seat, right=Right.TAKE_SAMPLE):
        return replace(line, may_start=True)
    if not may_sign(by=seat, signers=line.row.kind.signers):
        return line
    if line.window is None:
        return replace(line, may_judge=bool(line.row.proposed_by))
    return replace(line, fields=outcome_fields(line.row.kind, Typed({}), takes_focus=takes_focus, row=str(line.row.id)))
