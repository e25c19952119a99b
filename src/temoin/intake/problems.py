"""What is told about a refused row: where, why, and how to mend it, never what the cell holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from temoin.formats.csv.problems import RowErrors
from temoin.formats.csv.rows import ResultRow
from temoin.lib.errors import InvalidError

_REASONS = {
    "laboratory_unknown": (
        gettext_noop(
            "The results of this laboratory are not taken in: it is neither this pharmacy nor one it allowed."
        ),
        gettext_noop(
            "Check the number. If the pharmacy signs for this laboratory, an owner allows it on the page “Files of "
            "results”; then import the file again."
        ),
    ),
    "not_own": (
        gettext_noop("A program hands in the results of this pharmacy alone: this laboratory is another."),
        gettext_noop("A pharmacist takes in another laboratory's results as a file, on the page “Files of results”."),
    ),
    "part_cancelled": (
        gettext_noop("A part of this result is said to be cancelled: a message cancels a whole result."),
        gettext_noop("Cancel all that was read, or send what stands as a correction (status C or corrected)."),
    ),
    "cancel_of_another": (
        gettext_noop("This cancels a result of another person, device, specimen or time than was handed in."),
        gettext_noop("Check the number; a pharmacist cancels the result on its page."),
    ),
    "number_used": (
        gettext_noop("Another result was handed in under this number by this program."),
        gettext_noop("Send a correction as one (status C or corrected); give another result a number of its own."),
    ),
    "correction_of_another": (
        gettext_noop("A correction changes what was read: the person, the device, the specimen and its time stay."),
        gettext_noop("Cancel the result on its page, then send it under a number of its own."),
    ),
    "others_wait": (
        gettext_noop("Another reading of this test waits for a signature, which is not this program’s to replace."),
        gettext_noop("Send the correction again once a pharmacist has signed that one or put it aside."),
    ),
    "never_sent": (
        gettext_noop("This corrects a result that this program never handed in."),
        gettext_noop("Check the number and the device; a pharmacist corrects other results on their page."),
    ),
    "order_used": (
        gettext_noop("Another person's order of this test was handed in under this number by this program."),
        gettext_noop("Give each order a number of its own."),
    ),
    "order_late": (
        gettext_noop("A result of this test was handed in under this number by this program, before its order."),
        gettext_noop("Nothing is left to do for that result; give another order a number of its own."),
    ),
    "order_filled": (
        gettext_noop("The test of this order has a result already, or is closed."),
        gettext_noop("A pharmacist decides on its page; a result of no order is told without the order’s number."),
    ),
    "order_sampled": (
        gettext_noop("The sample of this ordered test was taken at the counter for another device or specimen."),
        gettext_noop("A pharmacist takes that sample back, or enters the result on the page of the test."),
    ),
    "never_ordered": (
        gettext_noop("This cancels an order that this program never handed in."),
        gettext_noop("Check the number: it is that of the new order, in OBR-2 or ORC-2."),
    ),
    "order_begun": (
        gettext_noop("The sample of this test was taken: the order can no longer be cancelled."),
        gettext_noop("The pharmacy closes the test at its counter, or hands in what it found."),
    ),
    "over": (
        gettext_noop("This result was cancelled, or its test is not at that point: nothing can be corrected."),
        gettext_noop("A pharmacist decides on its page; send a new result under a number of its own."),
    ),
    "no_lot": (
        gettext_noop("No lot of this device may be used in the pharmacy today."),
        gettext_noop("Check the name of the device, or receive its lot on the page “Lots”."),
    ),
    "several_lots": (
        gettext_noop("Several lots of this device are in use: nothing tells which one it was."),
        gettext_noop("Finish or put away the other lots, or hand the result in by POST /api/v1/results, with its lot."),
    ),
    "not_of_kind": (
        gettext_noop("This test is told twice, or is none of those that the device makes."),
        gettext_noop("Send each target of a device once, under its LOINC code."),
    ),
    "other_content": (
        gettext_noop("This result is already stored with another content."),
        gettext_noop("Set test_result_status to C if the row corrects it; otherwise remove the row."),
    ),
    "replaced": (
        gettext_noop("This result had this content before it was corrected."),
        gettext_noop("If the former content is right after all, correct the result on its page."),
    ),
    "cancelled": (
        gettext_noop("This result was cancelled in the pharmacy and cannot be corrected."),
        gettext_noop("Remove the row, or send the result under a new accession number."),
    ),
    "other_material": (
        gettext_noop("A correction cannot change the device, the specimen or the time of the sample."),
        gettext_noop("Cancel the result on its page, then send it under a new accession number."),
    ),
    "failed": (
        gettext_noop("A program error occurred on this row: nothing of it was kept."),
        gettext_noop("Call support with the number of the row; the other rows are not concerned."),
    ),
    "unreadable": (
        gettext_noop("What is stored here of this result, or of its patient, cannot be read."),
        gettext_noop("The owners are told. Call the operator; the other rows are not concerned."),
    ),
    "other_person": (
        gettext_noop("This number is that of a result of somebody else: it was not cancelled."),
        gettext_noop("Check the number of the result and the person."),
    ),
    "never_seen": (
        gettext_noop("This cancels a result that was never received: there is nothing to cancel."),
        gettext_noop("Check the laboratory, the number and the test."),
    ),
    "correction_unseen": (
        gettext_noop("This corrects a result that was never received: it was stored as a first version."),
        gettext_noop("Check laboratory, number and test: the former result may stand under another number."),
    ),
    "identity_checked": (
        gettext_noop("The identity of this patient was checked in the pharmacy: a file cannot change it."),
        gettext_noop("Correct the patient's record, then the result on its page."),
    ),
    "identity_shared": (
        gettext_noop("This would give a patient with other results another identity."),
        gettext_noop("Cancel the result (X), then send it under a new accession number."),
    ),
    "busy": (
        gettext_noop("Somebody changed this result while the file was read."),
        gettext_noop("Import the file again: what is stored is not stored twice."),
    ),
}

# Where a file says what an action calls by our own name.
_COLUMNS = {
    "birth_family_name": "patient_last_name",
    "birth_given_names": "patient_first_name",
    "sex": "patient_sex",
    "birth_date": "patient_dob",
    "phone": "patient_phone_number",
    "email": "patient_email",
    "street": "patient_street",
    "postcode": "patient_zip_code",
    "city": "patient_city",
    "county": "patient_county",
    "state": "patient_state",
    "sampled_at": "specimen_collection_date",
    "specimen": "specimen_type",
    "lot": "equipment_model_name",
    "read_at": "test_result_date",
    "comment": "comment",
}


class RowRefusedError(Exception):
    """A row contradicts what is stored."""

    def __init__(self, column: str, code: str) -> None:
        super().__init__(f"{column}:{code}")
        self.column = column
        self.code = code


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One thing wrong in a row, in words; `row` counts as a spreadsheet does, `column` is "" for the whole row."""

    row: int
    column: str
    code: str
    reason: str
    remedy: str


