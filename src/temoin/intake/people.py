"""Taking in a list of patients: known ones, new ones, and those who may be known, whom a person has to judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import BinaryIO
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from temoin.formats.csv.cells import CellRules
from temoin.formats.csv.dates import DateOrder
from temoin.formats.csv.patients import ListOfPatients, PatientRow, read_patients
from temoin.formats.csv.problems import RowErrors
from temoin.formats.csv.reading import Said
from temoin.intake.patients import compared, traits_of_row
from temoin.intake.problems import RowProblem, problems_of_patient, problems_of_row
from temoin.intake.terms import read_terms, remember_said
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, InvalidError, refuse
from temoin.patients.actions import register_patient
from temoin.patients.queries import near_matches
from temoin.patients.second_record import LikelyKnownError
from temoin.patients.traits import Traits
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.zones import place_of, zone_of_postcode
from temoin.testing.groups import join_group


class PersonFate(StrEnum):
    """What became of a row of a list of patients."""

    REGISTERED = "registered"
    KNOWN = "known"
    NEAR = "near"  # like a record that is there: set aside until a person says that these are two
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, repr=False)
class PersonOutcome:
    """The fate of a row; for one that is near somebody, who it is and whom it may be, to be shown side by side."""

    row: int
    verdict: PersonFate
    problems: tuple[RowProblem, ...] = ()
    person: str = ""
    near: tuple[tuple[UUID, str], ...] = ()
    patient_id: UUID | None = None  # of one who was registered, or known beyond doubt


@dataclass(frozen=True, slots=True)
class ListRun:
    """How a list is gone through; `put_aside` has, by row, the records that a person saw and said are somebody else."""

    is_trial: bool = False
    after: int = 0
    put_aside: Mapping[int, Collection[UUID]] = field(default_factory=dict)
    group_id: UUID | None = None  # the group that whoever is registered, or known beyond doubt, joins


def import_patients(
    *,
    by: Seat,
    stream: BinaryIO,
    run: ListRun,
    tell: Callable[[PersonOutcome], None],
    dates: DateOrder | None = None,
    said: Said,
    tell_file: Callable[[ListOfPatients], None] | None = None,
) -> Counter[PersonFate]:
    """Register the new patients of a list and tell the fate of each row; FileRefusedError when it cannot be read.

    Nobody is merged: whoever is like a record is set aside, unless a person said that they are somebody else.
    """
    check_right(by=by, right=Right.IMPORT_RESULTS)
    check_right(by=by, right=Right.REGISTER_PATIENT)
    terms = read_terms(by=by)
    place = place_of(by.pharmacy_id)
    rules = CellRules(now(), dates, place.zone, place.region, zone_of_postcode, terms.date_order)
    people = read_patients(stream, rules=rules, said=replace(said, columns={**terms.columns, **said.columns}))
    if not run.is_trial:
        remember_said(by=by, dates=dates, columns=said.columns)
    if tell_file is not None:
        tell_file(people)
    taker = _PeopleTaker(by, run)
    counts: Counter[PersonFate] = Counter()
    for row in people:
        if row.row <= run.after:
            continue
        outcome = taker.outcome(row)
        counts[outcome.verdict] += 1
        tell(outcome)
    detail = " ".join(f"{fate.value}={counts[fate]}" for fate in PersonFate)
    told = f"trial {detail}" if run.is_trial else detail
    with act(by=by, kind=EventKind.PATIENTS_IMPORTED, subject_kind="file", subject_id=None, detail=told):
        pass
    return counts


class _PeopleTaker:
    """Takes the rows of a list one by one; a trial remembers whom it would have registered."""

    def __init__(self, by: Seat, run: ListRun) -> None:
        self._by = by
        self._put_aside = run.put_aside
        self._is_trial = run.is_trial
        self._group_id = run.group_id
        self._seen: dict[tuple[object, ...], UUID | None] = {}

    def outcome(self, row: PatientRow | RowErrors) -> PersonOutcome:
        if isinstance(row, RowErrors):
            return PersonOutcome(row.row, PersonFate.REFUSED, problems_of_row(row, get_language() or "fr"))
        try:
            return self._joined(self._fate(row.row, traits_of_row(row.patient)))
        except InvalidError as error:
            return PersonOutcome(row.row, PersonFate.REFUSED, problems_of_patient(row.row, row.written, error))

    def _joined(self, outcome: PersonOutcome) -> PersonOutcome:
        """Put the person on the roster that the list is for; one that is full or closed refuses the row."""
        if self._group_id is None or outcome.patient_id is None or self._is_trial:
            return outcome
        try:
            join_group(by=self._by, group_id=self._group_id, patient_ids=[outcome.patient_id])
        except ConflictError:
            raise refuse("group", "closed", _("The group is closed: nobody joins it any more.")) from None
        return outcome

    def _fate(self, row: int, traits: Traits) -> PersonOutcome:
        found = near_matches(by=self._by, traits=traits)
        same = {compared(known): known_id for known_id, known in found} | self._seen
        if compared(traits) in same:
            return PersonOutcome(row, PersonFate.KNOWN, patient_id=same[compared(traits)])
        if found and row not in self._put_aside:
            return _near(row, traits, found)
        patient_id = None
        if not self._is_trial:
            try:
                patient_id = register_patient(by=self._by, traits=traits, put_aside=self._put_aside.get(row, ()))
            except LikelyKnownError:  # like a record that nobody saw beside this row
                return _near(row, traits, near_matches(by=self._by, traits=traits))
        self._seen[compared(traits)] = patient_id
        return PersonOutcome(row, PersonFate.REGISTERED, patient_id=patient_id)


def _near(row: int, traits: Traits, found: list[tuple[UUID, Traits]]) -> PersonOutcome:
    near = tuple((known_id, _line(known)) for known_id, known in found)
    return PersonOutcome(row, PersonFate.NEAR, person=_line(traits), near=near)


def _line(traits: Traits) -> str:
    names = f"{traits.birth_family_name} {traits.birth_given_names}".strip()
    return f"{names} · {traits.birth_date:%d/%m/%Y} · {traits.sex}" + (f" · {traits.phone}" if traits.phone else "")
