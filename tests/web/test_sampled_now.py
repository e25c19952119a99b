"""One press registers and samples, or samples from the list: with the lot to be used up, which is named beforehand."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.test import Client
from django.urls import reverse
from people import House, make_lot, make_patient, make_sampled, make_test

from temoin.lib.errors import NotFoundError
from temoin.lib.ids import new_id
from temoin.lib.zones import HOUSE, today_in
from temoin.patients.actions import CURRENT_NOTICE
from temoin.testing import queries
from temoin.testing.queries import read_test
from temoin.testing.states import RecordState


def press(client: Client, patient_id: UUID, record_id: UUID | None = None) -> tuple[object, UUID]:
    record_id = record_id or new_id()
    form = {"kind": "covid19-ag", "consent": CURRENT_NOTICE, "record_id": str(record_id), "then": "sampled"}
    return client.post(reverse("new_test", args=[patient_id]), form), record_id


def seen(house: House, record_id: UUID) -> queries.TestView:
    return read_test(by=house.owner, record_id=record_id)


def test_the_lot_to_be_used_up_is_the_first_to_expire_of_those_still_good(house: House, owner: Client):
    day = today_in(HOUSE)
    make_lot(house.owner, number="LATE", expiry=day + timedelta(days=90))
    make_lot(house.owner, number="SOON", expiry=day + timedelta(days=9))
    make_lot(house.stranger, number="THEIRS", expiry=day + timedelta(days=1))
    patient_id = make_patient(house.owner)
    assert "SOON" in owner.get(reverse("new_test", args=[patient_id])).content.decode()

    answer, record_id = press(owner, patient_id)

    assert answer["Location"] == reverse("test", args=[record_id])
    test = seen(house, record_id)
    assert (test.state, test.lot.number, test.specimen, test.typed_times) == (
        RecordState.SAMPLED,
        "SOON",
        "nasopharyngeal-swab",
        (),
    )


def test_without_a_good_lot_nothing_is_registered_and_the_remedy_is_said(house: House, owner: Client):
    answer, record_id = press(owner, make_patient(house.owner))

    assert answer.status_code == 400
    assert "Aucun lot de ce test ne peut servir" in answer.content.decode()
    try:
        seen(house, record_id)
    except NotFoundError:
        return
    raise AssertionError("a test was registered without its sample")


def test_a_double_press_is_one_test(house: House, owner: Client):
    make_lot(house.owner)
    patient_id = make_patient(house.owner)
    _answer, record_id = press(owner, patient_id)
    before = seen(house, record_id)

    answer, _same = press(owner, patient_id, record_id)

    assert answer["Location"] == reverse("test", args=[record_id])
    assert seen(house, record_id) == before


def test_a_test_of_the_list_is_sampled_by_one_press_and_the_list_comes_back(house: House, owner: Client):
    make_lot(house.owner, number="A1")
    record_id = make_test(house.owner, make_patient(house.owner))
    page = owner.get(reverse("home")).content.decode()
    assert "Prélevé maintenant" in page
    assert "A1 · " in page
    lot = page.split('name="lot" value="')[1].split('"')[0]

    form = {"at": "counter", "lot": lot, "specimen": "nasopharyngeal-swab"}
    answer = owner.post(reverse("sample", args=[record_id]), form)

    assert answer["Location"] == reverse("home")
    assert seen(house, record_id).state is RecordState.SAMPLED


def test_those_who_wait_stand_in_order_of_arrival_and_those_who_run_by_what_is_due(house: House, owner: Client):
    lot = make_lot(house.owner)
    made = {}
    for name, minutes in (("WAITS-FIRST", 0), ("WAITS-NEXT", 0), ("DUE-LATER", 3), ("DUE-NOW", 16)):
        patient_id = make_patient(house.owner, birth_family_name=name, used_given_name="")
        made[name] = make_sampled(house.owner, patient_id, lot, minutes_ago=minutes) if minutes else None
        if not minutes:
            make_test(house.owner, patient_id)

    page = owner.get(reverse("home")).content.decode()

    places = [page.index(f">{name}") for name in ("DUE-NOW", "DUE-LATER", "WAITS-FIRST", "WAITS-NEXT")]
    assert places == sorted(places)
