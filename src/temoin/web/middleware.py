"""Who is signed in, and what is judged before any page: the method, and the second factor, which is no option."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from temoin.pharmacies.sessions import SessionStore
from temoin.web.access import Access
from temoin.web.errors import denied, method_not_allowed
from temoin.web.freshness import has_factor, has_second_factor, must_enrol

Answer = Callable[[HttpRequest], HttpResponseBase]


class PersonOfSession(AuthenticationMiddleware):
    """Django's middleware, with the person that was read along with the session instead of a query of its own."""

    def process_request(self, request: HttpRequest) -> None:
        """Let the first look at `request.user` find out."""
        session = cast("SessionStore", request.session)
        request.user = cast("Any", SimpleLazyObject(lambda: session.signed_in() or AnonymousUser()))


class MethodMiddleware:
    """Middleware, early in the list: an address answers its own methods only, whoever asks."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on; the view is not known yet."""
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _places: Any
    ) -> HttpResponseBase | None:
        """Answer 405 unless the table names the method. A view outside the table is refused."""
        methods = getattr(view, "methods", None)
        if methods is None:
            return denied(request)
        method = "GET" if request.method == "HEAD" else request.method
        return None if method in methods else method_not_allowed(request, methods)


class SecondFactorMiddleware:
    """Middleware, last in the list: without the second factor, one reaches only what completes the sign-in."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on; the view is not known yet."""
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _places: Any
    ) -> HttpResponseBase | None:
        """Let the view answer, or lead the person to the second factor."""
        access = cast("Any", view).access  # `MethodMiddleware` has refused a view without one
        if access is Access.PUBLIC or not request.user.is_authenticated or has_second_factor(request):
            return None
        if has_factor(request.user):  # it was set up from another browser: this session never showed it
            return _send_away(request, _("Sign in again, with your second factor."), "account_login")
        if must_enrol(request):
            return _send_away(request, _("Your sign-in was reset: ask your colleague for the code."), "enrol")
        return None if access is Access.PASSWORD else redirect("mfa_index")


def _send_away(request: HttpRequest, words: str, where: str) -> HttpResponseBase:
    logout(request)
    messages.info(request, words)
    return redirect(where)
