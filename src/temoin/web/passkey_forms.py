"""The forms of passkeys, with our words: every passkey signs in alone, so none is asked whether it may."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.forms import EditWebAuthnForm, SignupWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

LONGEST = 40
LABEL = _("Name of the passkey")


class AddPasskeyForm(SignupWebAuthnForm):  # type: ignore[misc] # the library has no types
    """A name and what the browser answered."""

    name = forms.CharField(label=LABEL, required=False, max_length=LONGEST)


class RenamePasskeyForm(EditWebAuthnForm):  # type: ignore[misc] # the library has no types
    """Another name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(label=LABEL, max_length=LONGEST)
