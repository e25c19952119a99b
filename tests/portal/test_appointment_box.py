"""The addresses of appointments over HTTP: what they tell a stranger, what they refuse, and what each one costs."""

from __future__ import annotations

from uuid import uuid4

import pytest
from appointing import Booking
from arriving import token_of
from people import House, open_house
from test_form_box import ask, text, worked

from temoin.arrivals.appointed import appointments_to_come
from temoin.portal import forms
from temoin.portal.appointments import PER_PHARMACY, end, move, offer, take
from temoin.portal.forms import put_in
from temoin.portal.limits import PER_ADDRESS

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    return open_house()


@pytest.fixture
def booking(house: House, monkeypatch: pytest.MonkeyPatch) -> Booking:
    """The page of a pharmacy; what each form costs its browser has a test of its own."""
    monkeypatch.setattr(forms, "WORK_BITS", 1)
    return Booking(house.owner)


def wish_of(booking: Booking, *, ahead: int = 60, **changes: object) -> dict[str, object]:
    code, arrival_id = text(booking.token), uuid4()
    _status, told = ask(offer, {"poster": code})
    minute, _left, _kind, key = told["hours"][ahead]
    whole = {"poster": code, "id": str(arrival_id), "key": told["keys"][key]["key"], "number": 4170}
    whole |= {"sealed": text(b"sealed"), "starts": minute, "secret": text(b"s" * 32), "device": text(uuid4().bytes)}
    return {**whole, "remind": False, **worked(code, arrival_id), **changes}


def test_a_stranger_is_told_hours_places_and_keys_and_nothing_of_who_comes(booking: Booking):
    ask(take, wish_of(booking))
    status, told = ask(offer, {"poster": text(booking.token)})

    assert status == 200
    assert set(told) == {"pharmacy", "place", "day", "zone", "minutes", "kinds", "keys", "hours"}
    assert {len(hour) for hour in told["hours"]} == {4}
    assert [left for _minute, left, _kind, _key in told["hours"][58:62]] == [1, 1, 0, 1]


def test_who_takes_no_appointments_says_so(house: House):
    assert ask(offer, {"poster": text(token_of(house.owner))})[0] == 404
    assert ask(offer, {"poster": text(b"\x00" * 16)})[0] == 404


def test_a_place_is_taken_moved_and_given_up(booking: Booking, house: House):
    wish = wish_of(booking)
    other, third = (wish_of(booking, ahead=ahead)["starts"] for ahead in (61, 62))
    secret, pharmacy = wish["secret"], str(house.here.id)

    assert [ask(take, wish) for _ in range(2)] == [(200, {"answer": "taken"}), (200, {"answer": "again"})]
    assert ask(take, wish_of(booking, number=4171)) == (423, {"answer": "full"})
    assert ask(move, {"poster": wish["poster"], "secret": secret, "starts": other}) == (200, {"answer": "taken"})
    assert ask(move, {"poster": wish["poster"], "secret": text(b"x" * 32), "starts": third})[0] == 404
    assert ask(move, {"poster": wish["poster"], "secret": text(b"l" * 16), "starts": third})[0] == 400  # a link's
    assert ask(end, {"pharmacy": str(house.elsewhere.id), "secret": secret})[0] == 404
    assert ask(end, {"pharmacy": pharmacy, "secret": secret}) == (200, {"starts": other, "zone": "Europe/Paris"})
    assert ask(end, {"pharmacy": pharmacy, "secret": secret})[0] == 404
    assert appointments_to_come(by=house.owner) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 417},
        {"starts": "soon"},
        {"starts": -1},
        {"starts": 10**12},
        {"secret": text(b"short")},
        {"device": ""},
        {"remind": "yes"},
        {"sealed": ""},
    ],
)
def test_what_the_page_does_not_send_is_refused(booking: Booking, changes: dict[str, object]):
    assert ask(take, wish_of(booking, **changes))[0] == 400


def test_a_wish_without_its_work_or_of_another_day_is_refused(booking: Booking, monkeypatch: pytest.MonkeyPatch):
    wish = wish_of(booking)
    monkeypatch.setattr(forms, "WORK_BITS", 30)

    assert ask(take, wish)[0] == 400


def test_wrong_secrets_are_charged_to_who_tries_them_and_to_nobody_else(booking: Booking, house: House):
    wish = wish_of(booking)
    ask(take, wish)
    guess, caller = {"pharmacy": str(house.here.id), "secret": text(b"g" * 32)}, "198.51.100.7"

    tried = [ask(end, guess, caller=caller)[0] for _ in range(PER_ADDRESS + 1)]

    assert (tried[0], tried[-1]) == (404, 429)
    assert ask(end, {**guess, "secret": wish["secret"]})[0] == 200


def test_a_flood_of_appointments_closes_no_queue(booking: Booking):
    wish = wish_of(booking, starts=0)  # an hour that nobody offers
    taken = [ask(take, {**wish, "device": text(uuid4().bytes)})[0] for _ in range(PER_PHARMACY + 3)]
    queue = {name: wish[name] for name in ("poster", "id", "day", "nonce", "key", "sealed")} | {"number": 417}

    assert (taken[0], taken[-1]) == (423, 429)
    assert ask(put_in, queue)[0] in {200, 410}  # looked at: taken, unless the hour's key is of another month


def test_one_caller_takes_no_pharmacy_its_minute(booking: Booking):
    wish = wish_of(booking, starts=0)
    taken = [ask(take, wish, caller="198.51.100.9")[0] for _ in range(PER_PHARMACY)]

    assert (taken[0], taken[-1]) == (423, 429)
    assert ask(take, wish)[0] == 423


def test_a_device_holds_three(booking: Booking):
    device = text(b"d" * 16)
    wishes = [wish_of(booking, ahead=60 + place, number=4170 + place, device=device) for place in range(4)]

    assert [ask(take, wish)[0] for wish in wishes] == [200, 200, 200, 403]
