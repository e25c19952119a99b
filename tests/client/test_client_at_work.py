"""The client at work on a site that runs: the whole road, versions, lists, changes, batches and messages."""

from __future__ import annotations

import json
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from handed_messages import own_bundle, own_message
from ways import reading, somebody

from temoin.lib.clock import now
from temoin_client import problems
from temoin_client.models import NewPatient, NewTest, PatientQuestion

PATIENT_NUMBER = "https://temoin.org/fhir/patient-id"


@pytest.fixture
def registered(way, world) -> UUID:
    """A test of somebody, sampled."""
    return register(way, world)[1]


def register(way, world) -> tuple[UUID, UUID]:
    patient_id = way(lambda temoin: temoin.register_patient(somebody())).id
    asked = NewTest(patient_id=patient_id, kind="covid19-ag", notice_version=world.notice)
    test = way(lambda temoin: temoin.register_test(asked))
    way(lambda temoin: temoin.sample(test.id, world.sample()))
    return patient_id, test.id


def test_the_whole_road_of_a_result(way, world):
    patient_id, test_id = register(way, world)

    way(lambda temoin: temoin.propose(test_id, reading()))

    told = way(lambda temoin: temoin.test(test_id))
    assert (told.patient_id, told.is_proposed, told.result) == (patient_id, True, None)
    assert [(one.target, one.outcome) for one in told.proposal.outcomes] == [("sars-cov-2", "negative")]
    (line,) = way(lambda temoin: temoin.patient_tests(patient_id))
    assert line.id == test_id
    assert way(lambda temoin: temoin.parcels(test_id)).parcels == []
    assert way(lambda temoin: temoin.letters(test_id)).letters == []


def test_a_version_that_is_known_is_not_sent_again(way, registered):
    first = way(lambda temoin: temoin.test(registered))

    assert first.etag
    assert way(lambda temoin: temoin.test(registered, known=first)) is first


def test_what_changed_since_is_not_replaced(way, registered):
    seen = way(lambda temoin: temoin.test(registered)).etag
    left = way(lambda temoin: temoin.propose(registered, reading(), if_match=seen)).etag

    with pytest.raises(problems.ChangedSinceError):
        way(lambda temoin: temoin.withdraw(registered, if_match=seen))
    with pytest.raises(problems.VersionAskedError):
        way(lambda temoin: temoin.withdraw(registered))
    way(lambda temoin: temoin.withdraw(registered, if_match=left))
    assert not way(lambda temoin: temoin.test(registered)).is_proposed


def test_a_patient_is_found_and_read(way):
    person = somebody()
    patient_id = way(lambda temoin: temoin.register_patient(person)).id
    asked = PatientQuestion(family_name=person.birth_family_name, birth_date=person.birth_date)

    (found,) = way(lambda temoin: temoin.search_patients(asked)).patients

    assert found.id == patient_id
    assert way(lambda temoin: temoin.patient(patient_id)).birth_family_name == person.birth_family_name


def test_a_list_is_read_to_its_end(way, registered):
    whole = [one.id for one in way(lambda temoin: temoin.tests(limit=200))]
    by_fives = [one.id for one in way(lambda temoin: temoin.tests(limit=5))]

    assert registered in by_fives
    assert sorted(by_fives) == sorted(whole)  # within an hour a page has an order of its own


def test_changes_are_followed_from_a_place_on(way):
    pages = way(lambda temoin: temoin.changes(limit=5))

    assert len(pages) > 1
    assert [page.has_more for page in pages] == [True] * (len(pages) - 1) + [False]
    again = way(lambda temoin: temoin.changes(after=pages[-2].next))
    assert [one.id for one in again[0].tests] == [one.id for one in pages[-1].tests]


def test_an_address_of_another_list_is_not_followed(way):
    for elsewhere in ("https://elsewhere.example/api/v1/changes?cursor=x", "/api/v1/tests?cursor=x"):
        with pytest.raises(problems.UnreadableAnswerError):
            way(lambda temoin, after=elsewhere: temoin.changes(after=after))


def test_each_result_of_a_batch_has_its_verdict_and_is_taken_once(way, world):
    key = uuid4().hex
    numbers = [f"{key}-{place}" for place in range(3)]
    results = [world.whole(numbers[0]), world.whole(numbers[1], kind="nothing"), world.whole(numbers[2])]

    verdicts = way(lambda temoin: temoin.hand_in_all(results, key=key))
    again = way(lambda temoin: temoin.hand_in_all(results, key=key))

    assert [one.number for one in verdicts] == numbers
    assert [one.taken for one in verdicts] == [True, False, True]
    assert [one.field for one in verdicts[1].problems] == ["kind"]
    assert [one.test_id for one in again] == [one.test_id for one in verdicts]


