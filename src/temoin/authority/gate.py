"""Who comes in: every page asks for a signed-in officer, but for those that say that they are open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from temoin.officers.accounts import officer_of
from temoin.officers.policies import OfficerSeat

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
_OPEN: set[Callable[..., Any]] = set()


def open_to_all(view: View) -> View:
    """Mark a page that nobody signs in for."""
    _OPEN.add(view)
    return view


class OfficersOnly:
    """Middleware, last in the list."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on; the view is not known yet."""
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_rest: Any) -> HttpResponse | None:
        """Lead whoever is nobody here to the sign-in."""
        if view in _OPEN:
            return None
        seat = officer_of(cookie_of(request))
        if seat is None:
            return redirect("sign_in")
        request.officer = seat  # type: ignore[attr-defined]
        return None


def seat_of(request: HttpRequest) -> OfficerSeat:
    seat: OfficerSeat = request.officer  # type: ignore[attr-defined]
    return seat


def cookie_of(request: HttpRequest) -> str:
    return request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")


def keep_cookie(response: HttpResponse, cookie: str) -> None:
    """Sign a browser in until it closes; how long that lasts at most, the session's row says."""
    response.set_cookie(
        settings.SESSION_COOKIE_NAME,
        cookie,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
