"""The counter: the list of tests, the choice of the pharmacy, the help page, and the sign of life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.i18n import set_language

from temoin.catalogue.actions import lots_in_stock
from temoin.lib.clock import now
from temoin.lib.errors import NotFoundError
from temoin.pharmacies.policies import has_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.queries import TestRow, list_tests
from temoin.testing.states import RecordState
from temoin.web.pages import show
from temoin.web.seats import bind_session, places_of
from temoin.web.times import reading_window
from temoin.web.wording import DESTINATION, STATE, Mark, mark_of

_OPEN = frozenset({RecordState.REGISTERED, RecordState.SAMPLED})
# Where those go who manage people, or audit, and touch no test.
_INSTEAD = {Right.MANAGE_MEMBERS: "team", Right.READ_JOURNAL: "journal"}


@dataclass(frozen=True)
class Line:
    """A test as the list shows it."""

    row: TestRow
    mark: Mark
    window: tuple[datetime, datetime | None] | None
    parcels: list[tuple[Any, Mark]]


def home(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show the tests under way, whatever their age, then those of today; whoever may read none, their own page."""
    for right, page in _INSTEAD.items():
        if not has_right(by=seat, right=Right.READ_TEST) and has_right(by=seat, right=right):
            return redirect(page)
    kits = {lot.id: lot.kit for lot in lots_in_stock(by=seat)}
    lines = [_line(row, kits) for row in list_tests(by=seat)]
    midnight = timezone.localtime(now()).replace(hour=0, minute=0, second=0, microsecond=0)
    recent = [line for line in lines if line.row.state not in _OPEN]
    return show(
        request,
        seat,
        "home.html",
        waiting=[line for line in lines if line.row.state in _OPEN],
        today=[line for line in recent if line.row.registered_at >= midnight],
        earlier=[line for line in recent if line.row.registered_at < midnight],
    )


def _line(row: TestRow, kits: dict[UUID, str]) -> Line:
    window = None
    if row.state is RecordState.SAMPLED and row.sampled_at is not None and row.lot_id in kits:
        window = reading_window(kits[row.lot_id], row.sampled_at)
    latest = {destination: mark_of(destination, state) for destination, state in row.parcels}
    parcels = [(DESTINATION.get(name, name), mark) for name, mark in sorted(latest.items(), key=itemgetter(0))]
    return Line(row=row, mark=STATE[row.state], window=window, parcels=parcels)


def choose_pharmacy(request: HttpRequest) -> HttpResponse:
    """Ask where the person works, and bind the session to the answer."""
    if request.method == "POST":
        bind_session(request, _posted_id(request))
        return redirect("home")
    places = places_of(request)
    return render(request, "web/choose_pharmacy.html", {"places": places})


def _posted_id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("pharmacy", ""))
    except ValueError:
        raise NotFoundError from None


def guide(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show how to work with keyboard and scanner, and what each profession may do."""
    return show(request, seat, "help.html")


def language(request: HttpRequest) -> HttpResponseBase:
    """Remember the language in a cookie, and go back to the page."""
    return set_language(request)


def sign_of_life(_request: HttpRequest) -> HttpResponse:
    """Answer "ok" when the database does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")
