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
from temoin.api.bodies import ResultVerdict, ResultVerdicts, WholeResult, WholeResults
from temoin.api.near import TELLING, tell_no_further
from temoin.api.patient_views import traits_in
from temoin.api.record_views import propose, reading_in, sample
from temoin.catalogue.kinds import load_kinds
from temoin.intake.problems import RowRefusedError, problem_at
from temoin.intake.resent import said_in_call, take_again, wait_for_others
from temoin.journal.alerts import note_broken_seal
from temoin.lib.away import is_away
from temoin.lib.errors import DeniedError, TemoinError, refuse
from temoin.patients.actions import register_patient
from temoin.patients.traits import Traits
from temoin.pharmacies.program_calls import answered_once, check_key
from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.refused_calls import note_denied_call
from temoin.testing.actions import register_test
from temoin.testing.numbers import number_on_label
from temoin.testing.sent import SentAs, find_sent

log = logging.getLogger("temoin.api")

_FIELDS = {"accession_number": "number", "test_result_status": "status"}  # where a row calls them otherwise
_ONE_OF_BOTH = _("Give the patient's id, or the patient: one of the two.")


def hand_in(request: HttpRequest, seat: ProgramSeat, body: WholeResults) -> ResultVerdicts:
    """Take results, each alone: one that is refused keeps no other from being taken.

    Each is done once under its own number, for as long as its test is kept: a call which broke off is sent again whole.
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


def _take(request: HttpRequest, seat: ProgramSeat, result: WholeResult) -> dict[str, Any]:
    """Take a result, or tell of the test that it became when it was handed in before, however long ago."""
    person, kind = _person(seat, result), load_kinds().get(result.kind)
    if kind is None:
        raise refuse("kind", "unknown", _("Choose the test in the list."))
    taken, read, is_correction = result.sample, result.reading, result.status == "corrected"
    if is_correction and read.read_at is None:
        raise refuse("reading.read_at", "required", _("Say when it was read: a correction is not read anew."))
    said = said_in_call(
        *(seat.program_id, kind, result.number),
        person=person,
        sample=(taken.specimen, taken.lot_id, taken.sampled_at, taken.started_at),
        read=(read.read_at, read.comment, *(part for one in sorted(read.outcomes.items()) for part in one)),
    )
    wait_for_others(seat, [(result.number, None)])
    sent = find_sent(by=seat, key=said.key)
    try:
        if sent is not None:
            take_again(seat, sent, said, is_correction=is_correction, reading=reading_in(read))
        elif is_correction:
            raise RowRefusedError("test_result_status", "never_sent")
        test_id = sent.id if sent else _new(request, seat, result, person=person, said=said)
    except RowRefusedError as error:
        told = problem_at(0, "", error.code)
        raise refuse(_FIELDS.get(error.column, ""), told.code, f"{told.reason} {told.remedy}") from None
    return {"test_id": str(test_id), "test_number": number_on_label(by=seat, record_id=test_id)}


def _person(seat: ProgramSeat, result: WholeResult) -> UUID | Traits:
    """Return whose result it is: a record, or whom to register."""
    if result.patient is not None and result.patient_id is None:
        return traits_in(seat, result.patient)
    if result.patient is None and result.patient_id is not None:
        return result.patient_id
    raise refuse("patient", "required", _ONE_OF_BOTH)


def _new(request: HttpRequest, seat: ProgramSeat, result: WholeResult, *, person: UUID | Traits, said: SentAs) -> UUID:
    if isinstance(person, Traits):
        put_aside = result.patient.put_aside if result.patient else ()
        person = register_patient(by=seat, traits=person, put_aside=put_aside)
    notice = result.notice_version
    test_id = register_test(by=seat, patient_id=person, kind=result.kind, notice_version=notice, said=said)
    sample(request, seat, test_id, result.sample)
    propose(request, seat, test_id, result.reading)
    return test_id
