"""Whoever opens a test sees the patient's tests of the last days first, and is warned of one that is an hour old."""

from __future__ import annotations

from datetime import timedelta

import pytest
from people import House, make_lot, make_patient, make_sampled, make_signed, make_test, open_house

from temoin.lib.clock import shifted_by
from temoin.lib.errors import DeniedError, NotFoundError
from temoin.testing.actions import abandon_test
from temoin.testing.recent import just_now, recent_tests
from temoin.testing.signing import cancel_result


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def test_a_test_signed_a_minute_ago_is_told(house):
    patient_id = make_patient(house.owner)
    signed = make_signed(house.owner, patient_id, make_lot(house.owner))

    found = recent_tests(by=house.colleague, patient_id=patient_id)

    assert [(test.id, test.is_signed) for test in just_now(found)] == [(signed, True)]


def test_a_test_under_way_is_told_whatever_its_age(house):
    patient_id = make_patient(house.owner)
    with shifted_by(timedelta(days=-30)):
        waiting = make_test(house.owner, patient_id)

    found = recent_tests(by=house.owner, patient_id=patient_id)

    assert [test.id for test in found] == [waiting]
    assert just_now(found) == []


def test_older_tests_are_left_to_the_patients_page(house):
    patient_id, lot_id = make_patient(house.owner), make_lot(house.owner)
    with shifted_by(timedelta(days=-8)):
        make_signed(house.owner, patient_id, lot_id)

    assert recent_tests(by=house.owner, patient_id=patient_id) == []


def test_one_signed_lately_counts_from_its_signature(house):
    patient_id, lot_id = make_patient(house.owner), make_lot(house.owner)
    with shifted_by(timedelta(hours=-2)):
        signed = make_signed(house.owner, patient_id, lot_id)

    found = recent_tests(by=house.owner, patient_id=patient_id)

    assert [test.id for test in found] == [signed]
    assert just_now(found) == []


def test_what_is_void_warns_of_nothing(house):
    patient_id = make_patient(house.owner)
    void = make_signed(house.owner, patient_id, make_lot(house.owner))
    cancel_result(by=house.owner, record_id=void, expected_version=1, reason="essai")
    left = make_test(house.owner, patient_id)
    abandon_test(by=house.owner, record_id=left, seen="")

    found = recent_tests(by=house.owner, patient_id=patient_id)

    assert {test.id for test in found} == {void, left}
    assert just_now(found) == []


def test_one_line_of_each_kind_warns(house):
    patient_id, lot_id = make_patient(house.owner), make_lot(house.owner)
    make_sampled(house.owner, patient_id, lot_id)
    newest = make_signed(house.owner, patient_id, lot_id)

    assert [test.id for test in just_now(recent_tests(by=house.owner, patient_id=patient_id))] == [newest]


def test_recent_tests_are_for_those_who_may_read_them_here(house):
    patient_id = make_patient(house.owner)

    with pytest.raises(DeniedError):
        recent_tests(by=house.administrator, patient_id=patient_id)
    with pytest.raises(NotFoundError):
        recent_tests(by=house.stranger, patient_id=patient_id)
