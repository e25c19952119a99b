"""The address that most answers to a form lead to, written out: looking it up is dear where it comes at each act."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

AT_COUNTER = "counter"  # said by a form that stands in a row of the counter's list: its act leads back there
ROW = "row"  # in the address of the counter: the test whose row was asked for
NEW = "new"  # likewise: the test whose sample was just taken
NEXT = "next"  # likewise: work goes on with what is due
REDIRECT = 302
_NONE = UUID(int=0)


def is_at_counter(typed: Mapping[str, str]) -> bool:
    """Tell whether what was typed stood in a row of the counter's list."""
    return typed.get("at") == AT_COUNTER


def lead_to_test(record_id: UUID) -> HttpResponseRedirect:
    """Lead to the page of a test."""
    return HttpResponseRedirect(_page_of_none().replace(str(_NONE), str(record_id)))


def lead_to_row(record_id: UUID) -> HttpResponseRedirect:
    """Lead to the row of a test under way in the counter's list."""
    return HttpResponseRedirect(f"{reverse('home')}?{ROW}={record_id}")


def lead_on(record_id: UUID) -> HttpResponseRedirect:
    """Lead back to the counter from a sample that was just taken: to what is due, else to the next person."""
    return HttpResponseRedirect(f"{reverse('home')}?{NEXT}=1&{NEW}={record_id}")


def in_place(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Return where an act leads as a line of the head, for a page that sent it without leaving itself."""
    if answer.status_code != REDIRECT or "X-In-Place" not in request.headers:
        return answer
    told = HttpResponse(status=204)
    told["X-Leads-To"], told.cookies = answer["Location"], answer.cookies
    return told


@cache
def _page_of_none() -> str:
    return reverse("test", args=[_NONE])
