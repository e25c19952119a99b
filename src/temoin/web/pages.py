"""Drawing a page for someone at work: the seat, the pharmacy and the rights go into every template."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject

from temoin.pharmacies.professions import LABEL
from temoin.pharmacies.seat import Seat, pharmacies_of


def show(request: HttpRequest, seat: Seat, template: str, /, *, status: int = 200, **context: Any) -> HttpResponse:
    """Return a page; `may.<right>` tells the template what the action would allow."""
    shared = {
        "seat": seat,
        "profession": LABEL[seat.profession],
        "pharmacy": SimpleLazyObject(lambda: place_of(seat)),
        "may": {right.value: True for right in seat.rights},
        "problems": [],
    }
    return render(request, f"web/{template}", {**shared, **context}, status=status)


def place_of(seat: Seat) -> Any:
    """Return the public entry of the pharmacy where the person sits."""
    return next(place for place in pharmacies_of(seat.person_id) if place.id == seat.pharmacy_id)
