"""Taking in a file of results: runs of new results are one commit each, and a row that is refused harms no other."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import BinaryIO

from django.utils.translation import get_language

from temoin.crypto.blind import fold_parts
from temoin.crypto.envelope import SealBrokenError
from temoin.formats.csv.cells import CellRules
from temoin.formats.csv.dates import DateOrder
from temoin.formats.csv.problems import RowErrors
from temoin.formats.csv.reading import FileOfResults, Said
from temoin.formats.csv.rows import ResultRow, RowStatus
from temoin.formats.handed.opening import open_results
from temoin.intake.patients import mend_patient
from temoin.intake.problems import (
    RowProblem,
    RowRefusedError,
    problem_of_refusal,
    problems_of_action,
    problems_of_row,
)
from temoin.intake.progress import Progress
from temoin.intake.runs import RunOfRows, check_laboratory, reading_of, runs_of, versions_of
from temoin.intake.sameness import Content, Sameness, decide, prescriber_of
from temoin.intake.terms import read_terms, remember_said, terms_here
from temoin.journal.act import act, acts_together
from temoin.journal.alerts import note_broken_seal
from temoin.journal.events import EventKind
from temoin.lib.ahead import read_ahead
from temoin.lib.away import DATABASE_AWAY
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, InvalidError, TemoinError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.zones import place_of, zone_of_postcode
from temoin.testing.models import Record, source_indexes
from temoin.testing.signing import cancel_result, correct_result
from temoin.testing.states import RecordState

log = logging.getLogger("temoin.intake")

# Kept in the signed version, which is in French.
REASON = "Correction reçue par fichier"
CANCELLED = "Annulation reçue par fichier"
_TRIES = 3
_NOTHING_SAID = Said()


@dataclass(frozen=True, slots=True)
class RowOutcome:
    row: int
    verdict: Sameness
    problems: tuple[RowProblem, ...] = ()


class _UndoneError(Exception):
    """Leaves a trial's transaction, which rolls it back."""

    def __init__(self, verdict: Sameness) -> None:
        super().__init__(verdict.value)
        self.verdict = verdict


class _Taker:
    """Takes rows for good."""

    def __init__(self, by: Seat) -> None:
        self.by = by

    def outcomes(self, run: list[ResultRow | RowErrors]) -> Iterator[RowOutcome]:
        """Take a run and yield what became of its rows, in order: together, or one by one where that does not work."""
        rows = [row for row in run if isinstance(row, ResultRow)]
        fates = self._together(rows) if len(rows) > 1 else {}
        for row in run:
            yield fates.get(row.row) or self._alone(row)

    def take(self, row: ResultRow) -> Sameness:
        """Store, correct or recognise a row in one transaction; InvalidError or RowRefusedError undo all of it."""
        with tenant_scope(self.by.pharmacy_id):
            return self._take(row, [], is_void=False)

    def _together(self, rows: list[ResultRow]) -> dict[int, RowOutcome]:
        """Take rows in one commit and return their outcomes; none, with nothing kept, when the commit as a whole fails.

        Another process may have stored one of them first, or one may hold what the database does not take.
        """
        try:
            return self._fates(rows)
        except (ConflictError, SealBrokenError):
            return {}
        except (*DATABASE_AWAY, TemoinError):
            raise
        except Exception as error:  # noqa: BLE001 one of the rows: each is tried by itself
            log.warning("%d rows of a file are taken one by one: %s", len(rows), type(error).__name__)
            return {}

    def _fates(self, rows: list[ResultRow]) -> dict[int, RowOutcome]:
        with acts_together(by=self.by) as acts:
            run = RunOfRows(self.by, rows)
            return {row.row: _outcome(row, partial(run.take, acts, row)) for row in rows}

    def _alone(self, row: ResultRow | RowErrors) -> RowOutcome:
        if isinstance(row, RowErrors):
            return RowOutcome(row.row, Sameness.REFUSED, problems_of_row(row, get_language() or "fr"))
        return _outcome(row, partial(_take_patiently, self, row))

    def _take(self, row: ResultRow, earlier: list[Content], *, is_void: bool) -> Sameness:
        check_laboratory(terms_here().allows(row.laboratory.number))
        key = fold_parts(row.natural_key())
        record = Record.objects.filter(source_index__in=source_indexes(key)).first()
        if record is None and not earlier:
            if row.status is RowStatus.CANCELLED:
                raise RowRefusedError("accession_number", "never_seen")
            with acts_together(by=self.by) as acts:
                RunOfRows(self.by, [row]).store(acts, row)
            return Sameness.STORED
        versions = versions_of(self.by, [record])[record.id] if record else []
        is_cancelled = is_void or (record is not None and record.state == RecordState.CANCELLED)
        verdict = decide(row, versions + earlier, is_cancelled=is_cancelled)
        if record is not None and verdict is Sameness.CORRECTED:
            self._correct(row, record)
        if record is not None and verdict is Sameness.CANCELLED:
            cancel_result(by=self.by, record_id=record.id, expected_version=record.version, reason=CANCELLED)
        return verdict

    def _correct(self, row: ResultRow, record: Record) -> None:
        others = Record.objects.filter(patient_id=record.patient_id).exclude(id=record.id).exists()
        mend_patient(by=self.by, patient_id=record.patient_id, given=row.patient, has_other_results=others)
        correct_result(
            by=self.by,
            record_id=record.id,
            expected_version=record.version,
            reading=reading_of(row),
            reason=REASON,
            prescriber=prescriber_of(row),
        )


