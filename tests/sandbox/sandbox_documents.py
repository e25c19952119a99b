"""Builds the smallest document the authority accepts, by hand, so that tests can damage it."""

import copy
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox_server import SYSTEM

LAB = "http://hl7.eu/fhir/laboratory/StructureDefinition"
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"


def concept(system: str, code: str, display: str = "") -> dict[str, Any]:
    coding = {"system": system, "code": code}
    return {"coding": [{**coding, "display": display} if display else coding]}


def moment(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).isoformat(timespec="seconds")  # noqa: TID251


def document(key: str = "", *, replaces: str = "", outcome: str = "260385009") -> dict[str, Any]:
    """Return a valid Bundle with its own idempotency key; `replaces` makes it an amended one."""
    key = key or str(uuid.uuid4())
    urls = {name: f"urn:uuid:{uuid.uuid4()}" for name in ("comp", "report", "pat", "prac", "org", "kit", "spec", "obs")}
    shared = {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid.uuid4()}"}
    amended = bool(replaces)
    composition = {
        "resourceType": "Composition",
        "extension": [
            {
                "url": f"{LAB}/composition-diagnosticReportReference",
                "valueReference": {"reference": urls["report"]},
            }
        ],
        "identifier": shared,
        "status": "amended" if amended else "final",
        "type": concept(LOINC, "11502-2"),
        "subject": {"reference": urls["pat"]},
        "date": moment(minutes=3),
        "author": [{"reference": urls["prac"]}],
        "title": "Compte rendu",
        "custodian": {"reference": urls["org"]},
        "section": [{"code": concept(LOINC, "18725-2"), "entry": [{"reference": urls["obs"]}]}],
    }
    if amended:
        composition["relatesTo"] = [{"code": "replaces", "targetIdentifier": {"system": SYSTEM, "value": replaces}}]
    resources = [
        ("comp", composition),
        (
            "report",
            {
                "resourceType": "DiagnosticReport",
                "identifier": [shared],
                "status": "corrected" if amended else "final",
                "code": concept(LOINC, "11502-2"),
                "subject": {"reference": urls["pat"]},
                "effectiveDateTime": moment(minutes=30),
                "result": [{"reference": urls["obs"]}],
            },
        ),
        (
            "pat",
            {
                "resourceType": "Patient",
                "identifier": [{"system": "urn:uuid:local", "value": "patient-1"}],
                "name": [{"use": "official", "family": "DEMONSTRATION", "given": ["Dominique"]}],
                "gender": "female",
                "birthDate": "1979-03-28",
            },
        ),
        (
            "prac",
            {
                "resourceType": "Practitioner",
                "identifier": [
                    {"system": "https://rpps.esante.gouv.fr", "value": "10003879623"},
                    {"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "810003879623"},
                ],
                "name": [{"family": "PHARMACIE", "given": ["Claude"]}],
            },
        ),
        (
            "org",
            {
                "resourceType": "Organization",
                "identifier": [{"system": "https://finess.esante.gouv.fr", "value": "750712184"}],
                "name": "Pharmacie de la Démonstration",
                "address": [{"postalCode": "75011", "city": "Paris"}],
            },
        ),
        (
            "kit",
            {"resourceType": "Device", "manufacturer": "Fabricant", "lotNumber": "L1", "modelNumber": "R1"},
        ),
        (
            "spec",
            {
                "resourceType": "Specimen",
                "type": concept(SNOMED, "258500001"),
                "subject": {"reference": urls["pat"]},
            },
        ),
        (
            "obs",
            {
                "resourceType": "Observation",
                "status": "corrected" if amended else "final",
                "category": [concept("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory")],
                "code": concept(LOINC, "94558-4", "SARS-CoV-2 Ag"),
                "subject": {"reference": urls["pat"]},
                "effectiveDateTime": moment(minutes=30),
                "performer": [{"reference": urls["org"]}],
                "valueCodeableConcept": concept(SNOMED, outcome),
                "specimen": {"reference": urls["spec"]},
                "device": {"reference": urls["kit"]},
            },
        ),
    ]
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [f"{LAB}/Bundle-eu-lab"]},
        "identifier": {"system": SYSTEM, "value": key},
        "type": "document",
        "timestamp": moment(minutes=2),
        "entry": [{"fullUrl": urls[name], "resource": resource} for name, resource in resources],
    }


def resource_of(bundle: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the first resource of a type."""
    return next(e["resource"] for e in bundle["entry"] if e["resource"].get("resourceType") == name)


def copy_of(bundle: dict[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(bundle)
