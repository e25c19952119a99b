"""Measured results by every door of programs: proposed with every digit, once, or refused with what to mend."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from api_programs import client_id, pem_of, post
from django.test import Client
from django.urls import reverse
from handed_messages import changed, own_bundle, own_message
from joserfc.jwk import ECKey
from people import House, make_lot, make_patient, make_sampled, make_test, sign_in
from test_both_doors import PERSON, ago
from test_hl7_messages import ADDRESS, send
from test_work_of_programs import whole, worker

from temoin.api.analysers import take_astm
from temoin.api.listening import LineProgram
from temoin.formats.handed.astm_frames import ACK, NAK
from temoin.formats.hl7v2 import AckCode, read_acknowledgement
from temoin.lib.clock import now
from temoin.patients.notice import CURRENT_NOTICE
from temoin.pharmacies.programs import add_program
from temoin.pharmacies.scopes import Scope
from temoin.testing.actions import take_sample
from temoin.testing.orphans import list_orphans
from temoin.testing.proposals import proposed_tests
from temoin.testing.queries import read_test
from temoin.testing.sample import Sample
from temoin.testing.states import OrphanWhy

__all__ = ["worker"]
METER, MASS = "nova-statstrip-xpress", "41653-7"


@pytest.fixture
def lot(house: House) -> UUID:
    return make_lot(house.owner, kit=METER)


@pytest.fixture
def number(house: House, lot: UUID) -> str:
    """The number of a blood sample on a meter whose limits are known."""
    record_id = make_test(house.owner, make_patient(house.owner), kind="capillary-glucose")
    sample = Sample("capillary-blood", now() - timedelta(minutes=2), lot)
    take_sample(by=house.owner, record_id=record_id, sample=sample, seen="")
    return read_test(by=house.owner, record_id=record_id).number


def analyser(house: House) -> LineProgram:
    scopes = (Scope.RESULTS_PROPOSE, Scope.TESTS_READ)
    key = pem_of(ECKey.generate_key("P-256"))
    return LineProgram(
        client_id(house.owner, add_program(by=house.owner, name="A", public_key=key, scopes=scopes)), None
    )


def measured(number: str, result: str) -> bytes:
    lines = ["H|\\^&|||Meter|||||||P|1|20261130", "P|1", f"O|1|{number}||^^^GLU", f"R|1|^^^GLU|{result}||||F"]
    return "\r".join([*lines, "L|1|N", ""]).encode()


def take(program: LineProgram, content: bytes) -> bytes:
    return take_astm(program, content, codes={"GLU": MASS}).answer


def proposed(house: House) -> list[str]:
    return [one.proposal.reading.outcomes["glucose"] for one in proposed_tests(by=house.owner).tests]


@pytest.mark.parametrize(
    ("result", "read"), [("126|mg/dL", "126 mg/dL"), ("LO|mg/dl", "<10 mg/dL"), ("1.20|g/L", "1.20 g/L")]
)
def test_a_meter_s_value_is_proposed_in_the_row_of_its_sample_and_once(house, number, result, read):
    program = analyser(house)

    assert [take(program, measured(number, result)) for _ in range(2)] == [ACK, ACK]
    assert (proposed(house), list_orphans(by=house.owner)) == ([read], [])


def test_a_meter_s_value_that_cannot_be_is_not_acknowledged_and_none_of_this_meter_is_a_person_s(house, number):
    program = analyser(house)

    assert [take(program, measured(number, one)) for one in ("126|", "Negative|", "5.5|mmol/L")] == [NAK] * 3
    assert take(program, measured(number, "700|mg/dL")) == ACK

    assert (proposed(house), [one.why for one in list_orphans(by=house.owner)]) == ([], [OrphanWhy.UNFIT])


def test_a_value_of_a_test_that_measures_nothing_is_shown_to_a_person(house, client: Client):
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    number = read_test(by=house.owner, record_id=record_id).number
    program = analyser(house)
    sign_in(client, house.owner)

    assert [take(program, measured(number, one)) for one in ("126|mg/dL", "LO|mg/dL")] == [ACK, ACK]

    page = client.get(reverse("orphans")).content.decode()
    assert [word in page for word in ("126\u00a0mg/dL", "LO mg/dL")] == [True, True]


def test_a_message_of_hl7_is_proposed_with_its_value(house, lot, worker):  # noqa: ARG001 the lot is in stock
    message = changed(
        ("CWE|94558-4^SARS-CoV-2 Ag^LN||260373001^Detected^SCT|||A|", f"SN|{MASS}^Glucose^LN||<^10|mg/dL^^UCUM|||"),
        ("Panbio COVID-19 Ag Rapid Test", "StatStrip Xpress"),
        ("258500001^Nasopharyngeal swab", "122554006^Capillary blood"),
        message=own_message(house.here.finess, now()),
    )

    assert read_acknowledgement(send(message, worker, ADDRESS).content).code is AckCode.ACCEPT
    assert proposed(house) == ["<10 mg/dL"]


def test_a_bundle_of_fhir_is_proposed_with_its_value(house, lot, worker):  # noqa: ARG001 the lot is in stock
    made = own_bundle(house.here.finess, now())
    result, _, report, specimen, _, device = (entry["resource"] for entry in made["entry"])
    for each in (result, report):
        each["code"]["coding"][0]["code"] = MASS
    del result["valueCodeableConcept"]
    result["valueQuantity"] = {"value": orjson.Fragment("1.20"), "unit": "g/L"}
    specimen["type"]["coding"][0]["code"] = "122554006"
    device["deviceName"][0]["name"] = "StatStrip Xpress"
    head = {"Authorization": f"Bearer {worker}", "Idempotency-Key": "measured-result-of-a-bundle"}

    answer = Client().post(
        f"/api/v1/fhir?notice={CURRENT_NOTICE}", orjson.dumps(made), content_type="application/fhir+json", headers=head
    )

    assert answer.status_code == 200, answer.content
    assert proposed(house) == ["1.20 g/L"]


def test_a_value_by_two_doors_is_one_result(house, lot, worker):
    at = now().replace(microsecond=0)
    message = changed(
        ("CWE|94558-4^SARS-CoV-2 Ag^LN||260373001^Detected^SCT|||A|", f"NM|{MASS}^Glucose^LN||1.20|g/L^^UCUM|||"),
        ("Panbio COVID-19 Ag Rapid Test", "StatStrip Xpress"),
        ("258500001^Nasopharyngeal swab", "122554006^Capillary blood"),
        message=own_message(house.here.finess, at),
    )
    sample = {"specimen": "capillary-blood", "lot_id": str(lot), "sampled_at": ago(at, 17)}
    reading = {"outcomes": {"glucose": "1,20 gr/L"}, "read_at": ago(at, 1), "comment": "a & b"}
    result = whole(lot, "F1", kind="capillary-glucose", patient=PERSON, sample=sample, reading=reading)

    assert read_acknowledgement(send(message, worker, ADDRESS).content).code is AckCode.ACCEPT
    (verdict,) = post("/api/v1/results", worker, {"results": [result]}).json()["results"]

    assert (verdict["taken"], proposed(house)) == (True, ["1.20 g/L"])


def test_a_result_handed_in_whole_is_read_as_the_counter_reads_it(house, lot, worker):
    def handed(number: str, read: str) -> dict[str, Any]:
        result = whole(lot, number)
        result |= {"kind": "capillary-glucose", "reading": {"outcomes": {"glucose": read}}}
        return {**result, "sample": {**result["sample"], "specimen": "capillary-blood"}}

    batch = [handed("A", "positive"), handed("B", "126"), handed("C", "1,26 gr/L")]
    word, bare, first = post("/api/v1/results", worker, {"results": batch}).json()["results"]

    assert first["taken"], first
    assert proposed(house) == ["1.26 g/L"]
    told = [(one["field"], one["code"]) for verdict in (word, bare) for one in verdict["problems"]]
    assert told == [("outcomes.glucose", "malformed"), ("outcomes.glucose", "no_unit")]
