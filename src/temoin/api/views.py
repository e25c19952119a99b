"""The token's address, and what a program is told of itself."""

from __future__ import annotations

from allauth.core.internal.httpkit import get_client_ip
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from temoin.api.answers import answer, bad_client, too_many, unvouched_client
from temoin.api.bodies import PharmacyTold, ProgramTold
from temoin.api.certificate import presented
from temoin.api.settings import SITE
from temoin.lib.section import by_each_name
from temoin.pharmacies.programs import ProgramRefusedError, ProgramSeat, ScopeRefusedError, UnvouchedError, issue_token
from temoin.pharmacies.refused_calls import RefusedFor, note_refused_program
from temoin.pharmacies.seat import pharmacy_of
from temoin.pharmacies.token_pace import Caller, PaceError, client_named_in

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM_FIELDS = ("grant_type", "client_assertion_type", "client_assertion", "scope", "client_id")


def token_address() -> str:
    """Return the address of the token, which an assertion must name as its audience."""
    return SITE().staff_url + reverse("token", urlconf="temoin.api.urls")


def token(request: HttpRequest) -> HttpResponse:
    """Give a token for an assertion (RFC 6749 section 4.4, RFC 7523 section 2.2)."""
    if fault := _fault(request):
        return answer({"error": fault}, 400)
    signed = request.POST.get("client_assertion", "")
    caller = Caller(client_named_in(signed), get_client_ip(request) or "")
    if caller.must_wait():
        return too_many()
    try:
        issued = issue_token(
            assertion=signed,
            audiences=by_each_name(token_address()),
            scope=request.POST.get("scope", ""),
            certificate=presented(request),
        )
    except ProgramRefusedError:
        caller.failed()
        note_refused_program(client_id=caller.client_id, why=RefusedFor.ASSERTION)
        return bad_client()
    except ScopeRefusedError:
        caller.proved()
        note_refused_program(client_id=caller.client_id, why=RefusedFor.SCOPE)
        raise
    except UnvouchedError:
        caller.proved()
        return unvouched_client()
    except PaceError:
        return too_many()
    caller.proved()
    return answer(
        {
            "access_token": issued.text,
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": " ".join(issued.scopes),
        }
    )


def _fault(request: HttpRequest) -> str:
    """Return what is wrong with the form itself; "" for nothing."""
    if any(len(request.POST.getlist(name)) > 1 for name in FORM_FIELDS):
        return "invalid_request"
    if request.POST.get("grant_type") != "client_credentials":
        return "unsupported_grant_type"
    return "" if request.POST.get("client_assertion_type") == ASSERTION_TYPE else "invalid_request"


def whoami(_request: HttpRequest, seat: ProgramSeat) -> ProgramTold:
    """Tell a program who it is here, where, and what it may ask."""
    pharmacy = pharmacy_of(seat)
    place = PharmacyTold(finess=pharmacy.finess, name=pharmacy.name)
    return ProgramTold(program=seat.name, pharmacy=place, scopes=[scope.value for scope in seat.scopes])
