"""What is given back of a file that was handed in: its refused rows, to be corrected, and a receipt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.formats.csv.reading import records_of
from temoin.formats.handed.opening import MESSAGES
from temoin.intake.handing import fates_of, said_of
from temoin.intake.held import FileStage, HeldFile, held_file, held_stream, told_rows
from temoin.intake.sameness import Sameness
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat


def rows_to_correct(*, by: Seat, file_id: UUID) -> Iterator[list[str]]:
    """Yield the header and the refused rows of a file as it has them, each with what is wrong in front."""
    check_right(by=by, right=Right.IMPORT_RESULTS)
    held = held_file(by.pharmacy_id, file_id)
    with act(by=by, kind=EventKind.FILE_ROWS_READ, subject_kind="file", subject_id=held.id):
        pass
    return _rows_to_correct(by.pharmacy_id, held)


def _rows_to_correct(pharmacy_id: UUID, held: HeldFile) -> Iterator[list[str]]:
    refused = (one for one in told_rows(pharmacy_id, held) if one["verdict"] == Sameness.REFUSED)
    if held.profile in MESSAGES:
        yield from _problems_of_messages(refused)
        return
    wanted = next(refused, None)
    records = records_of(held_stream(pharmacy_id, held), said_of(held))
    yield [str(_("What is wrong")), *next(records).cells]
    for record in records:
        if wanted is None:
            return
        if record.row == wanted["row"]:
            yield [_in_one_cell(wanted["problems"]), *record.cells]
            wanted = next(refused, None)


def _problems_of_messages(refused: Iterable[dict[str, Any]]) -> Iterator[list[str]]:
    """Yield each problem by its place: messages are mended where they are made, and no table holds them."""
    yield [str(_("Row")), str(_("Column")), str(_("Reason")), str(_("What to do"))]
    for one in refused:
        for column, _code, reason, remedy in one["problems"]:
            yield [str(one["row"]), column, reason, remedy]


def _in_one_cell(problems: list[list[str]]) -> str:
    return " ".join(
        f"{column}: {reason} {remedy}" if column else f"{reason} {remedy}" for column, _code, reason, remedy in problems
    )


def receipt_of(*, by: Seat, file_id: UUID) -> dict[str, Any]:
    """Return what was taken of a file, without anything of its cells: what to keep beside the file."""
    check_right(by=by, right=Right.IMPORT_RESULTS)
    held = held_file(by.pharmacy_id, file_id)
    refused = [
        {"row": one["row"], "verdict": one["verdict"], "problems": [problem[:2] for problem in one["problems"]]}
        for one in told_rows(by.pharmacy_id, held)
    ]
    return {
        "receipt": "temoin-receipt-1",
        "file": {"name": held.name, "bytes": held.size, "sha256": held.digest, "profile": held.profile},
        "handed_in_at": held.handed_at,
        "taken_at": held.taken_at or None,
        "is_trial": held.stage is not FileStage.TAKEN and held.stage is not FileStage.TAKING,
        "rows": held.rows,
        "done": held.done,
        "counts": {verdict.value: held.count(verdict.value) for verdict in fates_of(held)},
        "told": refused,
    }
