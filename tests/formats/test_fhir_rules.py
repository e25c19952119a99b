"""Every document keeps every rule of the two guides, and every rule notices when it is broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from formats.fhir_rules import CATEGORY, RULES, Document, broken
from hypothesis import given
from strategies import covid_positive, reports

from temoin.formats.fhir import bundle
from temoin.testing.report import Report

Change = Callable[[Document], object]


@given(reports())
def test_every_document_keeps_every_rule(report: Report) -> None:
    # A person with one name has no given name to tell, which three rules of the profile ask for; the others hold.
    without = set() if report.patient.birth_given_names else {"birth-given", "birth-given-names", "official-name"}

    assert broken(bundle(report)) - without == set()


def put(kind: str, **values: Any) -> Change:
    return lambda d: [each.update(values) for each in d.all(kind)]


def drop(kind: str, *names: str) -> Change:
    return lambda d: [each.pop(name) for each in d.all(kind) for name in names]


def without_entry(kind: str) -> Change:
    return lambda d: (
        d.entries[:] and d.bundle.update(entry=[each for each in d.entries if each["resource"]["resourceType"] != kind])
    )


def twice(kind: str) -> Change:
    return lambda d: d.entries.append({"fullUrl": "urn:uuid:twice", "resource": dict(d.first(kind))})


def identifier(kind: str, system: str, **values: Any) -> Change:
    return lambda d: [each.update(values) for each in d.first(kind)["identifier"] if each["system"] == system]


INS, DEMO_TYPE = "urn:oid:1.2.250.1.213.1.4.8", {"coding": [{"system": "x", "code": "INS-NIR-DEMO"}]}
NOWHERE = {"reference": "urn:uuid:nowhere"}
BREAKS: dict[str, Change] = {
    "answers": lambda d: d.entries.append(
        {"fullUrl": "urn:uuid:order", "resource": {"resourceType": "ServiceRequest", "supportingInfo": [NOWHERE]}}
    ),
    "document": lambda d: d.bundle.update(type="collection"),
    "key": lambda d: d.bundle.pop("identifier"),
    "timestamp": lambda d: d.bundle.pop("timestamp"),
    "no-total": lambda d: d.bundle.update(total=1),
    "full-urls": lambda d: d.entries[-1].update(request={"method": "POST"}),
    "composition-first": lambda d: d.entries.reverse(),
    "one-comp": twice("Composition"),
    "one-dr": twice("DiagnosticReport"),
    "one-patient": twice("Patient"),
    "dr-comp-identifier": drop("DiagnosticReport", "identifier"),
    "dr-comp-type": put("DiagnosticReport", code={"coding": [{"system": "x", "code": "y"}]}),
    "dr-comp-category": put("Composition", category=[]),
    "dr-comp-subj": put("DiagnosticReport", subject=NOWHERE),
    "dr-comp-enc": put("Composition", encounter=NOWHERE),
    "diagnostic-report": drop("Composition", "extension"),
    "report-composition": drop("DiagnosticReport", "extension"),
    "type": lambda d: d.head["type"]["coding"].pop(0),
    "statuses": put("Composition", status="amended"),
    "reason-of-change": put("DiagnosticReport", status="corrected"),
    "title": drop("Composition", "title"),
    "author": put("Composition", author=[]),
    "interpreter-is-author": put("DiagnosticReport", resultsInterpreter=[NOWHERE]),
    "section-code": lambda d: d.section.pop("code"),
    "section-leaf": lambda d: d.section.update(section=[{}]),
    "results": lambda d: d.report["result"].append(NOWHERE),
    "report-specimen": put("DiagnosticReport", specimen=[NOWHERE]),
    "effective": drop("DiagnosticReport", "effectiveDateTime"),
    "laboratory": put("Observation", category=[{"coding": [{"system": CATEGORY, "code": "vital-signs"}]}]),
    "performer": drop("Observation", "performer"),
    "eu-lab-1": drop("Observation", "valueCodeableConcept"),
    "result-code": lambda d: d.observations[0]["valueCodeableConcept"]["coding"][0].update(code="260373001"),
    "test-code": lambda d: d.observations[0]["code"]["coding"].pop(0),
    "observation-status": put("Observation", status="preliminary"),
    "observation-subject": put("Observation", subject=NOWHERE),
    "observation-effective": put("Observation", effectiveDateTime="2026-01-01T00:00:00Z"),
    "observation-specimen": drop("Observation", "specimen"),
    "test-kit": drop("Observation", "extension"),
    "specimen-type": put("Specimen", type={"coding": [{"system": "x", "code": "258500001"}]}),
    "specimen-subject": put("Specimen", subject=NOWHERE),
    "identity-status": lambda d: d.reliability["extension"][0]["valueCoding"].update(code="SURE"),
    "ins-only-qualified": lambda d: d.reliability["extension"][0]["valueCoding"].update(code="VALI"),
    "ins-slices": identifier("Patient", INS, type=DEMO_TYPE),
    "ins-one-official": lambda d: [each.update(use="official") for each in d.patient["identifier"]],
    "ins-profile-has-ins": lambda d: d.patient["identifier"].pop(0),
    "ins-birth-place": lambda d: d.patient["extension"].pop(),
    "birth-place-code": lambda d: d.birth_place["extension"][0]["valueCoding"].update(code="Marne"),
    "local-number": lambda d: d.patient["identifier"].pop(),
    "official-name": lambda d: d.official["given"].append("MARIE"),
    "birth-given-names": lambda d: d.official.pop("extension"),
    "gender": put("Patient", gender="other"),
    "birth-date": put("Patient", birthDate="1979"),
    "district": lambda d: d.addresses[0].update(district="Paris"),
    "country": lambda d: d.addresses[0].update(country="FR"),
    "id-nat-struct": identifier("Organization", "urn:oid:1.2.250.1.71.4.2.2", value="750712184"),
    "finess": identifier("Organization", "https://finess.esante.gouv.fr", value="7507"),
    "id-nat-ps": identifier("Practitioner", "urn:oid:1.2.250.1.71.4.2.1", value="10003879623"),
    "rpps": identifier("Practitioner", "https://rpps.esante.gouv.fr", value="1"),
    "role": without_entry("Practitioner"),
}


def test_every_rule_has_a_document_that_breaks_it() -> None:
    assert set(BREAKS) == set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_a_broken_rule_is_noticed(rule: str) -> None:
    document = Document(orjson.loads(orjson.dumps(bundle(covid_positive()))))

    BREAKS[rule](document)

    assert rule in broken(document.bundle)
