"""The workstation: the name that people gave the computer they stand at, kept in its browser."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote, unquote

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from temoin.lib.errors import InvalidError
from temoin.lib.typed import typed_line

LIFE = timedelta(days=400)  # browsers keep a cookie no longer


def workstation(request: HttpRequest) -> str:
    """Return the name of the workstation; "" when it has none, or its cookie was played with."""
    try:
        return typed_line("opened_where", unquote(request.COOKIES.get(settings.WORKSTATION_COOKIE_NAME, "")), of="Lot")
    except InvalidError:
        return ""


def name_workstation(response: HttpResponseBase, name: str) -> None:
    """Have the browser remember the name; InvalidError when it is none."""
    response.set_cookie(
        settings.WORKSTATION_COOKIE_NAME,
        quote(typed_line("opened_where", name, of="Lot")),
        max_age=LIFE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
