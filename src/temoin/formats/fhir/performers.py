"""Who answers for the result: Practitioner, PractitionerRole and Organization."""

from temoin.formats.fhir import codes
from temoin.formats.fhir.elements import (
    Element,
    addresses,
    coding,
    concept,
    reference,
    resource,
    telecom,
    typed_identifier,
)
from temoin.formats.fhir.links import Links
from temoin.testing.report import Report

_RPPS = coding(codes.FR_IDENTIFIER_TYPE, "RPPS")
_ID_NAT_PS = coding(codes.FR_IDENTIFIER_TYPE, "IDNPS")
_ID_NAT_STRUCT = coding(codes.FR_IDENTIFIER_TYPE, "IDNST")
_FINESS = coding(codes.FR_IDENTIFIER_TYPE, "FINEG")
_INTERNAL = coding(codes.FR_IDENTIFIER_TYPE, "INTRN")
_EMPLOYEE = coding(codes.V2_IDENTIFIER_TYPE, "EI", "Employee number")
_PHARMACY = coding(codes.ACTIVITY_SECTORS, "SA33", "Pharmacie d'officine")


def practitioner_resource(report: Report, full_url: str) -> Element:
    signer = report.signer
    values = resource("Practitioner", full_url, codes.FR_CORE + "fr-core-practitioner", demo=report.is_demo)
    identifiers = []
    if signer.rpps:
        # IdNat_PS: "8" says that the rest is an RPPS number.
        identifiers.append(typed_identifier("official", _ID_NAT_PS, codes.ID_NAT_PS, f"8{signer.rpps}"))
        identifiers.append(typed_identifier("official", _RPPS, codes.RPPS, signer.rpps))
    identifiers.append(typed_identifier("secondary", _EMPLOYEE, codes.MEMBER_SYSTEM, signer.member_id))
    values["identifier"] = identifiers
    name: Element = {"use": "official", "family": signer.family_name}
    if signer.given_name:
        name["given"] = [signer.given_name]
    values["name"] = [name]
    return values


def role_resource(report: Report, links: Links) -> Element:
    signer = report.signer
    profile = codes.FR_CORE + "fr-core-practitioner-role"
    values = resource("PractitionerRole", links.role, profile, demo=report.is_demo)
    values["practitioner"] = reference(links.practitioner)
    values["organization"] = reference(links.organization)
    if signer.profession:
        profession = coding(codes.PROFESSIONS, signer.profession, signer.profession_display)
        values["code"] = [concept(profession)]
    elif signer.profession_display:
        values["code"] = [{"text": signer.profession_display}]
    return values


def organization_resource(report: Report, full_url: str) -> Element:
    pharmacy = report.organisation
    values = resource("Organization", full_url, codes.FR_CORE + "fr-core-organization", demo=report.is_demo)
    values["identifier"] = [
        # IdNat_Struct: "1" says that the rest is a FINESS number of a site.
        typed_identifier("official", _ID_NAT_STRUCT, codes.ID_NAT_STRUCT, f"1{pharmacy.finess}"),
        typed_identifier("official", _FINESS, codes.FINESS, pharmacy.finess),
        typed_identifier("secondary", _INTERNAL, codes.PHARMACY_SYSTEM, pharmacy.pharmacy_id),
    ]
    values["type"] = [concept(_PHARMACY)]
    values["name"] = pharmacy.name
    contacts = telecom("work", phone=pharmacy.phone)
    if contacts:
        values["telecom"] = contacts
    places = addresses(pharmacy.address, "work")
    if places:
        values["address"] = places
    return values
