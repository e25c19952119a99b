"""Handing the screen over at the counter: one session ends, the next person signs in and goes on at the same page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _

from temoin.journal.act import record_look
from temoin.journal.events import EventKind
from temoin.pharmacies.seat import Seat
from temoin.web.seats import HANDED_OVER


def hand_over(request: HttpRequest, seat: Seat) -> HttpResponse:
    """End this person's session, and ask the next one to sign in; nothing of the first is left to share."""
    if request.method != "POST":
        return redirect("home")  # the session had ended by itself, and the sign-in led back here
    page = _page(request.POST.get("next", ""))
    record_look(by=seat, kind=EventKind.HANDED_OVER, subject_kind="member", subject_id=seat.member_id)
    logout(request)
    # In which pharmacy this screen stands: whoever works in several need not say it again.
    request.session[HANDED_OVER] = str(seat.pharmacy_id)
    messages.info(request, _("The session is closed. Whoever goes on signs in under their own name."))
    return redirect(f"{reverse('account_login')}?{urlencode({'next': page})}")


def _page(path: str) -> str:
    """Return the page to come back to: one of ours, by its path alone, or else the counter."""
    try:
        found = resolve(path)
    except Resolver404:
        return reverse("home")
    return reverse(found.view_name, kwargs=found.kwargs)
