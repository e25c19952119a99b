"""What somebody else reads in a document: fhir.resources finds every fact of the Report, by the guides' own places."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fhir.resources.R4B.bundle import Bundle
from hypothesis import given
from strategies import as_it_travels, examples, reports

from temoin.formats.fhir import document
from temoin.testing.report import Address, Finding, Report

LOINC, SNOMED, ICD10 = "http://loinc.org", "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10"
OURS = "https://temoin.org/fhir/"
FR = "https://hl7.fr/ig/fhir/core/StructureDefinition/"


class Reading:
    """A document as the library's own models."""

    def __init__(self, data: bytes) -> None:
        self.bundle = Bundle.model_validate_json(data)
        self._at = {entry.fullUrl: entry.resource for entry in self.bundle.entry}

    def one(self, kind: str) -> Any:
        (found,) = [each for each in self._at.values() if each.get_resource_type() == kind]
        return found

    def follow(self, references: Any) -> list[Any]:
        return [self._at[each.reference] for each in references]


def code(concepts: Any, system: str) -> str:
    found = [each.code for concept in concepts or () for each in concept.coding or () if each.system == system]
    return found[0] if found else ""


def value(identifiers: Any, *systems: str) -> str:
    found = [each.value for each in identifiers if each.system in systems]
    return found[0] if found else ""


def extension(element: Any, url: str) -> Any:
    return next((each for each in element.extension or () if each.url == url), None)


def contact(resource: Any, system: str) -> str:
    return next((each.value for each in resource.telecom or () if each.system == system), "")


def place(resource: Any) -> tuple[Any, ...]:
    if not resource.address:
        return ()
    found = resource.address[0]
    other = extension(found, OURS + "StructureDefinition/address-county")
    county = found.district or (other.valueString if other else "")
    return (tuple(found.line or ()), found.postalCode or "", found.city or "", county, found.state or "", found.country)


def address(known: Address) -> tuple[Any, ...]:
    if known == Address():
        return ()
    return (known.lines, known.postcode, known.city, known.county, known.state, known.country or None)


def read_result(read: Reading) -> dict[str, Any]:
    head, result = read.one("Composition"), read.one("DiagnosticReport")
    (specimen,) = read.follow(result.specimen)
    replaces = [each.targetIdentifier.value for each in head.relatesTo or ()]
    why = extension(result, "http://hl7.org/fhir/StructureDefinition/event-statusReason")
    return {
        "key": read.bundle.identifier.value,
        "record": (head.identifier.value, [each.value for each in result.identifier]),
        "version": extension(
            head, "http://hl7.org/fhir/StructureDefinition/composition-clinicaldocument-versionNumber"
        ).valueString,
        "replaces": replaces,
        "status": (head.status, result.status),
        "reason": why.valueCodeableConcept.text if why else "",
        "kind": (code([result.code], OURS + "CodeSystem/test-kind"), result.code.text),
        "chapter": code(head.section[0].code and [head.section[0].code], LOINC),
        "specimen": (code([specimen.type], SNOMED), specimen.type.text, specimen.collection.collectedDateTime),
        "times": (result.effectiveDateTime, result.issued, head.date, read.bundle.timestamp),
        "comment": result.conclusion or "",
        "demo": bool(read.bundle.meta.tag),
    }


def told_result(report: Report) -> dict[str, Any]:
    statuses = {
        "final": ("final", "final"),
        "corrected": ("amended", "corrected"),
        "cancelled": ("entered-in-error", "entered-in-error"),
    }
    return {
        "key": report.key,
        "record": (report.record_id, [report.record_id]),
        "version": str(report.version),
        "replaces": [report.replaces_key] if report.replaces_key else [],
        "status": statuses[report.status],
        "reason": report.reason,
        "kind": (report.kind, report.kind_display),
        "chapter": report.chapter_loinc,
        "specimen": (report.specimen_snomed, report.specimen_display, report.sampled_at),
        "times": (report.sampled_at, report.signed_at, report.signed_at, report.signed_at),
        "comment": report.comment,
        "demo": report.is_demo,
    }


def read_findings(read: Reading) -> list[tuple[Any, ...]]:
    head = read.one("Composition")
    diseases = {each.detail[0].reference: code(each.code, ICD10) for each in head.event or () if code(each.code, ICD10)}
    return [
        (
            code([found.code], LOINC),
            code([found.code], OURS + "CodeSystem/test-target"),
            *read_value(found),
            diseases.get(reference.reference, ""),
            found.effectiveDateTime,
            found.issued,
        )
        for reference in read.one("DiagnosticReport").result
        for found in read.follow([reference])
    ]