def test_messages_are_acknowledged_each_by_itself(way, world):
    good = own_message(world.finess, now()).replace("|77|P|", f"|{uuid4().hex[:12]}|P|")
    family = somebody().birth_family_name
    good = good.replace("Doe", family).replace("|F1|", f"|{uuid4().hex[:12]}|")
    content = (good + good.replace("|F|||12", "|F|||13")).encode()

    first, other = way(lambda temoin: temoin.hl7(content, notice=world.notice))

    assert (first.code, first.problems, other.code) == ("AA", (), "AR")
    assert [one.field for one in first.notes][:2] == ["PID-3", "OBR-4"]
    assert [(one.field, one.reason) for one in other.problems] == [("MSH-10", "205")]


def test_a_bundle_is_tried_and_taken_or_refused_by_its_elements(way, world):
    bundle = own_bundle(world.finess, now())
    bundle["entry"][1]["resource"]["name"][0]["family"] = somebody().birth_family_name
    bundle["entry"][2]["resource"]["identifier"][0]["value"] = uuid4().hex
    content = json.dumps(bundle).encode()
    bundle["entry"][0]["resource"]["status"] = "preliminary"
    bad = json.dumps(bundle).encode()

    assert way(lambda temoin: temoin.fhir_validate(content)).is_good
    assert not way(lambda temoin: temoin.fhir_validate(bad)).is_good
    assert way(lambda temoin: temoin.fhir(content, notice=world.notice)).told
    with pytest.raises(problems.WrongRequestError) as refused:
        way(lambda temoin: temoin.fhir(bad, notice=world.notice))
    assert refused.value.problems[0].field.startswith("Bundle.entry[0]")


def test_a_problem_tells_field_reason_and_remedy(way):
    nobody = NewPatient(birth_family_name="", birth_given_names="X", sex="F", birth_date=date(1984, 2, 29))

    with pytest.raises(problems.WrongRequestError) as refused:
        way(lambda temoin: temoin.register_patient(nobody))

    (problem, *_) = refused.value.problems
    assert (refused.value.status, problem.field) == (400, "birth_family_name")
    assert problem.reason
    assert problem.remedy


def test_what_is_unknown_or_out_of_reach_has_its_exception(way):
    with pytest.raises(problems.NotHereError):
        way(lambda temoin: temoin.test(uuid4()))
    with pytest.raises(problems.ScopeMissingError):
        way(lambda temoin: temoin.tests(), scopes=["patients:read"], fresh=True)


def test_a_signed_result_is_read_as_fhir_from_its_report_on(way):
    (report, *_others) = way(lambda temoin: temoin.fhir_reports())
    number = report.identifier[0]

    (found,) = way(lambda temoin: temoin.fhir_search_reports(identifier=f"{number.system}|{number.value}"))
    finding = way(lambda temoin: temoin.fhir_observation(report.id, 0))
    patient = way(lambda temoin: temoin.fhir_patient(report.subject.reference.removeprefix("Patient/")))
    (same,) = way(lambda temoin: temoin.fhir_search_patients(f"{PATIENT_NUMBER}|{patient.id}"))

    assert (found.id, same.id) == (report.id, patient.id)
    assert finding.valueCodeableConcept.coding[0].system == "http://snomed.info/sct"
    assert way(lambda temoin: temoin.fhir_specimen(report.id)).subject == report.subject == finding.subject
    assert way(lambda temoin: temoin.fhir_patient(patient.id, known=patient)) is patient
    assert "extension" in patient.model_dump(mode="json")  # what no shape names is kept
    assert patient.name[0].family not in repr(patient)


def test_signed_results_are_read_to_the_last_page_of_a_span(way):
    since = [f"ge{(now() - timedelta(days=400)).isoformat()}", f"le{now().isoformat()}"]

    whole = [one.id for one in way(lambda temoin: temoin.fhir_reports(last_updated=since))]
    by_threes = [one.id for one in way(lambda temoin: temoin.fhir_reports(last_updated=since, count=3))]
    by_form = [one.id for one in way(lambda temoin: temoin.fhir_search_reports(last_updated=since, count=3))]

    assert by_threes == by_form == whole
    assert len(whole) > 3
    with pytest.raises(problems.WrongRequestError):
        way(lambda temoin: temoin.fhir_reports(last_updated=["2026"]))
    assert way(lambda temoin: temoin.fhir_metadata()).fhirVersion == "4.0.1"
