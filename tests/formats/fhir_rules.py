"""Rules of a European laboratory report with French identifiers, each under a name, for what `formats.fhir` writes.

Written from the profiles of HL7 Europe Laboratory Report 2.0 and of FR Core 2.2; nothing here imports the code under
test. A rule is a question to the parsed document whose answer must be yes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Element = dict[str, Any]

LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
HL7 = "http://hl7.org/fhir/StructureDefinition/"
HL7_R5 = "http://hl7.org/fhir/5.0/StructureDefinition/"
EU = "http://hl7.eu/fhir/laboratory/StructureDefinition/"
EU_EXTENSION = "http://hl7.eu/fhir/extensions/StructureDefinition/"
FR = "https://hl7.fr/ig/fhir/core/StructureDefinition/"
FR_TYPE = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
FR_STATUS = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identity-status"
# use, type and value of the slices of Patient.identifier that hold a matricule, by system.
MATRICULES = {
    "urn:oid:1.2.250.1.213.1.4.8": ({"official", "old"}, "INS-NIR"),
    "urn:oid:1.2.250.1.213.1.4.9": ({"temp"}, "INS-NIA"),
    "urn:oid:1.2.250.1.213.1.4.10": ({"official"}, "INS-NIR-TEST"),
    "urn:oid:1.2.250.1.213.1.4.11": ({"official"}, "INS-NIR-DEMO"),
}
# ConceptMap-eu-diagRptStatus2CompStatus, for the statuses that a signed result may have.
STATUSES = {("final", "final"), ("amended", "corrected"), ("entered-in-error", "entered-in-error")}
# JDV_ResultatDepistage_CISIS (1.2.250.1.213.1.1.5.761), then the grades of a strip (…5.782).
RESULTS = {"10828004", "260385009", "373068000", "125154007", "441614007", "441517005", "441521003", "260405006"}
SPECIMENS = {
    "258500001", "461911000124106", "447339001", "258529004", "119342007", "122575003", "258574006", "122554006",
    "445297001", "697989009", "871810001", "258411007", "258580003", "122555007", "119364003", "119361006",
}  # fmt: skip
COG = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}")
MATRICULE = re.compile(r"[12][0-9]{4}(?:[0-9]{2}|2A|2B)[0-9]{8}|[12][0-9]{4}[0-9AB]{10}")


class Document:
    """A parsed document and the ways into it."""

    def __init__(self, bundle: Element) -> None:
        self.bundle = bundle
        self.entries = bundle["entry"]
        self.head, self.report = self.first("Composition"), self.first("DiagnosticReport")
        self.patient = self.first("Patient")
        # What was answered when the test was ordered is no result: the profile of results does not speak of it.
        self.asked = [each for order in self.all("ServiceRequest") for each in order.get("supportingInfo", [])]
        named = [each["reference"] for each in self.asked]
        found = [each for each in self.entries if each["resource"]["resourceType"] == "Observation"]
        self.answers = [each["resource"] for each in found if each["fullUrl"] in named]
        self.observations = [each["resource"] for each in found if each["fullUrl"] not in named]
        self.section = (self.head.get("section") or [{}])[0]

    def all(self, kind: str) -> list[Element]:
        return [each["resource"] for each in self.entries if each["resource"]["resourceType"] == kind]

    def first(self, kind: str) -> Element:
        return next(iter(self.all(kind)), {})

    def leads_to(self, reference: Element | None, *kinds: str) -> bool:
        to = [each["resource"] for each in self.entries if each.get("fullUrl") == (reference or {}).get("reference")]
        return len(to) == 1 and to[0]["resourceType"] in kinds

    @property
    def reliability(self) -> Element:
        return extension(self.patient, FR + "fr-core-identity-reliability")

    @property
    def status(self) -> str:
        return str(extension(self.reliability, "identityStatus").get("valueCoding", {}).get("code"))

    @property
    def matricules(self) -> list[Element]:
        return [each for each in self.patient["identifier"] if each["system"] in MATRICULES]

    @property
    def is_ins(self) -> bool:
        return FR + "fr-core-patient-ins" in self.patient["meta"]["profile"]

    @property
    def official(self) -> Element:
        found = [each for each in self.patient["name"] if each["use"] == "official"]
        return found[0] if len(found) == 1 else {}

    @property
    def birth_place(self) -> Element:
        return dict(extension(self.patient, HL7 + "patient-birthPlace").get("valueAddress", {}))

    @property
    def birth_code(self) -> str:
        found = extension(self.birth_place, FR + "fr-core-address-insee-code")
        return str(found.get("valueCoding", {}).get("code", ""))

    @property
    def addresses(self) -> list[Element]:
        return [place for kind in ("Patient", "Organization") for place in self.first(kind).get("address", [])]


def extension(element: Element, url: str) -> Element:
    """Return the extension where there is exactly one of it."""
    found = [each for each in element.get("extension", []) if each["url"] == url]
    return found[0] if len(found) == 1 else {}


def codings(*concepts: Element) -> list[tuple[str, str]]:
    return [(each["system"], each["code"]) for concept in concepts for each in concept.get("coding", [])]


def share(one: list[Any], other: list[Any]) -> bool:
    return any(each in other for each in one)


def slice_of(resource: Element, system: str) -> Element:
    return next((each for each in resource.get("identifier", []) if each["system"] == system), {})


def typed(found: Element, code: str, pattern: str) -> bool:
    return codings(found.get("type", {})) == [(FR_TYPE, code)] and bool(re.fullmatch(pattern, found.get("value", "")))


def each_observation(rule: Callable[[Document, Element], bool]) -> Callable[[Document], bool]:
    return lambda d: bool(d.observations) and all(rule(d, each) for each in d.observations)


def is_matricule(found: Element) -> bool:
    uses, code = MATRICULES[found["system"]]
    return found["use"] in uses and typed(found, code, MATRICULE.pattern)


RULES: dict[str, Callable[[Document], bool]] = {
    # Bundle-eu-lab.
    "document": lambda d: d.bundle["type"] == "document",
    "key": lambda d: bool(d.bundle["identifier"]["system"] and d.bundle["identifier"]["value"]),
    "timestamp": lambda d: "timestamp" in d.bundle,
    "no-total": lambda d: not {"total", "link"} & set(d.bundle),
    "full-urls": lambda d: all(each.get("fullUrl") and set(each) == {"fullUrl", "resource"} for each in d.entries),
    "composition-first": lambda d: d.entries[0]["resource"]["resourceType"] == "Composition",
    "one-comp": lambda d: len(d.all("Composition")) == 1,
    "one-dr": lambda d: len(d.all("DiagnosticReport")) == 1,
    "one-patient": lambda d: len(d.all("Patient")) <= 1,
    "dr-comp-identifier": lambda d: d.head["identifier"] in d.report.get("identifier", []),
    "dr-comp-type": lambda d: share(codings(d.head["type"]), codings(d.report["code"])),
    "dr-comp-category": lambda d: share(codings(*d.head["category"]), codings(*d.report["category"])),
    "dr-comp-subj": lambda d: d.head["subject"] == d.report["subject"] and d.leads_to(d.head["subject"], "Patient"),
    "dr-comp-enc": lambda d: d.head.get("encounter") == d.report.get("encounter"),
    # Composition-eu-lab and DiagnosticReport-eu-lab.
    "diagnostic-report": lambda d: d.leads_to(
        extension(d.head, EU_EXTENSION + "composition-diagnosticReportReference").get("valueReference"),
        "DiagnosticReport",
    ),
    "report-composition": lambda d: d.leads_to(
        extension(d.report, HL7_R5 + "extension-DiagnosticReport.composition").get("valueReference"), "Composition"
    ),
    "type": lambda d: (LOINC, "11502-2") in codings(d.head["type"]),
    "statuses": lambda d: (d.head["status"], d.report["status"]) in STATUSES,
    "reason-of-change": lambda d: (
        (d.report["status"] == "final") != bool(extension(d.report, HL7 + "event-statusReason"))
    ),
    "title": lambda d: bool(d.head.get("title")),
    "author": lambda d: (
        bool(d.head["author"]) and all(d.leads_to(each, "PractitionerRole") for each in d.head["author"])
    ),
    "interpreter-is-author": lambda d: all(each in d.head["author"] for each in d.report["resultsInterpreter"]),
    "section-code": lambda d: (
        bool(d.section.get("title"))
        and share(codings(d.section.get("code", {})), [(LOINC, "18725-2"), (LOINC, "18719-5")])
    ),
    "section-leaf": lambda d: (
        "section" not in d.section
        and bool(d.section.get("text"))
        and bool(d.section.get("entry"))
        and all(d.leads_to(each, "Observation") for each in d.section["entry"])
    ),
    "results": lambda d: (
        d.report["result"] == d.section.get("entry") and len(d.report["result"]) == len(d.observations)
    ),
    "report-specimen": lambda d: all(d.leads_to(each, "Specimen") for each in d.report["specimen"]),
    "effective": lambda d: "effectiveDateTime" in d.report,
    # Observation-resultslab-eu-lab.
    "answers": lambda d: (
        all(d.leads_to(each, "Observation") for each in d.asked)
        and all(
            codings(*each["category"]) == [(CATEGORY, "survey")]
            and bool(codings(each["code"]))
            and each["subject"] == d.head["subject"]
            and len([name for name in each if name.startswith("value")]) == 1
            for each in d.answers
        )
    ),
    "laboratory": each_observation(lambda d, o: codings(*o["category"]).count((CATEGORY, "laboratory")) == 1),
    "performer": each_observation(
        lambda d, o: (
            bool(o.get("performer"))
            and all(d.leads_to(each, "PractitionerRole", "Organization") for each in o["performer"])
        )
    ),
    "eu-lab-1": each_observation(
        lambda d, o: bool(codings(o.get("valueCodeableConcept", {}))) != ("valueQuantity" in o)
    ),
    "result-code": each_observation(
        lambda d, o: (
            "valueQuantity" in o
            or [code for system, code in codings(o.get("valueCodeableConcept", {})) if system == SNOMED][0:1]
            in [[code] for code in RESULTS]
        )
    ),
    "test-code": each_observation(lambda d, o: codings(o["code"])[0][0] == LOINC),
    "observation-status": each_observation(lambda d, o: o["status"] == d.report["status"]),
    "observation-subject": each_observation(lambda d, o: o["subject"] == d.head["subject"]),
    "observation-effective": each_observation(lambda d, o: o["effectiveDateTime"] == d.report["effectiveDateTime"]),
    "observation-specimen": each_observation(lambda d, o: d.leads_to(o.get("specimen"), "Specimen")),
    "test-kit": each_observation(
        lambda d, o: d.leads_to(extension(o, EU + "observation-deviceLabTestKit").get("valueReference"), "Device")
    ),
    # Specimen-eu-lab.
    "specimen-type": lambda d: codings(d.first("Specimen")["type"])[0] in [(SNOMED, code) for code in SPECIMENS],
    "specimen-subject": lambda d: d.first("Specimen")["subject"] == d.head["subject"],
    # fr-core-patient, fr-core-patient-ins, fr-core-identity-reliability.
    "identity-status": lambda d: (
        d.status in {"PROV", "RECUP", "VALI", "QUAL"}
        and extension(d.reliability, "identityStatus")["valueCoding"]["system"] == FR_STATUS
    ),
    "ins-only-qualified": lambda d: not d.matricules or (d.status == "QUAL" and d.is_ins),
    "ins-slices": lambda d: all(is_matricule(each) for each in d.matricules),
    "ins-one-official": lambda d: sum(each["use"] == "official" for each in d.patient["identifier"]) <= 1,
    "ins-profile-has-ins": lambda d: not d.is_ins or len(d.matricules) == 1,
    "ins-birth-place": lambda d: not d.is_ins or bool(d.birth_place),
    "birth-place-code": lambda d: not d.birth_place or bool(COG.fullmatch(d.birth_code)),
    "local-number": lambda d: any(
        each["use"] == "usual" and codings(each["type"]) == [(V2, "PI")] for each in d.patient["identifier"]
    ),
    "official-name": lambda d: bool(d.official.get("family")) and len(d.official.get("given", [])) == 1,
    "birth-given-names": lambda d: bool(
        extension(d.official, FR + "fr-core-patient-birth-list-given-name").get("valueString")
    ),
    "gender": lambda d: d.patient["gender"] in {"male", "female", "unknown"},
    "birth-date": lambda d: bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", d.patient.get("birthDate", ""))),
    # fr-core-address.
    "district": lambda d: all("district" not in each or COG.fullmatch(each["district"]) for each in d.addresses),
    "country": lambda d: all(re.fullmatch("[A-Z]{3}", each.get("country", "FRA")) for each in d.addresses),
    # fr-core-organization, fr-core-practitioner.
    "id-nat-struct": lambda d: typed(
        slice_of(d.first("Organization"), "urn:oid:1.2.250.1.71.4.2.2"), "IDNST", r"1[0-9AB]{9}"
    ),
    "finess": lambda d: typed(
        slice_of(d.first("Organization"), "https://finess.esante.gouv.fr"), "FINEG", "[0-9AB]{9}"
    ),
    "id-nat-ps": lambda d: both_or_none(d, "urn:oid:1.2.250.1.71.4.2.1", "IDNPS", "8[0-9]{11}"),
    "rpps": lambda d: both_or_none(d, "https://rpps.esante.gouv.fr", "RPPS", "[0-9]{11}"),
    "role": lambda d: (
        d.leads_to(d.first("PractitionerRole").get("practitioner"), "Practitioner")
        and d.leads_to(d.first("PractitionerRole").get("organization"), "Organization")
    ),
}


def both_or_none(d: Document, system: str, code: str, pattern: str) -> bool:
    person = d.first("Practitioner")
    national = [slice_of(person, each) for each in ("urn:oid:1.2.250.1.71.4.2.1", "https://rpps.esante.gouv.fr")]
    if not any(national):
        return True  # a profession outside the register
    return all(national) and typed(slice_of(person, system), code, pattern)


def broken(bundle: Element) -> set[str]:
    """Return the names of the rules that a document does not keep."""
    document = Document(bundle)
    return {name for name, rule in RULES.items() if not kept(rule, document)}


def kept(rule: Callable[[Document], bool], document: Document) -> bool:
    try:
        return bool(rule(document))
    except (KeyError, IndexError):
        return False  # what the rule looks for is not there at all
