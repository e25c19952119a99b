"""What is asked about the sendings of a pharmacy: the work list, and the history of one. Neither opens a record."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from temoin.journal.act import record_look
from temoin.journal.events import EventKind
from temoin.journal.queries import EventRow, events_about
from temoin.lib.tenant import tenant_scope
from temoin.outbox.open_parcels import Heap, OpenFilter, OpenParcel, heaps, list_open
from temoin.outbox.queries import (
    AttemptContent,
    AttemptView,
    ParcelView,
    attempts_of,
    contents_of,
    is_overtaken,
    parcel_in_scope,
    parcel_view,
    receipts_of,
)
from temoin.outbox.states import ParcelState
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.queries import record_in_scope
from temoin.testing.states import RECORD

# What was done to a sending besides trying: by a person, or by a reconciliation.
DECIDED = (
    EventKind.PARCEL_RELEASED.value,
    EventKind.PARCEL_WITHDRAWN.value,
    EventKind.PARCEL_PROVED.value,
    EventKind.PARCEL_RESENT.value,
)


@dataclass(frozen=True)
class WorkList:
    """What has not arrived: in heaps of what is alike, and one page of it."""

    heaps: list[Heap]
    parcels: list[OpenParcel]
    has_more: bool

    @property
    def to_handle(self) -> int:
        """Return how many are refused or late."""
        return sum(heap.count for heap in self.heaps if heap.is_to_handle)

    @property
    def on_the_way(self) -> int:
        """Return how many are neither."""
        return sum(heap.count for heap in self.heaps if not heap.is_to_handle)


@dataclass(frozen=True)
class Sending:
    """One parcel with its history: the tries, and what people decided."""

    view: ParcelView
    key: str
    record_id: UUID
    patient_id: UUID
    can_correct: bool  # its result may still be corrected
    is_overtaken: bool
    attempts: list[AttemptView]
    decisions: list[EventRow]


def read_work_list(*, by: Holder, wanted: OpenFilter, page: int = 0) -> WorkList:
    """Return what has not arrived. Identifiers, states and times only: no patient is opened, so it is no look."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        parcels, has_more = list_open(wanted, page)
        return WorkList(heaps(wanted.late_before), parcels, has_more)


def read_sending(*, by: Holder, parcel_id: UUID) -> Sending:
    """Return a parcel's history; NotFoundError for another pharmacy's."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        parcel = parcel_in_scope(parcel_id)
        record = record_in_scope(parcel.chain_id)
        accepted = [parcel_id] if parcel.state == ParcelState.ACCEPTED else []
        return Sending(
            view=parcel_view(parcel, receipts_of(accepted).get(parcel_id, {})),
            key=parcel.key,
            record_id=record.id,
            patient_id=record.patient_id,
            can_correct=RECORD.allows("correct", record.state) and record.version == parcel.sequence,
            is_overtaken=is_overtaken(parcel_id),
            attempts=attempts_of(parcel_id),
            decisions=events_about([parcel_id], DECIDED),
        )


def read_answers(*, by: Seat, parcel_id: UUID) -> list[AttemptContent]:
    """Return what was sent and answered, in the destination's own words: it may quote the result, so it is a look."""
    check_right(by=by, right=Right.RELEASE_PARCEL)
    with tenant_scope(by.pharmacy_id):
        record_id = parcel_in_scope(parcel_id).chain_id
        record_look(by=by, kind=EventKind.ANSWERS_READ, subject_kind="record", subject_id=record_id)
        return contents_of(parcel_id)
