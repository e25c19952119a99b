"""The treating doctor, whom the patient may let have the results by secure health messaging (MSSanté)."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _

from temoin.patients.reader import YES, TraitsReader

# Every box of the secure messaging is in a domain of this name; those of patients are their own.
_MAILBOX = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@(?:[a-z0-9-]+\.)*mssante\.fr")
_PATIENTS = "@patient.mssante.fr"


def read_doctor(reader: TraitsReader) -> dict[str, str]:
    """Return the fields of the doctor: all empty, or at least a family name and a secure mailbox."""
    doctor = {
        "doctor_family_name": reader.text("doctor_family_name"),
        "doctor_given_name": reader.text("doctor_given_name"),
        "doctor_rpps": _rpps(reader),
        "doctor_mailbox": _mailbox(reader),
    }
    if not any(doctor.values()):
        return {}
    if not doctor["doctor_family_name"]:
        reader.refuse("doctor_family_name", "required", _("Enter the doctor's name."))
    if not reader.text("doctor_mailbox"):
        reader.refuse("doctor_mailbox", "required", _("Enter the doctor's secure address, or leave the doctor out."))
    return {**doctor, "doctor_copy": YES if reader.ticked("doctor_copy") else ""}


def _rpps(reader: TraitsReader) -> str:
    rpps = re.sub(r"[\s.-]", "", reader.text("doctor_rpps"))
    if rpps and not re.fullmatch("[0-9]{11}", rpps):
        reader.refuse("doctor_rpps", "malformed", _("An RPPS number has 11 digits."))
    return rpps


def _mailbox(reader: TraitsReader) -> str:
    mailbox = reader.text("doctor_mailbox").lower()
    if mailbox and (not _MAILBOX.fullmatch(mailbox) or mailbox.endswith(_PATIENTS)):
        reader.refuse("doctor_mailbox", "malformed", _("A secure health address ends in mssante.fr."))
    return mailbox
