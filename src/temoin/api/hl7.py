"""HL7 v2 messages of a program, by HTTPS: each done once under its MSH-10, and answered after its commit."""

from __future__ import annotations

from functools import partial

from django.http import HttpRequest, HttpResponse

from temoin.api.hl7_taken import MessageRoad, acknowledged, answers_to, in_progress, road_with_notice
from temoin.formats.handed.hl7_file import RawMessage
from temoin.intake.proposing import check_may_propose
from temoin.pharmacies.program_calls import InProgressError
from temoin.pharmacies.programs import ProgramSeat

MEDIA = ("application/hl7-v2",)


def take_messages(request: HttpRequest, seat: ProgramSeat, body: bytes) -> HttpResponse:
    """Take messages, each alone, and answer them in their order."""
    check_may_propose(by=seat)
    road = road_with_notice(request.GET.get("notice", ""))
    answers = answers_to(body, partial(_acknowledged, seat, road))
    return HttpResponse(b"".join(answers), content_type=MEDIA[0])


def _acknowledged(seat: ProgramSeat, road: MessageRoad, raw: RawMessage) -> bytes:
    try:
        return acknowledged(seat, road, raw)
    except InProgressError:
        return in_progress(raw)
