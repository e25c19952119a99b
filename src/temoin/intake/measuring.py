"""Results of an analyser: each is proposed in the row of the test that bears its sample's number, or nothing is kept.

One message is one transaction, as another's is (decision 0156). A number that no test under way bears is never given to
the test that may have been meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.catalogue.kinds import load_kinds
from temoin.formats.csv.problems import RowErrors
from temoin.formats.csv.rows import RowStatus
from temoin.formats.handed.astm import AstmError, told_by_analyser
from temoin.formats.handed.measured import MeasuredResult, judge_measured
from temoin.formats.handed.told import ToldResult
from temoin.intake.messages import rules_of
from temoin.intake.problems import RowProblem, problems_of_row
from temoin.intake.proposing import MOST_RESULTS, MessageRefusedError
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, InvalidError, NotFoundError
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.programs import ProgramSeat
from temoin.testing.numbers import find_by_number
from temoin.testing.proposals import propose_result
from temoin.testing.queries import record_in_scope
from temoin.testing.sample import Reading


def check_may_measure(*, by: ProgramSeat) -> None:
    """Raise DeniedError unless a program holds the rights that a result of a known test takes."""
    check_right(by=by, right=Right.PROPOSE_RESULT)
    check_right(by=by, right=Right.READ_TEST)


def propose_astm(*, by: ProgramSeat, content: bytes, codes: Mapping[str, str]) -> int:
    """Propose what an ASTM message tells, in the caller's transaction; return how many tests it is of."""
    check_may_measure(by=by)
    try:
        told = told_by_analyser(content, codes)
    except AstmError as error:
        place, _joint, _reason = str(error).partition(":")
        problem = RowProblem(0, place, "told_form", _("This is no message of an analyser that can be read."), "")
        raise MessageRefusedError([problem]) from None
    return propose_measured(by=by, told=told)


def propose_measured(*, by: ProgramSeat, told: Iterable[ToldResult]) -> int:
    """Propose what an analyser measured; MessageRefusedError names by its place what forbids it."""
    check_may_measure(by=by)
    rules = rules_of(by.pharmacy_id)
    judged = [judge_measured(one, rules) for one in told]
    lang = get_language() or "fr"
    bad = [one for row in judged if isinstance(row, RowErrors) for one in problems_of_row(row, lang)]
    good = [row for row in judged if isinstance(row, MeasuredResult)]
    bad += [problem for row in good if (problem := _unfit(row))]
    if bad or not 0 < len(good) <= MOST_RESULTS:
        raise MessageRefusedError(
            bad or [RowProblem(0, "", "no_result", _("No result that can be taken is told, or too many."), "")]
        )
    samples: dict[str, list[MeasuredResult]] = {}
    for row in good:
        samples.setdefault(row.number, []).append(row)
    for number, rows in samples.items():
        _propose(by, number, rows)
    return len(samples)


def _unfit(row: MeasuredResult) -> RowProblem | None:
    if not row.number:
        words = _("No number of our own label is told, or two of them: scan the label at the analyser.")
        return _problem(row, "accession_number", "no_sample", words)
    if not row.loinc:
        words = _("The settings name no LOINC code for what this analyser calls the test.")
        return _problem(row, "test_performed_code", "unknown_test", words)
    if row.status is not RowStatus.FINAL:
        words = _("A correction or a cancellation is a person's to record.")
        return _problem(row, "test_result_status", "by_a_person", words)
    return None


def _propose(by: ProgramSeat, number: str, rows: list[MeasuredResult]) -> None:
    first = rows[0]
    record_id = _test_of(by, number, first)
    kind = load_kinds()[record_in_scope(record_id).unseal()["kind"]]
    outcomes: dict[str, str] = {}
    for row in rows:
        target = kind.target_of(row.loinc)
        if target is None or target.code in outcomes:
            words = _("The test under this number is of another kind, or its result is told twice.")
            raise MessageRefusedError([_problem(row, "test_performed_code", "not_of_kind", words)])
        outcomes[target.code] = row.outcome
    try:
        propose_result(by=by, record_id=record_id, reading=Reading(outcomes=outcomes, read_at=_read_at(rows)))
    except InvalidError as error:
        raise MessageRefusedError(
            RowProblem(first.row, "", one.code, str(one.message), "") for one in error.problems
        ) from None
    except ConflictError:
        words = _("The test under this number is not waiting for a result: no sample was recorded, or it is over.")
        raise MessageRefusedError([_problem(first, "accession_number", "not_waiting", words)]) from None


def _test_of(by: ProgramSeat, number: str, row: MeasuredResult) -> UUID:
    try:
        found = find_by_number(by=by, number=number)
    except NotFoundError:
        found = None
    if found is None or not found.is_under_way:
        words = _("No test under way bears this number: look at the label, and record the result by hand.")
        raise MessageRefusedError([_problem(row, "accession_number", "unknown_sample", words)])
    return found.id


def _read_at(rows: list[MeasuredResult]) -> datetime:
    """Return when the last was read; where the analyser does not tell, when it came in: it tells what it just did."""
    told = [row.at for row in rows if row.at is not None]
    return max(told) if told else now()


def _problem(row: MeasuredResult, column: str, code: str, words: str) -> RowProblem:
    return RowProblem(row.row, row.places.get(column, column), code, words, "")
