"""What an analyser sends on its own line (ASTM): proposed for the program that the operator named, or not acknowledged.

ASTM has two answers. ACK lets the analyser forget, so it is given after the commit alone; with NAK it keeps the result,
and says to whoever stands there that it was not sent.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from functools import partial
from hashlib import sha256

from django.db import connection

from temoin.api.listening import LineAnswer, LineProgram
from temoin.api.whole_results import failed_item
from temoin.api.write_pace import spend
from temoin.formats.handed.astm_frames import ACK, NAK, AstmReceiver
from temoin.intake.measuring import propose_astm
from temoin.intake.proposing import MessageRefusedError
from temoin.lib.away import OUTAGE, is_away
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.folded_log import FoldedLog
from temoin.lib.measures import MESSAGES
from temoin.pharmacies.program_calls import Answer, InProgressError, answered_once
from temoin.pharmacies.programs import ProgramRefusedError, ProgramSeat, UnvouchedError, take_named_seat
from temoin.pharmacies.refused_calls import RefusedFor, note_denied_call, note_refused_program

ASTM = "astm"
# Places and codes, for the analyser shows its person no reason; one that sends the same for ever fills no disk.
REFUSALS = FoldedLog(logging.getLogger("temoin.api"), "messages of analysers were refused")


class AstmTalk:
    """One line of an analyser."""

    def __init__(self) -> None:
        self._receiver = AstmReceiver()
        self._dropped = 0

    @property
    def is_begun(self) -> bool:
        """Tell whether a transfer is open."""
        return self._receiver.is_begun

    def came(self, data: bytes) -> Iterator[tuple[bytes, bool]]:
        """Yield the signs to send, and each message at its last frame; say what was begun and never ended."""
        yield from self._receiver.came(data)
        if self._receiver.dropped > self._dropped:
            MESSAGES.labels(ASTM, "AE").inc(self._receiver.dropped - self._dropped)
            REFUSALS.note("L unfinished")
        self._dropped = self._receiver.dropped

    def answered(self, told: LineAnswer) -> bytes:
        """Return the sign for the last frame, which is waited for."""
        is_taken = told.answer == ACK
        MESSAGES.labels(ASTM, "AA" if is_taken else "AE").inc()
        return self._receiver.answer(is_taken=is_taken)


def take_astm(program: LineProgram, content: bytes, *, codes: Mapping[str, str]) -> LineAnswer:
    """Propose what a message tells, once however often it comes, and return what is answered after the commit."""
    try:
        return _taken(program, content, codes)
    except Exception as error:  # noqa: BLE001 a defect is answered, and its line goes on
        if not is_away(error):
            failed_item(error)
            return LineAnswer(NAK)
        OUTAGE.note(error)
        connection.close()
        return LineAnswer(NAK, is_later=True)


def _taken(program: LineProgram, content: bytes, codes: Mapping[str, str]) -> LineAnswer:
    try:
        seat = take_named_seat(client_id=program.client_id, public_key=program.public_key)
        if spend(seat, len(content)).wait:
            return LineAnswer(NAK, is_later=True)
        do = partial(_propose, seat, content, codes)
        answered_once(seat, key=sha256(b"astm|" + content).hexdigest(), asked=content, do=do)
    except InProgressError:
        return LineAnswer(NAK, is_later=True)
    except ProgramRefusedError:
        note_refused_program(client_id=program.client_id, why=RefusedFor.CERTIFICATE)
        return LineAnswer(ends=True)
    except DeniedError as error:
        note_denied_call(by=seat, right=str(error))
        return _refused(["scope"])
    except MessageRefusedError as error:
        return _refused([f"{one.column or 'message'} {one.code}" for one in error.problems])
    except (ConflictError, InvalidError, NotFoundError, UnvouchedError) as error:
        return _refused([type(error).__name__])
    return LineAnswer(ACK)


def _propose(seat: ProgramSeat, content: bytes, codes: Mapping[str, str]) -> Answer:
    return {"tests": propose_astm(by=seat, content=content, codes=codes)}


def _refused(reasons: list[str]) -> LineAnswer:
    REFUSALS.note(*reasons)
    return LineAnswer(NAK)
