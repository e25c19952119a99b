"""Results as FHIR R4 of a program: a Bundle is proposed whole or not at all, and answered by an OperationOutcome."""

from __future__ import annotations

import io
import re
from functools import partial
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.api.hl7_taken import told_of_room
from temoin.api.message_notes import MessageNote, notes_of
from temoin.api.outcomes import JSON, good, issue_of, issue_of_file, outcome
from temoin.formats.csv.problems import FileRefusedError, RowErrors
from temoin.formats.csv.rows import ResultRow
from temoin.intake.messages import RowsTold, rows_of_bundle
from temoin.intake.problems import RowProblem, problems_of_row
from temoin.intake.proposing import MOST_RESULTS, MessageRefusedError, check_may_propose, propose_rows
from temoin.intake.resent import Void
from temoin.lib.errors import TemoinError, refuse
from temoin.pharmacies.program_calls import Answer, InProgressError, KeyReusedError, answered_once, check_key
from temoin.pharmacies.programs import ProgramSeat

XML = "application/fhir+xml"
MEDIA = (JSON, XML)
_PATH = re.compile(r"[A-Za-z]+(?:\.[A-Za-z]+|\[[0-9]+\])*")


def take_bundle(request: HttpRequest, seat: ProgramSeat, body: bytes) -> HttpResponse:
    """Propose the results of what was sent, all of them or none, once under the key of the call."""
    check_may_propose(by=seat)
    key = request.headers.get("Idempotency-Key", "")
    check_key(key)
    notice = request.GET.get("notice", "")
    do = partial(_take, seat, body, request.content_type == XML, notice)
    try:
        told = answered_once(seat, key=key, asked=f"fhir {notice} ".encode() + body, do=do)
    except FileRefusedError as error:
        return outcome([issue_of_file(error)], HTTPStatus.BAD_REQUEST)
    except MessageRefusedError as error:
        return outcome([issue_of(one) for one in error.problems], HTTPStatus.UNPROCESSABLE_ENTITY)
    except (KeyReusedError, InProgressError):
        raise  # told as for every call
    except TemoinError as error:
        problems = told_of_room(seat, 0, error)
        return outcome([issue_of(one) for one in problems], HTTPStatus.UNPROCESSABLE_ENTITY)
    return outcome(told["issues"], HTTPStatus.OK)


def validate(request: HttpRequest, seat: ProgramSeat, body: bytes) -> HttpResponse:
    """Tell what is wrong with what was sent, and keep nothing: its form and its values, not what stands here."""
    check_may_propose(by=seat)
    try:
        read = _bounded(rows_of_bundle(seat, io.BytesIO(body), is_xml=request.content_type == XML))
    except FileRefusedError as error:
        return outcome([issue_of_file(error)], HTTPStatus.OK)
    issues = [issue_of(one) for one in _problems(read)]
    return outcome([*issues, *map(_note, notes_of(read))] or [good(_("Nothing is wrong with it."))], HTTPStatus.OK)


def _take(seat: ProgramSeat, body: bytes, is_xml: bool, notice: str) -> Answer:  # noqa: FBT001 of a partial
    read = _bounded(rows_of_bundle(seat, io.BytesIO(body), is_xml=is_xml))
    if bad := _problems(read):
        raise MessageRefusedError(bad)
    rows = [row for row in read.rows if isinstance(row, ResultRow)]
    done = propose_rows(by=seat, rows=rows, notice=notice)
    count = sum(one.again is None and one.void is not Void.TAKEN_BACK for one in done)
    words = _("Proposed for a pharmacist's signature: tests %(count)d.") % {"count": count}
    return {"issues": [good(words), *map(_note, notes_of(read, done))]}


def _bounded(read: RowsTold) -> RowsTold:
    if len(read.rows) > MOST_RESULTS:
        raise refuse("", "too_many", _("There are too many of these: send fewer at a time."))
    return read


def _problems(read: RowsTold) -> list[RowProblem]:
    lang = get_language() or "fr"
    return [one for row in read.rows if isinstance(row, RowErrors) for one in problems_of_row(row, lang)]


def _note(one: MessageNote) -> dict[str, Any]:
    """Return as information what of it is left out, or what stood here before."""
    return {**good(one.words), "expression": [one.place]} if _PATH.fullmatch(one.place) else good(one.words)
