"""Orders of a program's message: a new one registers the person and a test that waits, a cancelled one takes it back.

An order is known by the program, its number and the kind of test for as long as the test is kept, as a result is
(decision 0173), and its number goes with the result that is signed. The notice is that which the patient was shown.
"""

from __future__ import annotations

from temoin.catalogue.kinds import Kind, load_kinds
from temoin.crypto.blind import fold_parts
from temoin.formats.csv.rows import PatientTraits
from temoin.formats.handed.hl7_orders import TestOrder
from temoin.intake.patients import traits_of_row
from temoin.intake.problems import RowProblem, RowRefusedError, problem_at, problems_of_patient
from temoin.intake.proposing import MessageRefusedError, check_may_propose, patient_of
from temoin.intake.resent import order_key, person_said, result_key, wait_for_others
from temoin.lib.errors import ConflictError, InvalidError
from temoin.pharmacies.program_calls import InProgressError
from temoin.pharmacies.programs import ProgramSeat
from temoin.testing.actions import register_test
from temoin.testing.orders import take_back_test
from temoin.testing.sent import SentAs, Stands, find_sent, sent_of_keys


def take_orders(*, by: ProgramSeat, orders: list[TestOrder], notice: str) -> list[tuple[TestOrder, Stands]]:
    """Do the orders of one message, in the caller's transaction; return those done before, each with what stands.

    MessageRefusedError names what forbids it; LikelyKnownError where the patient may be one on record.
    """
    check_may_propose(by=by)
    wait_for_others(by, ((order.number, order.patient) for order in orders))
    again: list[tuple[TestOrder, Stands]] = []
    for order in orders:
        try:
            stands = _register(by, order, notice) if order.is_new else _take_back(by, order)
        except InvalidError as error:
            raise MessageRefusedError(problems_of_patient(order.row, order.written, error)) from None
        except RowRefusedError as error:
            raise MessageRefusedError([_refusal(order, error)]) from None
        again += [(order, stands)] if stands else []
    return again


def _register(by: ProgramSeat, order: TestOrder, notice: str) -> Stands | None:
    """Register the test of a new order; return what stands of one that was done before."""
    kind, patient = order.kind, order.patient
    if kind is None or patient is None:
        raise TypeError("a new order tells its person and its test")
    said = _said(by, order.number, kind, patient)
    sent = find_sent(by=by, key=said.key)
    if sent is not None:
        if sent.person != said.fixed:
            raise RowRefusedError("accession_number", "order_used")
        return sent.stands
    if find_sent(by=by, key=result_key(by.program_id, order.number, kind)) is not None:
        raise RowRefusedError("accession_number", "order_late")
    patient_id = patient_of(by, traits_of_row(patient))
    try:
        register_test(by=by, patient_id=patient_id, kind=kind.code, notice_version=notice, said=said)
    except ConflictError:
        raise InProgressError from None  # another message brought it meanwhile: sent again, it is known
    return None


def _take_back(by: ProgramSeat, order: TestOrder) -> Stands | None:
    """Close the tests of a cancelled order; say so where they were closed before."""
    kinds = [order.kind] if order.kind else list(load_kinds().values())
    found = sent_of_keys(by=by, keys={order_key(by.program_id, order.number, kind) for kind in kinds})
    if not found:
        raise RowRefusedError("accession_number", "never_ordered")
    if order.patient and any(one.person != person_said(order.patient) for one in found):
        raise RowRefusedError("accession_number", "order_used")
    try:
        taken_back = [take_back_test(by=by, record_id=one.id) for one in found]
    except ConflictError:
        raise RowRefusedError("accession_number", "order_begun") from None
    return None if any(taken_back) else Stands.ENDED


def _said(by: ProgramSeat, number: str, kind: Kind, patient: PatientTraits) -> SentAs:
    key, read = order_key(by.program_id, number, kind), fold_parts((kind.code,))
    return SentAs(key=key, fixed=person_said(patient), read=read, order_number=number)


def _refusal(order: TestOrder, error: RowRefusedError) -> RowProblem:
    return problem_at(order.row, order.written.get(error.column, "ORC-2"), error.code)
