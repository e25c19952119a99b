"""My sessions: where one is signed in, in coarse words, and how to end it."""

from __future__ import annotations

import ipaddress
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.usersessions.internal.flows.sessions import end_other_sessions, end_sessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from temoin.lib.errors import NotFoundError
from temoin.web.wording import DEVICES, Words

_PREFIX = {4: 24, 6: 48}  # bits that a pharmacy's connection keeps


def sessions(request: HttpRequest) -> HttpResponse:
    """Show the person's open sessions, this one first."""
    here = get_adapter(request).get_client_ip(request)
    found = [
        {
            "id": one.pk,
            "is_this": one.session_key == request.session.session_key,
            "device": device_of(one.user_agent),
            "is_near": same_network(one.ip, here),
            "began": one.created_at,
        }
        for one in UserSession.objects.purge_and_list(request.user)
    ]
    found.sort(key=lambda one: (not one["is_this"], one["began"]))
    return render(request, "web/sessions.html", {"sessions": found})


def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one session of the person's."""
    found = list(UserSession.objects.filter(user_id=request.user.pk, pk=session_id))
    if not found:
        raise NotFoundError
    end_sessions(request, found)
    messages.success(request, _("The session was ended."))
    return redirect("sessions")


def end_others(request: HttpRequest) -> HttpResponse:
    """End every session of the person's but this one."""
    end_other_sessions(request, request.user)
    messages.success(request, _("Every other session was ended."))
    return redirect("sessions")


def device_of(user_agent: str) -> Words:
    """Return the kind of device, no closer than its owner needs to know it again."""
    return next((words for mark, words in DEVICES if mark in user_agent), _("Unknown device"))


def same_network(one: str, other: str) -> bool:
    """Tell whether two addresses probably share a connection: all that we say about the place."""
    try:
        first, second = (ipaddress.ip_address(text) for text in (one, other))
    except ValueError:
        return False
    if first.version != second.version:
        return False
    network: Any = ipaddress.ip_network((first, _PREFIX[first.version]), strict=False)
    return second in network
