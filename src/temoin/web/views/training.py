"""The way to the training counter of the pharmacy, and back: a new session each way, of the same person."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from temoin.lib.training import is_training
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.training import enter_training, real_of
from temoin.testing.practice import furnish
from temoin.web.seats import bind_session

TRAINING: Final = "training"


def training(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Go to the training counter, or from there back to work; whoever is there already stays."""
    is_there, wants = is_training(seat.pharmacy_id), request.POST.get("to") == TRAINING
    if wants and not is_there:
        furnish(by=bind_session(request, enter_training(by=seat)))
    elif is_there and not wants:
        bind_session(request, real_of(seat.pharmacy_id))
        messages.success(request, _("You are back at work: what you record is real."))
    return redirect("home")
