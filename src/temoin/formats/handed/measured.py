"""What an analyser measured: the sample, the test and the result of a told result, judged as cells are.

Patient, specimen, device and laboratory are not asked for: the test that bears the sample's number has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from temoin.formats.csv.cells import CellRules, Cells
from temoin.formats.csv.parsing import read_outcome, read_status
from temoin.formats.csv.problems import RowErrors
from temoin.formats.csv.rows import RowStatus
from temoin.formats.csv.vocabulary import find_zone
from temoin.formats.handed.told import ToldResult, problems_by_place
from temoin.lib.sample_number import is_sound, written_number


@dataclass(frozen=True, slots=True, repr=False)
class MeasuredResult:
    """One result of a sample."""

    row: int
    number: str  # of the sample; "" where none of ours is told
    loinc: str  # "" where nobody named the analyser's own test
    outcome: str  # or what was measured; LO and HI stay, for the instrument is the one of the sample's test
    status: RowStatus
    at: datetime | None  # None where it is not told
    places: dict[str, str]


def judge_measured(told: ToldResult, rules: CellRules) -> MeasuredResult | RowErrors:
    """Return what was measured, or every problem of it by its place in the message."""
    cells = Cells(told.row, told.cells, rules)
    outcome, status = read_outcome(cells, None), read_status(cells)
    zone = find_zone(told.offset) if told.offset else rules.home
    if zone is None:
        told.refuse("MSH-7", "told_time")  # an offset that no clock keeps, of all times of the message
    at = cells.moment("test_result_date", zone or rules.home)
    number = written_number(cells.optional("accession_number"))
    problems = problems_by_place(told, cells.problems)
    if problems:
        return RowErrors(told.row, problems)
    return MeasuredResult(
        row=told.row,
        number=number if number and is_sound(number) else "",
        loinc=cells.optional("test_performed_code"),
        outcome=outcome,
        status=status,
        at=at.at if at and at.has_time else None,
        places=told.places,
    )
