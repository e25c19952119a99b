"""The gallery: every component in every state, for whoever builds or reviews a page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from temoin.lib.errors import NotFoundError, Problem
from temoin.pharmacies.seat import Seat
from temoin.scanning.scan import ScanTrouble
from temoin.web.fields import Choice, Typed
from temoin.web.pages import show
from temoin.web.scan_field import scan_field
from temoin.web.scan_words import TROUBLES
from temoin.web.settings import WEB
from temoin.web.wording import AUTHORITY, PATIENT, STATE


def gallery(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show the components; a real site does not have this page."""
    if not WEB().site.demo:
        raise NotFoundError
    problem = Problem("problem", "example", _("Enter the name as on the identity document."))
    typed = Typed({"text": "MARTIN"}, [problem])
    choices = [Choice("a", _("Negative")), Choice("b", _("Positive"), _("With a detail"))]
    fields = [
        typed("text", _("Text"), hint=_("A hint")),
        typed("problem", _("With a problem"), required=True),
        typed("choice", _("List"), "select", choices=choices),
        typed("radio", _("Choice"), "radio", choices=choices),
        typed("outcome", _("Result"), "outcome", choices=choices),
        typed("cards", _("Cards"), "cards", choices=choices),
        typed("box", _("Box to tick"), "checkbox"),
        typed("long", _("Long text"), "textarea"),
    ]
    marks = [*STATE.values(), *AUTHORITY.values(), *PATIENT.values()]
    return show(
        request,
        seat,
        "gallery.html",
        scan_field=scan_field(hint=_("A hint")),
        notices=[TROUBLES[ScanTrouble.CAPS_LOCK]],
        fields=fields,
        marks=marks,
        problems=[problem],
    )
