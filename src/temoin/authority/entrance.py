"""The way in and out: a passkey shown, one made with the operator's code, the end of a session."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from temoin.authority.gate import cookie_of, keep_cookie, open_to_all
from temoin.authority.pages import show
from temoin.officers.accounts import Ceremony, begin_enrolment, begin_sign_in, enrol, sign_in, sign_out
from temoin.officers.errors import NotProvedError

REFUSED = 403


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_page(request: HttpRequest) -> HttpResponse:
    """Ask for a passkey, and sign its person in."""
    if request.method != "POST":
        return _ask(request, "sign_in", "get", begin_sign_in())
    try:
        cookie = sign_in(*_brought(request))
    except NotProvedError:
        return _ask(request, "sign_in", "get", begin_sign_in(), is_refused=True)
    return _come_in(cookie)


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def enrol_page(request: HttpRequest) -> HttpResponse:
    """Ask for the operator's code, then for a passkey to be made."""
    if request.method != "POST":
        return show(request, "enrol", {})
    try:
        if "code" in request.POST:
            return _ask(request, "enrol", "create", begin_enrolment(request.POST["code"]))
        return _come_in(enrol(*_brought(request)))
    except NotProvedError:
        return show(request, "enrol", {"is_refused": True}, status=REFUSED)


@open_to_all
@require_POST
def sign_out_page(request: HttpRequest) -> HttpResponse:
    sign_out(cookie_of(request))
    response = redirect("sign_in")
    response.delete_cookie(settings.SESSION_COOKIE_NAME, samesite="Strict")
    return response


def _brought(request: HttpRequest) -> tuple[str, str]:
    return request.POST.get("ticket", ""), request.POST.get("credential", "")


def _ask(request: HttpRequest, name: str, ceremony: str, asked: Ceremony, *, is_refused: bool = False) -> HttpResponse:
    told: dict[str, Any] = {
        "ceremony": ceremony,
        "options": json.dumps(asked.options),
        "ticket": asked.ticket,
        "is_refused": is_refused,
    }
    return show(request, name, told, status=REFUSED if is_refused else 200)


def _come_in(cookie: str) -> HttpResponse:
    response = redirect("today")
    keep_cookie(response, cookie)
    return response
