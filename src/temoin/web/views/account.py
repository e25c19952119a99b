"""Sign-in pages of the library, where the house asks for more or less than the library does."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from temoin.web.middleware import ENROLLED


class SetUpView(ActivateTOTPView):  # type: ignore[misc] # the library has no types
    """Set up the second factor. It cannot be taken off from here: a lost telephone is the owner's matter."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead whoever has a second factor already to work."""
        if is_mfa_enabled(request.user, [Authenticator.Type.TOTP]):
            return redirect("home")
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the factor; the code just typed counts as its first showing."""
        answer: HttpResponse = super().form_valid(form)
        self.request.session[ENROLLED] = str(self.request.user.pk)
        return answer


def to_work(_request: HttpRequest) -> HttpResponse:
    """Answer the addresses that the library leads to and that the house does not have."""
    return redirect("home")
