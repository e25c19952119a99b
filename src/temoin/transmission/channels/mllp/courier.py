"""The HL7 v2 courier: an ORU^R01 over MLLP to a receiver that answers each message.

The parcel's key is the message's MSH-10, so a resend is the same message for a receiver that keeps one per MSH-10.
MLLP has no question "do you hold this?": after an unclear answer the same bytes are sent again, and only a parsed
positive answer for that MSH-10 settles the parcel (law 5).
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Collection
from dataclasses import replace
from importlib.metadata import version

from temoin.formats.cda import document, has_document
from temoin.formats.hl7v2 import (
    AckCode,
    Copies,
    Hl7Error,
    Route,
    Separators,
    document_message,
    read_acknowledgement,
    report_message,
)
from temoin.outbox.courier import Answer, Consignment, Load, Notice, Verdict
from temoin.testing.report import Report
from temoin.transmission.channels.mllp.lines import LineNotSentError, Lines, LineSilentError
from temoin.transmission.channels.mllp.settings import MessageProfile, MllpSettings
from temoin.transmission.judging import VERDICT, Nature, nature_of_hl7
from temoin.transmission.report_courier import ReportCourier
from temoin.transmission.rules.rule_set import RuleSet

DESTINATION = "mllp"
REMEMBERED = 1_000  # messages taken, to which a second answer may come
KEPT = 16_384  # bytes of an answer that stay with the attempt


log = logging.getLogger("temoin.transmission")


def _envelope(report: Report, route: Route) -> bytes:
    """Write the French envelope. It asks for no copy: what the platform does with documents is agreed with it."""
    return document_message(report, document(report), route, Copies())


_WRITERS = {MessageProfile.ELR: report_message, MessageProfile.CISIS: _envelope}


class MllpCourier(ReportCourier):
    """Carries messages to a receiver of HL7 v2."""

    destination = DESTINATION

    def __init__(self, receiver: MllpSettings, *, demo: bool) -> None:
        super().__init__(demo=demo)
        self._receiver = receiver
        self._lines: Lines | None = None
        self._under_way: set[str] = set()
        self._taken: deque[str] = deque(maxlen=REMEMBERED)

    @property
    def enabled(self) -> bool:
        return self._receiver.enabled

    @property
    def rules(self) -> RuleSet:
        return self._receiver.rules

    def wants(self, notice: Notice) -> bool:
        """Take what the rules let go; an envelope needs a result of which the CDA document has words."""
        if not super().wants(notice):
            return False
        return self._receiver.profile is not MessageProfile.CISIS or has_document(notice.content)

    def write(self, load: Load, report: Report) -> Consignment:
        return Consignment(key=load.key, body=_WRITERS[self._receiver.profile](report, _route(self._receiver)))

    async def carry(self, consignment: Consignment) -> Answer:
        lines = self._open()
        self._under_way.add(consignment.key)
        try:
            came = await lines.exchange(consignment.body, self._is_late)
            answer = replace(_read(consignment.key, came, self._under_way), came=came[:KEPT])
        except LineNotSentError as error:
            return Answer(Verdict.POSTPONED, str(error))
        except LineSilentError as error:
            return Answer(Verdict.DOUBTFUL, str(error))
        finally:
            self._under_way.discard(consignment.key)
        if answer.verdict is Verdict.DOUBTFUL:
            await lines.close()  # one of them and its answers are out of step
        if answer.verdict is Verdict.ACCEPTED:
            self._taken.append(consignment.key)
        return answer

    def _is_late(self, came: bytes) -> bool:
        """Tell whether this answers a message that was taken before: its commit, or its application, came second."""
        try:
            told = read_acknowledgement(came)
        except Hl7Error:
            return False
        is_late = told.control_id in self._taken and told.control_id not in self._under_way
        if is_late and not told.is_positive:  # MSH-16 asks for no such answer, and only a person can say what it means
            log.error("parcel %s: the receiver answered %s after it had taken it", told.control_id, told.code.value)
        return is_late

    async def enquire(self, consignment: Consignment) -> Answer:
        """Answer that nothing is known: the worker then sends the same MSH-10 again."""
        return Answer(Verdict.UNKNOWN, "not_askable")

    async def close(self) -> None:
        if self._lines is not None:
            lines, self._lines = self._lines, None
            await lines.close()

    def _open(self) -> Lines:
        if self._lines is None:
            self._lines = Lines(self._receiver)
        return self._lines


def _route(receiver: MllpSettings) -> Route:
    return Route(
        application=tuple(filter(None, [receiver.application])),
        facility=tuple(filter(None, [receiver.facility])),
        separators=Separators(*receiver.separators),
        software=version("temoin"),
    )


def _read(key: str, data: bytes, under_way: Collection[str]) -> Answer:
    try:
        told = read_acknowledgement(data, key, under_way)
    except Hl7Error:
        return Answer(Verdict.DOUBTFUL, "unreadable_acknowledgement")
    if told.control_id != key:
        return Answer(Verdict.DOUBTFUL, "answer_for_another_key")
    if told.is_contradictory:
        return Answer(Verdict.DOUBTFUL, "contradictory_acknowledgement", detail=told.told)
    if told.is_positive:
        return Answer(Verdict.ACCEPTED, "acknowledged", receipt={"id": told.own_id, "code": told.code.value})
    nature = nature_of_hl7(told.code, told.errors)
    code = "not_agreed" if nature is Nature.OPERATOR else f"hl7_{told.code.value.lower()}"
    # AE speaks of this message, AR of the receiver: the first must not hold up the others.
    is_own = nature is Nature.PASSING and told.code in {AckCode.ERROR, AckCode.COMMIT_ERROR}
    return Answer(VERDICT[nature], code, detail=told.told, is_own=is_own)
