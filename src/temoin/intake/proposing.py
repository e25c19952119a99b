"""Results of a program's message, proposed for a signature: patient, test, sample and reading, all or none of them.

A program signs nothing (decision 0148). What a file's rows become by one signature, a message's become as proposals:
for this pharmacy's own tests, on a lot of its stock. A person takes in other laboratories' results.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.catalogue.actions import lots_in_stock
from temoin.catalogue.kinds import Kind, load_kinds
from temoin.catalogue.kits import Kit
from temoin.catalogue.states import LotState
from temoin.formats.csv.rows import PatientTraits, ResultRow, RowStatus, plain_accession, plain_number
from temoin.intake.patients import compared, traits_of_row
from temoin.intake.problems import RowProblem, RowRefusedError, problem_of_refusal, problems_of_message
from temoin.intake.resent import (
    Void,
    order_key,
    person_said,
    said_of,
    said_of_ordered,
    said_void,
    take_again,
    take_cancellation,
    wait_for_others,
)
from temoin.intake.sameness import read_at, sampled_at
from temoin.lib.errors import ConflictError, InvalidError, TemoinError, refuse
from temoin.patients.actions import register_patient
from temoin.patients.queries import near_matches
from temoin.patients.traits import Traits
from temoin.pharmacies.policies import check_right, has_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.program_calls import InProgressError
from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.seat import pharmacy_of
from temoin.testing.actions import register_test, take_sample
from temoin.testing.orders import is_sampled_with
from temoin.testing.proposals import propose_result
from temoin.testing.sample import Reading, Sample
from temoin.testing.sent import SentAs, SentResult, Stands, find_sent

NEEDED = (Right.PROPOSE_RESULT, Right.REGISTER_PATIENT, Right.REGISTER_TEST, Right.TAKE_SAMPLE, Right.READ_TEST)
MOST_RESULTS = 100  # of one message, which is one transaction


class MessageRefusedError(TemoinError):
    """A message cannot be taken; nothing of it was kept. Its problems name places and never values."""

    def __init__(self, problems: Iterable[RowProblem]) -> None:
        super().__init__()
        self.problems = tuple(problems)


def check_may_propose(*, by: ProgramSeat) -> None:
    """Raise DeniedError unless a program holds every right that a whole result takes."""
    for right in NEEDED:
        check_right(by=by, right=right)


@dataclass(frozen=True, slots=True)
class ProposedRow:
    """What became of the results of one test, the first of which stands in that row of the message."""

    row: ResultRow = field(repr=False)
    again: Stands | None = None  # what stands of a result that was sent before; None for what is proposed now
    void: Void | None = None  # what was done with one that is declared void


def propose_rows(*, by: ProgramSeat, rows: list[ResultRow], notice: str) -> list[ProposedRow]:
    """Propose the results of one message, in the caller's transaction; return what became of each test.

    One that was sent before, however long ago, is known by its number, and not proposed again; a correction of it is.
    MessageRefusedError names what forbids it; LikelyKnownError where the patient may be one on record.
    InProgressError where another message is bringing the same result.
    """
    check_may_propose(by=by)
    if len(rows) > MOST_RESULTS:
        raise refuse("", "too_many", _("There are too many of these: send fewer at a time."))
    own = plain_number(pharmacy_of(by).finess)
    refused = [problem_of_refusal(row, error) for row in rows if (error := _unfit(row, own))]
    if refused:
        raise MessageRefusedError(refused)
    for row in rows:
        check_person(row.row, row.written, row.patient)
    wait_for_others(by, ((number, row.patient) for row in rows for number in (row.accession, row.order_number)))
    done = []
    for findings in _tests(rows):
        try:
            done.append(_propose(by, findings, notice))
        except InvalidError as error:
            raise MessageRefusedError(problems_of_message(findings[0].row, findings[0].written, error)) from None
        except RowRefusedError as error:
            raise MessageRefusedError([problem_of_refusal(findings[0], error)]) from None
    return done


def check_person(row: int, written: Mapping[str, str], person: PatientTraits) -> None:
    """Refuse a person whom nobody may register, by place: before anything is compared with their traits."""
    try:
        traits_of_row(person)
    except InvalidError as error:
        raise MessageRefusedError(problems_of_message(row, written, error)) from None


def _unfit(row: ResultRow, own: str) -> RowRefusedError | None:
    if plain_number(row.laboratory.number) != own:
        return RowRefusedError("testing_lab_clia", "not_own")
    if row.device.kit is None:
        return RowRefusedError("equipment_model_name", "no_lot")
    return None


def _tests(rows: list[ResultRow]) -> list[list[ResultRow]]:
    """Return the findings of each test: those of one person, number and device."""
    found: dict[tuple[object, ...], list[ResultRow]] = {}
    for row in rows:
        key = (compared(traits_of_row(row.patient)), plain_accession(row.accession), row.device.device_name)
        found.setdefault(key, []).append(row)
    return list(found.values())


def _propose(by: ProgramSeat, findings: list[ResultRow], notice: str) -> ProposedRow:
    first = findings[0]
    kind = load_kinds()[_kit(first).kind]
    if any(row.status is RowStatus.CANCELLED for row in findings):
        return _cancel(by, findings, kind)
    outcomes = _outcomes(kind, findings)
    reading = Reading(outcomes=outcomes, read_at=read_at(first), comment=first.comment, is_typed=True)
    said = said_of(by.program_id, kind, findings, outcomes)
    sent = find_sent(by=by, key=said.key) or _ordered(by, first, kind)
    is_correction = any(row.status is RowStatus.CORRECTED for row in findings)
    if sent is not None and sent.is_told:
        again = said_of_ordered(said, sent)
        is_taken = take_again(by, sent, again, is_correction=is_correction, reading=reading)
        return ProposedRow(first, None if is_taken else sent.stands)
    if is_correction:
        raise RowRefusedError("test_result_status", "never_sent")
    if sent is not None:
        _fill(by, sent, first, reading=reading, said=said)
    else:
        _register(by, findings, kind, notice, said, reading)
    return ProposedRow(first)


def _cancel(by: ProgramSeat, findings: list[ResultRow], kind: Kind) -> ProposedRow:
    """Take that a whole result is void: what was read of one target alone is void by a correction."""
    first, targets = findings[0], {kind.target_of(row.device.loinc.code) for row in findings}
    if len(targets) < len(kind.targets) or any(row.status is not RowStatus.CANCELLED for row in findings):
        raise RowRefusedError("test_result_status", "part_cancelled")
    said = said_void(by.program_id, kind, findings)
    sent = find_sent(by=by, key=said.key) or _ordered(by, first, kind)
    if sent is None or not sent.is_told:
        raise RowRefusedError("accession_number", "never_seen")
    void = take_cancellation(by, sent, said_of_ordered(said, sent))
    return ProposedRow(first, None if void else sent.stands, void)


def _ordered(by: ProgramSeat, row: ResultRow, kind: Kind) -> SentResult | None:
    """Return the test that this program ordered under the number of a result's order, or of the result."""
    return find_sent(by=by, key=order_key(by.program_id, row.order_number or row.accession, kind))


