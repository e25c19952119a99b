"""The Swiss dialect, CH ELM 1.13: one document per organism, inside a DocumentReference.

What the guide asks: `status` final always, a correction as a document that replaces another, the name whole or by its
initials as the organism is. A Report has no GLN: the sender's is given.
"""

from typing import Any, Final

from temoin.formats.fhir import codes
from temoin.formats.fhir.dialect import DialectError, country, stable_id, told_findings
from temoin.formats.fhir.elements import Element, coding, concept, given_names, identifier, moment, reference, telecom
from temoin.formats.fhir.terms import swiss_terms
from temoin.testing.report import Address, Finding, Report

GLN: Final = "urn:oid:2.51.1.3"
UUID_SYSTEM: Final = "urn:ietf:rfc:3986"
_LABORATORY = coding(codes.OBSERVATION_CATEGORY, "laboratory", "Laboratory")
_SNOMED_SWITZERLAND = "http://snomed.info/sct/2011000195101"
_LABORATORY_REPORT = coding(codes.LOINC, "11502-2", "Laboratory report")
_SWISS_REPORT = coding(codes.SNOMED, "4241000179101", "Laboratory report")
_MICROBIOLOGY = coding(codes.LOINC, "18725-2", "Microbiology studies (set)")
_CODED_STRING = "http://hl7.org/fhir/StructureDefinition/iso21090-codedString"


def document_references(report: Report, *, gln: str) -> list[Element]:
    """Return what is posted, one per organism to tell; DialectError says what the dialect cannot carry."""
    return [_document_reference(report, finding, gln) for finding in told_findings(report, swiss_terms().whole_name)]


def _document_reference(report: Report, finding: Finding, gln: str) -> Element:
    bundle = _bundle(report, finding, gln)
    values: Element = {
        "resourceType": "DocumentReference",
        "contained": [bundle],
        "identifier": [bundle["identifier"]],
        "status": "current",
        "date": moment(report.signed_at),
        "content": [{"attachment": {"language": "fr-CH", "url": f"#{bundle['id']}"}}],
    }
    if report.replaces_key:
        former = _uuid(stable_id(report.replaces_key, f"ch-elm/{finding.target}"))
        values["relatesTo"] = [{"code": "replaces", "target": {"identifier": former}}]
    return values


def _bundle(report: Report, finding: Finding, gln: str) -> Element:
    name = stable_id(report.key, f"ch-elm/{finding.target}")
    links = {
        part: f"urn:uuid:{stable_id(report.key, f'ch-elm/{finding.target}/{part}')}"
        for part in (
            "composition", "report", "patient", "observation", "specimen", "order", "laboratory", "role", "person",
            "orderer",
        )
    }  # fmt: skip
    resources = {
        "composition": _composition(report, name, links),
        "report": _report(name, links),
        "patient": _patient(report, finding),
        "observation": _observation(report, finding, links),
        "specimen": _specimen(report, links),
        "order": _order(report, finding, links),
        "laboratory": {
            "resourceType": "Organization",
            "identifier": [identifier(GLN, gln)],
            "name": report.organisation.name,
        },
        "role": {
            "resourceType": "PractitionerRole",
            "practitioner": reference(links["person"]),
            "organization": reference(links["orderer"]),
        },
        "person": _orderer_person(report),
        "orderer": _orderer(report),
    }
    return {
        "resourceType": "Bundle",
        "id": name,
        "identifier": _uuid(name),
        "type": "document",
        "timestamp": moment(report.signed_at),
        "entry": [_entry(links[part], resource) for part, resource in resources.items()],
    }


def _entry(full_url: str, resource: Element) -> Element:
    return {"fullUrl": full_url, "resource": {**resource, "id": full_url.removeprefix("urn:uuid:")}}


def _uuid(name: str) -> Element:
    return identifier(UUID_SYSTEM, f"urn:uuid:{name}")


def _composition(report: Report, name: str, links: dict[str, str]) -> Element:
    swiss = {**_SWISS_REPORT, "version": _SNOMED_SWITZERLAND}
    return {
        "resourceType": "Composition",
        "language": "fr-CH",
        "identifier": _uuid(name),
        "status": "final",
        "type": concept(swiss, _LABORATORY_REPORT),
        "subject": reference(links["patient"]),
        "date": moment(report.signed_at),
        "author": [reference(links["laboratory"])],
        "title": f"Rapport de laboratoire du {report.signed_at:%d.%m.%Y}",
        "section": [
            {
                "title": "Résultats de l'analyse microbiologique",
                "code": concept(_MICROBIOLOGY),
                "entry": [reference(links["observation"])],
            }
        ],
    }


