"""What is asked of test records; every question that opens one is an event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Max

from temoin.catalogue.actions import lot_of
from temoin.catalogue.kinds import Kind, load_kinds
from temoin.catalogue.models import Lot
from temoin.crypto.sealed import open_value
from temoin.journal.act import Actor, ask_and_record, record_look
from temoin.journal.events import EventKind
from temoin.lib.asking import Rows, ask
from temoin.lib.commit import Part
from temoin.lib.errors import ConflictError, NotFoundError
from temoin.lib.tenant import current_pharmacy, tenant_scope
from temoin.outbox.queries import ParcelView, parcels_of
from temoin.patients.models import Patient
from temoin.patients.queries import traits_of
from temoin.patients.traits import Traits
from temoin.pharmacies.models import Pharmacy
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.amended import ProposedAmendment, amendment_in
from temoin.testing.answers import AskedPerson
from temoin.testing.build import Opened, patient_identity, steps_of
from temoin.testing.models import Record, RecordVersion
from temoin.testing.opening import Proposal, proposal_in
from temoin.testing.report import Report
from temoin.testing.sample import Steps
from temoin.testing.states import RecordState
from temoin.testing.tickets import has_code


@dataclass(frozen=True)
class TestView:
    """A test with all its page shows."""

    id: UUID
    seen: str  # of its state, for the forms that go on with it
    state: RecordState
    kind: Kind
    number: str
    patient_id: UUID
    traits: Traits
    registered_at: datetime
    notice: str
    source: str
    specimen: str
    steps: Steps | None
    typed_times: tuple[str, ...]
    answers: Mapping[str, str]
    lot: Lot | None
    proposal: Proposal | None
    amendment: ProposedAmendment | None
    has_ticket: bool
    reports: list[Report]
    parcels: list[ParcelView]

    @property
    def carries_matricule(self) -> bool:
        """Tell whether the matricule may travel with a result signed now."""
        return patient_identity(self.patient_id, self.traits).carries_matricule

    @property
    def sampled_at(self) -> datetime | None:
        """Return the time of sampling, None before it."""
        return self.steps.sampled_at if self.steps is not None else None

    @property
    def person(self) -> AskedPerson:
        """Return of whom the questions of the test are asked."""
        return AskedPerson(birth_date=self.traits.birth_date, sex=self.traits.sex)

    @property
    def report(self) -> Report | None:
        return self.reports[-1] if self.reports else None


def read_test(*, by: Holder, record_id: UUID) -> TestView:
    """Return a test, its versions and its parcels; the look is an event."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        record = record_in_scope(record_id)
        record_look(by=by, kind=EventKind.TEST_READ, subject_kind="record", subject_id=record_id)
        return _view(record)


def read_result_for_print(*, by: Seat, record_id: UUID) -> TestView:
    """Return a test whose result is to be printed; NotFoundError when it has none yet."""
    check_right(by=by, right=Right.PRINT_RESULT)
    with tenant_scope(by.pharmacy_id):
        record = record_in_scope(record_id)
        if record.version == 0:
            raise NotFoundError
        record_look(by=by, kind=EventKind.RESULT_PRINTED, subject_kind="record", subject_id=record_id)
        return _view(record)


def read_parcels(*, by: Holder, record_id: UUID) -> list[ParcelView]:
    """Return where a result's parcels are: no patient data, so following them live adds no event per glance."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        record_in_scope(record_id)
        return parcels_of(record_id)


def report_for_courier(*, by: Actor, record_id: UUID, number: int) -> Report:
    """Return one signed version to a courier of the house; the look is an event too."""
    return versions_for_courier(by=by, wanted=[(record_id, number)])[record_id, number][-1]


def versions_for_courier(*, by: Actor, wanted: Iterable[tuple[UUID, int]]) -> dict[tuple[UUID, int], list[Report]]:
    """Return, by record and number, the signed versions up to that one, it last; each look is an event."""
    with tenant_scope(by.pharmacy_id):
        return ask_versions(by=by, wanted=wanted)()


def ask_versions(
    *, by: Actor, wanted: Iterable[tuple[UUID, int]]
) -> Callable[[], dict[tuple[UUID, int], list[Report]]]:
    """Ask for versions and record the looks, in the actor's scope; return what opens them, in that scope as well.

    Who asks for several pharmacies (`scopes_together`) waits once for them all.
    """
    found: dict[tuple[UUID, int], list[Report]] = {one: [] for one in wanted}
    records, numbers = [record_id for record_id, _ in found], [number for _, number in found]
    rows = ask_and_record(
        by=by,
        kind=EventKind.RESULT_PREPARED,
        subject_kind="record",
        subject_ids=records,
        question=Part(_VERSIONS, (records, numbers, current_pharmacy()), None),
    )
    return partial(_read_versions, rows, found)


def _read_versions(
    rows: Callable[[], Rows], found: dict[tuple[UUID, int], list[Report]]
) -> dict[tuple[UUID, int], list[Report]]:
    for asked, number, *version in rows():
        found[asked, number].append(_report(version))
    if any(not reports or reports[-1].version != number for (_, number), reports in found.items()):
        raise NotFoundError
    return found


def _report(version: list[Any]) -> Report:
    columns = dict(zip(("id", "sealed", *RecordVersion.binds), version, strict=True))
    return Report.from_dict(open_value(RecordVersion, columns["id"], bytes(columns["sealed"]), columns))


def patient_contact(record_id: UUID) -> Traits:
    """Return today's traits of a record's patient, for an act of the house: an address may have been mended since."""
    return traits_of(record_in_scope(record_id).patient_id)


def record_in_scope(record_id: UUID) -> Record:
    """Return a record of the pharmacy in scope for an act that records its own event."""
    record: Record | None = Record.objects.filter(id=record_id).first()
    if record is None:
        raise NotFoundError
    return record


def states_of(record_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Return the state of each of these records that the pharmacy in scope has."""
    return dict(Record.objects.filter(id__in=list(record_ids)).values_list("id", "state"))


