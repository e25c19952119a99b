"""The programs of a pharmacy that come in through the API: their list, adding, vouching for and revoking one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from temoin.lib.errors import InvalidError, Problem
from temoin.lib.lengths import LONGEST
from temoin.pharmacies.policies import has_right
from temoin.pharmacies.programs import add_program, list_programs, revoke_program
from temoin.pharmacies.scopes import SCOPE_RIGHTS, Scope
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.vouching import vouch_for_program
from temoin.web.fields import Field, Typed
from temoin.web.pages import show
from temoin.web.settings import WEB
from temoin.web.wording import REFUSED_WORDS, SCOPE_WORDS, STOPPED, UNTOLD
from temoin.webhooks.queries import programs_untold


def programs(request: HttpRequest, seat: Seat) -> HttpResponse:
    return _show(request, seat, [])


def add(request: HttpRequest, seat: Seat) -> HttpResponse:
    try:
        add_program(
            by=seat,
            name=request.POST.get("name", ""),
            public_key=request.POST.get("public_key", ""),
            scopes=[scope for scope in Scope if request.POST.get(_field(scope))],
        )
    except InvalidError as error:
        return _show(request, seat, error.problems)
    messages.success(request, _("The program has access. Its client ID is in the list."))
    return redirect("programs")


def vouch(request: HttpRequest, seat: Seat, program_id: UUID) -> HttpResponse:
    """Take a program over: its access then lasts as long as one's own place."""
    vouch_for_program(by=seat, program_id=program_id)
    messages.success(request, _("You vouch for the program: it may come in for as long as you manage the team here."))
    return redirect("programs")


def revoke(request: HttpRequest, seat: Seat, program_id: UUID) -> HttpResponse:
    revoke_program(by=seat, program_id=program_id)
    messages.success(request, _("The program loses access with its next request."))
    return redirect("programs")


def _show(request: HttpRequest, seat: Seat, problems: list[Problem]) -> HttpResponse:
    untold = programs_untold(by=seat)
    rows = [
        (
            one,
            [SCOPE_WORDS[scope] for scope in one.scopes],
            [(REFUSED_WORDS[each.why], each) for each in one.refusals],
            UNTOLD if one.id in untold else None,
        )
        for one in list_programs(by=seat)
    ]
    return show(
        request,
        seat,
        "programs.html",
        status=400 if problems else 200,
        rows=rows,
        stopped=STOPPED,
        problems=problems,
        fields=_fields(seat, Typed(request.POST if problems else {}, problems)),
        token_address=f"{WEB().site.staff_url}/api/token",
    )


def _fields(seat: Seat, typed: Typed) -> list[Field]:
    mine = [one for one in Scope if all(has_right(by=seat, right=right) for right in SCOPE_RIGHTS[one])]
    return [
        typed("name", _("Name of the program"), required=True, attributes={"maxlength": str(LONGEST["Program.name"])}),
        typed(
            "public_key",
            _("Public key"),
            "textarea",
            required=True,
            hint=_("PEM or JWK: P-256, Ed25519, or RSA of 2048 bits or more. The private key stays in the program."),
        ),
        *(typed(_field(scope), SCOPE_WORDS[scope], "checkbox") for scope in mine),
    ]


def _field(scope: Scope) -> str:
    return f"scope-{scope.value.replace(':', '-')}"
