"""What the counter's list shows, for its page and for the page that keeps it live."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language

from temoin.arrivals.queries import waiting_arrivals
from temoin.lib.zones import bounds_of_day
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.zones import page_zone
from temoin.testing.amendments import count_amendments
from temoin.testing.list_version import version_of_list
from temoin.testing.lists import list_tests
from temoin.testing.orphans import count_orphans
from temoin.web.addresses import NEW, NEXT, ROW
from temoin.web.pages import page_links, page_number
from temoin.web.test_lines import kits_of, running_lines, test_lines, waiting_lines
from temoin.web.times import page_today
from temoin.web.workstation import habits_of, station_of


def list_mark(request: HttpRequest, seat: Seat) -> str:
    """Return by what a page knows that the list it shows is today's."""
    version = version_of_list(by=seat, page=page_number(request))
    shown = f"{version} {get_language()} {page_today()} {request.GET.get(ROW, '')} {sorted(seat.rights)}"
    shown += f" {[(one.id, one.called_at, one.is_late, one.is_absent) for one in waiting_arrivals(by=seat)]}"
    shown += f" {count_orphans(by=seat) if Right.SIGN_RESULT in seat.rights else 0}"
    shown += f" {habits_of(request).symptoms_first} {station_of(request)}"
    return salted_hmac("temoin.list", shown, algorithm="sha256").hexdigest()[:32]


def counter_lists(request: HttpRequest, seat: Seat) -> dict[str, Any]:
    """Return the tests under way, whatever their age, and one page of the others."""
    mark, page = list_mark(request, seat), page_number(request)
    found = list_tests(by=seat, page=page)
    midnight, _end = bounds_of_day(page_today(), page_zone())
    kits, symptoms_first = kits_of(seat, found.under_way), habits_of(request).symptoms_first
    may_sign_some = Right.SIGN_RESULT in seat.rights
    opened, new, goes_on = request.GET.get(ROW, ""), request.GET.get(NEW, ""), request.GET.get(NEXT) == "1"
    today = [row for row in found.done if row.registered_at >= midnight]
    earlier = [row for row in found.done if row.registered_at < midnight]
    return {
        "list_mark": mark,
        "arrivals": waiting_arrivals(by=seat) if Right.REGISTER_TEST in seat.rights else [],
        "amended": count_amendments(by=seat) if Right.CORRECT_RESULT in seat.rights else 0,
        "proposed": found.unlisted + sum(bool(row.proposed_by) for row in found.under_way) if may_sign_some else 0,
        "unlisted": found.unlisted,
        "orphans": count_orphans(by=seat) if may_sign_some else 0,
        "running": running_lines(seat, found.under_way, kits, leads=goes_on, opened=opened, new=new),
        "waiting": waiting_lines(
            seat, found.under_way, station=station_of(request), opened=opened, symptoms_first=symptoms_first
        ),
        "symptoms_first": symptoms_first,
        "today": test_lines(today, kits),
        "earlier": test_lines(earlier, kits),
        "shows_today": page == 0 or bool(today),
        "counts_today": f"{len(today)}{'+' if page or (found.has_more and not earlier) else ''}",
        "pages": page_links(reverse("home"), page, has_more=found.has_more),
    }
