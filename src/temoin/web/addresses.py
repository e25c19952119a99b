"""The address that most answers to a form lead to, written out: looking it up is dear where it comes at each act."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from uuid import UUID

from django.http import HttpResponseRedirect
from django.urls import reverse

AT_COUNTER = "counter"  # said by a form that stands in a row of the counter's list: its act leads back there
ROW = "row"  # in the address of the counter: the test whose row was asked for
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


@cache
def _page_of_none() -> str:
    return reverse("test", args=[_NONE])
