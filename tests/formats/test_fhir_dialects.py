"""The national dialects: shaped as the documents of their guides, read by fhir.resources, equal in every fact."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pycountry
import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given
from strategies import covid_positive, examples, reports

from temoin.formats.fhir.ch_elm import document_references
from temoin.formats.fhir.demis import notifications
from temoin.formats.fhir.dialect import DialectError
from temoin.formats.fhir.terms import german_terms, swiss_terms
from temoin.testing.report import Address, PatientForm, PerformingLaboratory, Prescriber, Report, ReportStatus

GOLDEN = Path(__file__).parent / "golden"
GLN_NUMBER, BSNR_NUMBER = "7601002331470", "98765430"
SWISS = Address(lines=("Rue du Lac 3",), postcode="1201", city="Genève", state="GE", country="CHE")
GERMAN = Address(lines=("Hauptstraße 1",), postcode="13055", city="Berlin", country="DEU")


def swiss(report: Report) -> list[dict[str, Any]]:
    return document_references(report, gln=GLN_NUMBER)


def german(report: Report) -> list[dict[str, Any]]:
    return notifications(report, bsnr=BSNR_NUMBER)


def living_at(report: Report, home: Address) -> Report:
    """The same report of a patient who lives elsewhere."""
    return replace(report, patient=replace(report.patient, address=home))


def at_home(report: Report, home: Address) -> Report:
    """The same report of a patient and a pharmacy of that country, which made the test itself."""
    return replace(
        report,
        laboratory=None,
        patient=replace(report.patient, address=home),
        organisation=replace(report.organisation, address=home),
    )


def bundle_of(document: dict[str, Any]) -> dict[str, Any]:
    inside = document["contained"][0] if "contained" in document else document["parameter"][0]["resource"]
    return dict(inside)


def the(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind)


def told(report: Report, targets: Any) -> list[Any]:
    return [finding for finding in report.findings if finding.target in targets]


def tellable(report: Report, targets: Any) -> bool:
    findings = told(report, targets)
    expressible = all(finding.outcome != "unsatisfactory" for finding in findings)
    is_named = report.patient.form is PatientForm.NAMED
    return report.status is not ReportStatus.CANCELLED and is_named and bool(findings) and expressible


def reference_targets(bundle: dict[str, Any]) -> tuple[set[str], set[str]]:
    """Every reference of a document, and every address that one may lead to."""

    def walk(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["reference"]} if "reference" in value else set()
            return own.union(*map(walk, value.values()))
        return set().union(*map(walk, value)) if isinstance(value, list) else set()

    addresses = set()
    for entry in bundle["entry"]:
        resource = entry["resource"]
        addresses |= {entry["fullUrl"], f"{resource['resourceType']}/{resource['id']}"}
    return walk(bundle), addresses


WHOLE_NAME = swiss_terms().whole_name
CATEGORIES = german_terms().categories
CASES = [(swiss, SWISS, WHOLE_NAME), (german, GERMAN, CATEGORIES)]


@pytest.mark.parametrize(("write", "home", "targets"), CASES, ids=["ch-elm", "demis"])
@examples(25)
@given(report=reports())
def test_a_dialect_is_read_by_somebody_else_and_each_reference_leads_somewhere(report, write, home, targets):
    report = at_home(report, home)
    if not tellable(report, targets):
        return

    for document in write(report):
        get_fhir_model_class(document["resourceType"]).model_validate(document)
        used, there = reference_targets(bundle_of(document))
        assert used <= there
    assert orjson.dumps(write(report)) == orjson.dumps(write(report))


@examples(25)
@given(report=reports())
def test_the_swiss_documents_carry_every_fact_they_have_a_place_for(report):
    report = at_home(report, SWISS)
    if not tellable(report, WHOLE_NAME):
        return

    documents = [bundle_of(document) for document in swiss(report)]

    assert len(documents) == len(told(report, WHOLE_NAME))
    for bundle, finding in zip(documents, told(report, WHOLE_NAME), strict=True):
        observation, patient = the(bundle, "Observation"), the(bundle, "Patient")
        assert [c["code"] for c in observation["code"]["coding"]] == [finding.loinc]
        assert [c["code"] for c in observation["valueCodeableConcept"]["coding"]] == [finding.snomed]
        assert observation["effectiveDateTime"] == report.read_at.isoformat()
        assert the(bundle, "Specimen")["collection"]["collectedDateTime"] == report.sampled_at.isoformat()
        assert the(bundle, "Specimen")["type"]["coding"][0]["code"] == report.specimen_snomed
        assert (bundle["timestamp"], the(bundle, "Composition")["date"]) == (report.signed_at.isoformat(),) * 2
        assert the(bundle, "ServiceRequest")["identifier"] == [{"value": report.record_id}]
        assert the(bundle, "Practitioner")["name"][0]["family"] == (report.prescriber or report.signer).family_name
        assert the(bundle, "Organization")["identifier"] == [{"system": "urn:oid:2.51.1.3", "value": GLN_NUMBER}]
        family = report.patient.used_family_name or report.patient.birth_family_name
        is_whole = finding.target == "sars-cov-2"
        assert patient["name"][0]["family"] == (family if is_whole else family[0])
        assert ("line" in patient["address"][0]) is is_whole
        assert ("telecom" in patient) is (is_whole and bool(report.patient.phone))
        assert patient["birthDate"] == report.patient.birth_date.isoformat()


@examples(25)
@given(report=reports())
def test_the_german_notifications_carry_every_fact_they_have_a_place_for(report):
    report = at_home(report, GERMAN)
    if not tellable(report, CATEGORIES):
        return

    documents = [bundle_of(document) for document in german(report)]

    found = [
        (e["resource"]["code"]["coding"][0]["code"], e["resource"]["interpretation"][0]["coding"][0]["code"])
        for bundle in documents
        for e in bundle["entry"]
        if e["resource"]["resourceType"] == "Observation"
    ]
    letters = {"positive": "POS", "negative": "NEG", "indeterminate": "IND"}
    assert sorted(found) == sorted((f.loinc, letters[f.outcome]) for f in told(report, CATEGORIES))
    assert len(documents) == len({CATEGORIES[f.target] for f in told(report, CATEGORIES)})
    for bundle in documents:
        patient = the(bundle, "Patient")
        family = report.patient.used_family_name or report.patient.birth_family_name
        assert patient["name"][0]["family"] == family
        assert (patient["gender"], patient["birthDate"]) == (
            {"F": "female", "M": "male", "U": "unknown"}[report.patient.sex],
            report.patient.birth_date.isoformat(),
        )
        assert (patient["address"][0]["postalCode"], patient["address"][0]["country"]) == ("13055", "DE")
        assert the(bundle, "Organization")["identifier"][0]["value"] == BSNR_NUMBER
        assert the(bundle, "DiagnosticReport").get("conclusion", "") == report.comment


@pytest.mark.parametrize(
    ("name", "write", "home"), [("covid_positive_ch_elm", swiss, SWISS), ("covid_positive_demis", german, GERMAN)]
)
def test_the_golden_examples_are_what_we_write(name, write, home):
    (document,) = write(at_home(covid_positive(), home))

    assert orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n" == (GOLDEN / f"{name}.json").read_bytes()


# Resource types and elements of the documents given with the guides: CH ELM 71Doc-RSV, DEMIS influenza_named.
CH_ELM_TYPES = {
    "Composition", "Patient", "Organization", "Observation", "Practitioner", "PractitionerRole", "Specimen",
    "ServiceRequest", "DiagnosticReport",
}  # fmt: skip
DEMIS_PROFILES = [
    "NotificationLaboratory", "NotifiedPerson", "NotifierRole", "NotifierFacility", "SubmittingRole",
    "SubmittingFacility", "SpecimenCVDP", "PathogenDetectionCVDP", "LaboratoryReportCVDP",
]  # fmt: skip


def test_the_shapes_are_those_of_the_documents_given_with_the_guides():
    (posted,), (sent,) = swiss(at_home(covid_positive(), SWISS)), german(at_home(covid_positive(), GERMAN))
    inside, notification = bundle_of(posted), bundle_of(sent)

    assert {e["resource"]["resourceType"] for e in inside["entry"]} == CH_ELM_TYPES
    assert posted["identifier"] == [inside["identifier"]] == the(inside, "DiagnosticReport")["identifier"]
    assert the(inside, "Composition")["identifier"] == inside["identifier"]
    assert posted["content"][0]["attachment"]["url"] == f"#{inside['id']}"
    prefix = "https://demis.rki.de/fhir/StructureDefinition/"
    assert [e["resource"]["meta"]["profile"] for e in notification["entry"]] == [[prefix + p] for p in DEMIS_PROFILES]
    assert the(notification, "DiagnosticReport")["code"]["coding"][0]["code"] == "cvdp"
    assert the(notification, "DiagnosticReport")["conclusionCode"][0]["coding"][0]["code"] == "pathogenDetected"


def corrected(home: Address) -> tuple[Report, Report]:
    first = at_home(covid_positive(), home)
    finding = replace(first.findings[0], outcome="negative", snomed="260385009")
    second = replace(
        first, version=2, key="k2", replaces_key=first.key, status=ReportStatus.CORRECTED, findings=(finding,)
    )
    return first, second


def test_a_correction_names_the_swiss_document_it_replaces():
    (first,), (second,) = map(swiss, corrected(SWISS))

    assert second["relatesTo"] == [{"code": "replaces", "target": {"identifier": first["identifier"][0]}}]
    assert the(bundle_of(second), "Composition")["status"] == "final"
    assert first["identifier"] != second["identifier"]


def test_a_correction_names_the_german_notification_it_replaces():
    (first,), (second,) = map(german, corrected(GERMAN))
    former, later = the(bundle_of(first), "Composition"), the(bundle_of(second), "Composition")

    assert later["relatesTo"][0]["targetReference"]["identifier"] == former["identifier"]
    assert (former["status"], later["status"]) == ("final", "amended")


@pytest.mark.parametrize(
    ("write", "change", "code"),
    [
        (swiss, {"status": ReportStatus.CANCELLED, "replaces_key": "k1"}, "not_withdrawable"),
        (german, {"status": ReportStatus.CANCELLED, "replaces_key": "k1"}, "not_withdrawable"),
    ],
)
def test_a_withdrawal_has_no_word_in_either_dialect(write, change, code):
    with pytest.raises(DialectError) as refusal:
        write(replace(at_home(covid_positive(), SWISS), **change))

    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("write", "home", "code"),
    [
        (swiss, replace(SWISS, state="Genève"), "no_canton"),
        (swiss, replace(SWISS, country="ZZZ"), "unknown_country"),
        (german, replace(GERMAN, postcode=""), "no_patient_postcode"),
        (german, replace(GERMAN, country="ZZZ"), "unknown_country"),
    ],
)
def test_what_a_report_does_not_have_is_refused_by_its_name(write, home, code):
    report = covid_positive()
    report = replace(
        report,
        patient=replace(report.patient, address=home),
        organisation=replace(report.organisation, address=SWISS if write is swiss else GERMAN),
    )

    with pytest.raises(DialectError, match=code):
        write(report)


@pytest.mark.parametrize(("write", "home"), [(swiss, SWISS), (german, GERMAN)])
def test_a_pharmacy_without_an_address_a_void_sample_and_another_laboratory_are_refused(write, home):
    report = at_home(covid_positive(), home)
    void = replace(corrected(home)[1], findings=(replace(report.findings[0], outcome="unsatisfactory"),))

    for wrong, code in (
        (replace(report, organisation=replace(report.organisation, address=Address())), "no_pharmacy_address"),
        (void, "not_expressible"),
        (replace(report, laboratory=PerformingLaboratory(name="L", number="05D1234567")), "other_laboratory"),
    ):
        with pytest.raises(DialectError, match=code):
            write(wrong)


@pytest.mark.parametrize(("write", "home"), [(swiss, SWISS), (german, GERMAN)])
def test_what_nobody_there_asks_for_and_a_person_without_a_name_are_refused(write, home):
    report = at_home(covid_positive(), home)
    throat = replace(report.findings[0], target="strep-a")
    masked = replace(report.patient, form=PatientForm.PSEUDONYMOUS, birth_family_name="")

    for wrong, code in (
        (replace(report, findings=(throat,)), "not_notifiable"),
        (replace(report, patient=masked), "needs_name"),
    ):
        with pytest.raises(DialectError, match=code):
            write(wrong)


def test_a_patient_nobody_wrote_much_of_is_told_with_what_is_known():
    bare = covid_positive()
    bare = at_home(replace(bare, comment="", patient=replace(bare.patient, phone="", email="")), SWISS)
    bare = replace(bare, organisation=replace(bare.organisation, phone="", address=replace(SWISS, lines=())))
    bare = replace(bare, signer=replace(bare.signer, given_name=""))
    abroad = replace(bare, patient=replace(bare.patient, address=replace(SWISS, country="FRA", city="")))

    homeless = replace(bare, patient=replace(bare.patient, address=Address()))
    german_bare = at_home(bare, GERMAN)
    german_bare = replace(german_bare, patient=replace(german_bare.patient, address=replace(GERMAN, city="", lines=())))

    assert "address" not in the(bundle_of(swiss(homeless)[0]), "Patient")
    assert "state" not in the(bundle_of(swiss(abroad)[0]), "Patient")["address"][0]
    told_there = the(bundle_of(german(german_bare)[0]), "Patient")
    assert "telecom" not in told_there
    assert set(told_there["address"][0]) == {"extension", "postalCode", "country"}


def test_the_lists_of_the_dialects_have_the_size_that_they_must():
    assert len(swiss_terms().cantons) == 27  # 26 cantons, and Liechtenstein


@pytest.mark.parametrize("alpha_3", [*(each.alpha_3 for each in pycountry.countries), ""])
def test_a_notifiable_case_is_told_wherever_the_patient_lives(alpha_3):
    home = Address(city="Somewhere", country=alpha_3, state="GE", postcode="1201")
    expected = pycountry.countries.get(alpha_3=alpha_3).alpha_2 if alpha_3 else None

    for write in (swiss, german):
        report = living_at(covid_positive(), home)
        told = the(bundle_of(write(report)[0]), "Patient")["address"][0]
        assert told.get("country") == expected


@pytest.mark.parametrize("home", [Address(), Address(country="")])
def test_a_notifiable_case_is_told_of_a_person_who_lives_nowhere_known(home):
    for write in (swiss, german):
        assert "address" not in the(bundle_of(write(living_at(covid_positive(), home))[0]), "Patient")


def test_a_person_with_one_name_is_told_in_every_dialect():
    report = covid_positive()
    one = replace(
        report.patient, birth_given_names="", first_birth_given_name="", used_given_name="", used_family_name=""
    )

    for write, home in ((swiss, SWISS), (german, GERMAN)):
        (name,) = the(bundle_of(write(living_at(replace(report, patient=one), home))[0]), "Patient")["name"]
        assert (name["family"], "given" in name) == ("PAT-TROIS", False)
        assert name["_given"][0]["extension"][0]["valueCode"] == "not-applicable"


def test_the_swiss_order_is_of_who_ordered_the_test():
    report = at_home(covid_positive(prescriber=Prescriber(family_name="PRESCRIPTEUR", given_name="Anne")), SWISS)

    (one,) = swiss(report)

    people = [each["resource"] for each in one["contained"][0]["entry"]]
    (person,) = [each for each in people if each["resourceType"] == "Practitioner"]
    assert person["name"] == [{"family": "PRESCRIPTEUR", "given": ["Anne"]}]
