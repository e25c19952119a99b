"""The section [sms]: who carries short messages to patients, and in whose name."""

from __future__ import annotations

import re
from typing import Annotated, Self, cast

from pydantic import model_validator

from temoin.lib.section import Place, Switch, Text, Url, encrypted, fitting, refuse_setting, section

# GSM 03.40, 9.1.2.5: an alphanumeric sender has eleven characters at most; French operators refuse one of digits.
_SENDER = re.compile(r"(?=[A-Za-z0-9 ]*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 ]{1,9}[A-Za-z0-9]")
_WHY = "links travel on it"


@section
class Brevo:
    """An account at Brevo; its API, version 3."""

    key_file: Place
    base_url: Annotated[Url, encrypted(_WHY)] = "https://api.brevo.com/v3"


@section
class Ovh:
    """An SMS account at OVHcloud; its API, version 1.0. The three keys come from its page createToken."""

    service: Annotated[Text, fitting(re.compile(r"sms-[a-z0-9-]+").fullmatch, "must be a name like sms-ab12345-1")]
    application_key: Text
    application_secret_file: Place
    consumer_key_file: Place
    base_url: Annotated[Url, encrypted(_WHY)] = "https://eu.api.ovh.com/1.0"


@section
class SmsSettings:
    """One provider, and the sender that is written above each message."""

    enabled: Switch
    sender: Annotated[Text, fitting(_SENDER.fullmatch, "must have 3 to 11 letters and digits, one letter at least")]
    brevo: Brevo | None = None
    ovh: Ovh | None = None

    @property
    def account(self) -> Brevo | Ovh:
        """Return the account of the provider that is named."""
        return self.brevo or cast("Ovh", self.ovh)  # the section has one of both

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.brevo is None) == (self.ovh is None):
            refuse_setting("and ovh: name one provider, and no two", "brevo")
        return self
