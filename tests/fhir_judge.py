"""The judge of what we write as FHIR R4: a reader that is not ours, and what that reader does not look at."""

from __future__ import annotations

import re
from typing import Any

from fhir.resources.R4B import get_fhir_model_class

KEY = "https://temoin.org/fhir/"
# Closed lists of FHIR R4 that fhir.resources does not check.
STATUSES = {
    "Composition": {"preliminary", "final", "amended", "entered-in-error"},
    "DiagnosticReport": {"final", "corrected", "entered-in-error"},
    "Observation": {"final", "corrected", "entered-in-error"},
    "Specimen": {"available"},
}
USES = {"usual", "official", "temp", "secondary", "old", "home", "work", "mobile"}
DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])"
)
MOMENTS = ["timestamp", "date", "issued", "effectiveDateTime", "collectedDateTime", "time", "start", "lastUpdated"]
CODE = re.compile(r"[^\s]+(\s[^\s]+)*")
NAMESPACES = {
    "http://loinc.org",
    "http://snomed.info/sct",
    "http://unitsofmeasure.org",
    "http://hl7.org/fhir/sid/icd-10",
    "http://terminology.hl7.org/CodeSystem/v2-0136",  # yes and no, of the answers to questions
    "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",  # asked, and not known
    "http://terminology.hl7.org/CodeSystem/v2-0203",
    "http://terminology.hl7.org/CodeSystem/observation-category",
    "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
    "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203",
    "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identity-status",
    "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM",
    "https://mos.esante.gouv.fr/NOS/TRE_R20-Pays/FHIR/TRE-R20-Pays",
    "https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite",
    "urn:oid:1.2.250.1.213.1.1.4.5",
    "urn:oid:1.2.250.1.213.1.1.4.322",
}


def walk(value: Any) -> list[dict[str, Any]]:
    """Every object of the document."""
    if isinstance(value, dict):
        return [value, *(each for inner in value.values() for each in walk(inner))]
    if isinstance(value, list):
        return [each for inner in value for each in walk(inner)]
    return []


def judge(resource: dict[str, Any]) -> None:
    """Fail for what is no resource of R4; those within it are judged too."""
    for each in walk(resource):
        if "resourceType" in each:
            get_fhir_model_class(each["resourceType"]).model_validate(each)
            allowed = STATUSES.get(each["resourceType"])
            assert allowed is None or each["status"] in allowed
        assert each, "FHIR has no empty objects"
        assert all(value not in ("", [], None) for value in each.values())
        assert each.get("use", "home") in USES
        if "code" in each and "system" in each:
            assert each["system"] in NAMESPACES or each["system"].startswith(KEY)
            assert CODE.fullmatch(each["code"])
        for name in MOMENTS:
            assert DATETIME.fullmatch(each.get(name, "2026-01-01T00:00:00Z"))
