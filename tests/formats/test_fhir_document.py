"""The FHIR document: valid for a reader that is not ours, and with what the two guides ask for."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import orjson
import pytest
from fhir_judge import judge, walk
from hypothesis import given
from strategies import UDIS, as_it_travels, covid_positive, reports

from temoin.formats.fhir import REPORT_KEY_SYSTEM, document
from temoin.testing.report import Device, Report, ReportStatus

GOLDEN = Path(__file__).parent / "golden"
KEY = "https://temoin.org/fhir/"
EU = "http://hl7.eu/fhir/"
XHTML = "{http://www.w3.org/1999/xhtml}"
DIGITS_OF_LOINC = re.compile(r"([0-9]{1,7})-([0-9])")


def read(report: Report) -> dict[str, Any]:
    return orjson.loads(document(report))


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]


def one(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = resources(bundle, kind)
    return found


@given(reports())
def test_any_document_is_read_by_an_independent_reader_and_has_the_form_that_fhir_asks(report: Report) -> None:
    judge(read(report))


@given(reports())
def test_every_reference_leads_to_an_entry_and_every_entry_is_reached(report: Report) -> None:
    bundle = read(report)
    addresses = [entry["fullUrl"] for entry in bundle["entry"]]

    targets = {each["reference"] for each in walk(bundle) if "reference" in each}

    assert len(addresses) == len(set(addresses))
    assert targets == set(addresses)
    assert all(e["fullUrl"] == f"urn:uuid:{e['resource']['id']}" for e in bundle["entry"])


@given(reports())
def test_loinc_codes_have_their_check_digit(report: Report) -> None:
    codes = {each["code"] for each in walk(read(report)) if each.get("system") == "http://loinc.org"}

    assert {"11502-2", "96173-0", "26436-6", report.chapter_loinc} <= codes
    for code in codes:
        number, check = DIGITS_OF_LOINC.fullmatch(code).groups()  # type: ignore[union-attr]
        doubled = "".join(str(int(d) * 2) if i % 2 == 0 else d for i, d in enumerate(reversed(number)))
        assert int(check) == -sum(map(int, doubled)) % 10, code


@given(reports())
def test_the_narrative_is_well_formed_whatever_people_write(report: Report) -> None:
    text = one(read(report), "Composition")["section"][0]["text"]

    div = ET.fromstring(text["div"])  # noqa: S314 - our own text, just written

    assert div.tag == XHTML + "div"
    words = "".join(div.itertext())
    assert report.kind_display in words
    assert all(finding.snomed_display in words for finding in report.findings)


def test_markup_in_a_comment_stays_text_in_the_narrative() -> None:
    report = covid_positive(comment='<script>alert("x")</script>\x08 & suite')

    div = one(read(report), "Composition")["section"][0]["text"]["div"]

    assert "&lt;script&gt;" in div
    assert "<script" not in div
    assert "\x08" not in div


def test_a_kit_nobody_described_leaves_no_empty_table() -> None:
    kit = Device(manufacturer="", reference="", name="")

    bundle = read(covid_positive(device=kit))

    assert one(bundle, "Composition")["section"][0]["text"]["div"].count("<table>") == 1
    assert set(one(bundle, "Device")) == {"resourceType", "id"}


@given(reports())
def test_the_same_report_gives_the_same_bytes(report: Report) -> None:
    assert document(report) == document(Report.from_dict(orjson.loads(orjson.dumps(report))))


def test_another_version_has_no_address_in_common_with_the_first() -> None:
    first, second = read(covid_positive()), read(covid_positive(key="another"))

    shared = {e["fullUrl"] for e in first["entry"]} & {e["fullUrl"] for e in second["entry"]}

    assert not shared


def test_the_golden_example_is_what_we_write() -> None:
    written = orjson.dumps(read(covid_positive()), option=orjson.OPT_INDENT_2) + b"\n"

    assert written == (GOLDEN / "covid_positive.json").read_bytes()


def test_the_bundle_is_found_by_the_key_of_the_report() -> None:
    report = covid_positive()

    assert read(report)["identifier"] == {"system": REPORT_KEY_SYSTEM, "value": report.key}


@given(reports())
def test_the_matricule_travels_for_a_qualified_identity_only(report: Report) -> None:
    data = document(report)
    patient = report.patient
    qualified = as_it_travels(report).patient.nir != ""

    if not patient.nir:
        return
    values = {each.get("value") for each in one(orjson.loads(data), "Patient")["identifier"]}
    assert (patient.nir in values) is qualified
    assert patient.patient_id in values
    if not qualified:
        assert f'"{patient.nir}"'.encode() not in data


@pytest.mark.parametrize(
    ("demo", "kind", "system"),
    [
        (False, "INS-NIR", "urn:oid:1.2.250.1.213.1.4.8"),
        (True, "INS-NIR-DEMO", "urn:oid:1.2.250.1.213.1.4.11"),
    ],
)
def test_a_matricule_of_a_demonstration_has_its_own_authority(demo: bool, kind: str, system: str) -> None:
    patient = one(read(covid_positive(is_demo=demo)), "Patient")

    ins = patient["identifier"][0]

    assert ins == {
        "use": "official",
        "type": {"coding": [{"system": "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203", "code": kind}]},
        "system": system,
        "value": "279035121518989",
    }


def test_a_demonstration_is_marked_on_every_resource() -> None:
    bundle = read(covid_positive(is_demo=True))

    marked = [bundle, *(entry["resource"] for entry in bundle["entry"])]

    assert all(any(tag["code"] == "HTEST" for tag in each["meta"]["tag"]) for each in marked)
    assert b"HTEST" not in document(covid_positive())


def test_a_correction_names_the_document_it_replaces_and_says_why() -> None:
    bundle = read(
        covid_positive(
            version=2, key="k2", replaces_key="k1", status=ReportStatus.CORRECTED, reason="Erreur de lecture"
        )
    )
    head, result = one(bundle, "Composition"), one(bundle, "DiagnosticReport")

    assert head["relatesTo"] == [{"code": "replaces", "targetIdentifier": {"system": REPORT_KEY_SYSTEM, "value": "k1"}}]
    assert (head["status"], result["status"]) == ("amended", "corrected")
    assert one(bundle, "Observation")["status"] == "corrected"
    assert result["extension"][1]["valueCodeableConcept"] == {"text": "Erreur de lecture"}
    assert "Erreur de lecture" in head["section"][0]["text"]["div"]


def test_both_versions_of_a_result_share_the_identifier_of_the_record() -> None:
    first = one(read(covid_positive()), "Composition")
    second = one(read(covid_positive(version=2, key="k2", replaces_key="k1")), "Composition")

    assert first["identifier"] == second["identifier"]


def test_a_cancelled_result_is_final_nowhere() -> None:
    bundle = read(covid_positive(status=ReportStatus.CANCELLED, key="k2", replaces_key="k1", reason="Doublon"))

    statuses = {
        kind: [each["status"] for each in resources(bundle, kind)]
        for kind in ("Composition", "DiagnosticReport", "Observation")
    }

    assert statuses == {
        "Composition": ["entered-in-error"],
        "DiagnosticReport": ["entered-in-error"],
        "Observation": ["entered-in-error"],
    }


@pytest.mark.parametrize(
    ("outcome", "interpretation"),
    [("positive", "POS"), ("negative", "NEG"), ("indeterminate", "IND"), ("unsatisfactory", None)],
)
def test_each_outcome_has_its_interpretation(outcome: str, interpretation: str | None) -> None:
    finding = replace(covid_positive().findings[0], outcome=outcome)

    observation = one(read(covid_positive(findings=(finding,))), "Observation")

    found = [c["coding"][0]["code"] for c in observation.get("interpretation", [])]
    assert found == ([interpretation] if interpretation else [])


@pytest.mark.parametrize("udi", UDIS)
def test_the_kit_is_told_by_its_udi_or_by_maker_and_lot(udi: str) -> None:
    kit = replace(covid_positive().device, udi=udi)

    device = one(read(covid_positive(device=kit)), "Device")

    assert device["manufacturer"] == kit.manufacturer
    assert (device["modelNumber"], device["lotNumber"], device["expirationDate"]) == (
        "REF-25",
        "A12345",
        "2027-09-30",
    )
    carrier = device.get("udiCarrier", [{}])[0]
    assert bool(udi) is bool(carrier)
    assert carrier.get("deviceIdentifier") == ("00686597200018" if "00686597200018" in udi else None)


def test_people_and_place_carry_their_national_numbers() -> None:
    bundle = read(covid_positive())

    practitioner = {i["system"]: i["value"] for i in one(bundle, "Practitioner")["identifier"]}
    pharmacy = {i["system"]: i["value"] for i in one(bundle, "Organization")["identifier"]}

    assert practitioner["urn:oid:1.2.250.1.71.4.2.1"] == "810003879623"
    assert practitioner["https://rpps.esante.gouv.fr"] == "10003879623"
    assert pharmacy["urn:oid:1.2.250.1.71.4.2.2"] == "1750712184"
    assert pharmacy["https://finess.esante.gouv.fr"] == "750712184"


def test_icd10_says_what_was_looked_for_and_no_condition_is_claimed() -> None:
    bundle = read(covid_positive())
    event = one(bundle, "Composition")["event"][0]

    assert event["code"][0]["coding"] == [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "U07.1"}]
    assert event["detail"] == one(bundle, "DiagnosticReport")["result"]
    assert not resources(bundle, "Condition")


def test_the_shape_is_that_of_the_european_proof_of_concept() -> None:
    # Types of BundleLabResultReportPOC (hl7-eu/laboratory), less ServiceRequest: nothing was prescribed.
    poc = {"Composition", "DiagnosticReport", "Patient", "Observation", "Organization", "Specimen"}
    bundle = read(covid_positive(reason="Motif"))

    kinds = {entry["resource"]["resourceType"] for entry in bundle["entry"]}
    extensions = {each["url"] for each in walk(bundle) if "url" in each}

    assert kinds == poc | {"Device", "Practitioner", "PractitionerRole"}
    assert extensions == {
        "http://hl7.org/fhir/5.0/StructureDefinition/extension-DiagnosticReport.composition",
        "http://hl7.org/fhir/StructureDefinition/composition-clinicaldocument-versionNumber",
        "http://hl7.org/fhir/StructureDefinition/event-statusReason",
        "http://hl7.org/fhir/StructureDefinition/patient-birthPlace",
        EU + "extensions/StructureDefinition/composition-diagnosticReportReference",
        EU + "laboratory/StructureDefinition/observation-deviceLabTestKit",
        "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code",
        "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability",
        "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-birth-list-given-name",
        "identityStatus",
    }


def test_a_time_without_offset_is_refused() -> None:
    report = covid_positive(read_at=datetime(2026, 11, 23, 17, 58, tzinfo=UTC).replace(tzinfo=None))

    with pytest.raises(ValueError, match="without offset"):
        document(report)
