"""Rows taken together: what is known of them is asked once, and all that they bring is written by one commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from uuid import UUID

from temoin.crypto.blind import fold_parts
from temoin.formats.csv.problems import RowErrors
from temoin.formats.csv.rows import ResultRow, RowStatus, plain_number
from temoin.intake.patients import PatientsOfRun, traits_of_row
from temoin.intake.problems import RowRefusedError
from temoin.intake.sameness import Content, Sameness, decide, prescriber_of, read_at, sampled_at
from temoin.intake.terms import terms_here
from temoin.journal.act import Acts, record_looks
from temoin.journal.events import EventKind
from temoin.lib.errors import InvalidError
from temoin.patients.traits import Traits
from temoin.pharmacies.seat import Seat, pharmacy_of
from temoin.testing.from_file import SOURCE, FileResult, sign_from_file
from temoin.testing.models import Record, RecordVersion, source_indexes
from temoin.testing.report import Device, PerformingLaboratory
from temoin.testing.sample import Reading, Sample
from temoin.testing.states import RecordState

TOGETHER = 250  # rows of one commit: more gain nothing, and a failure of the database would undo more


def runs_of(file: Iterable[ResultRow | RowErrors]) -> Iterator[list[ResultRow | RowErrors]]:
    """Part a file into runs, in its order: results that may be taken together, and each correction or end by itself.

    A result that the file holds twice begins a new run, so that its second row meets what the first one left.
    """
    run: list[ResultRow | RowErrors] = []
    keys: set[tuple[str, ...]] = set()
    for row in file:
        key = row.natural_key() if isinstance(row, ResultRow) else ()
        is_alone = isinstance(row, ResultRow) and row.status is not RowStatus.FINAL
        if run and (is_alone or key in keys or len(run) == TOGETHER):
            yield run
            run, keys = [], set()
        run.append(row)
        keys |= {key} if key else set()
        if is_alone:
            yield run
            run, keys = [], set()
    if run:
        yield run


class RunOfRows:
    """Rows of different results, none of them a correction; within the transaction that takes them."""

    def __init__(self, by: Seat, rows: Iterable[ResultRow]) -> None:
        self._by = by
        self._terms, self._pharmacy = terms_here(), pharmacy_of(by)
        self._allows = cache(self._terms.allows)  # a file says the same laboratory again and again
        allowed = [row for row in rows if self._allows(row.laboratory.number)]
        self._keys = {row.row: fold_parts(row.natural_key()) for row in allowed}
        self._records = _records(self._keys.values())
        self._versions = versions_of(by, list(self._records.values()))
        self._traits = dict(_traits_of(row for row in allowed if self._key(row) not in self._records))
        self._people = PatientsOfRun(by, list(self._traits.values()))

    def take(self, acts: Acts, row: ResultRow) -> Sameness:
        """Add a row's acts to those written together; InvalidError or RowRefusedError add nothing."""
        check_laboratory(self._allows(row.laboratory.number))
        record = self._records.get(self._key(row))
        if record is None:
            self.store(acts, row)
            return Sameness.STORED
        return decide(row, self._versions[record.id], is_cancelled=record.state == RecordState.CANCELLED)

    def store(self, acts: Acts, row: ResultRow) -> None:
        """Add the acts of a result never seen: its patient, unless known already, and its signature."""
        own = Acts(self._by)
        person = self._people.find_or_register(own, self._traits.get(row.row) or traits_of_row(row.patient))
        sign_from_file(
            own,
            by=self._by,
            pharmacy=self._pharmacy,
            traits=person.traits,
            result=FileResult(
                patient_id=person.id,
                kind=row.device.kind,
                sample=Sample(row.specimen, sampled_at(row), device=_device(row)),
                reading=reading_of(row),
                source_key=self._key(row),
                prescriber=prescriber_of(row),
                laboratory=self._laboratory(row),
            ),
        )
        acts.add(own)
        self._people.keep(person)

    def _laboratory(self, row: ResultRow) -> PerformingLaboratory | None:
        """Return who made the test, unless the pharmacy did."""
        told = row.laboratory
        if self._terms.is_own(told.number):
            return None
        return PerformingLaboratory(
            name=told.name or self._terms.name_of(told.number),
            number=plain_number(told.number).upper(),
            phone=told.phone,
            address=told.address,
        )

    def _key(self, row: ResultRow) -> str:
        return self._keys[row.row]


def check_laboratory(is_allowed: bool) -> None:  # noqa: FBT001 the answer of the terms
    """Refuse a row whose laboratory is neither the pharmacy nor one that its owner allowed."""
    if not is_allowed:
        raise RowRefusedError("testing_lab_clia", "laboratory_unknown")


def reading_of(row: ResultRow) -> Reading:
    return Reading(outcomes={row.device.target.code: row.outcome}, read_at=read_at(row), comment=row.comment)


def versions_of(by: Seat, records: list[Record]) -> dict[UUID, list[Content]]:
    """Return what is stored of results, oldest version first. Whoever imports learns whether rows say it: a look."""
    found: dict[UUID, list[Content]] = {record.id: [] for record in records}
    if not found:
        return found
    record_looks(by=by, kind=EventKind.TEST_READ, subject_kind="record", subject_ids=found, detail=SOURCE)
    for version in RecordVersion.objects.filter(record_id__in=list(found)).order_by("number"):
        found[version.record_id].append(Content.of_report(version.report))
    return found


def _records(keys: Iterable[str]) -> dict[str, Record]:
    indexes = {index: key for key in keys for index in source_indexes(key)}
    found = Record.objects.filter(source_index__in=list(indexes))
    return {indexes[bytes(record.source_index)]: record for record in found}


def _traits_of(rows: Iterable[ResultRow]) -> Iterator[tuple[int, Traits]]:
    """Yield whom rows bring; a row whose traits cannot be taken is refused when its turn comes."""
    for row in rows:
        try:
            yield row.row, traits_of_row(row.patient)
        except InvalidError:
            continue


def _device(row: ResultRow) -> Device:
    match = row.device
    return Device(manufacturer=match.manufacturer.text("fr"), reference=match.reference, name=match.device_name)
