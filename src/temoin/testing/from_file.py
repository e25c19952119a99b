"""Signing a result that a file brings whole: registered, sampled and signed by one act."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from temoin.catalogue.kinds import Kind
from temoin.journal.act import Acts
from temoin.journal.events import EventKind
from temoin.lib.clock import coarse, now
from temoin.lib.ids import hourly_id
from temoin.patients.traits import Traits
from temoin.pharmacies.models import Pharmacy
from temoin.pharmacies.policies import check_may_sign, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.build import Opened, first_report
from temoin.testing.models import Record, source_index
from temoin.testing.opening import opening, sampled
from temoin.testing.report import PerformingLaboratory, Prescriber
from temoin.testing.sample import Reading, Sample, Steps, check_reading, check_sample, clean_reading
from temoin.testing.signing import write_version
from temoin.testing.states import RecordState

SOURCE = "csv"


@dataclass(frozen=True, kw_only=True)
class FileResult:
    """A result as a file tells it.

    `source_key` is the digest of the file's own result, by which a second reading collides; it is kept sealed, so that
    its index can be made anew.
    """

    patient_id: UUID
    kind: Kind
    sample: Sample
    reading: Reading
    source_key: str
    prescriber: Prescriber | None = None
    laboratory: PerformingLaboratory | None = None  # None: the pharmacy made the test


def sign_from_file(acts: Acts, *, by: Seat, pharmacy: Pharmacy, traits: Traits, result: FileResult) -> None:
    """Add to acts written together the signature of a result: record, version, event and parcels.

    Its patient is held by the transaction, or registered by it. No ticket: the pharmacy prints the result.
    """
    check_right(by=by, right=Right.IMPORT_RESULTS)
    check_right(by=by, right=Right.SIGN_RESULT)
    check_may_sign(by=by, signers=result.kind.signers)
    check_sample(result.sample, result.kind, None, traits.birth_date)
    reading = clean_reading(result.reading, result.kind, None)
    check_reading(reading, result.kind, None, Steps(sampled_at=result.sample.sampled_at, started_at=None))
    record = Record(
        pharmacy_id=by.pharmacy_id,
        id=hourly_id(),
        patient_id=result.patient_id,
        state=RecordState.SIGNED.value,
        version=1,
        registered_at=coarse(now()),
        source_index=source_index(result.source_key),
    )
    opened = _opened(record, result, traits, pharmacy)
    record.seal(opened.sealed)
    with acts.act(kind=EventKind.RESULT_SIGNED, subject_kind="record", subject_id=record.id) as commit:
        commit.insert(record)
        report = first_report(opened, reading, by, prescriber=result.prescriber, laboratory=result.laboratory)
        write_version(commit, report, opened=opened, by=by)


def _opened(record: Record, result: FileResult, traits: Traits, pharmacy: Pharmacy) -> Opened:
    held = opening(result.kind.code, "", SOURCE, result.source_key, at=now()) | sampled(result.sample)
    return Opened(
        record_id=record.id,
        state=record.state,
        version=0,
        patient_id=result.patient_id,
        sealed=held,
        kind=result.kind,
        traits=traits,
        lot=None,
        pharmacy=pharmacy,
    )
