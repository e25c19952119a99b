"""The section [mllp]: a receiver of HL7 v2, where it listens, and by what each side knows the other."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import ValidationInfo, model_validator

from temoin.lib.config_error import ConfigError
from temoin.lib.section import Place, Port, Switch, Text, TextIfAny, fitting, is_loopback, refuse_setting, section
from temoin.transmission.rules.of_the_site import NamedRules, check_lawful
from temoin.transmission.tls import Pin

_FIVE_SIGNS = re.compile(r"[!-/:-@\[-`{-~]{5}")


class MessageProfile(StrEnum):
    ELR = "elr"  # the results themselves, as electronic laboratory reporting
    CISIS = "cisis"  # the French envelope around the CDA document


def _are_separators(text: str) -> bool:
    return _FIVE_SIGNS.fullmatch(text) is not None and len(set(text)) == 5


@section
class MllpSettings:
    """Where it listens, how it wants messages, and by what each side knows the other.

    What would let results travel in clear is refused.
    """

    host: Text
    port: Port
    enabled: Switch
    profile: MessageProfile
    tls: Switch
    rules: NamedRules
    application: TextIfAny = ""  # MSH-5
    facility: TextIfAny = ""  # MSH-6
    separators: Annotated[
        Text, fitting(_are_separators, "must be five different signs, as MSH-1 and MSH-2 begin a message")
    ] = "|^~\\&"  # MSH-1 and MSH-2 that the receiver asks for
    authorities: Place | None = None  # certificates that may have signed the receiver's; None: those the system trusts
    pin: Pin | None = None  # SHA-256 of the receiver's own certificate, in hexadecimal
    certificate: Place | None = None  # ours, for a receiver that asks who we are
    key: Place | None = None

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Self:
        check_lawful(info, self.rules, enabled=self.enabled)
        if not self.tls and not is_loopback(f"//{self.host}"):
            refuse_setting("may be false on this machine only: results do not travel in clear", "tls")
        if not self.tls and (self.authorities or self.pin or self.certificate or self.key):
            refuse_setting("is false, and certificates are named: set it to true or take them out", "tls")
        if (self.certificate is None) != (self.key is None):
            refuse_setting("and key go together: give both or neither", "certificate")
        return self


def check_mllp_files(mllp: MllpSettings) -> None:
    """Refuse to go on without the certificates named."""
    for path in (mllp.authorities, mllp.certificate):
        if path is not None and not path.is_file():
            raise ConfigError(f"The certificate file {path} of [mllp] is missing: restore it from its copy.")
