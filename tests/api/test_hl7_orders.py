"""Orders of a program by HL7 v2: a test that waits under the order's number, or is taken back before its sample."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import orjson
import pytest
from api_programs import ask_token, assertion, register
from django.test import Client
from handed_messages import changed, order_message, own_bundle, result_of_order
from meeting import both_at_once
from people import House, make_lot, open_house

from temoin.api.outcomes import BASE
from temoin.formats.fhir import bundle
from temoin.formats.hl7v2 import AckCode, Acknowledgement, read_acknowledgement
from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.patients.actions import CURRENT_NOTICE
from temoin.patients.models import Patient
from temoin.pharmacies.scopes import Scope
from temoin.testing.actions import take_sample
from temoin.testing.lists import list_tests
from temoin.testing.models import Record
from temoin.testing.proposals import proposed_tests, sign_proposal
from temoin.testing.sample import Reading, Sample
from temoin.testing.signing import correct_result, sign_result

ADDRESS = f"/api/v1/hl7?notice={CURRENT_NOTICE}"


@pytest.fixture
def practice(house: House) -> str:
    """The token of a practice's software."""
    return token_of(house.owner)


def token_of(seat, *scopes: Scope) -> str:
    return ask_token(assertion(register(seat, scopes=scopes or tuple(Scope)))).json()["access_token"]


def send(body: str, token: str, address: str = ADDRESS):
    head = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    return Client().post(address, body.replace("\n", "\r").encode(), content_type="application/hl7-v2", headers=head)


def answered(body: str, token: str) -> Acknowledgement:
    answer = send(body, token)
    assert answer.status_code == 200
    return read_acknowledgement(answer.content)


def places(told: Acknowledgement) -> list[tuple[str, str]]:
    return [(one.place, one.code) for one in told.complaints if one.severity == "E"]


def stored(house: House) -> tuple[int, int]:
    with tenant_scope(house.owner.pharmacy_id):
        return Record.objects.count(), Patient.objects.count()


def states(house: House) -> list[str]:
    with tenant_scope(house.owner.pharmacy_id):
        return sorted(Record.objects.values_list("state", flat=True))


def sample(house: House, record_id: Any, lot_id: UUID | None = None) -> None:
    at = now() - timedelta(minutes=17)
    taken = Sample(specimen="nasopharyngeal-swab", sampled_at=at, lot_id=lot_id or make_lot(house.owner))
    take_sample(by=house.owner, record_id=record_id, sample=taken, seen="")


def test_an_order_waits_at_the_counter_and_its_number_goes_with_the_result(house: House, practice: str):
    told = answered(order_message("C-1"), practice)
    (row,) = list_tests(by=house.colleague).under_way
    sample(house, row.id)
    read_at = now()
    first = sign_result(
        by=house.owner, record_id=row.id, reading=Reading({"sars-cov-2": "negative"}, read_at=read_at), seen=""
    )
    again = correct_result(
        by=house.owner,
        record_id=row.id,
        expected_version=1,
        reading=Reading({"sars-cov-2": "positive"}, read_at=read_at),
        reason="Erreur",
    )

    assert (told.code, told.control_id) == (AckCode.ACCEPT, "C-1-NW")
    assert (row.kind.code, row.state.value) == ("covid19-ag", "registered")
    assert (first.order_number, again.order_number) == ("C-1", "C-1")
    orders = [one["resource"] for one in bundle(again)["entry"] if one["resource"]["resourceType"] == "ServiceRequest"]
    assert [one["identifier"][0]["value"] for one in orders] == ["C-1"]


def test_an_order_sent_again_under_any_number_of_message_is_done_once(house: House, practice: str):
    first, again = send(order_message("C-1"), practice), send(order_message("C-1"), practice)
    other = answered(changed(("|C-1-NW|", "|later|"), message=order_message("C-1")), practice)

    assert first.content == again.content
    assert b"ACK^O01" in first.content
    assert (other.code, [one.severity for one in other.complaints if one.place.startswith("OBR")]) == (
        AckCode.ACCEPT,
        ["I"],
    )
    assert stored(house) == (1, 1)


def test_another_person_under_the_number_is_refused_and_another_program_has_its_own_numbers(
    house: House, practice: str
):
    answered(order_message("C-1"), practice)
    other = changed(("|C-1-NW|", "|later|"), ("MARTIN^Lou", "DURAND^Ève"), message=order_message("C-1"))

    refused = answered(other, practice)
    taken = answered(other, token_of(house.owner))

    assert (refused.code, places(refused)) == (AckCode.ERROR, [("OBR-1-2", "205")])
    assert taken.code is AckCode.ACCEPT
    assert stored(house) == (2, 2)


