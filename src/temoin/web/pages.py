"""Drawing a page for someone at work: seat, pharmacy, rights and what waits go into every template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from temoin.pharmacies.professions import LABEL, Right
from temoin.pharmacies.seat import Seat, pharmacy_of
from temoin.pharmacies.training import may_practise
from temoin.signin.sessions import Backlog, SessionStore
from temoin.web.settings import WEB
from temoin.web.told import told
from temoin.web.unreadable_words import unreadable_lines

LAST_PAGE = 10_000


@dataclass(frozen=True)
class PageLinks:
    """The ways from one page of a list to its neighbours; "" where there is none."""

    before: str
    after: str


def page_number(request: HttpRequest) -> int:
    """Return which page of a list the address asks for, counted from 0."""
    text = request.GET.get("page", "")
    return min(int(text), LAST_PAGE) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def page_links(at: str, page: int, kept: Mapping[str, Any] | None = None, *, has_more: bool) -> PageLinks | None:
    """Return the ways to the neighbours, with what was asked of the list; None for a list of one page.

    `at` is where the list is shown: a form that is refused draws it at an address of its own.
    """
    if not page and not has_more:
        return None
    return PageLinks(_link(at, page - 1, kept) if page else "", _link(at, page + 1, kept) if has_more else "")


def _link(at: str, page: int, kept: Mapping[str, Any] | None) -> str:
    return f"{at}?" + urlencode({**{name: value for name, value in (kept or {}).items() if value}, "page": page})


def show(request: HttpRequest, seat: Seat, template: str, /, *, status: int = 200, **context: Any) -> HttpResponse:
    """Return a page; `may.<right>` tells the template what the action would allow."""
    backlog = cast("SessionStore", request.session).backlog
    shared = {
        "seat": seat,
        "profession": LABEL[seat.profession],
        "pharmacy": SimpleLazyObject(lambda: pharmacy_of(seat)),
        "practises": may_practise(seat),
        "may": {right.value: True for right in seat.rights},
        "problems": [],
        "backlog": backlog,
        "late_words": _late_words(backlog) if Right.READ_TEST in seat.rights else "",
    }
    drawn = {**shared, **context, "unreadable": unreadable_lines()}
    drawn["problems"] = told(drawn["problems"], *context.values())
    return render(request, f"web/{template}", drawn, status=status)


def _late_words(backlog: Backlog) -> str:
    """Return the sentence of the band that every page bears while results wait for too long; "" while none does."""
    if not backlog.is_late:
        return ""
    words = _("Results have waited for more than %(minutes)s minutes: %(number)s to handle.")
    return words % {"minutes": WEB().alarms.minutes, "number": backlog.count_words}
