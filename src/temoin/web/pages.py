"""Drawing a page for someone at work: seat, pharmacy, rights and what waits go into every template."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject

from temoin.pharmacies.professions import LABEL
from temoin.pharmacies.seat import Seat, pharmacy_of
from temoin.signin.sessions import SessionStore
from temoin.web.told import told

LAST_PAGE = 10_000


def page_number(request: HttpRequest) -> int:
    """Return which page of a list the address asks for, counted from 0."""
    text = request.GET.get("page", "")
    return min(int(text), LAST_PAGE) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def show(request: HttpRequest, seat: Seat, template: str, /, *, status: int = 200, **context: Any) -> HttpResponse:
    """Return a page; `may.<right>` tells the template what the action would allow."""
    shared = {
        "seat": seat,
        "profession": LABEL[seat.profession],
        "pharmacy": SimpleLazyObject(lambda: pharmacy_of(seat)),
        "may": {right.value: True for right in seat.rights},
        "problems": [],
        "backlog": cast("SessionStore", request.session).backlog,
        "late_minutes": settings.TEMOIN.alarms.minutes,
    }
    drawn = {**shared, **context}
    drawn["problems"] = told(drawn["problems"], *context.values())
    return render(request, f"web/{template}", drawn, status=status)
