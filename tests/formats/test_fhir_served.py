"""The resources of a result one by one: those of its document, under addresses that no version changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
from fhir_judge import judge, walk
from handed_messages import rows_of
from hypothesis import given
from strategies import covid_positive, examples, reports

from temoin.api.fhir_bodies import FhirObservation, FhirReport, FhirSpecimen
from temoin.formats.csv.rows import ResultRow
from temoin.formats.fhir import bundle, served_patient, served_result
from temoin.testing.report import Report, ReportStatus

VALUES = (
    "status",
    "code",
    "valueCodeableConcept",
    "valueQuantity",
    "interpretation",
    "issued",
    "conclusion",
    "type",
    "collection",
)
SHAPES = {"DiagnosticReport": FhirReport, "Observation": FhirObservation, "Specimen": FhirSpecimen}


def names(resource: dict[str, Any]) -> set[str]:
    return {each["reference"] for each in walk(resource) if "reference" in each}


@examples(8)
@given(reports())
def test_each_is_right_for_another_reader_and_says_what_the_document_says(report: Report) -> None:
    sent = [entry["resource"] for entry in orjson.loads(orjson.dumps(bundle(report)))["entry"]]

    served = orjson.loads(orjson.dumps(served_result(report)))

    kinds = [one["resourceType"] for one in served.values()]
    assert kinds == ["DiagnosticReport", *["Observation"] * len(report.findings), "Specimen"]
    for one in served.values():
        judge(one)
        SHAPES[one["resourceType"]].model_validate(one)
        alike = [each for each in sent if each["resourceType"] == one["resourceType"]]
        assert {name: one.get(name) for name in VALUES} in [{name: each.get(name) for name in VALUES} for each in alike]


@examples(8)
@given(reports())
def test_whatever_one_names_is_within_it_or_has_an_address(report: Report) -> None:
    served = served_result(report)

    for address, one in served.items():
        assert address == f"{one['resourceType']}/{one['id']}"
        within = {f"#{each['id']}" for each in one.get("contained", [])}
        named = names(one)
        assert {each for each in named if each.startswith("#")} == within
        assert named - within <= {*served, f"Patient/{report.patient.patient_id}"}
        assert not any("contained" in each for each in one.get("contained", []))


def test_another_version_has_the_same_addresses_and_its_own_number() -> None:
    former = covid_positive()
    changed = covid_positive(version=2, key="k2", replaces_key="k1", status=ReportStatus.CORRECTED, reason="Erreur")
    void = covid_positive(version=3, key="k3", replaces_key="k2", status=ReportStatus.CANCELLED, reason="Doublon")

    told = [served_result(one) for one in (former, changed, void)]

    assert told[0].keys() == told[1].keys() == told[2].keys()
    versions = [{each["meta"]["versionId"] for each in one.values()} for one in told]
    assert versions == [{"1"}, {"2"}, {"3"}]
    statuses = [{each["status"] for each in one.values() if each["resourceType"] != "Specimen"} for one in told]
    assert statuses == [{"final"}, {"corrected"}, {"entered-in-error"}]


def test_what_is_read_back_is_read_as_what_was_sent() -> None:
    report = covid_positive(device=replace(covid_positive().device, name="Panbio COVID-19 Ag Rapid Test"))
    person = served_patient(report.patient, "1", demo=False)
    resources = [person, *served_result(report).values()]

    (row,) = rows_of(orjson.dumps(resources))

    assert isinstance(row, ResultRow)
    assert (row.outcome, row.accession) == (report.findings[0].outcome, report.record_id)
    assert row.patient.birth_date == report.patient.birth_date
    assert (row.laboratory.number, row.device.device_name) == (report.organisation.finess, report.device.name)
