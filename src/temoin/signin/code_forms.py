"""The forms that ask for a one-time code, on the keypad of digits: recovery codes are digits too."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter as account_adapter
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from django import forms
from django.utils.translation import gettext_lazy as _

from temoin.signin.devices import known_device
from temoin.signin.tries import note_try_of


def code_field() -> forms.CharField:
    attributes = {"autocomplete": "one-time-code", "inputmode": "numeric"}
    return forms.CharField(label=_("Code"), max_length=20, widget=forms.TextInput(attrs=attributes))


class _Counted(BaseAuthenticateForm):  # type: ignore[misc] # the library has no types
    """Counts tries of our own: the library's counter of the account is one that a stranger with the password fills."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = code_field()

    def clean_code(self) -> str:
        """Return a right code; a wrong one is a try, which is kept for its person."""
        usage = self._count()
        if not usage:
            raise account_adapter().validation_error("too_many_login_attempts")
        code = str(self.cleaned_data["code"])
        for factor in Authenticator.objects.filter(user=self.user).exclude(type=Authenticator.Type.WEBAUTHN):
            if factor.wrap().validate_code(code):
                factor.user, self.authenticator = self.user, factor
                usage.rollback()
                return code
        note_try_of(person_id=self.user.pk, way="code")
        raise get_adapter().validation_error("incorrect_code")

    def _count(self) -> ratelimit.RateLimitUsage | None:
        request = context.request
        device = known_device(request, self.user.email)
        action = "known_login_failed" if device else "login_failed"
        return ratelimit.consume(request, app="allauth.account", action=action, key=f"code {self.user.pk} {device}")


class CodeForm(_Counted, AuthenticateForm):  # type: ignore[misc] # the library has no types
    """The second step of a sign-in."""


class ConfirmCodeForm(_Counted, ReauthenticateForm):  # type: ignore[misc] # the library has no types
    """Somebody signed in shows their second factor again: only who is signed in fills this counter."""

    def _count(self) -> ratelimit.RateLimitUsage | None:
        key = f"confirm {self.user.pk}"
        return ratelimit.consume(context.request, app="allauth.account", action="known_login_failed", key=key)


class SetUpForm(ActivateTOTPForm):  # type: ignore[misc] # the library has no types
    """The first code of an application."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = code_field()
