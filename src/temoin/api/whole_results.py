"""Results handed in whole: patient, test, sample and reading by one call, each with a verdict of its own."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from temoin.api.answers import told_problem
from temoin.api.bodies import NewPatient, NewTest, ResultVerdict, ResultVerdicts, WholeResult, WholeResults
from temoin.api.patient_views import traits_in
from temoin.api.record_views import propose, register, sample
from temoin.lib.errors import DeniedError, TemoinError, refuse
from temoin.patients.actions import register_patient
from temoin.pharmacies.program_calls import answered_once
from temoin.pharmacies.programs import ProgramSeat

_ONE_OF_BOTH = _("Give the patient's id, or the patient: one of the two.")


def hand_in(request: HttpRequest, seat: ProgramSeat, body: WholeResults) -> ResultVerdicts:
    """Take results, each alone: one that is refused keeps no other from being taken.

    Each is done once under the key of the call and its own number, so that a call which broke off is sent again whole.
    """
    key = request.headers.get("Idempotency-Key", "")
    return ResultVerdicts(results=[_verdict(request, seat, key, one) for one in body.results])


def _verdict(request: HttpRequest, seat: ProgramSeat, key: str, result: WholeResult) -> ResultVerdict:
    asked = result.model_dump_json().encode()
    try:
        taken = answered_once(
            seat, key=f"{key}/{result.number}" if key else "", asked=asked, do=partial(_take, request, seat, result)
        )
    except DeniedError:
        raise  # the program's, not the result's
    except TemoinError as error:
        told = told_problem(error)
        del told["status"]
        return ResultVerdict(number=result.number, taken=False, **told)
    return ResultVerdict(number=result.number, taken=True, **taken)


def _registered(seat: ProgramSeat, patient: NewPatient) -> UUID:
    return register_patient(by=seat, traits=traits_in(seat, patient), put_aside=patient.put_aside)


def _take(request: HttpRequest, seat: ProgramSeat, result: WholeResult) -> dict[str, Any]:
    if result.patient is not None and result.patient_id is None:
        patient_id = _registered(seat, result.patient)
    elif result.patient is None and result.patient_id is not None:
        patient_id = result.patient_id
    else:
        raise refuse("patient", "required", _ONE_OF_BOTH)
    test = register(
        request,
        seat,
        NewTest(patient_id=patient_id, kind=result.kind, notice_version=result.notice_version),
    )
    sample(request, seat, test.id, result.sample)
    propose(request, seat, test.id, result.reading)
    return {"test_id": str(test.id), "test_number": test.number}
