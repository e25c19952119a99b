"""Results of an analyser: each is proposed in the row of the test that bears its sample's number, or kept for a person.

One message is one transaction, as another's is (decision 0156). A number that no test under way bears is never given to
the test that may have been meant: a person ties such a result to its test (decision 0172).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.catalogue.actions import lot_of
from temoin.catalogue.kinds import Kind, load_kinds
from temoin.catalogue.kits import kit
from temoin.formats.csv.problems import RowErrors
from temoin.formats.csv.rows import RowStatus
from temoin.formats.handed.astm import AstmError, told_by_analyser
from temoin.formats.handed.measured import MeasuredResult, judge_measured
from temoin.formats.handed.told import ToldResult
from temoin.intake.messages import rules_of
from temoin.intake.problems import RowProblem, problems_of_row
from temoin.intake.proposing import MOST_RESULTS, MessageRefusedError
from temoin.journal.events import EventKind
from temoin.journal.queries import events_about
from temoin.lib.clock import now
from temoin.lib.errors import InvalidError, NotFoundError
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.programs import ProgramSeat
from temoin.testing.measured import read_quantities
from temoin.testing.models import Record
from temoin.testing.numbers import earlier_tests, find_by_number
from temoin.testing.opening import Proposal, proposal_in
from temoin.testing.orphans import LIFE, OrphansFullError, SampleResult, keep_orphan
from temoin.testing.proposals import propose_result
from temoin.testing.queries import record_in_scope
from temoin.testing.sample import Reading
from temoin.testing.states import UNDER_WAY, OrphanWhy, RecordState


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
    samples = _samples(good)
    for rows in samples:
        _take(by, rows)
    return len(samples)


def _samples(good: list[MeasuredResult]) -> list[list[MeasuredResult]]:
    """Return the results of each sample; of results without a number, each alone."""
    found: dict[object, list[MeasuredResult]] = {}
    for row in good:
        found.setdefault(row.number or row.row, []).append(row)
    return list(found.values())


def _unfit(row: MeasuredResult) -> RowProblem | None:
    if not row.loinc:
        words = _("The settings name no LOINC code for what this analyser calls the test.")
        return _problem(row, "test_performed_code", "unknown_test", words)
    if row.status is not RowStatus.FINAL:
        words = _("A correction or a cancellation is a person's to record.")
        return _problem(row, "test_result_status", "by_a_person", words)
    return None


def _take(by: ProgramSeat, rows: list[MeasuredResult]) -> None:
    """Propose what is beyond doubt, and keep the rest for a person."""
    if len({row.loinc for row in rows}) < len(rows):
        kept = [(_result([row]), OrphanWhy.TWICE) for row in rows]
    else:
        result = _result(rows)
        why = _propose(by, result, rows[0])
        kept = [(result, why)] if why else []
    try:
        for one, reason in kept:
            keep_orphan(by=by, result=one, why=reason)
    except OrphansFullError:
        words = _("Too many results wait here for a person: look through them first, then send this one again.")
        raise MessageRefusedError([_problem(rows[0], "accession_number", "full", words)]) from None


def _propose(by: ProgramSeat, result: SampleResult, row: MeasuredResult) -> OrphanWhy | None:
    """Propose a result for the test under its number; return why a person has to look instead, None when it stands."""
    try:
        found = find_by_number(by=by, number=result.number) if result.number else None
    except NotFoundError:
        found = None
    if found is None:
        return OrphanWhy.UNKNOWN if result.number else OrphanWhy.NO_NUMBER
    record = record_in_scope(found.id)
    sealed = record.unseal()
    outcomes = _outcomes(result, load_kinds()[sealed["kind"]], record)
    if outcomes is None:
        return OrphanWhy.OTHER_KIND
    state, former = RecordState(record.state), proposal_in(sealed)
    if former is not None and _stands(former, outcomes, result, by.name, waits=state is RecordState.SAMPLED):
        return None
    if why := _why_not(found.id, state, former, result) or _may_be_of_another(by, found.id, result):
        return why
    try:
        reading = Reading(outcomes=outcomes, read_at=result.read_at)
        propose_result(by=by, record_id=found.id, reading=reading)
    except InvalidError as error:
        if all(one.code != "future" for one in error.problems):
            return OrphanWhy.UNFIT
        # The analyser's clock is wrong: once it is set right, the analyser sends what it kept.
        raise MessageRefusedError(
            RowProblem(row.row, "", one.code, str(one.message), "") for one in error.problems
        ) from None
    return None


def _outcomes(result: SampleResult, kind: Kind, record: Record) -> dict[str, str] | None:
    """Return the outcomes as its proposal keeps them: LO and HI as the limits of the instrument."""
    outcomes = result.outcomes(kind)
    if outcomes is None or not kind.is_measured:
        return outcomes
    lot = lot_of(record.lot_id) if record.lot_id else None
    return read_quantities(outcomes, kind, kit(lot.kit) if lot else None)


def _stands(former: Proposal, outcomes: dict[str, str], result: SampleResult, program: str, *, waits: bool) -> bool:
    """Tell whether the very result was proposed before: a resend, however late, proposes nothing again."""
    if (former.program, former.reading.outcomes) != (program, outcomes):
        return False
    return former.reading.read_at == result.told_at or (result.told_at is None and waits)


def _may_be_of_another(by: ProgramSeat, record_id: UUID, result: SampleResult) -> OrphanWhy | None:
    """Say so where a result without a time was told before, of a test that bore the number until another got it."""
    if result.told_at is not None:
        return None
    for held in earlier_tests(result.number, but=record_id, within=LIFE):
        former = proposal_in(held)
        told = result.outcomes(load_kinds()[held["kind"]])
        if former is not None and (former.program, former.reading.outcomes) == (by.name, told):
            return OrphanWhy.RETURNED
    return None


def _why_not(record_id: UUID, state: RecordState, former: Proposal | None, result: SampleResult) -> OrphanWhy | None:
    if state not in UNDER_WAY:
        return OrphanWhy.OVER
    if state is not RecordState.SAMPLED:
        return OrphanWhy.NOT_SAMPLED
    if former is not None:
        return OrphanWhy.WAITS
    put_aside = [event.at for event in events_about([record_id], [EventKind.PROPOSAL_WITHDRAWN.value])]
    # What was read before may be what the person put aside.
    is_doubtful = bool(put_aside) and (result.told_at is None or result.told_at <= max(put_aside))
    return OrphanWhy.PUT_ASIDE if is_doubtful else None


def _result(rows: list[MeasuredResult]) -> SampleResult:
    told = [row.at for row in rows if row.at is not None]
    findings = tuple((row.loinc, row.outcome) for row in rows)
    return SampleResult(rows[0].number, findings, max(told) if told else None, now())


def _problem(row: MeasuredResult, column: str, code: str, words: str) -> RowProblem:
    return RowProblem(row.row, row.places.get(column, column), code, words, "")
