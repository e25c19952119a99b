"""The clock of a pharmacy: told by its postcode at opening, or by the operator, then its days follow it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from people import House
from test_team import events

from temoin.intake.messages import rules_of
from temoin.journal.events import EventKind
from temoin.lib.clock import frozen_at
from temoin.lib.errors import InvalidError
from temoin.pharmacies.actions import move_clock, open_pharmacy
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.seat import today
from temoin.pharmacies.zones import zone_of, zone_of_postcode

PLACES = [
    ("75001", "Europe/Paris"),
    ("01000", "Europe/Paris"),
    ("20000", "Europe/Paris"),
    ("95880", "Europe/Paris"),
    ("97110", "America/Guadeloupe"),
    ("97133", "America/St_Barthelemy"),
    ("97150", "America/Marigot"),
    ("97200", "America/Martinique"),
    ("97300", "America/Cayenne"),
    ("97400", "Indian/Reunion"),
    ("97500", "America/Miquelon"),
    ("97600", "Indian/Mayotte"),
    ("98600", "Pacific/Wallis"),
    ("98714", "Pacific/Tahiti"),
    ("98741", "Pacific/Marquesas"),
    ("98755", "Pacific/Gambier"),
    ("98800", "Pacific/Noumea"),
]


@pytest.mark.parametrize(("postcode", "zone"), PLACES)
def test_the_postcode_tells_the_zone(postcode: str, zone: str):
    assert zone_of_postcode(postcode) == zone


@pytest.mark.parametrize("department", [f"{number:02d}" for number in range(1, 96)])
def test_the_whole_metropolis_has_one_clock(department: str):
    assert zone_of_postcode(f"{department}000") == "Europe/Paris"


@pytest.mark.parametrize("postcode", ["", "1201", "SW1A 1AA", "99999", "96000", "٧٥٠٠١", "97900", "750011"])
def test_a_postcode_of_nowhere_tells_none(postcode: str):
    assert zone_of_postcode(postcode) == ""


@pytest.mark.django_db
def test_a_pharmacy_opens_with_the_clock_of_its_postcode():
    assert _opened("97300").time_zone == "America/Cayenne"


@pytest.mark.django_db
@pytest.mark.parametrize(("postcode", "region"), [("97110", "GP"), ("98800", "NC"), ("75001", "FR")])
def test_files_and_messages_read_telephones_as_its_counter_does(postcode: str, region: str):
    assert rules_of(_opened(postcode).id).region == region


@pytest.mark.django_db
def test_a_pharmacy_opens_with_the_clock_that_is_told():
    assert _opened("75001", time_zone="Pacific/Noumea").time_zone == "Pacific/Noumea"


@pytest.mark.django_db
def test_no_pharmacy_opens_with_a_clock_that_is_none():
    with pytest.raises(InvalidError, match="time_zone:unknown"):
        _opened("75001", time_zone="Paris")


@pytest.mark.django_db
@pytest.mark.parametrize("told", ["", "Europe/Paris"])
@pytest.mark.parametrize("postcode", ["", "1201", "SW1A 1AA", "7500A", "750011", "٧٥٠٠١", "75 001", "96100", "99999"])
def test_its_postcode_is_judged_whatever_clock_is_told(postcode: str, told: str):
    with pytest.raises(InvalidError, match="postcode:malformed"):
        _opened(postcode, time_zone=told)


def test_moving_the_clock_moves_the_day(house: House):
    with frozen_at(datetime(2026, 11, 29, 22, tzinfo=UTC)):
        assert today(house.here.id) == date(2026, 11, 29)

        move_clock(by=Operator(house.here.id), time_zone="Pacific/Noumea")

        assert today(house.here.id) == date(2026, 11, 30)
    assert zone_of(house.elsewhere.id).key == "Europe/Paris"
    moved = EventKind.PHARMACY_CLOCK_MOVED
    assert events(house.here.id, moved) == [(None, house.here.id, "command", "Pacific/Noumea")]


def _opened(postcode: str, time_zone: str = ""):
    address = {"street": "", "postcode": postcode, "city": "Haute", "phone": ""}
    return open_pharmacy(finess="750712184", name="Haute", address=address, is_demo=False, time_zone=time_zone)
