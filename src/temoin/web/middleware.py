"""Who is signed in, and what is judged before any page: the method, and the second factor, which is no option."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.middleware import AuthenticationMiddleware, LoginRequiredMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from temoin.signin.freshness import has_factor, has_second_factor, must_enrol
from temoin.signin.sessions import SessionStore
from temoin.web.access import Access
from temoin.web.errors import denied, method_not_allowed
from temoin.web.kept_forms import keep_posted, page_of, sender_of

Answer = Callable[[HttpRequest], HttpResponseBase]


class SessionOfPage(SessionMiddleware):
    """Django's middleware, which here asks for the backlog along with the session where a page will show it."""

    def process_request(self, request: HttpRequest) -> None:
        """Make the session, still unread."""
        super().process_request(request)
        cast("SessionStore", request.session).asks_backlog = request.method in {"GET", "HEAD"}


class LanguageOfPerson(LocaleMiddleware):
    """Django's middleware, which here does not look for a language in the address: none begins with one."""

    def process_request(self, request: HttpRequest) -> None:
        """Speak the language that the person chose, or that the browser asks for."""
        language = translation.get_language_from_request(request)
        translation.activate(language)
        request.LANGUAGE_CODE = language

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Say which language the answer speaks, and that another browser may be answered in another."""
        patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", translation.get_language())
        return response


class PersonOfSession(AuthenticationMiddleware):
    """Django's middleware, with the person that was read along with the session instead of a query of its own."""

    def process_request(self, request: HttpRequest) -> None:
        """Let the first look at `request.user` find out."""
        session = cast("SessionStore", request.session)
        request.user = cast("Any", SimpleLazyObject(lambda: session.signed_in() or AnonymousUser()))


class SignInFirst(LoginRequiredMiddleware):
    """Django's middleware, which here says why one is asked to sign in again, and keeps the form that came too late."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseRedirect:
        """Lead to the sign-in, and from there to the page that was asked for, or to the one that has the form."""
        back = request.get_full_path()
        kept = ""
        if request.method == "POST":
            kept = keep_posted(request, sender_of(request))
            back = kept or page_of(request.path) or "/"
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            messages.info(request, _why())
        if kept:
            messages.info(request, _("What you had filled in is kept for half an hour, for you alone."))
        return redirect(f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': back})}")


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


def _why() -> str:
    words = _(
        "Your session has ended: %(minutes)s minutes went by without activity, or it was closed elsewhere. "
        "Sign in to go on where you were."
    )
    return words % {"minutes": settings.SESSION_COOKIE_AGE // 60}


def _send_away(request: HttpRequest, words: str, where: str) -> HttpResponseBase:
    logout(request)
    messages.info(request, words)
    return redirect(where)
