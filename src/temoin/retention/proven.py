"""What the round may rely on: whoever writes in the database can write any column in clear (law 12).

An answer or a lifting counts when its seal opens, which binds what the columns say, and an event of the act left the
row as it stands. A test goes when it opens, by the times that are sealed. What does not open is told, and stays; a hold
whose lifting is not proven still holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from temoin.crypto.envelope import SealBrokenError
from temoin.crypto.sealed import SealedModel
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.journal.unreadable import each_opened
from temoin.keeping.acts import OPERATOR
from temoin.keeping.rows import locked_rows, row_of
from temoin.lib.tenant import current_pharmacy
from temoin.patients.models import Patient
from temoin.retention.case_states import CaseKind, CaseState
from temoin.retention.models import Hold, RightsCase
from temoin.testing.models import Record, RecordVersion

Left = tuple[str, str, str]  # table, row, and the digest in which an event left it


@dataclass(frozen=True)
class Granted:
    """A granted erasure: of whom, and up to which instant."""

    case_id: UUID
    patient_id: UUID
    merged_into: UUID | None
    answered_at: datetime

    @property
    def person(self) -> UUID:
        """Return the record that stands of whoever asked: their tests are there, whichever of their records asked."""
        return self.merged_into or self.patient_id


@dataclass(frozen=True)
class OpenedTest:
    """What the seals of one test say of its patient and its hours, whatever its columns say."""

    record_id: UUID
    patient_id: UUID
    last_at: datetime  # the registration, or the last signature: to the second, as they are sealed


def granted_erasures() -> list[Granted]:
    """Return the erasures that owners granted in the pharmacy in scope; nobody changes them before the end of it."""
    asked = RightsCase.objects.filter(kind=CaseKind.ERASURE.value, state=CaseState.GRANTED.value)
    cases = _proven(RightsCase, asked.values_list("id", flat=True), EventKind.CASE_GRANTED)
    patients = {row.id: row for row in opened_rows(Patient, [case.patient_id for case in cases])}
    return [
        Granted(case.id, case.patient_id, patients[case.patient_id].merged_into, case.answered_at)
        for case in cases
        if case.patient_id in patients
    ]


def lifted_holds() -> list[UUID]:
    """Return the holds of the pharmacy in scope that owners lifted; any other one holds."""
    lifted = Hold.objects.filter(lifted_at__isnull=False).values_list("id", flat=True)
    return [hold.id for hold in _proven(Hold, lifted, EventKind.HOLD_LIFTED)]


def opened_rows(model: type[SealedModel], ids: Iterable[UUID]) -> list[Any]:
    """Lock those of these rows that nobody else holds, and return those that open."""
    rows = [row_of(model, row) for row in locked_rows(model, list(ids))]
    return each_opened(rows, _opened, origin=OPERATOR)


def opened_tests(ids: list[UUID]) -> list[OpenedTest]:
    """Return those of these tests that open with every version, each with the time of what was done last."""
    rows: list[Any] = [row_of(Record, row) for row in locked_rows(Record, ids)]
    registered = each_opened(rows, lambda row: (row, row.unseal()["registered_at"]), origin=OPERATOR)
    versions = list(RecordVersion.objects.filter(record_id__in=ids))
    signed = dict(each_opened(versions, lambda version: (version.id, version.report.signed_at), origin=OPERATOR))
    broken = {version.record_id for version in versions if version.id not in signed}
    last = {version.record_id: signed[version.id] for version in sorted(versions, key=_number) if version.id in signed}
    found = [(row, datetime.fromisoformat(at)) for row, at in registered if row.id not in broken]
    return [OpenedTest(row.id, row.patient_id, max(at, last.get(row.id, at))) for row, at in found]


def _number(version: RecordVersion) -> int:
    return version.number


def registered_at(patients: list[UUID]) -> dict[UUID, datetime]:
    """Return when each of these patients was registered, as events tell: their seals hold no time."""
    registered = Event.objects.filter(kind=EventKind.PATIENT_REGISTERED.value, subject_id__in=patients)
    return dict(registered.values_list("subject_id", "at"))


def _proven(model: type[SealedModel], ids: Iterable[UUID], kind: EventKind) -> list[Any]:
    """Return those of these rows that open, and of which an event of this kind tells that it left them so."""
    rows = [row_of(model, row) for row in locked_rows(model, list(ids))]
    left = _left_by(kind, [row.id for row in rows])

    def proven(row: SealedModel) -> SealedModel:
        _opened(row)
        if (model._meta.db_table, str(row.id), row.told_digest()) in left:
            return row
        # A seal that no act made: whoever has a key wrote it past the product. It is told as a broken one is.
        error = SealBrokenError("no event tells of the row")
        error.row = (current_pharmacy(), model._meta.db_table, row.id)
        raise error

    return each_opened(rows, proven, origin=OPERATOR)


def _left_by(kind: EventKind, ids: list[UUID]) -> set[Left]:
    """Return how events of a kind left what they wrote of these: see `crypto.told`."""
    told = Event.objects.filter(kind=kind.value, subject_id__in=ids).values_list("wrote", flat=True)
    entries = [entry.split(":") for wrote in told for entry in wrote.split(",") if entry]
    return {(table, row_id, now) for table, row_id, _former, now in entries}


def _opened(row: SealedModel) -> SealedModel:
    row.unseal()
    return row
