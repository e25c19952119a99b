"""Orders of a program's message: a new one registers the person and a test that waits, a cancelled one takes it back.

An order is known by the program, its number and the kind of test for as long as the test is kept, as a result is
(decision 0173), and its number goes with the result that is signed. The notice is that which the patient was shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from temoin.catalogue.kinds import Kind, load_kinds
from temoin.crypto.blind import fold_parts
from temoin.formats.csv.rows import PatientTraits
from temoin.formats.handed.hl7_orders import TestOrder
from temoin.intake.patients import traits_of_row
from temoin.intake.problems import RowProblem, RowRefusedError, problem_at, problems_of_message
from temoin.intake.proposing import MessageRefusedError, check_may_propose, check_person, patient_of
from temoin.intake.resent import order_key, person_said, result_key, wait_for_others
from temoin.lib.errors import ConflictError, InvalidError
from temoin.pharmacies.program_calls import InProgressError
from temoin.pharmacies.programs import ProgramSeat
from temoin.testing.actions import register_test
from temoin.testing.orders import take_back_test
from temoin.testing.sent import SentAs, Stands, find_sent, sent_of_keys


@dataclass(frozen=True, slots=True, repr=False)
class OrderDone:
    """An order that was done: its test, where it is of one, and what stands of it where that was before."""

    order: TestOrder
    test_id: UUID | None
    again: Stands | None = None


def take_orders(*, by: ProgramSeat, orders: list[TestOrder], notice: str) -> list[OrderDone]:
    """Do the orders of one message, in the caller's transaction; return what became of each.

    MessageRefusedError names what forbids it; LikelyKnownError where the patient may be one on record.
    """
    check_may_propose(by=by)
    for order in orders:
        if order.patient is not None:
            check_person(order.row, order.written, order.patient)
    wait_for_others(by, ((order.number, order.patient) for order in orders))
    done: list[OrderDone] = []
    for order in orders:
        try:
            done.append(_register(by, order, notice) if order.is_new else _take_back(by, order))
        except InvalidError as error:
            raise MessageRefusedError(problems_of_message(order.row, order.written, error)) from None
        except RowRefusedError as error:
            raise MessageRefusedError([_refusal(order, error)]) from None
    return done


def _register(by: ProgramSeat, order: TestOrder, notice: str) -> OrderDone:
    """Register the test of a new order, or tell what stands of one that was done before."""
    kind, patient = order.kind, order.patient
    if kind is None or patient is None:
        raise TypeError("a new order tells its person and its test")
    said = _said(by, order.number, kind, patient)
    sent = find_sent(by=by, key=said.key)
    if sent is not None:
        if sent.person != said.fixed:
            raise RowRefusedError("accession_number", "order_used")
        return OrderDone(order, sent.id, sent.stands)
    if find_sent(by=by, key=result_key(by.program_id, order.number, kind)) is not None:
        raise RowRefusedError("accession_number", "order_late")
    patient_id = patient_of(by, traits_of_row(patient))
    try:
        test_id = register_test(by=by, patient_id=patient_id, kind=kind.code, notice_version=notice, said=said)
    except ConflictError:
        raise InProgressError from None  # another message brought it meanwhile: sent again, it is known
    return OrderDone(order, test_id)


def _take_back(by: ProgramSeat, order: TestOrder) -> OrderDone:
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
    test_id = found[0].id if len(found) == 1 else None
    return OrderDone(order, test_id, None if any(taken_back) else Stands.ENDED)


def _said(by: ProgramSeat, number: str, kind: Kind, patient: PatientTraits) -> SentAs:
    key, read = order_key(by.program_id, number, kind), fold_parts((kind.code,))
    return SentAs(key=key, fixed=person_said(patient), read=read, order_number=number)


def _refusal(order: TestOrder, error: RowRefusedError) -> RowProblem:
    return problem_at(order.row, order.written.get(error.column, "ORC-2"), error.code)
