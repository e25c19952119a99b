"""The section [mssante]: the operator of secure health messaging, our box there, and how documents are filed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from temoin.formats.xdm import Coded, Submission
from temoin.lib.config_error import ConfigError
from temoin.lib.section import Section
from temoin.transmission.rules.of_the_site import Rules
from temoin.transmission.rules.rule_set import RuleSet


class AlwaysEncrypted(StrEnum):
    """How a connection is encrypted: from its start, or on demand just after. Never not."""

    TLS = "tls"
    STARTTLS = "starttls"


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """The mailbox in which notices of delivery arrive, read by IMAP over TLS."""

    host: str
    port: int
    user: str | None = None  # None: the certificate says who we are
    password_file: Path | None = None


@dataclass(frozen=True, kw_only=True)
class MssanteSettings:
    """Where to hand messages over, in whose name, and to whom they may go."""

    host: str
    port: int
    enabled: bool
    encryption: AlwaysEncrypted
    sender: str  # our mailbox, in a domain that ends in mssante.fr
    certificate: Path  # who we are, to the operator
    key: Path
    authorities: Path | None  # certificates that may have signed the operator's; None: those the system trusts
    doctor: bool
    patient: bool
    doctor_rules: RuleSet
    patient_rules: RuleSet
    sending: Submission
    product: str = ""
    inbox: Inbox | None = None

    @property
    def sends_to_doctors(self) -> bool:
        """Tell whether treating doctors get results."""
        return self.enabled and self.doctor

    @property
    def sends_to_patients(self) -> bool:
        """Tell whether patients get results in their own secure mailbox."""
        return self.enabled and self.patient


_BOX = re.compile(r"[A-Za-z0-9._%+-]+@(?:[a-z0-9-]+\.)*mssante\.fr")
_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]*))+")
# What the nomenclatures give for such a document (TRE_A03, TRE_R209); an operator may ask for others.
_CLASS = "10^Compte rendu^1.2.250.1.213.1.1.4.1"
_CONTENT = "07^Consultation Soins Externes^1.2.250.1.213.2.2"


def read_mssante(section: Section, folder: Path, rules: Rules) -> MssanteSettings:
    """Read the section; who is not in the trusted space cannot send."""
    enabled, doctor, patient = (section.required(key, bool) for key in ("enabled", "doctor", "patient"))
    mail = MssanteSettings(
        host=section.required("host", str),
        port=section.port(),
        enabled=enabled,
        encryption=section.word("encryption", AlwaysEncrypted),
        sender=section.required("sender", str),
        certificate=section.path("certificate", folder),
        key=section.path("key", folder),
        authorities=section.path("authorities", folder) if section.has("authorities") else None,
        doctor=doctor,
        patient=patient,
        doctor_rules=rules.named_in(section, enabled=enabled and doctor, key="doctor_rules"),
        patient_rules=rules.named_in(section, enabled=enabled and patient, key="patient_rules"),
        sending=_sending(section),
        product=section.optional("product", str) or "",
        inbox=_inbox(section.section("inbox"), folder) if section.has("inbox") else None,
    )
    section.end()
    if _BOX.fullmatch(mail.sender) is None:
        raise section.wrong("sender", "must be an address of the secure messaging: it ends in mssante.fr")
    return mail


def _sending(section: Section) -> Submission:
    source = section.required("source_id", str)
    if _OID.fullmatch(source) is None:
        raise section.wrong("source_id", "must be an object identifier like 1.2.250.1.999.1")
    return Submission(
        source_id=source,
        class_code=_coded(section, "class_code", _CLASS),
        content_type=_coded(section, "content_type", _CONTENT),
    )


def _coded(section: Section, key: str, usual: str) -> Coded:
    parts = (section.optional(key, str) or usual).split("^")
    if len(parts) != 3 or not all(parts):
        raise section.wrong(key, "must be code^words^nomenclature, like " + usual)
    return Coded(code=parts[0], label=parts[1], system=parts[2])


def _inbox(section: Section, folder: Path) -> Inbox:
    inbox = Inbox(
        host=section.required("host", str),
        port=section.port(),
        user=section.optional("user", str),
        password_file=section.path("password_file", folder) if section.has("password_file") else None,
    )
    section.end()
    if (inbox.user is None) != (inbox.password_file is None):
        raise section.wrong("user", "and password_file go together: give both or neither")
    return inbox


def check_mssante_files(mail: MssanteSettings) -> None:
    """Refuse to go on without the certificates named."""
    for path in (mail.authorities, mail.certificate):
        if path is not None and not path.is_file():
            raise ConfigError(f"The certificate file {path} of [mssante] is missing: restore it from its copy.")
