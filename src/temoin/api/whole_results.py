"""Results handed in whole: patient, test, sample and reading by one call, each with a verdict of its own."""

from __future__ import annotations

import logging
import secrets
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from temoin.api.answers import told_problem
from temoin.api.bodies import NewPatient, NewTest, ResultVerdict, ResultVerdicts, WholeResult, WholeResults
from temoin.api.near import TELLING, tell_no_further
from temoin.api.patient_views import traits_in
from temoin.api.record_views import propose, register, sample
from temoin.journal.alerts import note_broken_seal
from temoin.lib.away import is_away
from temoin.lib.errors import DeniedError, TemoinError, refuse
from temoin.patients.actions import register_patient
from temoin.pharmacies.program_calls import answered_once, check_key
from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.refused_calls import note_denied_call

log = logging.getLogger("temoin.api")

_ONE_OF_BOTH = _("Give the patient's id, or the patient: one of the two.")


def hand_in(request: HttpRequest, seat: ProgramSeat, body: WholeResults) -> ResultVerdicts:
    """Take results, each alone: one that is refused keeps no other from being taken.

    Each is done once under the key of the call and its own number, so that a call which broke off is sent again whole.
    """
    key = request.headers.get("Idempotency-Key", "")
    check_key(key)
    return ResultVerdicts(results=[_verdict(request, seat, key, one) for one in body.results])


def _verdict(request: HttpRequest, seat: ProgramSeat, key: str, result: WholeResult) -> ResultVerdict:
    own_key = sha256(f"{key} {result.number}".encode()).hexdigest()
    do, asked = partial(_take, request, seat, result), result.model_dump_json().encode()
    try:
        taken = answered_once(seat, key=own_key, asked=asked, do=do)
    except TemoinError as error:
        return ResultVerdict(number=result.number, taken=False, **_refused(seat, error))
    except Exception as error:
        if is_away(error):
            raise
        return ResultVerdict(number=result.number, taken=False, **failed_item(error))
    return ResultVerdict(number=result.number, taken=True, **taken)


def _refused(seat: ProgramSeat, error: TemoinError) -> dict[str, Any]:
    if isinstance(error, DeniedError):
        note_denied_call(by=seat, right=str(error))
    if isinstance(error, TELLING):
        tell_no_further(seat, error)
    try:
        told = told_problem(error)
    except TemoinError:  # none that a program can mend: a broken seal
        return failed_item(error)
    del told["status"]
    return told


def failed_item(error: Exception) -> dict[str, Any]:
    """Return what is told of a defect, which is logged by its kind alone."""
    note_broken_seal(error, origin="api")
    incident = secrets.token_hex(4)
    log.error("incident %s: %s", incident, type(error).__name__)
    return {"error": "server_error", "incident": incident}


def _registered(seat: ProgramSeat, patient: NewPatient) -> UUID:
    return register_patient(by=seat, traits=traits_in(seat, patient), put_aside=patient.put_aside)


def _take(request: HttpRequest, seat: ProgramSeat, result: WholeResult) -> dict[str, Any]:
    if result.patient is not None and result.patient_id is None:
        patient_id = _registered(seat, result.patient)
    elif result.patient is None and result.patient_id is not None:
        patient_id = result.patient_id
    else:
        raise refuse("patient", "required", _ONE_OF_BOTH)
    asked = NewTest(patient_id=patient_id, kind=result.kind, notice_version=result.notice_version)
    test = register(request, seat, asked)
    sample(request, seat, test.id, result.sample)
    propose(request, seat, test.id, result.reading)
    return {"test_id": str(test.id), "test_number": test.number}