def problems_of_row(errors: RowErrors, lang: str) -> tuple[RowProblem, ...]:
    return tuple(
        RowProblem(one.row, one.column, one.code, one.message(lang), one.remedy(lang)) for one in errors.problems
    )


def problems_of_action(row: ResultRow, error: InvalidError) -> tuple[RowProblem, ...]:
    """Return what the actions found, in the language in force."""
    remedy = _("Correct the cell, then import the file again: what is stored is not stored twice.")
    return tuple(
        RowProblem(row.row, _written(row, _column(one.field)), one.code, str(one.message), remedy)
        for one in error.problems
    )


def problems_of_patient(row: int, written: Mapping[str, str], error: InvalidError) -> tuple[RowProblem, ...]:
    """Return what the action found in a row of a list of patients, in the language in force."""
    remedy = _("Correct the cell, then hand the list in again: nobody is registered twice.")
    return _by_column(row, written, error, remedy)


def problems_of_message(row: int, written: Mapping[str, str], error: InvalidError) -> tuple[RowProblem, ...]:
    """Return what the actions found in a message of a program, in the language in force."""
    return _by_column(row, written, error, _("Correct it, then send it again: what is kept is not kept twice."))


def _by_column(row: int, written: Mapping[str, str], error: InvalidError, remedy: str) -> tuple[RowProblem, ...]:
    columns = [written.get(_column(one.field), _column(one.field)) for one in error.problems]
    return tuple(
        RowProblem(row, column, one.code, str(one.message), remedy)
        for column, one in zip(columns, error.problems, strict=True)
    )


def problem_of_refusal(row: ResultRow, error: RowRefusedError) -> RowProblem:
    """Return why a row contradicts what is stored, in the language in force."""
    return problem_at(row.row, _written(row, error.column), error.code)


def problem_at(row: int, place: str, code: str) -> RowProblem:
    """Return why something contradicts what is stored, by its place."""
    reason, remedy = _REASONS[code]
    return RowProblem(row, place, code, _(reason), _(remedy))


def _column(field: str) -> str:
    return "test_result" if field.startswith("outcome") else _COLUMNS.get(field, "")


def _written(row: ResultRow, column: str) -> str:
    return row.written.get(column, column)
