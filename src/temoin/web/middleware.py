"""Who is signed in, and the second factor, which is no option: without it, a person only completes the sign-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
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
from temoin.web.errors import denied

# Set when a person has just typed the first code of a new authenticator: the second factor was shown here too.
ENROLLED = "temoin_enrolled"
_BEFORE = frozenset({Access.PUBLIC, Access.PASSWORD})


class PersonOfSession(AuthenticationMiddleware):
    """Django's middleware, with the person that was read along with the session instead of a query of its own."""

    def process_request(self, request: HttpRequest) -> None:
        """Let the first look at `request.user` find out."""
        session = cast("SessionStore", request.session)
        request.user = cast("Any", SimpleLazyObject(lambda: session.signed_in() or AnonymousUser()))


class SecondFactorMiddleware:
    """Middleware, last in the list: judges each view by the access that the table gives it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass on; the view is not known yet."""
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _places: Any
    ) -> HttpResponseBase | None:
        """Let the view answer, or lead the person to the second factor. A view outside the table is refused."""
        access = getattr(view, "access", None)
        if access is None:
            return denied(request)
        if access in _BEFORE or not request.user.is_authenticated or has_second_factor(request):
            return None
        if not is_mfa_enabled(request.user, [Authenticator.Type.TOTP]):
            return redirect("mfa_activate_totp")
        logout(request)  # the factor was set up from another browser: this session never showed it
        messages.info(request, _("Sign in again, with the code of your application."))
        return redirect("account_login")


def has_second_factor(request: HttpRequest) -> bool:
    """Tell whether this session has shown a second factor."""
    if request.session.get(ENROLLED) == str(request.user.pk):
        return True
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)
