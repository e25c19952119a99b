"""The form's addresses over HTTP: what they tell a stranger, what they refuse, and what each form costs."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from itertools import count
from uuid import UUID, uuid4

import pytest
from arriving import token_of
from django.test import RequestFactory
from people import House, open_house
from roles import take_role

from temoin.arrivals.queries import waiting_arrivals
from temoin.lib.clock import now, shifted_by
from temoin.portal import forms
from temoin.portal.forms import PER_POSTER, is_worked, poster, put_in
from temoin.portal.limits import PER_ADDRESS

pytestmark = pytest.mark.django_db

REQUESTS = RequestFactory()
_callers = count(1)


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    return open_house()


def ask(view: Callable, body: object, *, caller: str = "", kind: str = "application/json") -> tuple[int, dict]:
    """Ask as somebody whom nobody else is, under the role of the patients' site."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    address = caller or f"203.0.{next(_callers) // 250}.{next(_callers) % 250}"
    request = REQUESTS.post("/form", content, content_type=kind, REMOTE_ADDR=address)
    with take_role("temoin_portal"):
        answer = view(request)
    told = answer.content.decode()
    return answer.status_code, json.loads(told) if told.startswith("{") else {}


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def worked(code: str, arrival_id: UUID) -> dict[str, object]:
    day = f"{now():%Y-%m-%d}"
    return {"day": day, "nonce": next(nonce for nonce in count() if is_worked(code, arrival_id, day, nonce))}


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the work of a form be little: what it costs has a test of its own."""
    monkeypatch.setattr(forms, "WORK_BITS", 1)


def form_of(house: House, **changes: object) -> dict[str, object]:
    code, arrival_id = text(token_of(house.owner)), uuid4()
    _status, offer = ask(poster, {"poster": code})
    whole = {"poster": code, "id": str(arrival_id), "key": offer["key"], "number": 417, "sealed": text(b"sealed")}
    return {**whole, **worked(code, arrival_id), **changes}


def test_a_poster_tells_whose_it_is_and_what_to_seal_to(house: House):
    status, told = ask(poster, {"poster": text(token_of(house.owner))})

    assert (status, told["place"], told["pharmacy"]) == (200, house.here.name, str(house.here.id))
    assert len(told["public"]) == 87
    assert set(told) == {"place", "pharmacy", "key", "public", "day"}


@pytest.mark.usefixtures("cheap")
def test_a_form_waits_once_however_often_it_is_sent(house: House):
    form = form_of(house)

    answers = [ask(put_in, form) for _ in range(2)]
    taken = ask(put_in, form_of(house, number=417))

    assert answers == [(200, {"answer": "waiting"}), (200, {"answer": "again"})]
    assert taken == (409, {"answer": "number"})
    assert [one.number for one in waiting_arrivals(by=house.owner)] == [417]


def test_an_unknown_poster_is_told_and_charged_to_who_asks(house: House):
    token_of(house.owner)
    unknown, caller = {"poster": text(b"\x00" * 16)}, "198.51.100.1"

    tried = [ask(poster, unknown, caller=caller)[0] for _ in range(PER_ADDRESS + 1)]

    assert tried[0] == 404
    assert tried[-1] == 429
    assert ask(poster, {"poster": text(token_of(house.owner))})[0] == 200


@pytest.mark.usefixtures("cheap")
def test_a_flood_of_many_callers_stays_within_the_pace_of_one_pharmacy(house: House):
    sent = [ask(put_in, form_of(house, number=100 + number))[0] for number in range(PER_POSTER + 5)]
    elsewhere = House(**{**vars(house), "owner": house.stranger})

    assert sent[0] == 200
    assert sent[-1] == 429
    assert ask(put_in, form_of(elsewhere))[0] == 200


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize("flood", ["198.51.100.{}", "2001:db8:7:{}::1"])
def test_a_flood_of_one_caller_leaves_room_for_the_queue(house: House, flood: str):
    form = form_of(house)

    sent = [ask(put_in, form, caller=flood.format(7))[0] for _ in range(PER_POSTER)]
    if ":" in flood:  # another network of the same subscriber
        assert ask(put_in, form, caller=flood.format(8))[0] == 429

    assert (sent[0], sent[-1]) == (200, 429)
    assert ask(put_in, form_of(house, number=418))[0] == 200


def test_a_form_without_its_work_is_refused(house: House):
    form = form_of(house)
    spoilt = next(
        nonce
        for nonce in count()
        if int.from_bytes(sha256(f"{form['poster']}|{form['id']}|{form['day']}|{nonce}".encode()).digest()[:1], "big")
    )

    assert ask(put_in, {**form, "nonce": spoilt})[0] == 400
    assert ask(put_in, {**form, "id": str(uuid4())})[0] == 400
    assert ask(put_in, {**form, "day": "2026-01-01"})[0] == 400  # the work is of another day
    assert waiting_arrivals(by=house.owner) == []


@pytest.mark.usefixtures("cheap")
def test_a_stamp_of_a_day_that_is_over_is_asked_for_again(house: House):
    form = form_of(house)

    with shifted_by(timedelta(days=1)):  # maybe in another month, whose key the page is given
        assert ask(put_in, {**form, "key": form_of(house)["key"]})[0] == 200
    with shifted_by(timedelta(days=3)):
        late = form_of(house, number=500)
        assert ask(put_in, {**form, "number": 500}) == (412, {"answer": "day"})
        assert ask(put_in, late) == (200, {"answer": "waiting"})
    with shifted_by(-timedelta(days=3)):
        assert ask(put_in, form)[0] == 412


BAD = {
    "nothing": b" ",
    "a list": b"[]",
    "a number": b"1",
    "deep": b"[" * 5000,
    "not UTF-8": b"\xff",
    "no poster": {},
    "a poster that is no text": {"poster": 1},
    "letters beyond ASCII": {"poster": "é" * 22},
    "a short poster": {"poster": "AAAA"},
}


@pytest.mark.parametrize("view", [poster, put_in])
@pytest.mark.parametrize("name", BAD)
def test_what_the_page_does_not_send_is_refused(name: str, view: Callable):
    assert ask(view, BAD[name])[0] == 400


CHANGED = {
    "two digits": {"number": 99},
    "four digits": {"number": 1000},
    "a flag for a number": {"number": True},
    "a text for a number": {"number": "417"},
    "a huge number": {"number": 10**400},
    "no identifier": {"id": "x"},
    "a number for an identifier": {"id": 1},
    "no key": {"key": "x"},
    "nothing for a key": {"key": None},
    "an empty form": {"sealed": ""},
    "a number for a form": {"sealed": 1},
    "a list for a day": {"day": []},
    "a word for a day": {"day": "today"},
    "nothing for a day": {"day": None},
    "no number for the work": {"nonce": {}},
    "half a letter": {"poster": "\ud800"},
}


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize("name", CHANGED)
def test_a_form_that_cannot_be_one_is_refused(house: House, name: str):
    assert ask(put_in, {**form_of(house), **CHANGED[name]})[0] == 400


def test_a_body_of_another_type_or_size_is_refused():
    assert ask(poster, b"{}", kind="text/plain")[0] == 415
    assert ask(poster, b" " * 13_000)[0] == 413


@pytest.mark.usefixtures("cheap")
def test_a_key_that_has_ended_is_told(house: House):
    assert ask(put_in, form_of(house, key=str(uuid4()))) == (410, {"answer": "gone"})


def test_without_the_month_s_key_the_page_is_asked_to_wait(house: House):
    token = text(token_of(house.owner))

    with shifted_by(timedelta(days=70)):
        assert ask(poster, {"poster": token})[0] == 503
