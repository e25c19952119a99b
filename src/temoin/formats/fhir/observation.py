"""What was found in what: one Observation per finding, and the Specimen they share."""

import orjson

from temoin.formats.fhir import codes
from temoin.formats.fhir.elements import Element, coding, concept, moment, reference, resource
from temoin.formats.fhir.links import Links
from temoin.formats.fhir.performers import performers
from temoin.lib.quantity import Quantity
from temoin.testing.report import Finding, Report

_LABORATORY = coding(codes.OBSERVATION_CATEGORY, "laboratory", "Laboratory")


def observation_resources(report: Report, links: Links) -> list[Element]:
    return [
        _observation(report, finding, links, full_url)
        for finding, full_url in zip(report.findings, links.observations, strict=True)
    ]


def _observation(report: Report, finding: Finding, links: Links, full_url: str) -> Element:
    profile = codes.EU_LAB + "Observation-resultslab-eu-lab"
    values = resource("Observation", full_url, profile, demo=report.is_demo)
    device = reference(links.device)
    values["extension"] = [{"url": codes.LAB_TEST_KIT, "valueReference": device}]
    values["status"] = codes.STATUS[report.status][1]
    chapter = coding(codes.LOINC, report.chapter_loinc, report.chapter_display)
    values["category"] = [concept(_LABORATORY), concept(chapter)]
    values["code"] = concept(
        coding(codes.LOINC, finding.loinc, finding.loinc_display),
        coding(codes.TARGET_SYSTEM, finding.target, finding.display),
        text=finding.display,
    )
    values["subject"] = reference(links.patient)
    values["effectiveDateTime"] = moment(report.sampled_at)
    values["issued"] = moment(report.read_at)
    values["performer"] = performers(report, links)
    if finding.quantity:
        values["valueQuantity"] = _quantity(finding.quantity)
    else:
        values["valueCodeableConcept"] = concept(
            coding(codes.SNOMED, finding.snomed, finding.snomed_display),
            coding(codes.OUTCOME_SYSTEM, finding.outcome),
            text=finding.snomed_display,
        )
    meaning = codes.INTERPRETATION_OF.get(finding.outcome)
    if meaning:
        values["interpretation"] = [concept(coding(codes.INTERPRETATION, *meaning))]
    values["specimen"] = reference(links.specimen)
    values["device"] = device
    return values


def _quantity(quantity: Quantity) -> Element:
    # Written as it was shown: no float, and 1.20 stays 1.20, which FHIR asks for too.
    value: Element = {"value": orjson.Fragment(quantity.value)}
    if quantity.comparator:
        value["comparator"] = quantity.comparator
    return value | {"unit": quantity.unit, "system": codes.UCUM, "code": quantity.unit}


def specimen_resource(report: Report, links: Links) -> Element:
    values = resource("Specimen", links.specimen, codes.EU_LAB + "Specimen-eu-lab", demo=report.is_demo)
    values["status"] = "available"
    kind = coding(codes.SNOMED, report.specimen_snomed, report.specimen_display)
    values["type"] = concept(kind, text=report.specimen_display)
    values["subject"] = reference(links.patient)
    values["collection"] = {"collectedDateTime": moment(report.sampled_at)}
    return values
