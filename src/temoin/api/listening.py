"""Messages that came on an open line: whose they are, whether they may, and what is answered when they cannot be taken.

Answers of a line are HL7 v2's and nothing else: who may not is told in an ACK, as whoever meets the database away.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from temoin.api.hl7_taken import MessageRoad, acknowledged, answers_to, refused, refused_each, told_of_defect
from temoin.api.write_pace import spend
from temoin.crypto.assertion import KeyRefusedError
from temoin.crypto.client_certificate import read_shown_certificate
from temoin.formats.handed.hl7_file import LARGEST_MESSAGE
from temoin.formats.hl7v2.answering import batch_acknowledgement
from temoin.formats.hl7v2.errors import Hl7Error
from temoin.formats.hl7v2.framing import FrameReader, framed
from temoin.formats.hl7v2.syntax import LINE_END, Segment, segments_in
from temoin.intake.problems import RowProblem
from temoin.lib.away import OUTAGE, is_away
from temoin.lib.clock import now
from temoin.lib.errors import DeniedError, InvalidError
from temoin.lib.measures import MESSAGES
from temoin.oversight.reading import reads_much
from temoin.pharmacies.program_calls import InProgressError
from temoin.pharmacies.programs import ProgramRefusedError, UnvouchedError, take_named_seat
from temoin.pharmacies.refused_calls import RefusedFor, note_denied_call, note_refused_program

HL7 = "hl7"
_CODES = re.compile(rb"\rMSA\|([A-Z]{2})")
_AWAY = _("The database is away for a moment: send the same message again.")
_BUSY = _("This message is being taken in: send it again for its answer.")
_TOO_MUCH = _("This program read or searched unusually much within an hour: send the same message again later.")
_TOO_FAST = _("This program writes more than it may in a minute: send the same message again a little later.")
_UNVOUCHED = _("Whoever vouched for this program no longer may: an owner of the pharmacy has to vouch for it.")
_DENIED = _("This program was not given every scope that a result takes: ask an owner of the pharmacy.")
_TOO_LONG = _("This frame is too long: send fewer messages at a time.")
_BATCH = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:FHS|BHS)")


@dataclass(frozen=True)
class LineProgram:
    """The program that a line belongs to, as its certificate or the operator says."""

    client_id: str
    public_key: str | None  # that the line has proved to hold; None without TLS
    port: str = ""  # of those without TLS, its name: several analysers may be one program's


@dataclass(frozen=True)
class LineAnswer:
    """What became of what came in one frame."""

    answer: bytes = b""
    is_later: bool = False
    ends: bool = False


def program_of_certificate(der: bytes, named: Mapping[str, str]) -> LineProgram | None:
    """Return the program that a certificate names: by its subject, or by its fingerprint in the settings."""
    try:
        shown = read_shown_certificate(der)
    except KeyRefusedError:
        return None
    client_id = named.get(shown.fingerprint, shown.client_id)
    return LineProgram(client_id, shown.public_key) if client_id else None


class MllpTalk:
    """HL7 v2 in frames of MLLP, one answer for each frame."""

    def __init__(self) -> None:
        self._frames = FrameReader(LARGEST_MESSAGE)

    @property
    def is_begun(self) -> bool:
        """Tell whether part of a frame is here."""
        return self._frames.is_begun

    def came(self, data: bytes) -> Iterator[tuple[bytes, bool]]:
        """Yield what stands in each whole frame; of one that is too long, the refusal, and no more is read."""
        try:
            for inside in self._frames.came(data):
                yield inside, True
        except Hl7Error:
            yield framed(refused(None, [RowProblem(0, "", "hl7_headless", str(_TOO_LONG), "")])), False
            raise

    def answered(self, told: LineAnswer) -> bytes:
        """Return the answer in its frame."""
        for code in _CODES.findall(told.answer):
            MESSAGES.labels(HL7, code.decode()).inc()
        return framed(told.answer) if told.answer else b""


def take_frame(program: LineProgram, content: bytes, *, road: MessageRoad) -> LineAnswer:
    """Take what stands in a frame, and return what is answered after the commit."""
    try:
        return _taken(program, content, road)
    except Exception as error:  # noqa: BLE001 a defect is answered, and its line goes on
        if not is_away(error):
            defect = told_of_defect(0, error)
            return LineAnswer(_refused_whole(content, defect.code, defect.reason))
        OUTAGE.note(error)
        connection.close()
        return LineAnswer(_refused_whole(content, "not_now", _AWAY), is_later=True)


def _taken(program: LineProgram, content: bytes, road: MessageRoad) -> LineAnswer:
    try:
        seat = take_named_seat(client_id=program.client_id, public_key=program.public_key)
        road.check(seat)
        if reads_much(by=seat):
            return LineAnswer(_refused_whole(content, "not_now", _TOO_MUCH))
        if spend(seat, len(content)).wait:
            return LineAnswer(_refused_whole(content, "not_now", _TOO_FAST), is_later=True)
        return LineAnswer(_batched(content, answers_to(content, partial(acknowledged, seat, road))))
    except ProgramRefusedError:
        note_refused_program(client_id=program.client_id, why=RefusedFor.CERTIFICATE)
        return LineAnswer(ends=True)
    except UnvouchedError:
        return LineAnswer(_refused_whole(content, "not_admitted", _UNVOUCHED))
    except DeniedError as error:
        note_denied_call(by=seat, right=str(error))
        return LineAnswer(_refused_whole(content, "not_admitted", _DENIED))
    except InProgressError:
        return LineAnswer(_refused_whole(content, "in_progress", _BUSY), is_later=True)
    except InvalidError as error:
        return LineAnswer(_refused_whole(content, "hl7_headless", str(error.problems[0].message)))


def _refused_whole(content: bytes, code: str, words: str | Promise) -> bytes:
    """Refuse each message of a frame for what is the fault of none."""
    return _batched(content, refused_each(content, code, str(words)))


def _batched(content: bytes, answers: list[bytes]) -> bytes:
    """Answer a batch with a batch, and one message with one."""
    if len(answers) == 1 and not _BATCH.match(content):
        return answers[0]
    return batch_acknowledgement(_batch_header(content), answers, at=now(), own_id=secrets.token_hex(10))


def _batch_header(content: bytes) -> Segment | None:
    lines = LINE_END.split(content.decode("latin-1"))
    try:
        return next((segments_in([(1, line)])[0] for line in lines if line.startswith("BHS")), None)
    except Hl7Error:
        return None
