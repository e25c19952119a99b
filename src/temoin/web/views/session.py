"""The session as its page sees it: how long it lasts, staying, and a form that came too late."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode

from temoin.lib.foreign_address import split_address
from temoin.signin.open_sessions import seconds_left
from temoin.signin.sessions import Owner, owner_of
from temoin.web.kept_forms import Fields, keep, keep_posted, owner_tag, sender_of


def session(request: HttpRequest) -> HttpResponse:
    """Tell a page whose session this is and for how long; asked by POST, it has just been kept alive."""
    owner = owner_of(request.session) if request.user.is_authenticated else None
    if owner is None:
        return JsonResponse({"left": 0, "owner": ""})
    return JsonResponse({"left": seconds_left(request.session), "owner": owner_tag(owner)})


def keep_form(request: HttpRequest) -> HttpResponse:
    """Keep what stands in a page whose session is over, and lead to the sign-in and from there back."""
    path = request.POST.get("path", "")
    page = keep(request, sender_of(request), path=path, fields=_read(request.POST.get("fields", "")))
    return redirect(f"{reverse('account_login')}?{urlencode({'next': page or '/'})}")


def _read(text: str) -> Fields:
    try:
        return [(str(name), str(value)) for name, value in json.loads(text)]
    except (ValueError, TypeError):
        return []


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 Django names it
    """Answer a form whose token is not today's: it is kept, and its page gives it back with a token that is."""
    page = keep_posted(request, _sender_here(request)) if request.method == "POST" else ""
    return render(request, "403_csrf.html", {"page": page}, status=403)


def _sender_here(request: HttpRequest) -> Owner | None:
    """Return who sent the form from a page of ours; another site's form is nobody's."""
    source = split_address(request.headers.get("Origin") or request.headers.get("Referer", "")).netloc
    if source != request.get_host():
        return None
    return sender_of(request) or (owner_of(request.session) if request.user.is_authenticated else None)
