"""Who made the test, and who answers for the result: Practitioner, PractitionerRole and Organization."""

from temoin.formats.fhir import codes
from temoin.formats.fhir.elements import (
    Element,
    addresses,
    coding,
    concept,
    identifier,
    reference,
    resource,
    telecom,
    typed_identifier,
)
from temoin.formats.fhir.links import Links
from temoin.testing.report import Address, Report

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
    identifiers = register_identifiers(signer.rpps) if signer.rpps else []
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


def performers(report: Report, links: Links) -> list[Element]:
    """Return who made the test: another laboratory, or else the signer in the pharmacy.

    Whoever signs what a laboratory found stays author, attester and interpreter, and the pharmacy custodian.
    """
    if report.laboratory:
        return [reference(links.laboratory)]
    return [reference(links.role), reference(links.organization)]


def laboratory_resources(report: Report, full_url: str) -> list[Element]:
    """Return the laboratory that made the test, where it is not the pharmacy."""
    laboratory = report.laboratory
    if laboratory is None:
        return []
    values = resource("Organization", full_url, "", demo=report.is_demo)
    if laboratory.finess:
        values["identifier"] = site_identifiers(laboratory.finess)
    else:
        values["identifier"] = [identifier(codes.CLIA, laboratory.clia)]
    values["name"] = laboratory.name
    return [values | contact_details("work", laboratory.phone, laboratory.address)]


def site_identifiers(finess: str) -> list[Element]:
    """Return both forms of a site's number; IdNat_Struct: "1" says that the rest is a FINESS number of a site."""
    return [
        typed_identifier("official", _ID_NAT_STRUCT, codes.ID_NAT_STRUCT, f"1{finess}"),
        typed_identifier("official", _FINESS, codes.FINESS, finess),
    ]


def register_identifiers(rpps: str) -> list[Element]:
    """Return both forms of a professional's number; IdNat_PS: "8" says that the rest is an RPPS number."""
    return [
        typed_identifier("official", _ID_NAT_PS, codes.ID_NAT_PS, f"8{rpps}"),
        typed_identifier("official", _RPPS, codes.RPPS, rpps),
    ]


def contact_details(use: str, phone: str, address: Address) -> Element:
    """Return what is known of `telecom` and `address`."""
    found = {"telecom": telecom(use, phone=phone), "address": addresses(address, use)}
    return {name: each for name, each in found.items() if each}


def organization_resource(report: Report, full_url: str) -> Element:
    pharmacy = report.organisation
    values = resource("Organization", full_url, codes.FR_CORE + "fr-core-organization", demo=report.is_demo)
    values["identifier"] = [
        *site_identifiers(pharmacy.finess),
        typed_identifier("secondary", _INTERNAL, codes.PHARMACY_SYSTEM, pharmacy.pharmacy_id),
    ]
    values["type"] = [concept(_PHARMACY)]
    values["name"] = pharmacy.name
    return values | contact_details("work", pharmacy.phone, pharmacy.address)
