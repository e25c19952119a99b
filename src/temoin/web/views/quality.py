"""The shelf of the kits, and the yearly quality sheet to be printed and signed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.catalogue.shelf import read_degrees, record_temperature
from temoin.lib.clock import now
from temoin.lib.errors import InvalidError
from temoin.oversight.quality import FIRST_YEAR, LAST_YEAR, KindYear, LotYear, quality_of_year
from temoin.pharmacies.seat import Seat
from temoin.web.lot_lines import CONTROL_SHORT
from temoin.web.pages import show
from temoin.web.times import page_today
from temoin.web.views.lots import show_lots


def quality(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show the sheet of a year, this one unless told."""
    found = quality_of_year(by=seat, year=_year(request))
    language = get_language() or "fr"
    kinds = [(_kind(one, language), [_line(each, language) for each in one.lots]) for one in found.kinds]
    coldest = min((one.celsius for one in found.shelf), default=None)
    hottest = max((one.celsius for one in found.shelf), default=None)
    return show(
        request,
        seat,
        "quality.html",
        found=found,
        kinds=kinds,
        coldest=coldest,
        hottest=hottest,
        years=[year for year in (found.year - 1, found.year + 1) if FIRST_YEAR <= year <= page_today().year],
        today=now(),
    )


def _year(request: HttpRequest) -> int:
    text, this = request.GET.get("year", ""), page_today().year
    is_year = len(text) == len(str(this)) and text.isascii() and text.isdigit()
    return min(max(int(text), FIRST_YEAR), LAST_YEAR) if is_year else this


def _kind(one: KindYear, language: str) -> str:
    return one.kind.label(language) if one.kind else _("Kit unknown to the catalogue")


def _line(one: LotYear, language: str) -> dict[str, Any]:
    runs = [(run.at, CONTROL_SHORT[run.level], run.is_right, run.who) for run in one.runs]
    return {
        "use": one.use,
        "tests": one.tests,
        "recall": one.recall,
        "kit": one.kit.label(language),
        "reference": one.kit.reference,
        "runs": runs,
    }


def shelf(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Record the temperature of the shelf today."""
    try:
        is_within = record_temperature(by=seat, celsius=read_degrees(request.POST.get("celsius", "")))
    except InvalidError as error:
        return show_lots(request, seat, error.problems)
    if is_within:
        messages.success(request, _("The temperature is recorded."))
    else:
        messages.warning(
            request, _("The temperature is recorded: it lies outside what the kits in stock allow. Look at the shelf.")
        )
    return redirect("lots")
