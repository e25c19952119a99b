"""The page of a recalled lot: everybody tested with it, the letters to them, and the list as a file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.catalogue.kits import kit
from temoin.catalogue.patient_languages import patient_languages
from temoin.catalogue.usable import recall_of
from temoin.delivery.recall import Concerned, export_concerned, letters_to_concerned, page_of_concerned
from temoin.lib.clock import now
from temoin.lib.zones import wall_clock
from temoin.pharmacies.policies import has_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.zones import page_zone
from temoin.web.csv_file import csv_whole
from temoin.web.findings import findings_of
from temoin.web.letter_words import told_line
from temoin.web.pages import page_links, page_number, show
from temoin.web.wording import STATE

COLUMNS = ("patient", "birth_date", "phone", "test", "sampled_at", "result", "state", "told_at", "told_by")


def concerned(request: HttpRequest, seat: Seat, lot_id: UUID) -> HttpResponse:
    """Show everybody tested with the lot, page by page, those who are not told yet first."""
    listed = page_of_concerned(by=seat, lot_id=lot_id, page=page_number(request))
    lot, found = listed.lot, listed.found
    recall = recall_of(lot)
    tells = recall is not None and has_right(by=seat, right=Right.PRINT_RESULT)
    in_order = sorted(found, key=lambda one: not one.is_to_tell)
    return show(
        request,
        seat,
        "concerned.html",
        title=_("People tested with lot %(number)s") % {"number": lot.number},
        lot=lot,
        recall=recall,
        kit=_kit(lot.kit),
        lines=[_line(one) | {"asks_to_tell": tells and one.is_to_tell} for one in in_order],
        count=listed.count,
        to_tell=listed.to_tell,
        pages=page_links(request.path, listed.page, has_more=listed.has_more),
        may_carry=bool(found) and has_right(by=seat, right=Right.RECALL_LOT),
    )


def letters(request: HttpRequest, seat: Seat, lot_id: UUID) -> HttpResponse:
    """Show a letter to each who was not told yet, one a sheet, to be printed, page by page."""
    listed = letters_to_concerned(by=seat, lot_id=lot_id, page=page_number(request))
    lot, found = listed.lot, listed.found
    lines = [_line(one) for one in found if one.is_to_tell and one.name]
    return show(
        request,
        seat,
        "recall_letters.html",
        lot=lot,
        recall=recall_of(lot),
        kit=_kit(lot.kit),
        lines=lines,
        today=now(),
        to_tell=listed.to_tell,
        pages=page_links(request.path, listed.page, has_more=listed.has_more),
    )


def export(_request: HttpRequest, seat: Seat, lot_id: UUID) -> HttpResponse:
    """Return the list as CSV; nothing is written to disk."""
    lot, found = export_concerned(by=seat, lot_id=lot_id)
    name = "".join(sign for sign in lot.number if sign.isascii() and sign.isalnum())
    return csv_whole(f"lot-{name}", COLUMNS, map(_cells, found))


def _cells(one: Concerned) -> tuple[object, ...]:
    result = "; ".join(f"{read.label}: {read.words}" for read in _line(one)["findings"])
    told_at = wall_clock(one.told.at, page_zone()).isoformat(timespec="minutes") if one.told else ""
    return (
        one.name,
        one.birth_date.isoformat() if one.birth_date else "",
        one.phone,
        one.kind.label(get_language() or "fr"),
        wall_clock(one.sampled_at, page_zone()).isoformat(timespec="minutes"),
        result,
        one.state.value,
        told_at,
        one.told.who if one.told else "",
    )


def _line(one: Concerned) -> dict[str, Any]:
    return {
        "one": one,
        "mark": STATE[one.state],
        "findings": findings_of(one.report, one.kind) if one.report else [],
        "told": told_line(one.told) if one.told else None,
        "spoken": patient_languages().get(one.traits.language) if one.traits else None,
    }


def _kit(code: str) -> str:
    return kit(code).label(get_language() or "fr")
