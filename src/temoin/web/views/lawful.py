"""Where results go from this site, in which form, and under which text."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from temoin.pharmacies.seat import Seat
from temoin.transmission.outlook import destinations
from temoin.web.lawful_words import CRISIS, destination_page
from temoin.web.pages import show


def lawful_bases(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show each destination of results with its rules: no data of anyone."""
    pages = [destination_page(each) for each in destinations()]
    is_crisis = any(page.is_enabled and page.is_crisis for page in pages)
    return show(request, seat, "lawful_bases.html", pages=pages, crisis=CRISIS if is_crisis else None)
