"""One HL7 v2 message of a program, whatever brought it: done once under its MSH-10, answered after its commit."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import islice

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.api.message_notes import MessageNote, notes_of, notes_of_orders, order_answer
from temoin.api.near import TELLING, tell_no_further
from temoin.api.whole_results import failed_item
from temoin.formats.csv.problems import FileRefusedError, RowErrors
from temoin.formats.csv.rows import ResultRow
from temoin.formats.csv.tables import Encoding
from temoin.formats.handed.hl7 import message_type
from temoin.formats.handed.hl7_file import RawMessage, header_of, raw_messages, segments_of
from temoin.formats.handed.hl7_orders import ORDERS, TestOrder
from temoin.formats.hl7v2 import AckCode
from temoin.formats.hl7v2.answering import AckError, AckReason, acknowledgement
from temoin.formats.hl7v2.order_response import OrderAnswer
from temoin.formats.hl7v2.syntax import Segment
from temoin.intake.measuring import check_may_measure, propose_measured
from temoin.intake.messages import orders_of_message, rows_of_message, told_by
from temoin.intake.ordering import take_orders
from temoin.intake.problems import RowProblem, problems_of_row
from temoin.intake.proposing import MOST_RESULTS, MessageRefusedError, check_may_propose, propose_rows
from temoin.lib.away import is_away
from temoin.lib.clock import now
from temoin.lib.errors import DeniedError, InvalidError, TemoinError, refuse
from temoin.pharmacies.program_calls import Answer, InProgressError, KeyReusedError, answered_once
from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.refused_calls import note_denied_call

# What a code of ours is in HL7 table 0357, and which of them say nothing of the content: those are AR, with which a
# sender does not correct the message. "not_now" is sent again as it is.
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
    "order_used": AckReason.DUPLICATE,
    "order_late": AckReason.DUPLICATE,
    "order_filled": AckReason.DUPLICATE,
    "in_progress": AckReason.LOCKED,
    "failed": AckReason.INTERNAL,
    "not_now": AckReason.INTERNAL,
    "not_admitted": AckReason.INTERNAL,
}
_OF_FORM = frozenset(
    {"hl7_type", "hl7_version", "not_production", "processing", "hl7_headless", "control_id", "control_id_used"}
)
_REJECTED = _OF_FORM | {"in_progress", "not_now", "not_admitted"}


@dataclass(frozen=True)
class MessageDone:
    """What is answered of a message that was taken."""

    notes: Sequence[MessageNote] = ()
    orders: Sequence[OrderAnswer] = ()


@dataclass(frozen=True)
class MessageRoad:
    """What is done with the messages of a call or a line, by which name, and who may."""

    name: str
    check: Callable[[ProgramSeat], None]
    propose: Callable[[ProgramSeat, RawMessage], MessageDone]


def road_with_notice(notice: str) -> MessageRoad:
    """Return the road by which each message brings patient, test, sample and reading, or orders a test.

    The notice is told beside it.
    """
    return MessageRoad(notice, _check_whole, partial(_propose_whole, notice))


MOST_MESSAGES = 100  # of one call, or of one frame


def answers_to(body: bytes, answer: Callable[[RawMessage], bytes]) -> list[bytes]:
    """Return the answers to the messages of a body, in their order; all are refused where its counts do not hold."""
    try:
        found = list(islice(raw_messages(io.BytesIO(body)), MOST_MESSAGES + 1))
    except FileRefusedError as error:
        return refused_each(body, "hl7_headless", error.message(get_language() or "fr"))
    if len(found) > MOST_MESSAGES:
        raise refuse("", "too_many", _("There are too many of these: send fewer at a time."))
    return [answer(raw) for raw in found]


def refused_each(body: bytes, code: str, words: str) -> list[bytes]:
    """Refuse every message of a body for what is the fault of none, each under its own number."""
    headers: list[Segment | None] = []
    with suppress(FileRefusedError):
        headers.extend(header_of(raw) for raw in raw_messages(io.BytesIO(body)))
    return [refused(header, [RowProblem(0, "", code, words, "")]) for header in headers or [None]]


def acknowledged(seat: ProgramSeat, road: MessageRoad, raw: RawMessage) -> bytes:
    """Return the answer to a message; InProgressError while it is being taken in, DeniedError for who may not."""
    header = header_of(raw)
    if header is None or not header.text(10):
        place = "MSH" if header is None else "MSH-10"
        words = _("The message has no number: each is known again by its MSH-10.")
        return refused(header, [RowProblem(raw.line, place, "control_id", words, "")])
    name = "|".join(("hl7", header.text(3), header.text(4), header.text(10)))
    asked = road.name.encode() + b"\r" + b"\r".join(content for _number, content in raw.lines)
    do = partial(_take, seat, road, raw, header)
    try:
        told = answered_once(seat, key=sha256(name.encode()).hexdigest(), asked=asked, do=do)
    except InProgressError:
        raise
    except MessageRefusedError as error:
        return refused(header, error.problems)
    except TemoinError as error:
        return refused(header, told_of_room(seat, raw.line, error))
    except Exception as error:
        if is_away(error):
            raise
        return refused(header, [told_of_defect(raw.line, error)])
    return str(told["acknowledgement"]).encode()


def in_progress(raw: RawMessage) -> bytes:
    """Return the answer to a message that came again while it is being taken in."""
    words = _("This message is being taken in: send it again for its answer.")
    return refused(header_of(raw), [RowProblem(raw.line, "MSH-10", "in_progress", words, "")])


def _take(seat: ProgramSeat, road: MessageRoad, raw: RawMessage, header: Segment) -> Answer:
    """Propose the results of a message; its answer is kept by the commit that does it."""
    done = road.propose(seat, raw)
    notes = [AckError(one.place, AckReason.ACCEPTED, one.words, "W" if one.is_warning else "I") for one in done.notes]
    return {"acknowledgement": _acknowledgement(header, AckCode.ACCEPT, notes, done.orders).decode()}


def _check_whole(seat: ProgramSeat) -> None:
    check_may_propose(by=seat)


def _propose_whole(notice: str, seat: ProgramSeat, raw: RawMessage) -> MessageDone:
    header = header_of(raw)
    if header is not None and message_type(header) in ORDERS:
        return _order_tests(notice, seat, raw)
    read = rows_of_message(seat, raw, Encoding.UTF_8)
    rows = read.rows
    _check_rows(rows)
    done = propose_rows(by=seat, rows=[row for row in rows if isinstance(row, ResultRow)], notice=notice)
    return MessageDone(notes_of(read, done))


def _order_tests(notice: str, seat: ProgramSeat, raw: RawMessage) -> MessageDone:
    read = orders_of_message(seat, raw)
    _check_rows(read.orders)
    orders = [one for one in read.orders if isinstance(one, TestOrder)]
    done = take_orders(by=seat, orders=orders, notice=notice)
    people = [one for one in segments_of(raw, Encoding.UTF_8) if one.name == "PID"]
    return MessageDone(notes_of_orders(read, done), [order_answer(one, people) for one in done])


def _check_rows(rows: Sequence[ResultRow | TestOrder | RowErrors]) -> None:
    """Refuse a message that is too long, or of which anything is wrong."""
    if len(rows) > MOST_RESULTS:
        raise refuse("", "too_many", _("There are too many of these: send fewer at a time."))
    bad = [one for row in rows if isinstance(row, RowErrors) for one in problems_of_row(row, get_language() or "fr")]
    if bad:
        raise MessageRefusedError(bad)


def _check_measured(seat: ProgramSeat) -> None:
    check_may_measure(by=seat)


def _propose_measured(seat: ProgramSeat, raw: RawMessage) -> MessageDone:
    propose_measured(by=seat, told=told_by(raw))
    return (
        MessageDone()
    )  # what an analyser's port reads is a short table: each of its messages would be answered by the same list


# An analyser tells the number on the sample's label: all else is on record.
SAMPLES = MessageRoad("samples", _check_measured, _propose_measured)


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
    return [told_of_defect(line, error)]


def told_of_defect(line: int, error: Exception) -> RowProblem:
    incident = failed_item(error)["incident"]
    words = _("A program error occurred, and nothing of the message was kept. Quote %(incident)s.")
    return RowProblem(line, "", "failed", words % {"incident": incident}, "")


def refused(header: Segment | None, problems: Sequence[RowProblem]) -> bytes:
    """Write the answer to a message of which nothing was kept."""
    code = AckCode.REJECT if {one.code for one in problems} & _REJECTED else AckCode.ERROR
    return _written(header, code, problems)


def _written(header: Segment | None, code: AckCode, problems: Sequence[RowProblem]) -> bytes:
    errors = [
        AckError(one.column, _REASONS.get(one.code, AckReason.VALUE), f"{one.reason} {one.remedy}".strip())
        for one in problems
    ]
    return _acknowledgement(header, code, errors)


def _acknowledgement(
    header: Segment | None, code: AckCode, errors: Sequence[AckError], orders: Sequence[OrderAnswer] = ()
) -> bytes:
    return acknowledgement(header, code, errors, at=now(), own_id=secrets.token_hex(10), orders=orders)
