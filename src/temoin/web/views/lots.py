"""Kit lots: the stock, and receiving a box."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from temoin.catalogue.actions import MOST_TESTS, Box, complete_box, page_of_lots, problems_of_box, receive_lot
from temoin.catalogue.in_hand import LotInHand
from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.kits import load_kits
from temoin.catalogue.shelf import shelf_days, shelf_range
from temoin.lib.errors import ConflictError, InvalidError, Problem
from temoin.lib.lengths import LONGEST
from temoin.pharmacies.seat import Seat
from temoin.scanning.reading import join_codes
from temoin.scanning.scan import Scan, ScanKind
from temoin.testing.lot_use import use_of_lots
from temoin.web.fields import Choice, Field, Typed
from temoin.web.lot_lines import lot_lines
from temoin.web.pages import page_links, page_number, show
from temoin.web.scan_field import SCAN, asks_to_read, open_questions, posted_scan, scan_field, scan_notices
from temoin.web.times import page_today, read_day
from temoin.web.workstation import name_workstation, use_lot, workstation

_HINT = gettext_lazy("The code of the box: it fills in the rest, which you then add to the stock. Or type below.")
_KNOWN = gettext_lazy("This lot is already in stock: choose it in the list, and count its tests there.")


def lots(request: HttpRequest, seat: Seat) -> HttpResponse:
    return show_lots(request, seat, [])


def receive(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Add a lot to the stock, as a scan has filled the form or a person."""
    if asks_to_read(request):
        return fill_by_scan(request, seat)
    box = Box(
        kit=request.POST.get("kit", ""),
        number=request.POST.get("number", "").strip(),
        expiry=read_day(request.POST.get("expiry", "")),
        udi=request.POST.get("udi", "").strip(),
        tests=_tests(request.POST.get("tests", "").strip()),
    )
    try:
        box = complete_box(by=seat, box=box)
        receive_lot(by=seat, **asdict(box))
    except InvalidError as error:
        return show_lots(request, seat, _at_fields(error.problems), box)
    except ConflictError:
        return show_lots(request, seat, [Problem("number", "known", _KNOWN)], box)
    messages.success(request, _("The lot is in stock."))
    return redirect("lots")


def workplace(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Have this browser remember what the workstation is called."""
    answer = redirect("lots")
    try:
        name_workstation(answer, request.POST.get("opened_where", ""))
    except InvalidError as error:
        return show_lots(request, seat, error.problems)
    messages.success(request, _("This workstation has its name."))
    return answer


def _tests(text: str) -> int | None:
    """Return how many tests a box holds; 0, which none does, for what is no number."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(MOST_TESTS)) else 0


def fill_by_scan(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Fill the form from the code of a box, or from its second code. Nothing is recorded: the person looks and adds."""
    before = request.POST.get("udi", "")
    try:
        scan = posted_scan(request, {ScanKind.BOX})
        both = scan and scan.box and join_codes(before, scan.box, today=page_today())
        told_by = both or scan
        box = complete_box(by=seat, box=Box(udi=told_by.box.text)) if told_by and told_by.box else None
    except InvalidError as error:
        return show_lots(request, seat, _at_fields(error.problems))
    if scan is None or box is None:
        return show_lots(request, seat, [])
    told = open_questions(scan)
    lacking = [each for each in problems_of_box(by=seat, box=box) if each.field not in {one.field for one in told}]
    if before and both is None and request.POST.get("number") and box.udi != before:
        messages.warning(request, _("The box that was scanned before was not added to the stock: scan it again."))
    return show_lots(request, seat, [*told, *lacking], box, scan=scan)


def use_box(request: HttpRequest, seat: Seat, lot: LotInHand | None) -> HttpResponse:
    """Use the lot of a box scanned at the counter from now on; fill the form of one that is not in the stock yet."""
    if lot is None:
        return fill_by_scan(request, seat)
    answer = redirect("home")
    use_lot(request, answer, lot.id)
    messages.success(request, _("Lot %(number)s is in use at this workstation.") % {"number": lot.number})
    return answer


def _at_fields(problems: list[Problem]) -> list[Problem]:
    """Return problems at the fields of the page: what is wrong with a code stands where it is scanned."""
    return [replace(each, field=SCAN) if each.field == "udi" else each for each in problems]


def show_lots(
    request: HttpRequest, seat: Seat, problems: list[Problem], box: Box | None = None, *, scan: Scan | None = None
) -> HttpResponse:
    """Show the stock, with what was typed and its problems where a form was refused."""
    page, place = page_number(request), workstation(request)
    found, has_more = page_of_lots(by=seat, page=page)
    return show(
        request,
        seat,
        "lots.html",
        status=400 if problems else 200,
        lines=lot_lines(seat, use_of_lots(by=seat, lots=found)),
        **_shelf(seat, Typed(request.POST, problems)),
        place=place,
        place_field=Typed({"opened_where": place, **request.POST.dict()}, problems)(
            "opened_where",
            _("Name of this workstation"),
            required=True,
            attributes={"maxlength": str(LONGEST["Lot.opened_where"])},
        ),
        problems=problems,
        pages=page_links(reverse("lots"), page, has_more=has_more),
        scan_field=scan_field(hint=_HINT, problems=problems, autofocus=not problems and scan is None),
        notices=scan_notices(scan) if scan else [],
        udi=_values(request, box).get("udi", ""),
        is_told=any(_values(request, box).get(name) for name in ("kit", "number", "expiry", "tests", "udi")),
        is_filled=scan is not None and not problems,
        fields=_fields(Typed(_values(request, box), problems), get_language() or "fr"),
    )


def _shelf(seat: Seat, typed: Typed) -> dict[str, Any]:
    """Return what the panel of the shelf shows: what was read today, and what the kits allow."""
    day, words = page_today(), _("Temperature of the shelf, in °C")
    days = shelf_days(by=seat, since=day, until=day)
    field = typed("celsius", words, required=True, attributes={"inputmode": "decimal", "maxlength": "8"})
    return {"shelf_field": field, "shelf_today": days[0] if days else None, "shelf_range": shelf_range(by=seat)}


def _values(request: HttpRequest, box: Box | None) -> dict[str, str]:
    """Return what was typed, or what the scan told instead of it."""
    told = {} if box is None else {name: str(value or "") for name, value in asdict(box).items()}
    return {**request.POST.dict(), **told}


def _fields(typed: Typed, language: str) -> list[Field]:
    kinds = load_kinds()
    kits = [
        Choice(kit.code, f"{kit.label(language)} ({kinds[kit.kind].label(language)})")
        for kit in load_kits().kits.values()
        if kinds[kit.kind].offered_at == "counter"
    ]
    return [
        typed("kit", _("Kit"), "select", choices=kits, required=True),
        typed("number", _("Lot number"), required=True, attributes={"maxlength": str(LONGEST["Lot.number"])}),
        typed("expiry", _("Last day of use"), "date", required=True),
        typed("tests", _("Tests in the box"), attributes={"inputmode": "numeric", "maxlength": "6"}),
    ]