class _Trier(_Taker):
    """Takes rows and undoes them, remembering what the file said so that its later rows meet its earlier ones."""

    def __init__(self, by: Seat) -> None:
        super().__init__(by)
        self._said: dict[tuple[str, ...], list[Content]] = {}
        self._void: set[tuple[str, ...]] = set()

    def _fates(self, rows: list[ResultRow]) -> dict[int, RowOutcome]:
        """Write the rows too, then undo them; none of them when the file said one of these results before."""
        if any(row.natural_key() in self._said for row in rows):
            return {}
        fates: dict[int, RowOutcome] = {}
        with suppress(_UndoneError), acts_together(by=self.by) as acts:
            run = RunOfRows(self.by, rows)
            fates = {row.row: _outcome(row, partial(run.take, acts, row)) for row in rows}
            acts.flush()
            raise _UndoneError(Sameness.STORED)
        for row in rows:
            is_new = fates[row.row].verdict is Sameness.STORED
            self._said[row.natural_key()] = [Content.of_row(row)] if is_new else []
        return fates

    def take(self, row: ResultRow) -> Sameness:
        """Say what `_Taker` would do."""
        key = row.natural_key()
        said = self._said.setdefault(key, [])
        try:
            with tenant_scope(self.by.pharmacy_id):
                raise _UndoneError(self._take(row, said, is_void=key in self._void))
        except _UndoneError as undone:
            if undone.verdict is Sameness.CANCELLED:
                self._void.add(key)
            elif undone.verdict is not Sameness.ALREADY_STORED:
                said.append(Content.of_row(row))
            return undone.verdict


def import_results(
    *,
    by: Seat,
    stream: BinaryIO,
    dry_run: bool,
    tell: Callable[[RowOutcome], None],
    dates: DateOrder | None = None,
    said: Said = _NOTHING_SAID,
    after: int = 0,
    tell_file: Callable[[FileOfResults], None] | None = None,
) -> Counter[Sameness]:
    """Take in every good row of a seekable file and tell the fate of each; FileRefusedError when it cannot be read.

    Rows already stored stay when the import is interrupted: importing the file again goes on from there. `dates` is
    the order of day and month, `said` what else is to be known of the file; once it proved readable, both are
    remembered for files of which nothing is said. Rows up to `after` were told of before.
    """
    check_right(by=by, right=Right.IMPORT_RESULTS)
    taker = _Trier(by) if dry_run else _Taker(by)
    file = _open_file(by, stream, dates, said)
    if not dry_run:
        remember_said(by=by, dates=dates, columns=said.columns)
    if tell_file is not None:
        tell_file(file)
    counts = _take_rows(taker, file, after, tell)
    detail = " ".join(f"{verdict.value}={counts[verdict]}" for verdict in Sameness)
    with act(
        by=by,
        kind=EventKind.FILE_IMPORTED,
        subject_kind="file",
        subject_id=None,
        detail=f"trial {detail}" if dry_run else detail,
    ):
        pass
    return counts


def _take_rows(taker: _Taker, file: FileOfResults, after: int, tell: Callable[[RowOutcome], None]) -> Counter[Sameness]:
    counts: Counter[Sameness] = Counter()
    progress = Progress(taker.by, rows=file.count, is_trial=isinstance(taker, _Trier))
    left = (row for row in file if row.row > after)
    with closing(read_ahead(runs_of(left))) as runs:
        for outcome in chain.from_iterable(map(taker.outcomes, runs)):
            counts[outcome.verdict] += 1
            tell(outcome)
            progress.note(counts)
    progress.end(counts)
    return counts


def _open_file(by: Seat, stream: BinaryIO, dates: DateOrder | None, said: Said) -> FileOfResults:
    terms = read_terms(by=by)
    place = place_of(by.pharmacy_id)
    rules = CellRules(now(), dates, place.zone, place.region, zone_of_postcode, terms.date_order)
    return open_results(stream, rules=rules, said=replace(said, columns={**terms.columns, **said.columns}))


def _outcome(row: ResultRow, take: Callable[[], Sameness]) -> RowOutcome:
    try:
        verdict = take()
    except InvalidError as error:
        return RowOutcome(row.row, Sameness.REFUSED, problems_of_action(row, error))
    except RowRefusedError as error:
        return RowOutcome(row.row, Sameness.REFUSED, (problem_of_refusal(row, error),))
    except SealBrokenError as error:
        note_broken_seal(error, origin="import")
        return RowOutcome(row.row, Sameness.REFUSED, (problem_of_refusal(row, RowRefusedError("", "unreadable")),))
    except (*DATABASE_AWAY, TemoinError):
        raise
    except Exception as error:  # noqa: BLE001 whatever one row brings about, the others are taken
        log.error("row %d of a file cannot be taken: %s", row.row, type(error).__name__)
        return RowOutcome(row.row, Sameness.REFUSED, (problem_of_refusal(row, RowRefusedError("", "failed")),))
    if verdict is Sameness.STORED and row.status is RowStatus.CORRECTED:
        unseen = RowRefusedError("test_result_status", "correction_unseen")
        return RowOutcome(row.row, verdict, (problem_of_refusal(row, unseen),))
    return RowOutcome(row.row, verdict)


def _take_patiently(taker: _Taker, row: ResultRow) -> Sameness:
    """Take a row; when another process was first (unique index, changed state), look again at what it left."""
    for _ in range(_TRIES):
        try:
            return taker.take(row)
        except ConflictError:
            continue
    raise RowRefusedError("", "busy")
