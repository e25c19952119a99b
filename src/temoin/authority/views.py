"""The pages of the authority's people, and what the site answers when it cannot."""

from __future__ import annotations

import logging
import sys
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from temoin.authority.chart import week_chart
from temoin.authority.gate import open_to_all, seat_of
from temoin.authority.lines import band_words, rule_lines, rule_words, sender_line, share_words, week_line
from temoin.authority.pages import SITE, show
from temoin.authority.published import published_pages
from temoin.lib.away import as_told, as_turned_away, is_away
from temoin.lib.errors import NotFoundError
from temoin.surveillance.counts import SignatureDelay
from temoin.surveillance.sender_queries import list_senders, read_sender, senders_today
from temoin.surveillance.sender_rules import load_sender_rules
from temoin.surveillance.tables import FLOOR, Receipt

log = logging.getLogger("temoin.authority")
LAST_PAGE = 10_000


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """Show who sent something today, who nothing, and how many pharmacies each rule names."""
    told = senders_today(by=seat_of(request), is_demo=SITE().demo)
    unreviewed = load_sender_rules().review.is_placeholder
    return show(request, "today", {"today": told, "rules": rule_lines(told.by_rule), "is_unreviewed": unreviewed})


@require_safe
def senders(request: HttpRequest) -> HttpResponse:
    """Show a page of the pharmacies, of all or of those that a rule names."""
    rule, page = request.GET.get("rule", ""), _page_of(request)
    if rule and rule not in rule_words():
        raise Http404
    found, has_more = list_senders(by=seat_of(request), is_demo=SITE().demo, rule=rule, page=page)
    told = {
        "rule": rule,
        "rules": rule_lines(dict.fromkeys(rule_words(), 0), rule),
        "lines": [sender_line(one) for one in found],
        "former": page - 1,
        "next": page + 1 if has_more else 0,
    }
    return show(request, "senders", told)


@require_safe
def sender(request: HttpRequest, pharmacy_id: UUID) -> HttpResponse:
    """Show one pharmacy's weeks; that somebody looked is an event of the pharmacy."""
    try:
        found = read_sender(by=seat_of(request), is_demo=SITE().demo, pharmacy_id=pharmacy_id)
    except NotFoundError:
        raise Http404 from None
    lines = [week_line(one) for one in found.weeks]
    told = {
        "sender": found,
        "chart": week_chart(found.weeks),
        "lines": lines,
        "signed_rows": [(one.week, one.signed) for one in lines],
        "receipt_rows": [(one.week, one.receipts) for one in lines],
        "shares": share_words(),
        "signed": band_words(SignatureDelay),
        "receipts": band_words(Receipt),
        "floor": FLOOR,
    }
    return show(request, "sender", told)


@require_safe
def published(_request: HttpRequest, name: str) -> HttpResponse:
    """Show a published page, as its file is."""
    content = published_pages().get(name)
    if content is None:
        raise Http404
    kind = "text/css" if name.endswith(".css") else "text/html"
    return HttpResponse(content, content_type=f"{kind}; charset=utf-8")


@open_to_all
def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 Django names it
    return show(request, "expired", {}, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 Django names it
    return show(request, "unknown", {}, status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 Django names it
    return show(request, "unknown", {}, status=404)


def failed(request: HttpRequest) -> HttpResponse:
    """Answer a defect without a word about it, and an outage with when to ask again."""
    error = sys.exc_info()[1]
    if is_away(error):
        return as_turned_away(show(request, "away", {}), error)
    log.error("a request failed", exc_info=True)
    return as_told(show(request, "away", {}, status=500))


def _page_of(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    page = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(LAST_PAGE)) else 0
    if not 1 <= page <= LAST_PAGE:
        raise Http404
    return page
