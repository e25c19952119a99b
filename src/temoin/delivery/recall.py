"""Whom a recall concerns: everybody who was tested with a lot, what was read, and whether they were told since."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from temoin.catalogue.actions import lot_of
from temoin.catalogue.kinds import Kind, load_kinds
from temoin.catalogue.models import Lot
from temoin.catalogue.usable import is_recalled, recall_of
from temoin.delivery.calls import signed_reports, traits_of_records
from temoin.delivery.telling import Telling, tellings_of
from temoin.journal.act import record_look, record_looks
from temoin.journal.events import EventKind
from temoin.journal.unreadable import PAGE, each_opened
from temoin.lib.errors import ConflictError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.patients.traits import Traits
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.build import steps_of
from temoin.testing.models import Record
from temoin.testing.queries import latest_numbers
from temoin.testing.report import Report
from temoin.testing.states import RecordState

MOST = 100  # tests on a page of the list, and letters on a page of them


@dataclass(frozen=True)
class Concerned:
    """One test made with the lot, and its patient as known today."""

    record_id: UUID
    state: RecordState
    kind: Kind
    sampled_at: datetime
    report: Report | None  # the latest version; None where nothing was signed
    traits: Traits | None  # None where the patient's record does not open
    told: Telling | None  # since the recall; before it, nobody could know

    @property
    def name(self) -> str:
        """Return the patient's name; of a record that does not open, what was known at the signature."""
        if self.traits is not None:
            return self.traits.name
        signed = self.report.patient if self.report else None
        return f"{signed.birth_family_name} {signed.first_birth_given_name}".strip() if signed else ""

    @property
    def birth_date(self) -> date | None:
        """Return the day on which the patient was born, in the same way."""
        if self.traits is not None:
            return self.traits.birth_date
        return self.report.patient.birth_date if self.report else None

    @property
    def phone(self) -> str:
        """Return the telephone number of today."""
        return self.traits.phone if self.traits else ""

    @property
    def is_to_tell(self) -> bool:
        """Tell whether the patient has a result of this lot and nobody told them since the recall."""
        return self.report is not None and self.told is None


@dataclass(frozen=True)
class ConcernedPage:
    """A lot and some of the tests made with it; and of all of them how many, and how many are to be told."""

    lot: Lot
    found: list[Concerned]
    count: int
    to_tell: int
    page: int  # the last one where the address asks for one after it
    has_more: bool


def page_of_concerned(*, by: Seat, lot_id: UUID, page: int = 0) -> ConcernedPage:
    """Return a page of those tested with a lot, whom to tell first; each patient shown is a look at their test."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        lot = _lot(lot_id)
        to_tell, others = _sides(lot)
        return _shown(by, lot, [*to_tell, *others], page, to_tell=len(to_tell))


def letters_to_concerned(*, by: Seat, lot_id: UUID, page: int = 0) -> ConcernedPage:
    """Return a page of those to be written to; ConflictError for a lot that is not recalled: there is nothing to say.

    That they are carried away is an event about the lot besides the looks.
    """
    check_right(by=by, right=Right.RECALL_LOT)
    with tenant_scope(by.pharmacy_id):
        lot = _lot(lot_id)
        if not is_recalled(lot):
            raise ConflictError("the lot is not recalled")
        to_tell, _others = _sides(lot)
        shown = _shown(by, lot, to_tell, page, to_tell=len(to_tell))
        _record_carried(by, lot, shown.found)
    return shown


def list_concerned(*, by: Seat, lot_id: UUID) -> tuple[Lot, list[Concerned]]:
    """Return a lot and all tests made with it, the latest first; each patient shown is a look at their test."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        lot = _lot(lot_id)
        concerned = _opened(lot, Record.objects.filter(lot_id=lot.id))
        _record_looks(by, concerned)
    return lot, concerned


def export_concerned(*, by: Seat, lot_id: UUID) -> tuple[Lot, list[Concerned]]:
    """Return the same to be carried away as a file, which is an event about the lot besides."""
    check_right(by=by, right=Right.RECALL_LOT)
    with tenant_scope(by.pharmacy_id):
        lot, concerned = list_concerned(by=by, lot_id=lot_id)
        _record_carried(by, lot, concerned)
    return lot, concerned


def _shown(by: Seat, lot: Lot, found: list[UUID], page: int, *, to_tell: int) -> ConcernedPage:
    """Open one page of these tests, and record each look."""
    page = min(page, max(len(found) - 1, 0) // MOST)
    on_page = found[page * MOST : (page + 1) * MOST]
    concerned = _opened(lot, Record.objects.filter(id__in=on_page))
    _record_looks(by, concerned)
    has_more = len(found) > (page + 1) * MOST
    return ConcernedPage(lot, concerned, count=len(found), to_tell=to_tell, page=page, has_more=has_more)


def _record_looks(by: Seat, concerned: list[Concerned]) -> None:
    shown = [one.record_id for one in concerned]
    record_looks(by=by, kind=EventKind.TEST_READ, subject_kind="record", subject_ids=shown)


def _record_carried(by: Seat, lot: Lot, concerned: list[Concerned]) -> None:
    detail = str(len(concerned))
    record_look(by=by, kind=EventKind.LOT_PERSONS_LISTED, subject_kind="lot", subject_id=lot.id, detail=detail)


def _sides(lot: Lot) -> tuple[list[UUID], list[UUID]]:
    """Return the tests whose patients are to be told, and the others, the latest first. Nothing is opened."""
    found = list(Record.objects.filter(lot_id=lot.id).order_by("-registered_at", "id").values_list("id", flat=True))
    signed = latest_numbers(found)
    told = _told_since(lot, signed)
    to_tell = [record_id for record_id in found if record_id in signed and record_id not in told]
    first = set(to_tell)
    return to_tell, [record_id for record_id in found if record_id not in first]


def _lot(lot_id: UUID) -> Lot:
    lot = lot_of(lot_id)
    if lot is None:
        raise NotFoundError
    return lot


def _opened(lot: Lot, found: Iterable[Record]) -> list[Concerned]:
    records = list(found)
    versions = latest_numbers(one.id for one in records)
    reports = {UUID(one.record_id): one for one in signed_reports(versions, PAGE)}
    traits = traits_of_records(one.id for one in records)
    told = _told_since(lot, reports)
    rows = each_opened(records, lambda one: _row(one, reports.get(one.id), traits.get(one.id), told.get(one.id)))
    return sorted(rows, key=lambda row: row.sampled_at, reverse=True)


def _told_since(lot: Lot, signed: Collection[UUID]) -> dict[UUID, Telling]:
    """Return by record the last note that its patient was told, of those since the recall that nobody took back."""
    recall = recall_of(lot)
    if recall is None or not signed:
        return {}
    return {one.record_id: one for one in tellings_of(signed) if one.at >= recall.since and one.taken_back_at is None}


def _row(record: Record, report: Report | None, traits: Traits | None, told: Telling | None) -> Concerned:
    sealed = record.unseal()
    return Concerned(
        record_id=record.id,
        state=RecordState(record.state),
        kind=load_kinds()[sealed["kind"]],
        sampled_at=steps_of(sealed).sampled_at,
        report=report,
        traits=traits,
        told=told,
    )
