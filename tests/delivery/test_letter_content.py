"""What a letter says is written for its reader."""

from __future__ import annotations

import pytest
from people import House, make_lot, make_patient, make_signed, open_house

from temoin.delivery.content import letter_content
from temoin.testing.queries import read_test


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    return open_house()


def test_the_telephone_is_said_as_in_its_country_and_dialled_from_any(house: House):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))

    pharmacy = letter_content(read_test(by=house.owner, record_id=record_id).report)["pharmacy"]

    assert (pharmacy["phone"], pharmacy["phone_said"]) == ("+33140000000", "01 40 00 00 00")
