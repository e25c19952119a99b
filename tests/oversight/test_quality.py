"""The yearly quality sheet: lots, controls, who signed and the shelf, of one year and one pharmacy."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from people import House, make_lot, make_patient, make_signed, open_house, run_controls

from temoin.catalogue.lots import close_lot
from temoin.catalogue.shelf import record_temperature
from temoin.lib.clock import shifted_by
from temoin.lib.errors import DeniedError
from temoin.lib.zones import HOUSE, today_in
from temoin.oversight.quality import quality_of_year
from temoin.pharmacies.seat import today
from temoin.testing.signing import cancel_result

STREP_KIT = "biosynex-strep-a"


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def sheet(house: House, seat=None, years: int = 0):
    return quality_of_year(by=seat or house.owner, year=today(house.here.id).year + years)


def test_the_sheet_has_lots_with_what_was_used_and_the_controls(house):
    lot_id = make_lot(house.owner)
    make_lot(house.colleague, kit=STREP_KIT, number="S1")
    make_signed(house.owner, make_patient(house.owner), lot_id)

    found = {one.kind.code: one.lots for one in sheet(house).kinds}

    ((covid,), (strep,)) = found["covid19-ag"], found["strep-a-ag"]
    assert (covid.use.lot.number, covid.tests, covid.runs) == ("A12345", 1, ())
    assert [(run.level, run.is_right, run.who) for run in strep.runs] == [
        ("positive", True, "Lucas PETIT"),
        ("negative", True, "Lucas PETIT"),
    ]


def test_a_result_counts_once_for_who_signed_it_first(house):
    lot_id, patient_id = make_lot(house.owner), make_patient(house.owner)
    first, _second = (make_signed(house.owner, patient_id, lot_id) for _ in range(2))
    cancel_result(by=house.owner, record_id=first, expected_version=1, reason="essai")

    assert sheet(house).signers == (("Claire MARTIN", 2),)


def test_days_outside_the_range_are_counted(house):
    make_lot(house.owner)
    record_temperature(by=house.owner, celsius=Decimal(20))
    assert (len(sheet(house).shelf), sheet(house).outside) == (1, 0)

    record_temperature(by=house.owner, celsius=Decimal(31))

    assert (len(sheet(house).shelf), sheet(house).outside) == (1, 1)


def test_another_year_and_another_pharmacy_have_none_of_it(house):
    lot_id = make_lot(house.owner, expiry=today_in(HOUSE) + timedelta(days=1))
    make_signed(house.owner, make_patient(house.owner), lot_id)
    record_temperature(by=house.owner, celsius=Decimal(20))
    close_lot(by=house.owner, lot_id=lot_id)

    for found in (sheet(house, years=-1), sheet(house, years=2), sheet(house, house.stranger)):
        assert (found.kinds, found.signers, found.shelf) == ((), (), [])


def test_a_lot_of_two_years_has_on_each_sheet_the_tests_of_that_year(house):
    lot_id, patient_id = make_lot(house.owner, expiry=today_in(HOUSE) + timedelta(days=900)), make_patient(house.owner)
    make_signed(house.owner, patient_id, lot_id)
    this_day = today_in(HOUSE)
    with shifted_by(this_day.replace(year=this_day.year + 1, month=7, day=1) - this_day):
        for _ in range(2):
            make_signed(house.owner, patient_id, lot_id)

    found = [sheet(house, years=years).kinds[0].lots[0] for years in (0, 1)]

    assert [one.tests for one in found] == [1, 2]
    assert [one.use.used for one in found] == [3, 3]


def test_who_reads_no_test_reads_no_sheet(house):
    with pytest.raises(DeniedError):
        sheet(house, house.administrator)


def test_controls_of_a_later_year_are_on_its_own_sheet(house):
    lot_id = make_lot(house.owner)

    with shifted_by(timedelta(days=190)):
        run_controls(house.owner, lot_id)
        later = today(house.here.id).year
        (kind,) = quality_of_year(by=house.owner, year=later).kinds

    assert len(kind.lots[0].runs) == 2
    if later != today(house.here.id).year:
        assert sheet(house).kinds[0].lots[0].runs == ()
