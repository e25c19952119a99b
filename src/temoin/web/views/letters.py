"""What the patient knows of a result: telling them by telephone or on paper is an act too."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from temoin.delivery.calls import list_calls
from temoin.delivery.letters import ToldBy, note_told
from temoin.lib.errors import ConflictError, NotFoundError
from temoin.pharmacies.seat import Seat
from temoin.web.pages import show
from temoin.web.views.records import seen_version


def told(request: HttpRequest, seat: Seat, record_id: UUID, way: str) -> HttpResponse:
    """Note that the patient was told the result."""
    if way not in set(ToldBy):
        raise NotFoundError
    try:
        note_told(by=seat, record_id=record_id, expected_version=seen_version(request), way=ToldBy(way))
    except ConflictError:
        messages.info(request, _("Another version was signed meanwhile: read it before you tell the patient."))
    else:
        messages.success(request, _("Noted: the patient was told."))
    return redirect("calls") if "calls" in request.POST else redirect("test", record_id)


def calls(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show whom to call: positive results whose letter nobody opened within a day."""
    found = list_calls(by=seat)
    return show(request, seat, "calls.html", found=found)
