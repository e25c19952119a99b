"""The same result by HL7 v2 and by `POST /api/v1/results`: one test, whichever door it came by first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from handed_messages import own_message
from people import House, make_lot
from test_hl7_messages import answered, stored
from test_known_results import codes, hand_in
from test_work_of_programs import whole, worker

from temoin.catalogue.lots import close_lot
from temoin.formats.hl7v2 import AckCode
from temoin.lib.clock import now
from temoin.testing.proposals import proposed_tests, sign_proposal

__all__ = ["worker"]
PERSON = {"birth_family_name": "Doe", "birth_given_names": "Jane Ann", "sex": "F", "birth_date": "1980-02-29"}
Doors = tuple[str, Callable[..., str], Callable[..., dict[str, Any]]]


@pytest.fixture
def moment() -> datetime:
    return now().replace(microsecond=0)


@pytest.fixture
def lot_id(house: House) -> UUID:
    return make_lot(house.owner)


@pytest.fixture
def message(house: House, moment: datetime) -> Callable[..., str]:
    """The result as a message, each time under another MSH-10."""
    text = own_message(house.here.finess, moment)
    return lambda number="1", *changes: _changed(text, ("|77|P|", f"|{number}|P|"), *changes)


@pytest.fixture
def result(lot_id: UUID, moment: datetime) -> dict[str, Any]:
    """The same as an item of a call."""
    sample = {"specimen": "nasopharyngeal-swab", "lot_id": str(lot_id), "sampled_at": ago(moment, 17)}
    reading = {"outcomes": {"sars-cov-2": "positive"}, "read_at": ago(moment, 1), "comment": "a & b"}
    return whole(lot_id, "F1", patient=PERSON, sample=sample, reading=reading)


def ago(moment: datetime, minutes: int) -> str:
    return (moment - timedelta(minutes=minutes)).isoformat()


def _changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def test_a_message_after_its_call_and_a_call_after_its_message_are_answered_as_known(
    house: House, worker: str, message, result
):
    first = hand_in(worker, result)

    told = answered(message("1"), worker)

    assert (first["taken"], told.code, stored(house)) == (True, AckCode.ACCEPT, (1, 1))
    (waits,) = proposed_tests(by=house.owner).tests
    sign_proposal(by=house.owner, record_id=waits.opened.record_id, seen_version=waits.seen_version)
    assert answered(message("2"), worker).code is AckCode.ACCEPT
    assert hand_in(worker, result) == first
    assert stored(house) == (1, 1)


def test_a_call_after_its_message_tells_the_test_of_the_message(house: House, worker: str, message, result):
    answered(message(), worker)
    (waits,) = proposed_tests(by=house.owner).tests

    verdict = hand_in(worker, result)

    assert (verdict["test_id"], stored(house)) == (str(waits.opened.record_id), (1, 1))


@pytest.mark.parametrize(
    ("place", "changes"),
    [
        ("patient", {"birth_date": "1980-02-28"}),
        ("sample", {"specimen": "nasal-swab"}),
        ("sample", {"sampled_at": "2026-01-01T00:00:00Z"}),
        ("sample", {"sampled_at": None}),
        ("sample", {"started_at": "2026-01-01T00:00:00Z"}),
        ("reading", {"outcomes": {"sars-cov-2": "negative"}}),
        ("reading", {"comment": "Ligne pâle"}),
        ("reading", {"read_at": None}),
    ],
)
def test_what_one_door_says_otherwise_is_refused_by_the_other(
    house: House, worker: str, message, result, place: str, changes: dict[str, Any]
):
    answered(message(), worker)

    verdict = hand_in(worker, {**result, place: {**result[place], **changes}})

    assert codes(verdict) == [("number", "number_used")]
    assert stored(house) == (1, 1)


def test_another_lot_than_was_used_is_another_content(house: House, worker: str, message, result, lot_id: UUID):
    answered(message(), worker)
    other = make_lot(house.owner, number="B777")

    verdict = hand_in(worker, {**result, "sample": {**result["sample"], "lot_id": str(other)}})
    close_lot(by=house.owner, lot_id=lot_id)

    assert codes(verdict) == [("number", "number_used")]
    assert hand_in(worker, result)["taken"]


def test_a_message_of_another_device_or_reading_is_refused_and_its_correction_is_known_to_both(
    house: House, worker: str, message, result
):
    hand_in(worker, result)
    negative = ("260373001^Detected", "260415000^Not detected")

    assert answered(message("1", negative), worker).code is AckCode.ERROR
    assert answered(message("2", negative, ("|A|||F|||", "|A|||C|||")), worker).code is AckCode.ACCEPT
    (waits,) = proposed_tests(by=house.owner).tests
    assert waits.proposal.reading.outcomes == {"sars-cov-2": "negative"}
    reading = {**result["reading"], "outcomes": {"sars-cov-2": "negative"}}
    assert hand_in(worker, {**result, "reading": reading})["taken"]
    assert hand_in(worker, result)["taken"]  # what was corrected since, read again
    assert stored(house) == (1, 1)