def seen_state(record: Record) -> str:
    """Return what a form carries to say in which state a test was shown: every change gives another."""
    return record.told_digest()[:16]


def is_as_seen(record: Record, seen: str) -> bool:
    """Tell whether a test is in the state in which it was shown; "" is of who saw no list."""
    return not seen or seen_state(record) == seen


def check_seen(record: Record, seen: str) -> None:
    """Raise ConflictError when a test is not in the state in which it was shown; "" is of who saw no list."""
    if not is_as_seen(record, seen):
        raise ConflictError("somebody went on with this test meanwhile")


def latest_numbers(record_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Return the number of the last signed version of each record that has one.

    Lists and couriers ask the versions, which seals bind: what a record's row says of them in clear, nothing does.
    """
    found = RecordVersion.objects.filter(record_id__in=list(record_ids)).values_list("record_id")
    return dict(found.annotate(Max("number")).order_by())


def latest_number(record_id: UUID) -> int:
    """Return the number of a record's last signed version."""
    found = latest_numbers([record_id])
    if not found:
        raise NotFoundError
    return found[record_id]


def latest_report(record_id: UUID) -> Report:
    """Return the latest signed version of a record that has a result, for an act that records its own event."""
    version: RecordVersion = RecordVersion.objects.filter(record_id=record_id).latest("number")
    return version.report


# Written out because the worker asks it for every parcel.
_VERSIONS = """
SELECT asked.record_id, asked.number, version.id, version.sealed, {bound}
FROM testing_record_version version JOIN unnest(%s::uuid[], %s::int[]) AS asked (record_id, number)
  ON version.pharmacy_id = %s AND version.record_id = asked.record_id AND version.number <= asked.number
ORDER BY version.number
""".format(bound=", ".join(f"version.{name}" for name in RecordVersion.binds))
_LOT = ["pharmacy_id", "id", "kit", "number", "expiry", "udi", "state", "control_failed"]
# One round trip instead of four: signing is the act that a queue waits for.
_OPEN = """
SELECT record.state, record.version, record.patient_id, record.sealed, record.lot_id,
       patient.sealed, patient.merged_into,
       lot.id, lot.kit, lot.number, lot.expiry, lot.udi, lot.state, lot.control_failed,
       pharmacy.id, pharmacy.finess, pharmacy.name, pharmacy.phone, pharmacy.street, pharmacy.postcode,
       pharmacy.city, pharmacy.time_zone, pharmacy.is_demo
FROM testing_record record
JOIN patients_patient patient ON patient.pharmacy_id = record.pharmacy_id AND patient.id = record.patient_id
JOIN pharmacies_pharmacy pharmacy ON pharmacy.id = record.pharmacy_id
LEFT JOIN catalogue_lot lot ON lot.pharmacy_id = record.pharmacy_id AND lot.id = record.lot_id
WHERE record.pharmacy_id = %s AND record.id = %s
"""


def open_for_signature(record_id: UUID) -> Opened:
    rows = ask(_OPEN, [current_pharmacy(), record_id])
    if not rows:
        raise NotFoundError
    row: Any = rows[0]
    state, version, patient_id, sealed, lot_id, traits, merged_into, *columns = row
    lot, pharmacy = columns[: len(_LOT) - 1], columns[len(_LOT) - 1 :]
    opened = open_value(Record, record_id, bytes(sealed), {"patient_id": patient_id, "lot_id": lot_id})
    return Opened(
        record_id=record_id,
        state=state,
        version=version,
        patient_id=patient_id,
        sealed=opened,
        kind=load_kinds()[opened["kind"]],
        traits=Traits.from_dict(open_value(Patient, patient_id, bytes(traits), {"merged_into": merged_into})),
        lot=Lot.from_db("default", _LOT, [current_pharmacy(), *lot]) if lot[0] is not None else None,
        pharmacy=Pharmacy(*pharmacy),
    )


def _view(record: Record) -> TestView:
    sealed = record.unseal()
    versions = RecordVersion.objects.filter(record_id=record.id).order_by("number")
    return TestView(
        id=record.id,
        seen=seen_state(record),
        state=RecordState(record.state),
        kind=load_kinds()[sealed["kind"]],
        number=sealed["number"],
        patient_id=record.patient_id,
        traits=traits_of(record.patient_id),
        registered_at=datetime.fromisoformat(sealed["registered_at"]),
        notice=sealed["notice"],
        source=sealed["source"],
        specimen=sealed["specimen"],
        steps=steps_of(sealed) if sealed["sampled_at"] else None,
        typed_times=tuple(sealed["typed_times"]),
        answers=sealed["answers"],
        lot=lot_of(record.lot_id) if record.lot_id else None,
        proposal=proposal_in(sealed),
        amendment=amendment_in(sealed),
        has_ticket=has_code(record.id),
        reports=[version.report for version in versions],
        parcels=parcels_of(record.id),
    )
