"""The resources of a result as a server tells them one by one: those of its document, under lasting addresses.

An address names the test and not its version, which is `meta.versionId`. What is not told alone (kit, people, order,
answers) is contained in each resource that speaks of it.
"""

from collections.abc import Iterator
from typing import Any

from temoin.formats.fhir import codes
from temoin.formats.fhir.document import resources
from temoin.formats.fhir.elements import Element, identifier, moment
from temoin.formats.fhir.links import Links
from temoin.formats.fhir.patient import named_patient
from temoin.testing.report import PatientIdentity, Report


def served_result(report: Report) -> dict[str, Element]:
    """Return DiagnosticReport, Observations and Specimen of a result, by their addresses."""
    to = _lasting_links(report)
    every = {
        name: one for one in resources(report, to) for name in (f"#{one['id']}", f"{one['resourceType']}/{one['id']}")
    }
    # The document is sent, and not read here: its head is named by the identifier that both bear.
    head = {"type": "Composition", "identifier": identifier(codes.RECORD_SYSTEM, report.record_id)}
    every[to.report]["extension"][0]["valueReference"] = head
    version = {"versionId": str(report.version), "lastUpdated": moment(report.signed_at)}
    return {
        address: _with_contained(every[address], every) | {"meta": every[address]["meta"] | version}
        for address in (to.report, *to.observations, to.specimen)
    }


def served_patient(patient: PatientIdentity, version: str, *, demo: bool) -> Element:
    """Return a patient as they stand on record now."""
    values = named_patient(patient, f"Patient/{patient.patient_id}", demo=demo)
    return {**values, "meta": values["meta"] | {"versionId": version}}


def _lasting_links(report: Report) -> Links:
    record = report.record_id
    return Links(
        composition="#composition",
        report=f"DiagnosticReport/{record}",
        patient=f"Patient/{report.patient.patient_id}",
        practitioner="#practitioner",
        role="#role",
        organization="#organization",
        laboratory="#laboratory",
        order="#order",
        prescriber="#prescriber",
        specimen=f"Specimen/{record}",
        device="#device",
        observations=tuple(f"Observation/{record}.{place}" for place in range(len(report.findings))),
        answers=tuple(f"#answer-{answer.question}" for answer in report.answers),
    )


def _with_contained(one: Element, every: dict[str, Element]) -> Element:
    """Return a resource with those within it that it names, and that these name in their turn."""
    needed: dict[str, Element] = {}
    waiting = [one]
    while waiting:
        named = [name for name in _inner_names(waiting.pop()) if name not in needed]
        needed |= {name: every[name] for name in named}
        waiting += [every[name] for name in named]
    return {**one, "contained": list(needed.values())} if needed else one


def _inner_names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        told = value.get("reference", "")
        if isinstance(told, str) and told.startswith("#"):
            yield told
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _inner_names(each)
