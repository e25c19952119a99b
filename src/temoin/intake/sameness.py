"""When a row of a file is a result already stored, a correction of it, or a contradiction.

Identity (`ResultRow.natural_key`): laboratory, sender's number (accession) and test; when the sender gave no number,
the folded traits, the times and the device. Its keyed digest is unique in the pharmacy, so that no two processes can
store one result twice.

Content, which a correction may change: the person's names, birth date and sex, outcome, time of the result, comment,
and the name and number of who ordered the test.
Specimen, device and time of the sample are content too, but no correction can change them: the test was another.
Everything else in a row (addresses, phones, e-mail, the laboratory's name, answers on entry) is neither: a row that
differs only there is the same result, and the patient record is not touched.

A row whose content equals that of any version is already stored, except that a *correction* back to a version since
replaced is refused: it may just as well be an old file read again, and only a person can tell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from temoin.catalogue.outcomes import specimen
from temoin.formats.csv.rows import CellMoment, PatientTraits, ResultRow, RowStatus, plain_number
from temoin.intake.problems import RowRefusedError
from temoin.lib.names import plain_name
from temoin.pharmacies.numbers import is_doubtful_rpps
from temoin.testing.report import PatientIdentity, Prescriber, Report, Sex


class Sameness(StrEnum):
    """What became of a row."""

    STORED = "stored"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"
    ALREADY_STORED = "already_stored"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, repr=False)
class Content:
    """What a correction may change. Not shown: it is health data (law 7)."""

    outcome: str
    comment: str
    specimen_snomed: str
    device: str
    read_at: datetime
    sampled_at: datetime
    person: tuple[str, str, date, Sex]
    prescriber: tuple[str, ...] = ()

    @staticmethod
    def of_row(row: ResultRow) -> Content:
        """Return the content of a row, as its signature would keep it."""
        patient = row.patient
        return Content(
            outcome=row.outcome,
            comment=row.comment,
            specimen_snomed=specimen(row.specimen).snomed,
            device=row.device.device_name,
            read_at=read_at(row),
            sampled_at=sampled_at(row),
            person=_person(patient.family_name, f"{patient.given_name} {patient.middle_name}", patient),
            prescriber=_who_ordered(prescriber_of(row)),
        )

    @staticmethod
    def of_report(report: Report) -> Content:
        """Return the content of a signed version that came from a file: it has one finding."""
        patient = report.patient
        return Content(
            outcome=report.findings[0].read,
            comment=report.comment,
            specimen_snomed=report.specimen_snomed,
            device=report.device.name,
            read_at=report.read_at,
            sampled_at=report.sampled_at,
            person=_person(patient.birth_family_name, patient.birth_given_names, patient),
            prescriber=_who_ordered(report.prescriber),
        )

    def equals(self, row: ResultRow) -> bool:
        other = Content.of_row(row)
        return (
            (self.outcome, self.comment) == (other.outcome, other.comment)
            # A row that tells of no prescriber says nothing of one: a correction by it keeps the former's.
            and other.prescriber in {(), self.prescriber}
            and self.same_person(row)
            and self.same_material(row)
            and _same_time(self.read_at, row.tested)
        )

    def same_person(self, row: ResultRow) -> bool:
        """Tell whether a row is of a person with the same names, birth date and sex, however they are written."""
        return self.person == Content.of_row(row).person

    def same_material(self, row: ResultRow) -> bool:
        """Tell whether a row was read on the same specimen and device, sampled at the same time."""
        other = Content.of_row(row)
        same = (self.specimen_snomed, self.device) == (other.specimen_snomed, other.device)
        return same and (_same_time(self.sampled_at, row.collected) or self.sampled_at == other.sampled_at)


def _same_time(kept: datetime, given: CellMoment) -> bool:
    # A day without an hour stands for different instants as the day goes by: the day alone is compared.
    if given.has_time:
        return kept == given.at
    return kept.astimezone(given.at.tzinfo).date() == given.at.date()


def _person(family: str, given: str, other: PatientTraits | PatientIdentity) -> tuple[str, str, date, Sex]:
    return plain_name(family), plain_name(given), other.birth_date, other.sex


def _who_ordered(prescriber: Prescriber | None) -> tuple[str, ...]:
    if prescriber is None:
        return ()
    names = (plain_name(prescriber.family_name), plain_name(prescriber.given_name))
    return (*names, plain_number(prescriber.number))


def prescriber_of(row: ResultRow) -> Prescriber | None:
    """Return who ordered the test, as a signature keeps it; a number is an RPPS number when its last digit says so."""
    told = row.provider
    if not told.family_name:
        return None
    plain = plain_number(told.number)
    is_rpps = re.fullmatch("[0-9]{11}", plain) is not None and not is_doubtful_rpps(plain)
    return Prescriber(
        family_name=told.family_name,
        given_name=f"{told.given_name} {told.middle_name}".strip(),
        number=plain if is_rpps else told.number,
        is_rpps=is_rpps,
        phone=told.phone,
        address=told.address,
    )


def read_at(row: ResultRow) -> datetime:
    """Return when the result was read; a day without an hour never precedes the collection of that day."""
    return row.tested.at if row.tested.has_time else max(row.tested.at, row.collected.at)


def sampled_at(row: ResultRow) -> datetime:
    """Return when the sample was taken; a day without an hour never follows the result of that day."""
    return row.collected.at if row.collected.has_time else min(row.collected.at, row.tested.at)


def decide(row: ResultRow, versions: Sequence[Content], *, is_cancelled: bool) -> Sameness:
    """Say what a row is to a result already stored with these versions, oldest first; RowRefusedError when neither."""
    if row.status is RowStatus.CANCELLED:
        return _cancellation(row, versions[-1], is_cancelled=is_cancelled)
    equal = [version.equals(row) for version in versions]
    if equal[-1] or (any(equal) and (is_cancelled or row.status is RowStatus.FINAL)):
        return Sameness.ALREADY_STORED
    if is_cancelled:
        raise RowRefusedError("test_result_status", "cancelled")
    if row.status is RowStatus.FINAL:
        raise RowRefusedError("test_result_status", "other_content")
    if any(equal):
        raise RowRefusedError("test_result_status", "replaced")
    if not versions[-1].same_material(row):
        raise RowRefusedError("equipment_model_name", "other_material")
    return Sameness.CORRECTED


def _cancellation(row: ResultRow, latest: Content, *, is_cancelled: bool) -> Sameness:
    if not latest.same_person(row):
        raise RowRefusedError("accession_number", "other_person")
    return Sameness.ALREADY_STORED if is_cancelled else Sameness.CANCELLED