def _fill(by: ProgramSeat, sent: SentResult, row: ResultRow, *, reading: Reading, said: SentAs) -> None:
    """Propose a result in the test of its order, with its sample where the counter took none."""
    if sent.person != person_said(row.patient):
        raise RowRefusedError("accession_number", "order_used")
    if sent.stands is not Stands.PUT_ASIDE:
        raise RowRefusedError("accession_number", "order_filled")
    if sent.awaits_sample:
        take_sample(by=by, record_id=sent.id, sample=_sample(by, row), place=by.name, seen="")
    elif not is_sampled_with(by=by, record_id=sent.id, kit=_kit(row).code, specimen=row.specimen):
        raise RowRefusedError("equipment_model_name", "order_sampled")
    propose_result(by=by, record_id=sent.id, reading=reading, said=said_of_ordered(said, sent).kept(sent))


def _register(  # noqa: PLR0917 one each of what a test is made of
    by: ProgramSeat, findings: list[ResultRow], kind: Kind, notice: str, said: SentAs, reading: Reading
) -> None:
    first = findings[0]
    sample = _sample(by, first)
    patient_id = patient_of(by, traits_of_row(first.patient))
    try:
        record_id = register_test(by=by, patient_id=patient_id, kind=kind.code, notice_version=notice, said=said)
    except ConflictError:
        raise InProgressError from None  # another message brought it meanwhile: sent again, it is known
    take_sample(by=by, record_id=record_id, sample=sample, place=by.name, seen="")
    propose_result(by=by, record_id=record_id, reading=reading)


def _sample(by: ProgramSeat, row: ResultRow) -> Sample:
    return Sample(specimen=row.specimen, sampled_at=sampled_at(row), lot_id=_lot(by, row), is_typed=True)


def _outcomes(kind: Kind, findings: list[ResultRow]) -> dict[str, str]:
    outcomes: dict[str, str] = {}
    for row in findings:
        target = kind.target_of(row.device.loinc.code)
        if target is None or target.code in outcomes:
            raise RowRefusedError("test_performed_code", "not_of_kind")
        outcomes[target.code] = row.outcome
    return outcomes


def _kit(row: ResultRow) -> Kit:
    if row.device.kit is None:
        raise RowRefusedError("equipment_model_name", "no_lot")
    return row.device.kit


def _lot(by: ProgramSeat, row: ResultRow) -> UUID:
    """Return the lot of a kit that is in use: the one that is open, or the only one."""
    kit = _kit(row)
    stock = [lot for lot in lots_in_stock(by=by, kind=kit.kind) if lot.kit == kit.code]
    opened = [lot for lot in stock if lot.state == LotState.OPEN]
    chosen = opened or stock
    if len(chosen) != 1:
        raise RowRefusedError("equipment_model_name", "several_lots" if chosen else "no_lot")
    return chosen[0].id


def patient_of(by: ProgramSeat, traits: Traits) -> UUID:
    """Return the patient on record who is this person beyond doubt, for who may look; else one registered now."""
    if has_right(by=by, right=Right.READ_PATIENT):
        near = near_matches(by=by, traits=traits)
        same = [patient_id for patient_id, known in near if compared(known) == compared(traits)]
        if same:
            return same[0]
    return register_patient(by=by, traits=traits, put_aside=())
