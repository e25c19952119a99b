"""Kit lots: the stock, and receiving a box."""

from __future__ import annotations

from dataclasses import asdict

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.catalogue.actions import Box, complete_box, page_of_lots, receive_lot
from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.kits import load_kits
from temoin.lib.errors import ConflictError, InvalidError, Problem
from temoin.lib.lengths import LONGEST
from temoin.pharmacies.seat import Seat
from temoin.web.fields import Choice, Field, Typed
from temoin.web.pages import page_links, page_number, show
from temoin.web.times import page_today, read_day


def lots(request: HttpRequest, seat: Seat) -> HttpResponse:
    return _show(request, seat, [])


def receive(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Add a lot to the stock: a scan alone is enough, and what it tells stays in the form when something lacks."""
    box = Box(
        kit=request.POST.get("kit", ""),
        number=request.POST.get("number", "").strip(),
        expiry=read_day(request.POST.get("expiry", "")),
        udi=request.POST.get("udi", "").strip(),
    )
    try:
        box = complete_box(by=seat, box=box)
        receive_lot(by=seat, kit=box.kit, number=box.number, expiry=box.expiry, udi=box.udi)
    except InvalidError as error:
        return _show(request, seat, error.problems, box)
    except ConflictError:
        return _show(request, seat, [Problem("number", "known", _("This lot is already in stock."))], box)
    messages.success(request, _("The lot is in stock."))
    return redirect("lots")


def _show(request: HttpRequest, seat: Seat, problems: list[Problem], box: Box | None = None) -> HttpResponse:
    language = get_language() or "fr"
    today = page_today()
    known = load_kits().kits
    page = page_number(request)
    found, has_more = page_of_lots(by=seat, page=page)
    rows = [
        {
            "lot": lot,
            "kit": known[lot.kit].label(language),
            "kind": load_kinds()[known[lot.kit].kind].label(language),
            "is_expired": lot.expiry < today,
        }
        for lot in found
    ]
    return show(
        request,
        seat,
        "lots.html",
        status=400 if problems else 200,
        rows=rows,
        problems=problems,
        pages=page_links(page, has_more=has_more),
        fields=_fields(Typed(_values(request, box), problems), language),
    )


def _values(request: HttpRequest, box: Box | None) -> dict[str, str]:
    """Return what was typed, with what the scan told beside it."""
    told = {} if box is None else {name: str(value) for name, value in asdict(box).items() if value}
    return {**request.POST.dict(), **told}


def _fields(typed: Typed, language: str) -> list[Field]:
    kinds = load_kinds()
    kits = [
        Choice(kit.code, f"{kit.label(language)} ({kinds[kit.kind].label(language)})")
        for kit in load_kits().kits.values()
        if kinds[kit.kind].offered_at == "counter"
    ]
    hint = _("Scan the square code of the box: it fills in the rest. Or leave this empty and type.")
    return [
        typed("udi", _("UDI code"), hint=hint, autofocus=not typed.problems),
        typed("kit", _("Kit"), "select", choices=kits, required=True),
        typed("number", _("Lot number"), required=True, attributes={"maxlength": str(LONGEST["Lot.number"])}),
        typed("expiry", _("Last day of use"), "date", required=True),
    ]
