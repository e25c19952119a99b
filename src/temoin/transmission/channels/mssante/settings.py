"""The section [mssante]: the operator of secure health messaging, our box there, and how documents are filed."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, ValidationInfo, model_validator

from temoin.formats.xdm import Coded, Submission
from temoin.lib.config_error import ConfigError
from temoin.lib.section import Place, Port, Switch, Text, TextIfAny, fitting, refuse_setting, section
from temoin.transmission.rules.of_the_site import NamedRules, check_lawful

_BOX = re.compile(r"[A-Za-z0-9._%+-]+@(?:[a-z0-9-]+\.)*mssante\.fr")
_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]*))+")


class AlwaysEncrypted(StrEnum):
    """How a connection is encrypted: from its start, or on demand just after. Never not."""

    TLS = "tls"
    STARTTLS = "starttls"


def _coded(value: object) -> object:
    if isinstance(value, Coded):
        return value
    parts = value.split("^") if isinstance(value, str) else []
    if len(parts) != 3 or not all(parts):
        refuse_setting("must be code^words^nomenclature, like 10^Compte rendu^1.2.250.1.213.1.1.4.1")
    return Coded(code=parts[0], label=parts[1], system=parts[2])


_Code = Annotated[Coded, BeforeValidator(_coded)]


@section
class Inbox:
    """The mailbox in which notices of delivery arrive, read by IMAP over TLS."""

    host: Text
    port: Port
    user: Text | None = None  # None: the certificate says who we are
    password_file: Place | None = None

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        if (self.user is None) != (self.password_file is None):
            refuse_setting("and password_file go together: give both or neither", "user")
        return self


@section
class MssanteSettings:
    """Where to hand messages over, in whose name, and to whom they may go.

    Who is not in the trusted space cannot send.
    """

    host: Text
    port: Port
    enabled: Switch
    encryption: AlwaysEncrypted
    # Our mailbox, in a domain of the trusted space.
    sender: Annotated[
        Text, fitting(_BOX.fullmatch, "must be an address of the secure messaging: it ends in mssante.fr")
    ]
    certificate: Place  # who we are, to the operator
    key: Place
    authorities: Place | None = None  # certificates that may have signed the operator's; None: those the system trusts
    doctor: Switch
    patient: Switch
    doctor_rules: NamedRules
    patient_rules: NamedRules
    source_id: Annotated[Text, fitting(_OID.fullmatch, "must be an object identifier like 1.2.250.1.999.1")]
    # What the nomenclatures give for such a document (TRE_A03, TRE_R209); an operator may ask for others.
    class_code: _Code = Coded(code="10", label="Compte rendu", system="1.2.250.1.213.1.1.4.1")
    content_type: _Code = Coded(code="07", label="Consultation Soins Externes", system="1.2.250.1.213.2.2")
    product: TextIfAny = ""
    inbox: Inbox | None = None

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Self:
        check_lawful(info, self.doctor_rules, enabled=self.sends_to_doctors, key="doctor_rules")
        check_lawful(info, self.patient_rules, enabled=self.sends_to_patients, key="patient_rules")
        return self

    @property
    def sending(self) -> Submission:
        """Return what a package says of us and of how it is filed."""
        return Submission(source_id=self.source_id, class_code=self.class_code, content_type=self.content_type)

    @property
    def sends_to_doctors(self) -> bool:
        return self.enabled and self.doctor

    @property
    def sends_to_patients(self) -> bool:
        """Tell whether patients get results in their own secure mailbox."""
        return self.enabled and self.patient


def check_mssante_files(mail: MssanteSettings) -> None:
    """Refuse to go on without the certificates named."""
    for path in (mail.authorities, mail.certificate):
        if path is not None and not path.is_file():
            raise ConfigError(f"The certificate file {path} of [mssante] is missing: restore it from its copy.")
