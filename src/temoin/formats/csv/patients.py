"""A list of patients: names, birth date, sex and contact, under the names of our own profile, or of another program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

from temoin.formats.csv.cells import CellRules, Cells
from temoin.formats.csv.dates import ColumnOrder
from temoin.formats.csv.own_rows import own_address, read_patient_traits
from temoin.formats.csv.problems import RowErrors
from temoin.formats.csv.profiles import patients_profile
from temoin.formats.csv.reading import Said, layout_of, ordered, rows_of, survey
from temoin.formats.csv.rows import PatientTraits
from temoin.formats.csv.tables import open_table


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PatientRow:
    """One patient of a list."""

    row: int
    patient: PatientTraits
    written: Mapping[str, str] = field(default_factory=dict)  # how the file names its columns, where it is not as we do


@dataclass(frozen=True, slots=True)
class ListOfPatients:
    """A list checked as a whole; iterating reads its rows, once."""

    profile: str
    dates: tuple[ColumnOrder, ...]
    unread: tuple[str, ...]
    not_kept: tuple[str, ...]  # none: what is read of a patient is kept
    count: int
    rows: Iterator[PatientRow | RowErrors]

    def __iter__(self) -> Iterator[PatientRow | RowErrors]:
        return self.rows


def read_patients(stream: BinaryIO, *, rules: CellRules, said: Said) -> ListOfPatients:
    """Check a whole seekable list, then hand its rows out; FileRefusedError as `read_results` raises it."""
    layout = layout_of(open_table(stream, said.encoding, said.first_row), said, patients_profile())
    _filled, proof, count = survey(layout)
    dates, rules = ordered(layout, proof, rules)
    rows = rows_of(layout, _parse, rules)
    return ListOfPatients(layout.profile.code, dates, layout.unread, (), count, rows)


def _parse(row: int, values: Mapping[str, str], rules: CellRules) -> PatientRow | RowErrors:
    cells = Cells(row, values, rules)
    patient = read_patient_traits(cells, own_address(cells))
    if cells.problems or patient is None:
        return RowErrors(row, tuple(cells.problems))
    return PatientRow(row=row, patient=patient)
