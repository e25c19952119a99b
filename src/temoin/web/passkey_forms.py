"""The forms of passkeys, with our words: every passkey signs in alone, so none is asked whether it may."""

from __future__ import annotations

from typing import Any

from allauth.mfa.webauthn.forms import EditWebAuthnForm, SignupWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from temoin.lib.errors import UNREADABLE
from temoin.lib.text import UnreadableTextError, clean_line

LONGEST = 40
LABEL = _("Name of the passkey")


class NameField(forms.CharField):
    """A name, cleaned as every text is."""

    def to_python(self, value: Any) -> str:
        """Return the clean line."""
        try:
            return clean_line(str(value or ""))
        except UnreadableTextError:
            raise ValidationError(UNREADABLE) from None


class AddPasskeyForm(SignupWebAuthnForm):  # type: ignore[misc] # the library has no types
    """A name and what the browser answered."""

    name = NameField(label=LABEL, required=False, max_length=LONGEST)


class RenamePasskeyForm(EditWebAuthnForm):  # type: ignore[misc] # the library has no types
    """Another name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = NameField(label=LABEL, max_length=LONGEST)
