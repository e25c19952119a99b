"""Kit lots: the stock, and receiving a box."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.catalogue.actions import lots_in_stock, receive_lot
from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.kits import load_kits
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, InvalidError, Problem
from temoin.pharmacies.seat import Seat
from temoin.web.fields import Choice, Field, Typed
from temoin.web.pages import show
from temoin.web.times import read_day


def lots(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show the stock."""
    return _show(request, seat, [])


def receive(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Add a lot to the stock."""
    try:
        receive_lot(
            by=seat,
            kit=request.POST.get("kit", ""),
            number=request.POST.get("number", "").strip(),
            expiry=read_day(request.POST.get("expiry", "")),
            udi=request.POST.get("udi", "").strip(),
        )
    except InvalidError as error:
        return _show(request, seat, error.problems)
    except ConflictError:
        return _show(request, seat, [Problem("number", "known", _("This lot is in the stock already."))])
    messages.success(request, _("The lot is in the stock."))
    return redirect("lots")


def _show(request: HttpRequest, seat: Seat, problems: list[Problem]) -> HttpResponse:
    language = get_language() or "fr"
    today = timezone.localdate(now())
    known = load_kits().kits
    rows = [
        {
            "lot": lot,
            "kit": known[lot.kit].label(language),
            "kind": load_kinds()[known[lot.kit].kind].label(language),
            "is_expired": lot.expiry < today,
        }
        for lot in lots_in_stock(by=seat)
    ]
    return show(
        request,
        seat,
        "lots.html",
        status=400 if problems else 200,
        rows=rows,
        problems=problems,
        fields=_fields(Typed(request.POST, problems), language),
    )


def _fields(typed: Typed, language: str) -> list[Field]:
    kinds = load_kinds()
    kits = [
        Choice(kit.code, f"{kit.label(language)} ({kinds[kit.kind].label(language)})")
        for kit in load_kits().kits.values()
        if kinds[kit.kind].offered_at == "counter"
    ]
    return [
        typed("kit", _("Kit"), "select", choices=kits, required=True),
        typed("number", _("Lot number"), required=True, attributes={"maxlength": "20"}),
        typed("expiry", _("Last day of use"), "date", required=True),
        typed("udi", _("UDI code"), hint=_("Scan the square code of the box; optional")),
    ]