def _report(name: str, links: dict[str, str]) -> Element:
    return {
        "resourceType": "DiagnosticReport",
        "extension": [{"url": codes.REPORT_COMPOSITION, "valueReference": reference(links["composition"])}],
        "identifier": [_uuid(name)],
        "basedOn": [reference(links["order"])],
        "status": "final",
        "code": concept(_LABORATORY_REPORT),
        "subject": reference(links["patient"]),
        "performer": [reference(links["laboratory"])],
        "specimen": [reference(links["specimen"])],
        "result": [reference(links["observation"])],
    }


def _patient(report: Report, finding: Finding) -> Element:
    patient = report.patient
    is_whole = swiss_terms().whole_name[finding.target]
    family = patient.used_family_name or patient.birth_family_name
    given = patient.used_given_name or patient.first_birth_given_name
    values: Element = {
        "resourceType": "Patient",
        "name": [
            {
                "family": family if is_whole else family[0],
                **given_names([given if is_whole else given[:1]]),
            }
        ],
        "gender": codes.GENDER[patient.sex],
        "birthDate": patient.birth_date.isoformat(),
    }
    contacts = telecom("home", phone=patient.phone)
    if is_whole and contacts:
        values["telecom"] = contacts
    if patient.address.is_known:
        values["address"] = [_home(patient.address, with_street=is_whole)]
    return values


def _home(address: Address, *, with_street: bool) -> Element:
    letters = country(address.country)
    values: Element = {"use": "home"}
    if with_street and address.lines:
        values["line"] = [", ".join(address.lines)]  # one line at most
    for name, value in (("city", address.city), ("postalCode", address.postcode)):
        if value:
            values[name] = value
    if letters in {"CH", "LI"}:
        values["state"] = _canton(address)
    if not letters:
        return values
    coded = {"url": _CODED_STRING, "valueCoding": coding("urn:iso:std:iso:3166", letters)}
    return {**values, "country": letters, "_country": {"extension": [coded]}}


def _canton(address: Address) -> str:
    if address.state not in swiss_terms().cantons:
        raise DialectError("no_canton")
    return address.state


def _observation(report: Report, finding: Finding, links: dict[str, str]) -> Element:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [concept(_LABORATORY)],
        "code": concept(coding(codes.LOINC, finding.loinc, finding.loinc_display)),
        "subject": reference(links["patient"]),
        "effectiveDateTime": moment(report.read_at),
        "performer": [reference(links["laboratory"])],
        "valueCodeableConcept": concept(coding(codes.SNOMED, finding.snomed)),
        "interpretation": [concept(coding(codes.INTERPRETATION, *codes.INTERPRETATION_OF[finding.outcome]))],
        "specimen": reference(links["specimen"]),
    }


def _specimen(report: Report, links: dict[str, str]) -> Element:
    return {
        "resourceType": "Specimen",
        "type": concept(coding(codes.SNOMED, report.specimen_snomed)),
        "subject": reference(links["patient"]),
        "collection": {"collectedDateTime": moment(report.sampled_at)},
    }


def _order(report: Report, finding: Finding, links: dict[str, str]) -> Element:
    return {
        "resourceType": "ServiceRequest",
        "identifier": [{"value": report.record_id}],
        "status": "completed",
        "intent": "order",
        "code": concept(coding(codes.LOINC, finding.loinc, finding.loinc_display)),
        "subject": reference(links["patient"]),
        "requester": reference(links["role"]),
        "specimen": [reference(links["specimen"])],
    }


def _orderer_person(report: Report) -> Element:
    """Return who ordered the test; where nobody told, the signer did."""
    who, by = (report.prescriber or report.signer), (report.prescriber or report.organisation)
    name: dict[str, Any] = {"family": who.family_name}
    if who.given_name:
        name["given"] = [who.given_name]
    values: Element = {"resourceType": "Practitioner", "name": [name]}
    contacts = telecom("work", phone=by.phone)
    return {**values, "telecom": contacts} if contacts else values


def _orderer(report: Report) -> Element:
    place = report.organisation.address
    if not (place.city and place.postcode):
        raise DialectError("no_pharmacy_address")  # ch-elm-practrole
    address: Element = {"city": place.city, "postalCode": place.postcode}
    if place.lines:
        address["line"] = list(place.lines)
    return {"resourceType": "Organization", "name": report.organisation.name, "address": [address]}
