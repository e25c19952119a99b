"""The forms of passkeys, with our words: every passkey signs in alone, so none is asked whether it may."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    ReauthenticateWebAuthnForm,
    SignupWebAuthnForm,
)
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from temoin.lib.errors import InvalidError
from temoin.lib.lengths import LONGEST
from temoin.lib.typed import typed_line

LABEL = _("Name of the passkey")


class NameField(forms.CharField):
    def to_python(self, value: Any) -> str:
        try:
            return typed_line("name", str(value or ""), of="Passkey")
        except InvalidError as error:
            raise ValidationError([problem.message for problem in error.problems]) from None


class AddPasskeyForm(SignupWebAuthnForm):  # type: ignore[misc] # the library has no types
    """A name and what the browser answered."""

    name = NameField(label=LABEL, required=False, max_length=LONGEST["Passkey.name"])


class RenamePasskeyForm(EditWebAuthnForm):  # type: ignore[misc] # the library has no types
    """Another name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = NameField(label=LABEL, max_length=LONGEST["Passkey.name"])


class SecondStepForm(AuthenticateWebAuthnForm):  # type: ignore[misc] # the library has no types
    """A passkey after the password. Nothing is counted: a signature cannot be guessed, and a counter can be filled."""

    def clean_credential(self) -> Authenticator:
        """Return the passkey that signed."""
        answer = self.cleaned_data["credential"]
        auth.parse_authentication_response(answer)  # refuses what is no answer of a browser
        found: Authenticator = auth.complete_authentication(self.user, answer)
        return found


class ConfirmByPasskeyForm(SecondStepForm, ReauthenticateWebAuthnForm):  # type: ignore[misc] # the library has no types
    """A passkey shown again by whoever is signed in."""
