"""The header of the document: what it is, about whom, by whom, on what occasion, and what it replaces."""

from __future__ import annotations

from temoin.formats.cda import codes
from temoin.formats.cda.doctor import add_recipient, add_treating_doctor
from temoin.formats.cda.elements import (
    Element,
    add,
    add_address,
    add_code,
    add_interval,
    add_templates,
    add_text,
    moment,
    oid,
)
from temoin.formats.cda.others import add_prescriber
from temoin.formats.cda.people import PHARMACY, add_organisation, add_patient, add_pharmacy_id, add_signer
from temoin.formats.cda.terms import Test
from temoin.testing.report import Report, ReportStatus

TITLE = "Test rapide d'orientation diagnostique : "
CANCELLED_TITLE = " (résultat annulé)"
_AMBULATORY = ("AMB", "Ambulatoire (hors établissement)")


def add_header(root: Element, report: Report, tests: tuple[Test, ...]) -> None:
    """Append the header, in the order of the schema."""
    _add_nature(root, report)
    add_patient(root, report)
    author = add(root, "author")
    add(author, "time", value=moment(report.signed_at))
    add_signer(author, "assignedAuthor", report)
    custodian = add(add(root, "custodian"), "assignedCustodian")
    add_organisation(add(custodian, "representedCustodianOrganization"), report)
    if report.doctor is not None:
        add_recipient(root, report.doctor)
    authenticator = add(root, "legalAuthenticator")
    add(authenticator, "time", value=moment(report.signed_at))
    add(authenticator, "signatureCode", code="S")
    add_signer(authenticator, "assignedEntity", report)
    if report.doctor is not None:
        add_treating_doctor(root, report.doctor, report.sampled_at)
    if report.prescriber is not None:
        add_prescriber(root, report.prescriber)
    _add_events(root, report, tests)
    if report.replaces_key:
        replaced = add(root, "relatedDocument", typeCode="RPLC")
        add(add(replaced, "parentDocument"), "id", root=oid(report.replaces_key))
    _add_consent(root, report)
    _add_encounter(root, report)


def _add_nature(root: Element, report: Report) -> None:
    add(root, "realmCode", code="FR")
    add(root, "typeId", root="2.16.840.1.113883.1.3", extension="POCD_HD000040")
    add_templates(root, codes.TEMPLATES)
    add(root, "templateId", root=codes.BIO_TROD[0], extension=codes.BIO_TROD[1])
    add(root, "id", root=oid(report.key))
    add_code(root, "code", codes.DOCUMENT_CODE, codes.LOINC[0])
    add_text(root, "title", title(report))
    add(root, "effectiveTime", value=moment(report.signed_at))
    add_code(root, "confidentialityCode", ("N", "Normal"), codes.CONFIDENTIALITY)
    add(root, "languageCode", code="fr-FR")
    add(root, "setId", root=oid(report.record_id))
    add(root, "versionNumber", value=str(report.version))


def title(report: Report) -> str:
    """Return the title of the document: a result that is void says so wherever titles are listed."""
    cancelled = CANCELLED_TITLE if report.status is ReportStatus.CANCELLED else ""
    return f"{TITLE}{report.kind_display}{cancelled}"


def _add_events(root: Element, report: Report, tests: tuple[Test, ...]) -> None:
    """Append one event per disease looked for: both lines of a urine strip look for one."""
    for disease in dict.fromkeys(test.disease for test in tests):
        event = add(add(root, "documentationOf"), "serviceEvent", classCode="ACT")
        add_code(event, "code", (disease.code, disease.label), codes.ICD10)
        add_interval(event, report.sampled_at, report.read_at)
        add_signer(add(event, "performer", typeCode="PRF"), "assignedEntity", report)


def _add_consent(root: Element, report: Report) -> None:
    if not report.consent_notice:
        return
    consent = add(add(root, "authorization", typeCode="AUTH"), "consent", classCode="CONS", moodCode="EVN")
    add(consent, "id", root=codes.NOTICES, extension=report.consent_notice)
    add_code(consent, "code", codes.CONSENT_CODE, codes.CONSENTS)
    add(consent, "statusCode", code="completed")


def _add_encounter(root: Element, report: Report) -> None:
    encounter = add(add(root, "componentOf"), "encompassingEncounter")
    add_code(encounter, "code", _AMBULATORY, codes.ACTS)
    add_interval(encounter, report.sampled_at)
    add_signer(add(encounter, "responsibleParty"), "assignedEntity", report)
    facility = add(add(encounter, "location"), "healthCareFacility")
    add_pharmacy_id(facility, report)
    add_code(facility, "code", PHARMACY, codes.ACTIVITY_SECTORS)
    place = add(facility, "location")
    add_text(place, "name", report.organisation.name)
    add_address(place, report.organisation.address)
