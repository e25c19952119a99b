"""Others who had a part in the test: who ordered it, in the header, and the laboratory that made it, in the body.

IHE PaLM has both: an ordering provider, and a performer of an entry who takes the place of the header's.
"""

from __future__ import annotations

from temoin.formats.cda import codes
from temoin.formats.cda.elements import (
    Element,
    add,
    add_address,
    add_code,
    add_telecoms,
    add_templates,
    add_text,
)
from temoin.formats.cda.people import SCREENING
from temoin.testing.report import PerformingLaboratory, Prescriber


def add_prescriber(root: Element, prescriber: Prescriber) -> None:
    participant = add(root, "participant", typeCode="REF")
    add_templates(participant, codes.PRESCRIBER_TEMPLATE)
    role = add(participant, "associatedEntity", classCode="PROV")
    if prescriber.rpps:
        add(role, "id", root=codes.ID_NAT_PS, extension=f"8{prescriber.rpps}")
    elif prescriber.number:
        add(role, "id", root=codes.PRESCRIBERS, extension=prescriber.number)
    add_address(role, prescriber.address)
    add_telecoms(role, "WP", phone=prescriber.phone)
    person = add(add(role, "associatedPerson"), "name")
    if prescriber.given_name:
        add_text(person, "given", prescriber.given_name)
    add_text(person, "family", prescriber.family_name)


def add_laboratory(act: Element, laboratory: PerformingLaboratory) -> None:
    """Append who made the test; a number that is none of France stands with the role alone."""
    performer = add(act, "performer", typeCode="PRF")
    add_templates(performer, codes.PERFORMER_TEMPLATE)
    entity = add(performer, "assignedEntity")
    if laboratory.finess:
        add(entity, "id", root=codes.ID_NAT_STRUCT, extension=f"1{laboratory.finess}")
    else:
        add(entity, "id", root=codes.CLIA, extension=laboratory.clia)
    add_address(entity, laboratory.address)
    add_telecoms(entity, "WP", phone=laboratory.phone)
    organisation = add(entity, "representedOrganization")
    if laboratory.finess:
        add(organisation, "id", root=codes.ID_NAT_STRUCT, extension=f"1{laboratory.finess}")
    add_text(organisation, "name", laboratory.name)
    add_telecoms(organisation, "WP", phone=laboratory.phone)
    add_address(organisation, laboratory.address)
    add_code(organisation, "standardIndustryClassCode", SCREENING, codes.PRACTICE_SETTINGS)
