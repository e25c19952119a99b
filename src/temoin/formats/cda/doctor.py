"""The treating doctor in the header: as the one the document is for, and as who takes part in the care."""

from __future__ import annotations

from datetime import datetime

from temoin.formats.cda import codes
from temoin.formats.cda.elements import (
    NO_ADDRESS,
    Element,
    add,
    add_address,
    add_code,
    add_interval,
    add_telecoms,
    add_text,
)
from temoin.testing.report import Doctor

TREATING_DOCTOR = ("PCP", "Médecin traitant")


def add_recipient(root: Element, doctor: Doctor) -> None:
    recipient = add(add(root, "informationRecipient"), "intendedRecipient")
    _add_person(recipient, "informationRecipient", doctor)


def add_treating_doctor(root: Element, doctor: Doctor, since: datetime) -> None:
    participant = add(root, "participant", typeCode="INF")
    add_code(participant, "functionCode", TREATING_DOCTOR, codes.FUNCTIONS)
    add_interval(participant, since, name="time")
    _add_person(add(participant, "associatedEntity", classCode="PROV"), "associatedPerson", doctor)


def _add_person(role: Element, name: str, doctor: Doctor) -> None:
    if doctor.rpps:
        add(role, "id", root=codes.ID_NAT_PS, extension=f"8{doctor.rpps}")
    add_address(role, NO_ADDRESS)
    add_telecoms(role, "WP", phone="", email=doctor.mailbox)
    person = add(add(role, name), "name")
    if doctor.given_name:
        add_text(person, "given", doctor.given_name)
    add_text(person, "family", doctor.family_name)
