"""The order of the test: a ServiceRequest with who made it, and with what was answered when it was entered."""

from temoin.formats.fhir import codes
from temoin.formats.fhir.elements import Element, coding, concept, identifier, reference, resource
from temoin.formats.fhir.links import Links
from temoin.formats.fhir.performers import contact_details, register_identifiers
from temoin.testing.report import Prescriber, Report

_PLACER = coding(codes.V2_IDENTIFIER_TYPE, "PLAC", "Placer Identifier")


def has_order(report: Report) -> bool:
    """Tell whether there is anything to say of the order: who made it, its number, or what was answered."""
    return report.prescriber is not None or bool(report.answers or report.order_number)


def order_resources(report: Report, links: Links) -> list[Element]:
    """Return the order and who made it, or nothing where there is nothing to say of it."""
    if not has_order(report):
        return []
    by = [_prescriber(report.prescriber, links.prescriber, demo=report.is_demo)] if report.prescriber else []
    return [_order(report, links), *by]


def _order(report: Report, links: Links) -> Element:
    values = resource("ServiceRequest", links.order, "", demo=report.is_demo)
    if report.order_number:
        values["identifier"] = [{"type": concept(_PLACER), "value": report.order_number}]
    values["status"] = "completed"
    values["intent"] = "order"
    kind = coding(codes.KIND_SYSTEM, report.kind, report.kind_display)
    values["code"] = concept(kind, text=report.kind_display)
    values["subject"] = reference(links.patient)
    if report.prescriber:
        values["requester"] = reference(links.prescriber)
    if report.answers:
        values["supportingInfo"] = [reference(link) for link in links.answers]
    return values


def _prescriber(prescriber: Prescriber, full_url: str, *, demo: bool) -> Element:
    values = resource("Practitioner", full_url, "", demo=demo)
    if prescriber.rpps:
        values["identifier"] = register_identifiers(prescriber.rpps)
    elif prescriber.number:
        values["identifier"] = [identifier(codes.PRESCRIBER_SYSTEM, prescriber.number)]
    name: Element = {"use": "official", "family": prescriber.family_name}
    if prescriber.given_name:
        name["given"] = [prescriber.given_name]
    values["name"] = [name]
    return values | contact_details("work", prescriber.phone, prescriber.address)
