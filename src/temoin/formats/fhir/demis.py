"""The German dialect, DEMIS: a laboratory notification (§ 7 IfSG) as the content of `$process-notification`.

One notification per category of pathogen. A correction is `amended` and names the notification before; DEMIS takes no
`entered-in-error`. A Report has no BSNR: the sender's is given.
"""

from itertools import groupby
from typing import Final

from temoin.formats.fhir import codes
from temoin.formats.fhir.dialect import DialectError, country, stable_id, told_findings
from temoin.formats.fhir.elements import Element, coding, concept, given_names, identifier, moment, reference, telecom
from temoin.formats.fhir.terms import german_terms
from temoin.testing.report import Address, Finding, Organisation, Report, ReportStatus

DEMIS: Final = "https://demis.rki.de/fhir/"
BUNDLE_ID: Final = DEMIS + "NamingSystem/NotificationBundleId"
NOTIFICATION_ID: Final = DEMIS + "NamingSystem/NotificationId"
BSNR: Final = "https://fhir.kbv.de/NamingSystem/KBV_NS_Base_BSNR"
_LABORATORY = coding(codes.OBSERVATION_CATEGORY, "laboratory", "Laboratory")
_LABORATORY_REPORT = coding(codes.LOINC, "11502-2", "Laboratory report")
_PARTS = (
    "Composition", "Patient", "PractitionerRole/notifier", "Organization/notifier", "PractitionerRole/submitter",
    "Organization/submitter", "Specimen", "DiagnosticReport",
)  # fmt: skip


def notifications(report: Report, *, bsnr: str) -> list[Element]:
    """Return the Parameters to post, one per category; DialectError says what the dialect cannot carry."""
    told = sorted(told_findings(report, german_terms().categories), key=_category)
    return [_parameters(_bundle(report, list(findings), bsnr)) for _, findings in groupby(told, key=_category)]


def _category(finding: Finding) -> str:
    return german_terms().categories[finding.target]


def _parameters(bundle: Element) -> Element:
    return {
        "resourceType": "Parameters",
        "meta": {"profile": [DEMIS + "StructureDefinition/ProcessNotificationRequestParameters"]},
        "parameter": [{"name": "content", "resource": bundle}],
    }


def _bundle(report: Report, findings: list[Finding], bsnr: str) -> Element:
    category = _category(findings[0])
    ids = {part: stable_id(report.key, f"demis/{category}/{part}") for part in _PARTS}
    to = {part: reference(f"{part.partition('/')[0]}/{name}") for part, name in ids.items()}
    observations = [
        (stable_id(report.key, f"demis/{category}/Observation/{n}"), finding) for n, finding in enumerate(findings)
    ]
    resources = [
        (ids["Composition"], "NotificationLaboratory", _composition(report, category, to)),
        (ids["Patient"], "NotifiedPerson", _patient(report)),
        (ids["PractitionerRole/notifier"], "NotifierRole", _role(to["Organization/notifier"])),
        (ids["Organization/notifier"], "NotifierFacility", _facility(report.organisation, bsnr)),
        (ids["PractitionerRole/submitter"], "SubmittingRole", _role(to["Organization/submitter"])),
        (ids["Organization/submitter"], "SubmittingFacility", _facility(report.organisation, bsnr)),
        (ids["Specimen"], f"Specimen{category.upper()}", _specimen(report, to)),
        *(
            (name, f"PathogenDetection{category.upper()}", _observation(report, finding, to))
            for name, finding in observations
        ),
        (
            ids["DiagnosticReport"],
            f"LaboratoryReport{category.upper()}",
            _report(report, findings, to, [name for name, _ in observations]),
        ),
    ]
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [DEMIS + "StructureDefinition/NotificationBundleLaboratory"]},
        "identifier": identifier(BUNDLE_ID, stable_id(report.key, f"demis/{category}")),
        "type": "document",
        "timestamp": moment(report.signed_at),
        "entry": [_entry(*each) for each in resources],
    }


def _entry(name: str, profile: str, resource: Element) -> Element:
    kind = resource["resourceType"]
    known = {"resourceType": kind, "id": name, "meta": {"profile": [f"{DEMIS}StructureDefinition/{profile}"]}}
    return {"fullUrl": f"{DEMIS}{kind}/{name}", "resource": {**known, **resource}}


def _notification_id(key: str, category: str) -> Element:
    return identifier(NOTIFICATION_ID, stable_id(key, f"demis/{category}/notification"))


def _status(report: Report, corrected: str) -> str:
    return corrected if report.status is ReportStatus.CORRECTED else "final"


