"""Reads who else had a part in a CDA document: the one who ordered, the laboratory, the treating doctor."""

from __future__ import annotations

from urllib.parse import unquote

from cda_nodes import every, maybe, one, read_address, telecom, text, told

from temoin.formats.cda import codes
from temoin.formats.cda.elements import Element
from temoin.testing.report import Doctor, PerformingLaboratory, Prescriber


def read_prescriber(root: Element) -> Prescriber | None:
    role = maybe(root, "participant[@typeCode='REF']/associatedEntity")
    if role is None:
        return None
    numbers = {each.get("root"): each.get("extension", "") for each in every(role, "id")}
    return Prescriber(
        family_name=text(role, "associatedPerson/name/family"),
        given_name=text(role, "associatedPerson/name/given"),
        number=numbers.get(codes.ID_NAT_PS, "").removeprefix("8") or numbers.get(codes.PRESCRIBERS, ""),
        is_rpps=codes.ID_NAT_PS in numbers,
        phone=telecom(role, "tel:"),
        address=read_address(one(role, "addr")),
    )


def read_laboratory(act: Element) -> PerformingLaboratory | None:
    entity = maybe(act, "performer/assignedEntity")
    if entity is None:
        return None
    numbers = {each.get("root"): each.get("extension", "") for each in every(entity, "id")}
    return PerformingLaboratory(
        name=text(entity, "representedOrganization/name"),
        number=numbers.get(codes.ID_NAT_STRUCT, "")[1:] or numbers.get(codes.CLIA, ""),
        phone=telecom(entity, "tel:"),
        address=read_address(one(entity, "addr")),
    )


def read_doctor(root: Element) -> Doctor | None:
    recipient = maybe(root, "informationRecipient/intendedRecipient")
    if recipient is None:
        return None
    numbers = [each.get("extension", "") for each in every(recipient, f"id[@root='{codes.ID_NAT_PS}']")]
    return Doctor(
        family_name=text(recipient, "informationRecipient/name/family"),
        given_name=text(recipient, "informationRecipient/name/given"),
        rpps=numbers[0].removeprefix("8") if numbers else "",
        mailbox=unquote(told(recipient, "telecom", "value")).removeprefix("mailto:"),
    )