def read_value(found: Any) -> tuple[str, str, str]:
    """SNOMED CT, our code and the words of an outcome; or of a quantity, which has neither."""
    if found.valueQuantity is None:
        coded = [found.valueCodeableConcept]
        return code(coded, SNOMED), code(coded, OURS + "CodeSystem/test-outcome"), found.valueCodeableConcept.text
    told = found.valueQuantity
    assert (told.system, told.code) == ("http://unitsofmeasure.org", told.unit)
    return "", "measured", f"{told.comparator or ''}{float(told.value)} {told.code}"


def told_value(finding: Finding) -> tuple[str, str, str]:
    if finding.quantity is None:
        return finding.snomed, finding.outcome, finding.snomed_display
    told = finding.quantity
    return "", "measured", f"{told.comparator}{float(told.value)} {told.unit}"  # as one who keeps no zeros reads it


def told_findings(report: Report) -> list[tuple[Any, ...]]:
    times: tuple[datetime, datetime] = (report.sampled_at, report.read_at)
    return [(each.loinc, each.target, *told_value(each), each.icd10, *times) for each in report.findings]


def read_people(read: Reading) -> dict[str, Any]:
    (patient,) = read.follow([read.one("Composition").subject])
    (role,) = read.follow(read.one("Composition").author)
    (person,), (pharmacy,) = read.follow([role.practitioner]), read.follow([role.organization])
    names = {each.use: each for each in patient.name}
    born = extension(patient, "http://hl7.org/fhir/StructureDefinition/patient-birthPlace")
    trust = extension(patient, FR + "fr-core-identity-reliability")
    usual = names.get("usual")
    all_given = extension(names["official"], FR + "fr-core-patient-birth-list-given-name")
    return {
        "patient": (
            value(patient.identifier, OURS + "patient-id"),
            value(patient.identifier, "urn:oid:1.2.250.1.213.1.4.8", "urn:oid:1.2.250.1.213.1.4.11"),
            names["official"].family,
            names["official"].given or [""],
            all_given.valueString if all_given else "",
            (usual.family or "", (usual.given or [""])[0]) if usual else ("", ""),
            (patient.gender, patient.birthDate),
            extension(born.valueAddress, FR + "fr-core-address-insee-code").valueCoding.code if born else "",
            extension(trust, "identityStatus").valueCoding.code,
            (contact(patient, "phone"), contact(patient, "email"), place(patient)),
        ),
        "signer": (
            value(person.identifier, OURS + "member-id"),
            value(person.identifier, "https://rpps.esante.gouv.fr"),
            (person.name[0].family, (person.name[0].given or [""])[0]),
            code(role.code, "urn:oid:1.2.250.1.213.1.1.4.5"),
        ),
        "pharmacy": (
            value(pharmacy.identifier, OURS + "pharmacy-id"),
            value(pharmacy.identifier, "https://finess.esante.gouv.fr"),
            (pharmacy.name, contact(pharmacy, "phone"), place(pharmacy)),
        ),
    }


def told_people(report: Report) -> dict[str, Any]:
    patient, signer, pharmacy = as_it_travels(report).patient, report.signer, report.organisation
    gender = {"F": "female", "M": "male", "U": "unknown"}[patient.sex]
    return {
        "patient": (
            patient.patient_id,
            patient.nir,
            patient.birth_family_name,
            [patient.first_birth_given_name],
            patient.birth_given_names,
            (patient.used_family_name, patient.used_given_name),
            (gender, patient.birth_date),
            patient.birth_place,
            patient.identity_status.value,
            (patient.phone, patient.email, address(patient.address)),
        ),
        "signer": (signer.member_id, signer.rpps, (signer.family_name, signer.given_name), signer.profession),
        "pharmacy": (
            pharmacy.pharmacy_id,
            pharmacy.finess,
            (pharmacy.name, pharmacy.phone, address(pharmacy.address)),
        ),
    }


def read_kit(read: Reading) -> tuple[Any, ...]:
    device = read.one("Device")
    carrier = (device.udiCarrier or [None])[0]
    udi = ""
    if carrier is not None:
        udi = carrier.carrierHRF or carrier.carrierAIDC.decode()
    expiry = device.expirationDate
    name = device.deviceName[0].name if device.deviceName else ""
    return (device.manufacturer or "", device.modelNumber or "", name, udi, device.lotNumber or "", expiry)


def told_kit(report: Report) -> tuple[Any, ...]:
    kit = report.device
    return (kit.manufacturer, kit.reference, kit.name, kit.udi, kit.lot, kit.expiry)


@examples(40)  # the library's models cost 30 ms a document
@given(reports())
def test_somebody_else_reads_every_fact_of_the_report(report: Report) -> None:
    read = Reading(document(report))

    assert read_result(read) == told_result(report)
    assert read_findings(read) == told_findings(report)
    assert read_people(read) == told_people(report)
    assert read_kit(read) == told_kit(report)
