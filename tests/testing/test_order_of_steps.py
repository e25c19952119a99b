"""A test of the counter is registered, sampled and read in this order; what is entered late says why."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from people import House, make_lot, make_patient, make_sampled, make_test, open_house

from temoin.lib.clock import now, shifted_by
from temoin.lib.errors import InvalidError
from temoin.testing.actions import take_sample
from temoin.testing.sample import Reading, Sample
from temoin.testing.signing import sign_result

BEFORE_REGISTRATION = timedelta(minutes=30)


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


@pytest.mark.parametrize("before", [timedelta(days=3), BEFORE_REGISTRATION + timedelta(minutes=1)])
def test_a_sample_long_before_its_registration_is_refused(house: House, before: timedelta):
    record_id = make_test(house.owner, make_patient(house.owner))

    with pytest.raises(InvalidError, match="sampled_at:before_registration"):
        sampled(house, record_id, before)


def test_a_swab_just_before_the_papers_is_taken(house: House):
    sampled(house, make_test(house.owner, make_patient(house.owner)), BEFORE_REGISTRATION - timedelta(minutes=1))


@pytest.mark.parametrize(("comment", "is_taken"), [("", False), ("Lu à l’heure, ordinateur en panne", True)])
def test_a_reading_entered_once_its_time_is_over_says_why(house: House, comment: str, is_taken: bool):
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    reading = Reading(outcomes={"sars-cov-2": "negative"}, read_at=now(), comment=comment)

    with shifted_by(timedelta(hours=2)):
        if is_taken:
            assert sign_result(by=house.owner, record_id=record_id, reading=reading, seen="").comment == comment
            return
        with pytest.raises(InvalidError, match="comment:late_entry"):
            sign_result(by=house.owner, record_id=record_id, reading=reading, seen="")


def sampled(house: House, record_id: UUID, before: timedelta) -> None:
    sample = Sample("nasopharyngeal-swab", now() - before, make_lot(house.owner))
    take_sample(by=house.owner, record_id=record_id, sample=sample, seen="")
