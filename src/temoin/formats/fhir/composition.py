"""The two heads of the document: the Composition for people, the DiagnosticReport for software."""

from temoin.formats.fhir import codes
from temoin.formats.fhir.elements import Element, coding, concept, identifier, moment, reference, resource
from temoin.formats.fhir.links import Links
from temoin.formats.fhir.narrative import narrative
from temoin.formats.fhir.order import has_order
from temoin.formats.fhir.performers import performers
from temoin.testing.report import Report

# Both heads share these codings (invariant dr-comp-type): the European type, then the French one (BIO-TROD).
_EUROPEAN_TYPE = coding(codes.LOINC, "11502-2", "Laboratory report")
_FRENCH_TYPE = coding(codes.LOINC, "96173-0", "Test rapide d'orientation diagnostique")
_TYPE = (_EUROPEAN_TYPE, _FRENCH_TYPE)
_STUDIES = coding(codes.LOINC, "26436-6", "Laboratory studies (set)")
_CONSENT = coding(codes.CONSENT_CODES, "GEN-366", codes.CONSENT_LABEL)


def composition_resource(report: Report, links: Links) -> Element:
    profile = codes.EU_LAB + "Composition-eu-lab"
    values = resource("Composition", links.composition, profile, demo=report.is_demo)
    if report.source:
        values["meta"].setdefault("tag", []).append(coding(codes.SOURCE_SYSTEM, report.source))
    values["language"] = "fr-FR"
    values["extension"] = [
        {"url": codes.DOCUMENT_VERSION, "valueString": str(report.version)},
        {"url": codes.COMPOSITION_REPORT, "valueReference": reference(links.report)},
    ]
    values["identifier"] = identifier(codes.RECORD_SYSTEM, report.record_id)
    values["status"] = codes.STATUS[report.status][0]
    values["type"] = concept(*_TYPE)
    values["category"] = _categories(report)
    values["subject"] = reference(links.patient)
    signed_at = moment(report.signed_at)
    values["date"] = signed_at
    values["author"] = [reference(links.role)]
    values["title"] = f"Test rapide d'orientation diagnostique : {report.kind_display}"
    values["confidentiality"] = "N"
    values["attester"] = [{"mode": "legal", "time": signed_at, "party": reference(links.role)}]
    values["custodian"] = reference(links.organization)
    if report.replaces_key:
        previous = identifier(codes.REPORT_KEY_SYSTEM, report.replaces_key)
        values["relatesTo"] = [{"code": "replaces", "targetIdentifier": previous}]
    events = _events(report, links)
    if events:
        values["event"] = events
    values["section"] = [_section(report, links)]
    return values


def report_resource(report: Report, links: Links) -> Element:
    profile = codes.EU_LAB + "DiagnosticReport-eu-lab"
    values = resource("DiagnosticReport", links.report, profile, demo=report.is_demo)
    values["extension"] = [{"url": codes.REPORT_COMPOSITION, "valueReference": reference(links.composition)}]
    if report.reason:
        # The guide asks for the reason of a corrected or cancelled status in this extension.
        values["extension"].append({"url": codes.STATUS_REASON, "valueCodeableConcept": {"text": report.reason}})
    values["identifier"] = [identifier(codes.RECORD_SYSTEM, report.record_id)]
    if has_order(report):
        values["basedOn"] = [reference(links.order)]
    values["status"] = codes.STATUS[report.status][1]
    values["category"] = _categories(report)
    kind = coding(codes.KIND_SYSTEM, report.kind, report.kind_display)
    values["code"] = concept(*_TYPE, kind, text=report.kind_display)
    values["subject"] = reference(links.patient)
    values["effectiveDateTime"] = moment(report.sampled_at)
    values["issued"] = moment(report.signed_at)
    values["performer"] = performers(report, links)
    values["resultsInterpreter"] = [reference(links.role)]
    values["specimen"] = [reference(links.specimen)]
    values["result"] = [reference(link) for link in links.observations]
    if report.comment:
        values["conclusion"] = report.comment
    return values


def _categories(report: Report) -> list[Element]:
    chapter = coding(codes.LOINC, report.chapter_loinc, report.chapter_display)
    return [concept(_STUDIES), concept(chapter)]


def _events(report: Report, links: Links) -> list[Element]:
    """Return what was done: a disease looked for per finding, and the consent.

    ICD-10 says which disease the test was about, not that the patient has it: no Condition and no
    conclusionCode. `Composition.event` is what CDA calls serviceEvent, where BIO-TROD has the same code, one
    per disease.
    """
    period = {"start": moment(report.sampled_at)}
    events: list[Element] = [
        {"code": [concept(coding(codes.ICD10, finding.icd10))], "period": period, "detail": [reference(link)]}
        for finding, link in zip(report.findings, links.observations, strict=True)
        if finding.icd10
    ]
    if report.consent_notice:
        notice = coding(codes.NOTICE_SYSTEM, report.consent_notice)
        events.append({"code": [concept(_CONSENT, notice)], "period": period})
    return events


def _section(report: Report, links: Links) -> Element:
    return {
        "title": "Résultat du test rapide d'orientation diagnostique",
        "code": concept(coding(codes.LOINC, report.chapter_loinc, report.chapter_display)),
        "text": narrative(report),
        "entry": [reference(link) for link in links.observations],
    }
