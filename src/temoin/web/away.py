"""The page while the database is away: what is kept, and that it tries again by itself. It asks no database."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation

from temoin.lib.away import as_turned_away


def away_page(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """Return the page, in the person's language; whoever sent a form is told that it may be sent again."""
    # Drawn without the request: neither person nor session can be had.
    with translation.override(translation.get_language_from_request(request)):
        page = render_to_string("web/away.html", {"has_sent": request.method not in {"GET", "HEAD"}})
    return as_turned_away(HttpResponse(page), error)
