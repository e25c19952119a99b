"""The section [certificates.state]: a state that lends its signature to EU certificates, and who we are to it."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import model_validator

from temoin.lib.section import Place, Text, Url, encrypted, fitting, refuse_setting, section

_COUNTRY = re.compile("[A-Z]{2}")
LONGEST_AUTHORITY = 80  # characters that the EU's certificate has for it


@section
class StateSettings:
    """Where hashes are signed, whom we believe to be there, and how we prove who we are: by certificate or by token."""

    url: Annotated[Url, encrypted("a token does not travel in clear")]
    country: Annotated[Text, fitting(_COUNTRY.fullmatch, "must be a country's two capital letters, like FR")]
    authority: Annotated[
        Text, fitting(lambda text: len(text) <= LONGEST_AUTHORITY, f"has {LONGEST_AUTHORITY} characters at most")
    ]
    authorities: Place | None = None  # certificates that may have signed the server's; None: those the system trusts
    certificate: Place | None = None  # ours
    key: Place | None = None
    token_file: Place | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            refuse_setting("and key go together: give both or neither", "certificate")
        if (self.certificate is None) == (self.token_file is None):
            refuse_setting("and certificate with key: name one of both", "token_file")
        if self.certificate is not None and self.url.startswith("http://"):
            refuse_setting("is http, and a certificate is named: make it https", "url")
        return self