def test_a_cancelled_order_leaves_the_list_once_however_often_it_comes(house: House, practice: str):
    answered(order_message("C-1"), practice)
    cancel = order_message("C-1", control="CA")

    told = answered(cancel, practice)
    again = answered(changed(("|C-1-CA|", "|later|"), message=cancel), practice)

    assert (told.code, again.code, states(house)) == (AckCode.ACCEPT, AckCode.ACCEPT, ["abandoned"])
    late = answered(changed(("|C-1-NW|", "|old|"), message=order_message("C-1")), practice)
    assert (late.code, late.complaints[0].severity, states(house)) == (AckCode.ACCEPT, "W", ["abandoned"])


def test_an_order_is_not_cancelled_by_others_of_somebody_else_or_once_it_is_sampled(house: House, practice: str):
    answered(order_message("C-1"), practice)
    cancel = order_message("C-1", control="CA")
    stranger = answered(cancel, token_of(house.stranger))
    colleague = answered(cancel, token_of(house.owner))
    (row,) = list_tests(by=house.owner).under_way
    sample(house, row.id)

    other = answered(changed(("|C-1-CA|", "|x|"), ("MARTIN^Lou", "DURAND^Ève"), message=cancel), practice)
    late = answered(cancel, practice)

    for refused in (stranger, colleague, late):
        assert (refused.code, places(refused)) == (AckCode.ERROR, [("OBR-1-2", "103")])
    assert (other.code, places(other)) == (AckCode.ERROR, [("OBR-1-2", "205")])
    assert states(house) == ["sampled"]


def test_a_message_is_done_whole_or_not_at_all(house: House, practice: str):
    both = order_message("C-1") + "ORC|NW|C-2\nOBR|1|C-2||TROD^^L\n"

    refused = answered(both, practice)
    taken = answered(changed(("|C-1-NW|", "|2|"), ("TROD^^L", "strep-a-ag^^L"), message=both), practice)

    assert (refused.code, places(refused)) == (AckCode.ERROR, [("OBR-1-4", "103")])
    assert taken.code is AckCode.ACCEPT
    assert stored(house) == (2, 1)


def test_who_may_not_order_is_kept_out_and_nothing_is_kept(house: House):
    few = token_of(house.owner, Scope.TESTS_WRITE, Scope.RESULTS_PROPOSE)

    assert send(order_message("C-1"), few).status_code == 403
    assert stored(house) == (0, 0)


def test_an_order_without_the_notice_that_was_shown_is_refused(house: House, practice: str):
    answer = read_acknowledgement(send(order_message("C-1"), practice, address="/api/v1/hl7").content)

    assert (answer.code, stored(house)) == (AckCode.ERROR, (0, 0))


DETECTED, NOT_DETECTED = "260373001^Detected", "260415000^Not detected"


@pytest.mark.parametrize("at_counter", [False, True])
def test_a_result_fills_the_test_of_its_order_once_and_its_correction_too(
    house: House, practice: str, *, at_counter: bool
):
    answered(order_message("C-1"), practice)
    lot_id = make_lot(house.owner)
    if at_counter:
        (row,) = list_tests(by=house.owner).under_way
        sample(house, row.id, lot_id)
    result = result_of_order(house.here.finess, now(), "C-1")
    corrects = changed(("|R-C-1|", "|R2|"), (DETECTED, NOT_DETECTED), ("|A|||F|", "|A|||C|"), message=result)

    told = answered(result, practice)
    again = answered(changed(("|R-C-1|", "|again|"), message=result), practice)
    corrected = answered(corrects, practice)
    reordered = answered(changed(("|C-1-NW|", "|old|"), message=order_message("C-1")), practice)
    cancelled = answered(order_message("C-1", control="CA"), practice)

    assert [one.code for one in (told, again, corrected, reordered)] == [AckCode.ACCEPT] * 4
    assert (again.complaints[0].severity, reordered.complaints[0].severity) == ("I", "I")
    assert (cancelled.code, places(cancelled)) == (AckCode.ERROR, [("OBR-1-2", "103")])
    (waiting,) = proposed_tests(by=house.owner).tests
    seen = {"record_id": waiting.opened.record_id, "seen_version": waiting.seen_version}
    report = sign_proposal(by=house.owner, **seen)
    assert (report.order_number, report.findings[0].outcome, stored(house)) == ("C-1", "negative", (1, 1))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (("MARTIN^Lou", "DURAND^Ève"), "OBR-1-3"),
        (("|C-1|F1|", "|C-1|F2|"), "OBR-1-3"),
        (("|A|||F|", "|A|||C|"), "OBX-1-11"),
    ],
)
def test_what_is_not_the_result_of_an_order_fills_nothing(
    house: House, practice: str, change: tuple[str, str], place: str
):
    answered(order_message("C-1"), practice)
    make_lot(house.owner)
    result = result_of_order(house.here.finess, now(), "C-1")
    is_second = "F2" in change[1]
    if is_second:
        answered(result, practice)

    told = answered(changed(("|R-C-1|", "|other|"), change, message=result), practice)

    assert (told.code, [one for one, _code in places(told)]) == (AckCode.ERROR, [place])
    assert (states(house), stored(house)) == (["sampled" if is_second else "registered"], (1, 1))


