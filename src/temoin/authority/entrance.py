"""The way in and out: a passkey shown, one made with the operator's code, the end of a session."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from temoin.authority.gate import cookie_of, keep_cookie, open_to_all
from temoin.authority.pages import show
from temoin.officers.accounts import (
    Ceremony,
    begin_enrolment,
    begin_sign_in,
    enrol,
    officer_of,
    session_left,
    sign_in,
    sign_out,
)
from temoin.officers.errors import NotProvedError

REFUSED = 403


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_page(request: HttpRequest) -> HttpResponse:
    """Ask for a passkey, and sign its person in."""
    if request.method != "POST":
        # A browser that still bears a cookie was signed in; what signs out takes the cookie away.
        has_ended = bool(cookie_of(request)) and not session_left(cookie_of(request))
        is_signed_out = "done" in request.GET
        return _ask(request, "sign_in", "get", begin_sign_in(), has_ended=has_ended, is_signed_out=is_signed_out)
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
@require_http_methods(["GET", "HEAD", "POST"])
def session_page(request: HttpRequest) -> HttpResponse:
    """Tell a page for how many seconds its session lasts; sent as a form, it keeps the session alive."""
    cookie = cookie_of(request)
    if request.method == "POST":
        officer_of(cookie)
    return JsonResponse({"left": session_left(cookie)})


@open_to_all
@require_POST
def sign_out_page(request: HttpRequest) -> HttpResponse:
    sign_out(cookie_of(request))
    response = redirect(f"{reverse('sign_in')}?done")
    response.delete_cookie(settings.SESSION_COOKIE_NAME, samesite="Strict")
    return response


def _brought(request: HttpRequest) -> tuple[str, str]:
    return request.POST.get("ticket", ""), request.POST.get("credential", "")


def _ask(request: HttpRequest, name: str, ceremony: str, asked: Ceremony, **told_too: bool) -> HttpResponse:
    told: dict[str, Any] = {
        "ceremony": ceremony,
        "options": json.dumps(asked.options),
        "ticket": asked.ticket,
        **told_too,
    }
    return show(request, name, told, status=REFUSED if "is_refused" in told else 200)


def _come_in(cookie: str) -> HttpResponse:
    response = redirect("today")
    keep_cookie(response, cookie)
    return response
