"""The pseudonymous summary that the list page shows: test, outcome, date, pharmacy; no trait of the person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from temoin_sandbox.codes import FINESS, LOINC
from temoin_sandbox.reading import Json, SandboxReading, child, children, codings, text
from temoin_sandbox.resources import is_answer, register_numbers

CODE_SHOWN = 60


class SummaryFinding(NamedTuple):
    """What was looked for, and the SNOMED CT code or the quantity found."""

    target: str
    outcome: str


class Summary(NamedTuple):
    """What may be shown of a document without telling who it is about."""

    status: str
    report_status: str
    tested_on: str
    finess: str
    findings: tuple[SummaryFinding, ...]


def summarise(reading: SandboxReading) -> Summary:
    """Draw the summary of a document that passed validation."""
    composition = reading.of_type("Composition")[0].resource
    report = reading.of_type("DiagnosticReport")[0].resource
    observations = [part.resource for part in reading.of_type("Observation") if not is_answer(part.resource)]
    moments = (text(resource, "effectiveDateTime") for resource in (report, *observations))
    return Summary(
        status=text(composition, "status"),
        report_status=text(report, "status"),
        tested_on=next((moment[:10] for moment in moments if moment), ""),
        finess=next(_finess(reading), ""),
        findings=tuple(finding for observation in observations for finding in _findings(observation)),
    )


def _findings(observation: Json) -> Iterator[SummaryFinding]:
    """A panel that only groups its components has no outcome of its own."""
    components = children(observation, "component")
    for node in components or [observation]:
        yield SummaryFinding(_target(node)[:CODE_SHOWN], _outcome(node)[:CODE_SHOWN])


def _target(node: Json) -> str:
    loinc = (coding for coding in children(child(node, "code"), "coding") if text(coding, "system") == LOINC)
    return next((text(coding, "display") or text(coding, "code") for coding in loinc), "")


def _outcome(node: Json) -> str:
    quantity = child(node, "valueQuantity")
    if quantity:
        return f"{quantity.get('value')} {text(quantity, 'unit') or text(quantity, 'code')}"
    return next((code for _, code in codings(node, "valueCodeableConcept")), "")


def _finess(reading: SandboxReading) -> Iterator[str]:
    for part in reading.of_type("Organization"):
        for system, value in register_numbers(part.resource):
            if system == FINESS:
                yield value
            elif value.startswith("1"):
                yield value[1:]  # an IdNat_Struct: 1 followed by the FINESS number
