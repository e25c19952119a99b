"""The temperature of the shelf: one line a day, as people write it, and what the kits in stock allow."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import COVID_KIT, House, make_lot, open_house

from temoin.catalogue.lots import close_lot
from temoin.catalogue.shelf import ShelfRange, read_degrees, record_temperature, shelf_days, shelf_range
from temoin.lib.clock import shifted_by
from temoin.lib.errors import DeniedError, InvalidError
from temoin.lib.zones import HOUSE, today_in
from temoin.pharmacies.seat import today

STRIP = "siemens-multistix"  # kept at 15 to 30 °C; the COVID kit at 2 to 30


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def days_of(house: House, seat=None) -> list[tuple[Decimal, str]]:
    day = today(house.here.id)
    found = shelf_days(by=seat or house.owner, since=day - timedelta(days=9), until=day + timedelta(days=9))
    return [(one.celsius, one.who) for one in found]


@given(st.decimals(min_value=-30, max_value=60, places=1), st.sampled_from([".", ","]), st.sampled_from(["", " °C"]))
def test_a_temperature_is_read_as_it_was_written(celsius, point, unit):
    assert read_degrees(f" {celsius:.1f}{unit}".replace(".", point)) == celsius


@given(st.text(max_size=12))
def test_whatever_is_typed_is_a_temperature_or_refused_at_its_field(text):
    found = []
    try:
        read_degrees(text)
    except InvalidError as error:
        found = [(one.field, one.code) for one in error.problems]

    assert found in ([], [("celsius", "malformed")])


@pytest.mark.parametrize("text", ["", "warm", "21,55", "1e1", "٢١", "21\n5", "--1", "NaN", "100"])
def test_what_is_no_temperature_is_refused(text):
    with pytest.raises(InvalidError):
        read_degrees(text)


def test_the_last_reading_of_a_day_counts(house):
    record_temperature(by=house.student, celsius=Decimal("21.5"))
    record_temperature(by=house.colleague, celsius=Decimal("-3"))
    with shifted_by(timedelta(days=1)):
        record_temperature(by=house.owner, celsius=Decimal(19))

    assert days_of(house) == [(Decimal("-3.0"), "Lucas PETIT"), (Decimal("19.0"), "Claire MARTIN")]
    assert days_of(house, house.stranger) == []


def test_the_range_is_what_every_kit_in_use_allows(house):
    assert shelf_range(by=house.owner) is None
    make_lot(house.owner, kit=COVID_KIT)
    strip = make_lot(house.owner, kit=STRIP)

    assert shelf_range(by=house.owner) == ShelfRange(15, 30)
    assert record_temperature(by=house.owner, celsius=Decimal(15))
    assert not record_temperature(by=house.owner, celsius=Decimal("14.9"))

    close_lot(by=house.owner, lot_id=strip)
    assert shelf_range(by=house.owner) == ShelfRange(2, 30)
    assert shelf_range(by=house.stranger) is None


@pytest.mark.parametrize("celsius", ["-30.1", "60.1"])
def test_a_temperature_that_no_shelf_has_is_not_recorded(house, celsius):
    with pytest.raises(InvalidError):
        record_temperature(by=house.owner, celsius=Decimal(celsius))

    assert days_of(house) == []


def test_who_takes_no_samples_reads_no_shelf(house):
    with pytest.raises(DeniedError):
        record_temperature(by=house.administrator, celsius=Decimal(20))
    for ask in (lambda: shelf_range(by=house.administrator), lambda: days_of(house, house.administrator)):
        with pytest.raises(DeniedError):
            ask()


def test_a_reading_is_of_the_pharmacys_day(house):
    record_temperature(by=house.owner, celsius=Decimal(20))

    (found,) = shelf_days(by=house.owner, since=today(house.here.id), until=today(house.here.id))

    assert found.day == today(house.here.id)
    assert found.day == today_in(HOUSE)
