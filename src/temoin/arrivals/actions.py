"""What the counter does with a patient's form: accept it, and so register the person and the test; or refuse it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from temoin.arrivals.models import Arrival
from temoin.arrivals.queries import arrival_in_scope, check_waits, code_of
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.tenant import tenant_scope
from temoin.patients.actions import amend_patient, register_patient
from temoin.patients.traits import Traits
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right
from temoin.testing.actions import answer_questions, register_test
from temoin.testing.opening import Beforehand


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """Somebody who gets a record here; `put_aside` are likely ones whom the person at the counter said they are not."""

    patient_id: UUID
    traits: Traits
    put_aside: Collection[UUID]


@dataclass(frozen=True, kw_only=True)
class KnownPerson:
    """Somebody with a record here; `amended` replaces what it says where the person at the counter wants that."""

    patient_id: UUID
    amended: Traits | None = None
    seen_version: str = ""


@dataclass(frozen=True, kw_only=True)
class AcceptedTest:
    """The test that the person came for, as the counter registers it."""

    record_id: UUID
    kind: str
    notice: str
    answers: Mapping[str, str] = field(default_factory=dict)


def accept_arrival(*, by: Holder, arrival_id: UUID, person: NewPerson | KnownPerson, test: AcceptedTest) -> None:
    """Register a person, or take the record that is theirs, and the test: all of it in one transaction, once.

    The code that the patient's browser drew becomes that of the test. ConflictError once the form was looked after.
    """
    check_right(by=by, right=Right.REGISTER_TEST)
    with tenant_scope(by.pharmacy_id):
        arrival = arrival_in_scope(arrival_id)
        check_waits(arrival)
        code = code_of(arrival)
        _end(arrival_id, "accept", by=by, kind=EventKind.ARRIVAL_ACCEPTED, record_id=test.record_id)
        _stand(person, by=by)
        register_test(
            by=by,
            patient_id=person.patient_id,
            kind=test.kind,
            notice_version=test.notice,
            record_id=test.record_id,
            beforehand=Beforehand(code=code),
        )
        if any(test.answers.values()):
            answer_questions(by=by, record_id=test.record_id, answers=test.answers, seen="")


def _stand(person: NewPerson | KnownPerson, *, by: Holder) -> None:
    """Have the person's record stand as the counter wants it."""
    if isinstance(person, NewPerson):
        register_patient(by=by, traits=person.traits, put_aside=person.put_aside, patient_id=person.patient_id)
    elif person.amended is not None:
        amend_patient(by=by, patient_id=person.patient_id, traits=person.amended, expected_version=person.seen_version)


def refuse_arrival(*, by: Holder, arrival_id: UUID) -> None:
    """Put a form aside: nothing of it stays. ConflictError once it was looked after."""
    check_right(by=by, right=Right.REGISTER_TEST)
    with tenant_scope(by.pharmacy_id):
        check_waits(arrival_in_scope(arrival_id))
        _end(arrival_id, "refuse", by=by, kind=EventKind.ARRIVAL_REFUSED)


def _end(arrival_id: UUID, verb: str, *, by: Holder, kind: EventKind, record_id: UUID | None = None) -> None:
    subject = ("record", record_id) if record_id else ("arrival", arrival_id)
    detail = str(arrival_id) if record_id else ""
    with act(by=by, kind=kind, subject_kind=subject[0], subject_id=subject[1], detail=detail) as commit:
        commit.move(Arrival, arrival_id, verb, ciphertext=b"")
