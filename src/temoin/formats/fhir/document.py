"""From a Report to the bytes of a FHIR R4 document in the shape of the HL7 Europe Laboratory Report."""

import orjson

from temoin.formats.fhir import codes
from temoin.formats.fhir.asked import answer_resources
from temoin.formats.fhir.composition import composition_resource, report_resource
from temoin.formats.fhir.device import device_resource
from temoin.formats.fhir.elements import Element, identifier, meta, moment
from temoin.formats.fhir.links import Links, links
from temoin.formats.fhir.observation import observation_resources, specimen_resource
from temoin.formats.fhir.order import order_resources
from temoin.formats.fhir.patient import patient_resource
from temoin.formats.fhir.performers import (
    laboratory_resources,
    organization_resource,
    practitioner_resource,
    role_resource,
)
from temoin.formats.fhir.plain import plain
from temoin.testing.report import Report


def document(report: Report) -> bytes:
    """Return the document: the same bytes each time for the same Report."""
    return orjson.dumps(bundle(report))


def plain_document(report: Report) -> bytes:
    """Return the document for a server that knows R4 alone."""
    return orjson.dumps(plain(bundle(report)))


def bundle(report: Report) -> Element:
    """Return the document as plain values, the Composition first as FHIR asks."""
    return {
        "resourceType": "Bundle",
        "meta": meta(codes.EU_LAB + "Bundle-eu-lab", demo=report.is_demo),
        "identifier": identifier(codes.REPORT_KEY_SYSTEM, report.key),
        "type": "document",
        "timestamp": moment(report.signed_at),
        "entry": [{"fullUrl": f"urn:uuid:{each['id']}", "resource": each} for each in resources(report, links(report))],
    }


def resources(report: Report, to: Links) -> list[Element]:
    """Return every resource of a result, under the addresses given."""
    return [
        composition_resource(report, to),
        report_resource(report, to),
        patient_resource(report, to.patient),
        *observation_resources(report, to),
        specimen_resource(report, to),
        device_resource(report, to.device),
        practitioner_resource(report, to.practitioner),
        role_resource(report, to),
        organization_resource(report, to.organization),
        *laboratory_resources(report, to.laboratory),
        *order_resources(report, to),
        *answer_resources(report, to),
    ]
