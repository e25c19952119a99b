"""My sessions: where one is signed in, in coarse words, and how to end it."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from temoin.lib.errors import NotFoundError
from temoin.signin.freshness import person
from temoin.signin.open_sessions import end_sessions, network_of, open_sessions, session_id
from temoin.web.wording import DEVICES


def sessions(request: HttpRequest) -> HttpResponse:
    """Show the person's open sessions, this one first."""
    here, this = network_of(get_adapter(request).get_client_ip(request)), session_id(request.session.session_key)
    found = [
        {
            "id": one.id,
            "is_this": one.id == this,
            "device": DEVICES[one.device],
            "is_near": one.network == here,
            "began": one.began,
        }
        for one in open_sessions(person(request))
    ]
    found.sort(key=lambda one: not one["is_this"])
    return render(request, "web/sessions.html", {"sessions": found, "has_others": len(found) > 1})


def end_session(request: HttpRequest, session: str) -> HttpResponse:
    if not end_sessions(person(request), only=session):
        raise NotFoundError
    if session == session_id(request.session.session_key):
        get_adapter(request).logout(request)
        return redirect("account_login")
    messages.success(request, _("The session was ended."))
    return redirect("sessions")


def end_others(request: HttpRequest) -> HttpResponse:
    end_sessions(person(request), but=session_id(request.session.session_key))
    messages.success(request, _("Every other session was ended."))
    return redirect("sessions")
