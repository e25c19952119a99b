"""Results as HL7 v2 messages of a program: each done once under its MSH-10, and acknowledged after its commit."""

from __future__ import annotations

import io
import secrets
from collections.abc import Sequence
from functools import partial
from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.api.near import TELLING, tell_no_further
from temoin.api.whole_results import failed_item
from temoin.formats.csv.problems import FileRefusedError, RowErrors
from temoin.formats.csv.rows import ResultRow
from temoin.formats.csv.tables import Encoding
from temoin.formats.handed.hl7_file import RawMessage, header_of, raw_messages
from temoin.formats.hl7v2 import AckCode
from temoin.formats.hl7v2.answering import AckError, AckReason, acknowledgement
from temoin.formats.hl7v2.syntax import Segment
from temoin.intake.messages import rows_of_message
from temoin.intake.problems import RowProblem, problems_of_row
from temoin.intake.proposing import MOST_RESULTS, MessageRefusedError, check_may_propose, propose_rows
from temoin.lib.away import is_away
from temoin.lib.clock import now
from temoin.lib.errors import DeniedError, InvalidError, TemoinError, refuse
from temoin.pharmacies.program_calls import Answer, InProgressError, KeyReusedError, answered_once
from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.refused_calls import note_denied_call

MEDIA = ("application/hl7-v2",)
MOST_MESSAGES = 100  # of one call

# What a code of ours is in HL7 table 0357, and which of them no correction of the content mends: those are AR.
_REASONS = {
    "untold": AckReason.REQUIRED,
    "no_result": AckReason.SEGMENT,
    "hl7_headless": AckReason.SEGMENT,
    "hl7_form": AckReason.TYPE,
    "hl7_charset": AckReason.TYPE,
    "hl7_type": AckReason.MESSAGE_TYPE,
    "hl7_version": AckReason.VERSION,
    "not_production": AckReason.PROCESSING,
    "processing": AckReason.PROCESSING,
    "control_id": AckReason.REQUIRED,
    "control_id_used": AckReason.DUPLICATE,
    "in_progress": AckReason.LOCKED,
    "failed": AckReason.INTERNAL,
}
_REJECTED = frozenset(
    {"hl7_type", "hl7_version", "not_production", "processing", "hl7_headless", "control_id", "control_id_used"}
)


def take_messages(request: HttpRequest, seat: ProgramSeat, body: bytes) -> HttpResponse:
    """Take messages, each alone, and answer them in their order."""
    check_may_propose(by=seat)
    notice = request.GET.get("notice", "")
    try:
        raw = list(_bounded(body))
    except FileRefusedError as error:
        words = error.message(get_language() or "fr")
        return _told(_answer(None, [RowProblem(0, "", "hl7_headless", words, "")]))
    return _told(b"".join(_acknowledged(seat, one, notice) for one in raw))


def _told(answers: bytes) -> HttpResponse:
    return HttpResponse(answers, content_type=MEDIA[0])


def _bounded(body: bytes) -> list[RawMessage]:
    found = list(raw_messages(io.BytesIO(body)))
    if len(found) > MOST_MESSAGES:
        raise refuse("", "too_many", _("There are too many of these: send fewer at a time."))
    return found


def _acknowledged(seat: ProgramSeat, raw: RawMessage, notice: str) -> bytes:
    header = header_of(raw)
    if header is None or not header.text(10):
        place = "MSH" if header is None else "MSH-10"
        words = _("The message has no number: each is known again by its MSH-10.")
        return _answer(header, [RowProblem(raw.line, place, "control_id", words, "")])
    name = "|".join(("hl7", header.text(3), header.text(4), header.text(10)))
    asked = notice.encode() + b"\r" + b"\r".join(content for _number, content in raw.lines)
    do = partial(_take, seat, raw, header, notice)
    try:
        told = answered_once(seat, key=sha256(name.encode()).hexdigest(), asked=asked, do=do)
    except MessageRefusedError as error:
        return _answer(header, error.problems)
    except TemoinError as error:
        return _answer(header, told_of_room(seat, raw.line, error))
    except Exception as error:
        if is_away(error):
            raise
        return _answer(header, [_defect(raw.line, error)])
    return str(told["acknowledgement"]).encode()


def _take(seat: ProgramSeat, raw: RawMessage, header: Segment, notice: str) -> Answer:
    """Propose the results of a message; its answer is kept by the commit that does it."""
    rows = rows_of_message(seat, raw, Encoding.UTF_8)
    if len(rows) > MOST_RESULTS:
        raise refuse("", "too_many", _("There are too many of these: send fewer at a time."))
    bad = [one for row in rows if isinstance(row, RowErrors) for one in problems_of_row(row, get_language() or "fr")]
    if bad:
        raise MessageRefusedError(bad)
    propose_rows(by=seat, rows=[row for row in rows if isinstance(row, ResultRow)], notice=notice)
    return {"acknowledgement": _answer(header, []).decode()}


def told_of_room(seat: ProgramSeat, line: int, error: TemoinError) -> list[RowProblem]:
    """Return what is told of a message that a room refused for no row of it."""
    if isinstance(error, DeniedError):
        note_denied_call(by=seat, right=str(error))
        raise error
    if isinstance(error, InvalidError):
        return [RowProblem(line, "", one.code, str(one.message), "") for one in error.problems]
    if isinstance(error, TELLING):
        tell_no_further(seat, error)
        words = _("This may be a patient who has a record here: a person has to compare, at the counter.")
        return [RowProblem(line, "PID", "likely_known", words, "")]
    if isinstance(error, KeyReusedError):
        words = _("This MSH-10 was used for another message: neither is done in the place of the other.")
        return [RowProblem(line, "MSH-10", "control_id_used", words, "")]
    if isinstance(error, InProgressError):
        words = _("This message is being taken in: send it again for its answer.")
        return [RowProblem(line, "MSH-10", "in_progress", words, "")]
    return [_defect(line, error)]


def _defect(line: int, error: Exception) -> RowProblem:
    incident = failed_item(error)["incident"]
    words = _("A program error occurred, and nothing of the message was kept. Quote %(incident)s.")
    return RowProblem(line, "", "failed", words % {"incident": incident}, "")


def _answer(header: Segment | None, problems: Sequence[RowProblem]) -> bytes:
    code = AckCode.ACCEPT
    if problems:
        code = AckCode.REJECT if {one.code for one in problems} & _REJECTED else AckCode.ERROR
    errors = [
        AckError(one.column, _REASONS.get(one.code, AckReason.VALUE), f"{one.reason} {one.remedy}".strip())
        for one in problems
    ]
    return acknowledgement(header, code, errors, at=now(), own_id=secrets.token_hex(10))
