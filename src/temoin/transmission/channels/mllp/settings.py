"""The section [mllp]: a receiver of HL7 v2, where it listens, and by what each side knows the other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from temoin.lib.config_error import ConfigError
from temoin.lib.section import Section, is_loopback
from temoin.transmission.rules.of_the_site import Rules
from temoin.transmission.rules.rule_set import RuleSet


class MessageProfile(StrEnum):
    ELR = "elr"  # the results themselves, as electronic laboratory reporting
    CISIS = "cisis"  # the French envelope around the CDA document


@dataclass(frozen=True, kw_only=True)
class MllpSettings:
    """Where it listens, how it wants messages, and by what each side knows the other."""

    host: str
    port: int
    enabled: bool
    profile: MessageProfile
    tls: bool
    rules: RuleSet
    application: str = ""  # MSH-5
    facility: str = ""  # MSH-6
    separators: str = "|^~\\&"  # MSH-1 and MSH-2 that the receiver asks for
    authorities: Path | None = None  # certificates that may have signed the receiver's; None: those the system trusts
    pin: str | None = None  # SHA-256 of the receiver's own certificate, in hexadecimal
    certificate: Path | None = None  # ours, for a receiver that asks who we are
    key: Path | None = None


_FIVE_SIGNS = re.compile(r"[!-/:-@\[-`{-~]{5}")


def read_mllp(section: Section, folder: Path, rules: Rules) -> MllpSettings:
    """Read the section; what would let results travel in clear is refused."""

    def path(key: str) -> Path | None:
        named = section.optional(key, str)
        return None if named is None else folder / named

    enabled = section.required("enabled", bool)
    mllp = MllpSettings(
        host=section.required("host", str),
        port=section.port(),
        enabled=enabled,
        rules=rules.named_in(section, enabled=enabled),
        profile=section.word("profile", MessageProfile),
        application=section.optional("application", str) or "",
        facility=section.optional("facility", str) or "",
        separators=section.optional("separators", str) or "|^~\\&",
        tls=section.required("tls", bool),
        authorities=path("authorities"),
        pin=section.optional("pin", str),
        certificate=path("certificate"),
        key=path("key"),
    )
    section.end()
    _check(section, mllp)
    return mllp


def _check(section: Section, mllp: MllpSettings) -> None:
    if not mllp.tls and not is_loopback(f"//{mllp.host}"):
        raise section.wrong("tls", "may be false on this machine only: results do not travel in clear")
    if not mllp.tls and (mllp.authorities or mllp.pin or mllp.certificate or mllp.key):
        raise section.wrong("tls", "is false, and certificates are named: set it to true or take them out")
    if (mllp.certificate is None) != (mllp.key is None):
        raise section.wrong("certificate", "and key go together: give both or neither")
    if mllp.pin is not None and re.fullmatch("[0-9a-f]{64}", mllp.pin) is None:
        raise section.wrong("pin", "must be a SHA-256 fingerprint: 64 digits 0-9 a-f, without colons")
    if _FIVE_SIGNS.fullmatch(mllp.separators) is None or len(set(mllp.separators)) != 5:
        raise section.wrong("separators", "must be five different signs, as MSH-1 and MSH-2 begin a message")


def check_mllp_files(mllp: MllpSettings) -> None:
    """Refuse to go on without the certificates named."""
    for path in (mllp.authorities, mllp.certificate):
        if path is not None and not path.is_file():
            raise ConfigError(f"The certificate file {path} of [mllp] is missing: restore it from its copy.")