def _composition(report: Report, category: str, to: dict[str, Element]) -> Element:
    values: Element = {
        "resourceType": "Composition",
        "identifier": _notification_id(report.key, category),
        "status": _status(report, "amended"),
        "type": concept(coding(codes.LOINC, "34782-3", "Infectious disease Note")),
        "category": [concept(_LABORATORY_REPORT)],
        "subject": to["Patient"],
        "date": moment(report.signed_at),
        "author": [to["PractitionerRole/notifier"]],
        "title": "Erregernachweismeldung",
        "section": [{"code": concept(_LABORATORY_REPORT), "entry": [to["DiagnosticReport"]]}],
    }
    if report.replaces_key:
        former = {"type": "Composition", "identifier": _notification_id(report.replaces_key, category)}
        values["relatesTo"] = [{"code": "replaces", "targetReference": former}]
    return values


def _patient(report: Report) -> Element:
    patient = report.patient
    values: Element = {
        "resourceType": "Patient",
        "name": [
            {
                "use": "official",
                "family": patient.used_family_name or patient.birth_family_name,
                **given_names([patient.used_given_name or patient.first_birth_given_name]),
            }
        ],
        "gender": codes.GENDER[patient.sex],
        "birthDate": patient.birth_date.isoformat(),
    }
    contacts = telecom("home", phone=patient.phone, email=patient.email)
    if contacts:
        values["telecom"] = contacts
    if not patient.address.is_known:
        return values  # nowhere known: the office of the pharmacy's place is the responsible one (§ 9 IfSG)
    if patient.address.country == "DEU" and not patient.address.postcode:
        raise DialectError("no_patient_postcode")  # the responsible office is found by it
    use = coding(DEMIS + "CodeSystem/addressUse", "primary", "Hauptwohnsitz")
    extension = [{"url": DEMIS + "StructureDefinition/AddressUse", "valueCoding": use}]
    values["address"] = [{"extension": extension, **_address(patient.address)}]
    return values


def _address(address: Address) -> Element:
    values: Element = {"line": list(address.lines)} if address.lines else {}
    for name, value in (("city", address.city), ("postalCode", address.postcode)):
        if value:
            values[name] = value
    letters = country(address.country)
    return {**values, "country": letters} if letters else values


def _role(organization: Element) -> Element:
    return {"resourceType": "PractitionerRole", "organization": organization}


def _facility(pharmacy: Organisation, bsnr: str) -> Element:
    values: Element = {
        "resourceType": "Organization",
        "identifier": [identifier(BSNR, bsnr)],
        "type": [concept(coding(DEMIS + "CodeSystem/organizationType", "othPrivatLab"))],
        "name": pharmacy.name,
    }
    contacts = telecom("work", phone=pharmacy.phone)
    if contacts:
        values["telecom"] = contacts
    if not (pharmacy.address.city and pharmacy.address.postcode):
        raise DialectError("no_pharmacy_address")
    values["address"] = [_address(pharmacy.address)]
    return values


def _specimen(report: Report, to: dict[str, Element]) -> Element:
    return {
        "resourceType": "Specimen",
        "status": "available",
        "type": concept(coding(codes.SNOMED, report.specimen_snomed)),
        "subject": to["Patient"],
        "receivedTime": moment(report.sampled_at),
        "collection": {
            "collector": to["PractitionerRole/submitter"],
            "collectedDateTime": moment(report.sampled_at),
        },
    }


def _observation(report: Report, finding: Finding, to: dict[str, Element]) -> Element:
    terms = german_terms()
    answer = terms.answers[finding.outcome]
    return {
        "resourceType": "Observation",
        "status": _status(report, "corrected"),
        "category": [concept(_LABORATORY)],
        "code": concept(coding(codes.LOINC, finding.loinc, finding.loinc_display)),
        "subject": to["Patient"],
        "effectiveDateTime": moment(report.read_at),
        "valueCodeableConcept": concept(coding(codes.LOINC, answer.loinc, answer.display)),
        "interpretation": [concept(coding(codes.INTERPRETATION, *codes.INTERPRETATION_OF[finding.outcome]))],
        "method": concept(coding(codes.SNOMED, *terms.method)),
        "specimen": to["Specimen"],
    }


def _report(report: Report, findings: list[Finding], to: dict[str, Element], observations: list[str]) -> Element:
    outcomes = {finding.outcome for finding in findings}
    worst = next(answer for outcome, answer in german_terms().answers.items() if outcome in outcomes)
    values: Element = {
        "resourceType": "DiagnosticReport",
        "status": _status(report, "amended"),
        "code": concept(coding(DEMIS + "CodeSystem/notificationCategory", _category(findings[0]))),
        "subject": to["Patient"],
        "issued": moment(report.signed_at),
        "result": [reference(f"Observation/{name}") for name in observations],
        "conclusionCode": [concept(coding(DEMIS + "CodeSystem/conclusionCode", worst.conclusion))],
    }
    return {**values, "conclusion": report.comment} if report.comment else values
