"""Appointments on the staff site: the hours that are offered, the days to come, and who is waited for today."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from appointing import ALL_DAY, Booking
from arriving import filled, token_of
from django.test import Client
from people import House, sign_in

from temoin.arrivals.appointed import appointments_to_come
from temoin.arrivals.calendar import calendar_of
from temoin.arrivals.hours import Opening
from temoin.arrivals.telling import untold_patients
from temoin.lib.clock import now, shifted_by
from temoin.lib.zones import HOUSE, wall_clock
from temoin.pharmacies.seat import Seat


def appoint(seat: Seat, *, number: int, ahead: int, minutes: int = 60) -> tuple[UUID, datetime]:
    """Take an appointment; return it and its hour."""
    booking = Booking(seat, replace(ALL_DAY, minutes=minutes, ahead=20))
    at = booking.hour(ahead)
    return booking.take(at, number=number)[1], at


def test_whoever_runs_the_place_sets_the_hours(house: House, owner: Client):
    token_of(house.owner)
    line = {"weekday-1": "0", "begins-1": "09:00", "ends-1": "12:00", "kind-1": "covid19-ag"}  # the first stays empty
    rest = {"minutes": "20", "places": "2", "ahead": "14", "closed-2": "2026-12-25", "seen": seen_by(owner)}

    wrong = owner.post("/appointments/hours/", {**line, **rest, "ends-1": "09:10"})
    right = owner.post("/appointments/hours/", {**line, **rest}, follow=True)

    assert wrong.status_code == 400
    assert re.search(r'name="ends-0"[^>]*aria-invalid', wrong.content.decode())
    assert 'value="09:00"' in right.content.decode()
    hours = calendar_of(by=house.owner)
    assert (hours.openings, hours.minutes, hours.places, hours.ahead) == (
        (Opening(0, 540, 720, "covid19-ag"),),
        20,
        2,
        14,
    )
    assert [f"{day}" for day in hours.closed] == ["2026-12-25"]
    assert sign_in(Client(), house.student).get("/appointments/hours/").status_code == 403


def test_of_two_who_set_the_hours_the_second_keeps_what_they_typed_and_learns_who_changed_what(
    house: House, owner: Client
):
    token_of(house.owner)
    before = seen_by(owner)
    rest = {"minutes": "20", "places": "2", "ahead": "14"}
    theirs = {"weekday-0": "0", "begins-0": "09:00", "ends-0": "12:00", "kind-0": "all", **rest}
    mine = {**theirs, "begins-0": "08:00", "places": "9", "closed-0": "2026-12-25"}

    owner.post("/appointments/hours/", {**theirs, "seen": before})
    refused = owner.post("/appointments/hours/", {**mine, "seen": before})
    page = refused.content.decode()
    owner.post("/appointments/hours/", {**mine, "seen": re.findall(r'name="seen" value="([^"]+)"', page)[0]})

    assert refused.status_code == 400
    assert "Claire MARTIN a fixé d’autres heures entre-temps" in page
    for kept in ('value="08:00"', 'value="9"', 'value="2026-12-25"'):
        assert kept in page
    for told in (
        "maintenant\u00a0: lundi 09:00–12:00",
        "seulement\u00a0: lundi 08:00–12:00",
        "la même heure = 9",
        "Fermé le 25/12/2026",
    ):
        assert told in page
    assert calendar_of(by=house.owner).places == 9


def seen_by(client: Client) -> str:
    return seen_on(client.get("/appointments/hours/").content.decode())


def seen_on(page: str) -> str:
    return re.findall(r'name="seen" value="([^"]+)"', page)[0]


def test_whom_nobody_can_write_to_the_team_is_shown_to_call(house: House, owner: Client):
    booking = Booking(house.owner)
    traits = filled()["traits"] | {"email": "", "phone": "06 12 34 56 78"}
    _taken, arrival_id = booking.take(booking.hour(60), number=4170, traits=traits)

    seen = {"seen": booking.hour(60).isoformat()}
    sheet = owner.post(f"/appointments/{arrival_id}/cancel/", seen, follow=True).content.decode()
    listed = owner.get("/appointments/").content.decode()
    told = owner.post(f"/appointments/{arrival_id}/told/", follow=True).content.decode()
    again = owner.get(f"/appointments/{arrival_id}/contact/", follow=True).content.decode()

    assert "appelez" in sheet
    assert "06 12 34 56 78" in sheet
    assert "à appeler" in listed
    assert "06 12 34 56 78" not in listed
    assert "est averti" in told
    assert "le sait déjà" in again


@pytest.mark.parametrize(("name", "text"), [("begins-0", "9"), ("weekday-0", "8"), ("closed-0", "x"), ("places", "")])
def test_what_cannot_be_read_is_told_at_its_field(owner: Client, name: str, text: str):
    typed = {"weekday-0": "0", "begins-0": "09:00", "ends-0": "12:00", "kind-0": "all"}
    answer = owner.post("/appointments/hours/", {**typed, "minutes": "20", "places": "2", "ahead": "14", name: text})

    assert answer.status_code == 400
    assert re.search(rf'name="{name}"[^>]*aria-invalid', answer.content.decode())


def test_todays_appointment_is_in_the_list_called_and_late(house: House, owner: Client):
    arrival_id, at = appoint(house.owner, number=4170, ahead=0, minutes=5)

    with shifted_by(at + timedelta(minutes=6) - now()):
        if wall_clock(at, HOUSE).date() != wall_clock(now(), HOUSE).date():
            pytest.skip("midnight came in between")
        late = sign_in(owner, house.owner).get("/").content.decode()
        seen = owner.get("/counter/list/")["ETag"]
        called = owner.post(f"/arrivals/{arrival_id}/call/", {"do": "called"}, follow=True).content.decode()
        again = owner.post(f"/arrivals/{arrival_id}/call/", {"do": "called"}, follow=True).content.decode()
        live = owner.get("/counter/list/")["ETag"]
        typed = owner.post("/patients/", {"scan": "4170"})
        call, here = f"/arrivals/{arrival_id}/call/", {"X-In-Place": "yes"}
        in_place = owner.post(call, {"do": "undo-called"}, headers=here)
        undone = owner.get("/").content.decode()

    assert f"rendez-vous à {wall_clock(at, HOUSE):%H:%M}" in late
    assert "en retard" in late
    assert "appelé à" in called
    assert "plus rapide" in again
    assert live != seen
    assert typed["Location"] == f"/arrivals/{arrival_id}/"
    assert (in_place.status_code, in_place["X-Leads-To"]) == (204, "/")
    assert "appelé à" not in undone


def test_the_days_to_come_are_moved_and_cancelled_by_the_team(house: House, owner: Client):
    arrival_id, _at = appoint(house.owner, number=4170, ahead=300)
    token_of(house.owner)

    listed = owner.get("/appointments/").content.decode()
    page = owner.get(f"/appointments/{arrival_id}/").content.decode()
    hours = re.findall(r'<option value="(2[^"]*)"', page)
    none = owner.post(f"/appointments/{arrival_id}/move/", {"starts_at": ""})
    gone = owner.post(f"/appointments/{arrival_id}/move/", {"starts_at": "2026-01-01T00:00:00+00:00"})
    moved = owner.post(f"/appointments/{arrival_id}/move/", {"starts_at": hours[320], "seen": seen_on(page)})
    (mine,) = appointments_to_come(by=house.owner)
    cancelled = owner.post(f"/appointments/{arrival_id}/cancel/", {"seen": hours[320]}, follow=True)
    sheet = owner.get(f"/appointments/{arrival_id}/contact/").content.decode()
    twice = owner.post(f"/appointments/{arrival_id}/cancel/", follow=True)

    assert "4170" in listed
    assert "PAT-TROIS" not in listed + page
    assert (none.status_code, gone.status_code, moved.status_code) == (400, 400, 302)
    assert mine.starts_at.isoformat() == hours[320]
    assert "averti par e-mail" in cancelled.content.decode()
    assert "e-mail en route" in cancelled.content.decode()
    assert "PAT-TROIS" not in cancelled.content.decode()
    assert "PAT-TROIS" in sheet
    assert "entre-temps" in twice.content.decode()
    assert appointments_to_come(by=house.owner) == []


def test_of_two_with_one_appointment_open_the_second_learns_of_the_first(house: House, owner: Client):
    booking = Booking(house.owner)
    traits = filled()["traits"] | {"email": "", "phone": "06 12 34 56 78"}
    _taken, arrival_id = booking.take(booking.hour(60), number=4170, traits=traits)
    place = f"/appointments/{arrival_id}/"
    seen = {"seen": seen_on(owner.get(place).content.decode())}
    first, second = (booking.hour(each).isoformat() for each in (70, 80))
    sheet = owner.post(f"{place}move/", {**seen, "starts_at": first}, follow=True).content.decode()

    moved = owner.post(f"{place}move/", {**seen, "starts_at": second}, follow=True).content.decode()
    cancelled = owner.post(f"{place}cancel/", seen, follow=True).content.decode()
    (stands,) = appointments_to_come(by=house.owner)
    owner.post(f"{place}move/", {"seen": first, "starts_at": second})
    told = owner.post(f"{place}told/", {"seen": seen_on(sheet)}, follow=True).content.decode()

    assert stands.starts_at == booking.hour(70)
    assert "entre-temps" in moved
    assert "entre-temps" in cancelled
    assert "l’heure a changé" in told
    assert [one.starts_at for one in untold_patients(by=house.owner)] == [booking.hour(80)]


def test_the_stranger_has_no_such_appointment(house: House, owner: Client):
    arrival_id, _at = appoint(house.owner, number=4170, ahead=300)
    stranger = sign_in(Client(), house.stranger)

    assert owner.get(f"/appointments/{arrival_id}/").status_code == 200
    assert stranger.get(f"/appointments/{arrival_id}/").status_code == 404
    assert stranger.get(f"/appointments/{arrival_id}/contact/").status_code == 404
    for verb in ("cancel", "move", "told"):
        assert stranger.post(f"/appointments/{arrival_id}/{verb}/", {"starts_at": ""}).status_code == 404
    assert stranger.post(f"/arrivals/{arrival_id}/call/", {"do": "called"}).status_code == 404