def test_an_order_that_was_done_by_hand_closed_or_is_anothers_gets_no_result(house: House, practice: str):
    for number in ("C-1", "C-2"):
        answered(order_message(number), practice)
    answered(order_message("C-2", control="CA"), practice)
    (row,) = list_tests(by=house.owner).under_way
    sample(house, row.id)
    sign_result(by=house.owner, record_id=row.id, reading=Reading({"sars-cov-2": "negative"}, read_at=now()), seen="")

    for number in ("C-1", "C-2"):
        told = answered(result_of_order(house.here.finess, now(), number), practice)
        assert (told.code, places(told)) == (AckCode.ERROR, [("OBR-1-3", "205")])
    assert stored(house) == (2, 1)


def test_a_result_in_fhir_fills_the_test_of_an_order_in_hl7(house: House, practice: str):
    answered(order_message("C-1"), practice)
    make_lot(house.owner)
    told = own_bundle(house.here.finess, now())
    parts = {one["resource"]["resourceType"]: one["resource"] for one in told["entry"]}
    parts["Patient"]["name"] = [{"family": "Martin", "given": ["Lou"]}]
    parts["DiagnosticReport"]["basedOn"] = [{"identifier": {"value": "C-1"}}]
    head = {"Authorization": f"Bearer {practice}", "Idempotency-Key": "k" * 16}

    answer = Client().post(
        f"{BASE}?notice={CURRENT_NOTICE}", orjson.dumps(told), content_type="application/fhir+json", headers=head
    )

    assert (answer.status_code, states(house), stored(house)) == (200, ["sampled"], (1, 1)), answer.content


def test_an_order_that_comes_after_its_result_makes_no_second_test(house: House, practice: str):
    make_lot(house.owner)
    answered(changed(("|C-1|F1|", "|C-1||"), message=result_of_order(house.here.finess, now(), "C-1")), practice)

    late = answered(order_message("C-1"), practice)

    assert (late.code, places(late), stored(house)) == (AckCode.ERROR, [("OBR-1-2", "205")], (1, 1))


def open_with_keys() -> tuple[House, str]:
    """Open a house and make the keys of its month, with another person's test: two who meet would wait for them."""
    house = open_house()
    token = token_of(house.owner)
    make_lot(house.owner)
    answered(changed(("MARTIN^Lou", "DURAND^Ève"), message=order_message("C-0")), token)
    return house, token


@pytest.mark.django_db(transaction=True)
def test_one_order_and_its_result_on_two_lines_at_once_are_one_test():
    house, token = open_with_keys()
    codes = []
    for body in (order_message("C-1"), result_of_order(house.here.finess, now(), "C-1")):
        twin = body.replace(f"|{body.split('|')[9]}|", "|twin|", 1)
        told = both_at_once(house.here.id, *(partial(answered, one, token) for one in (body, twin)))
        codes += [one.code for one in told]

    assert (codes, stored(house), states(house)) == ([AckCode.ACCEPT] * 4, (2, 2), ["registered", "sampled"])


@pytest.mark.django_db(transaction=True)
def test_an_order_and_its_result_that_meet_are_never_two_tests():
    house, token = open_with_keys()
    result = changed(("|C-1|F1|", "|C-1||"), message=result_of_order(house.here.finess, now(), "C-1"))

    both_at_once(house.here.id, *(partial(answered, one, token) for one in (order_message("C-1"), result)))

    assert (stored(house), states(house)) == ((2, 2), ["registered", "sampled"])
