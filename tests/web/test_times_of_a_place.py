"""A pharmacy far from Paris sees and types its own hours; what a clock shows never or twice is not guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import override
from people import House, make_lot, make_patient, make_sampled, make_signed, make_test, sign_in

from temoin.catalogue.kinds import load_kinds
from temoin.lib.clock import frozen_at, now
from temoin.lib.errors import InvalidError, Problem
from temoin.lib.zones import zone_named
from temoin.pharmacies.actions import move_clock
from temoin.pharmacies.operator import Operator
from temoin.testing.queries import read_test
from temoin.web.access import GuardedRoute
from temoin.web.fields import Typed
from temoin.web.record_forms import result_fields
from temoin.web.routes import ROUTES
from temoin.web.times import FIRST, SECOND, TWICE, local_minute, read_day, read_local_time, read_moment

PARIS = "Europe/Paris"
LISTS = [one for one in ROUTES if "GET" in one.methods and "<" not in one.path]
UNTHINKABLE = ["9999-12-31", "0001-01-01", "9000-01-01", "1899-12-31", "0000-00-00", "x", "٢٠٢٦-١١-٢٩"]


@pytest.mark.parametrize("name", ["America/Cayenne", "Pacific/Noumea", "America/Miquelon", "Indian/Mayotte"])
def test_a_pharmacy_signs_on_its_own_clock(house: House, name: str):
    move_clock(by=Operator(house.here.id), time_zone=name)
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))

    report = read_test(by=house.owner, record_id=record_id).report

    assert report.signed_at.utcoffset() == now().astimezone(zone_named(name)).utcoffset()
    assert report.sampled_at.utcoffset() == now().astimezone(zone_named(name)).utcoffset()


def test_pages_show_and_take_the_hours_of_the_place(house: House):
    move_clock(by=Operator(house.here.id), time_zone="Pacific/Noumea")
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    there = now().astimezone(zone_named("Pacific/Noumea")) - timedelta(minutes=16)

    page = sign_in(Client(), house.owner).get(reverse("test", args=[record_id]))

    assert f"{there:%d/%m/%Y %H:%M}" in page.content.decode()


def test_a_child_born_today_is_registered_where_today_has_begun(house: House):
    with frozen_at(datetime(2026, 11, 29, 22, tzinfo=UTC)):
        with pytest.raises(InvalidError, match="birth_date:impossible"):
            make_patient(house.owner, birth_date="30/11/2026", nir="")
        move_clock(by=Operator(house.here.id), time_zone="Pacific/Noumea")

        assert make_patient(house.owner, birth_date="30/11/2026", nir="")


@pytest.mark.parametrize(("which", "hour"), [(FIRST, 0), (SECOND, 1)])
def test_an_hour_that_came_twice_is_told_by_the_person(which: str, hour: int):
    with override(zone_named(PARIS)), frozen_at(datetime(2026, 10, 25, 3, tzinfo=UTC)):
        assert read_local_time("2026-10-25T02:30", "read_at", which) == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
        with pytest.raises(InvalidError, match="read_at:twice"):
            read_local_time("2026-10-25T02:30", "read_at")


def test_the_first_of_two_hours_is_meant_while_the_second_is_to_come():
    with override(zone_named(PARIS)), frozen_at(datetime(2026, 10, 25, 0, 40, tzinfo=UTC)):
        assert read_local_time("2026-10-25T02:30", "read_at") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_an_hour_that_spring_skipped_is_refused():
    with override(zone_named(PARIS)), pytest.raises(InvalidError, match="read_at:skipped"):
        read_local_time("2026-03-29T02:30", "read_at")


@pytest.mark.parametrize("text", UNTHINKABLE)
def test_an_unthinkable_day_is_none(text: str):
    assert read_day(text) is None


def test_a_typed_minute_comes_back():
    with override(zone_named("Pacific/Marquesas")):
        assert read_local_time(local_minute(now()), "read_at") == now().replace(second=0, microsecond=0)


def test_now_sends_the_instant_whatever_the_zone_of_the_computer():
    pressed = now()
    with override(zone_named("America/Cayenne")):
        typed = {"read_at": local_minute(pressed), "read_at-instant": pressed.isoformat()}

        assert read_moment(typed, "read_at") == (pressed, False)
        assert read_moment({**typed, "read_at": "2026-01-01T10:00"}, "read_at") == (
            datetime(2026, 1, 1, 13, tzinfo=UTC),
            True,
        )


def test_an_empty_time_is_now_and_a_typed_minute_is_marked():
    with override(zone_named("America/Cayenne")):
        assert read_moment({"read_at": " "}, "read_at").is_typed is False
        assert read_moment({"read_at": local_minute(now())}, "read_at").is_typed is True


@pytest.mark.parametrize(("offset", "is_told"), [("-180", False), ("60", True), ("", False), ("x", False)])
def test_a_computer_set_to_another_zone_is_told(house: House, offset: str, is_told: bool):
    move_clock(by=Operator(house.here.id), time_zone="America/Cayenne")
    lot_id, record_id = make_lot(house.owner), make_test(house.owner, make_patient(house.owner))
    with override(zone_named("America/Cayenne")):
        step = {"lot": str(lot_id), "specimen": "nasopharyngeal-swab", "sampled_at": local_minute(now())}

    answer = sign_in(Client(), house.owner).post(
        reverse("sample", args=[record_id]), {**step, "browser_offset": offset}, follow=True
    )

    assert ("autre fuseau horaire" in answer.content.decode()) is is_told


def test_an_hour_that_came_twice_is_asked_for_in_the_form():
    kind, asked = load_kinds()["covid19-ag"], Problem("read_at", TWICE, "")

    assert "read_at-which" in {field.name for field in result_fields(kind, Typed({}, [asked]))}
    assert "read_at-which" not in {field.name for field in result_fields(kind, Typed({}))}


@pytest.mark.parametrize(
    "route", [one for one in ROUTES if "GET" in one.methods and "<" not in one.path], ids=lambda one: one.name
)
def test_no_page_fails_on_an_unthinkable_day_or_number(house: House, route: GuardedRoute):
    client = sign_in(Client(), house.owner)

    for value in (*UNTHINKABLE, "9" * 40, "-1", "1e9", "NaN"):
        asked = dict.fromkeys(("day", "month", "since", "until", "page", "number", "birth_date", "expiry"), value)
        assert client.get(reverse(route.name), asked).status_code < 500
