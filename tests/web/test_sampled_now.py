"""One press registers and samples, or samples from the list: with the lot to be used up, which is named beforehand."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from people import House, make_lot, make_patient, make_sampled, make_test

from temoin.journal.events import EventKind
from temoin.journal.queries import events_about
from temoin.lib.errors import NotFoundError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
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


def on_from(record_id: UUID) -> str:
    return f"{reverse('home')}?next=1&new={record_id}"


def test_the_lot_to_be_used_up_is_the_first_to_expire_of_those_still_good(house: House, owner: Client):
    day = today_in(HOUSE)
    make_lot(house.owner, number="LATE", expiry=day + timedelta(days=90))
    make_lot(house.owner, number="SOON", expiry=day + timedelta(days=9))
    make_lot(house.stranger, number="THEIRS", expiry=day + timedelta(days=1))
    patient_id = make_patient(house.owner)
    assert "SOON" in owner.get(reverse("new_test", args=[patient_id])).content.decode()

    answer, record_id = press(owner, patient_id)

    assert answer["Location"] == on_from(record_id)
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

    assert answer["Location"] == on_from(record_id)
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


# A patient who was found ----------------------------------------------------------------------------------------------


def find(client: Client, text: str = "pat-trois") -> str:
    return client.post(reverse("find_patient"), {"scan": text}).content.decode()


def press_hit(client: Client, page: str, **changed: str) -> tuple[object, UUID]:
    """Press the button of the first patient found, as the page has it."""
    address = re.search(r'formaction="(/patients/[0-9a-f-]{36}/[^"]*)"', page)[1]
    record_id = re.search(r'name="record_id" value="([^"]+)"', page)[1]
    lot = re.search(r'name="lot-covid19-ag" value="([^"]+)"', page)[1]
    form = {"at": "hit", "then": "sampled", "consent": CURRENT_NOTICE, "kind": "covid19-ag", "lot-covid19-ag": lot}
    return client.post(address, form | {"record_id": record_id} | changed), UUID(record_id)


def test_a_patient_found_is_registered_consents_and_is_sampled_by_one_press(house: House, owner: Client):
    make_lot(house.owner, number="A1")
    patient_id = make_patient(house.owner)
    page = find(owner)
    assert "A1 · " in page
    assert "Par «\u00a0Prélevé maintenant\u00a0», vous attestez que le patient" in page

    answer, record_id = press_hit(owner, page)

    assert answer["Location"] == on_from(record_id)
    test = seen(house, record_id)
    assert (test.state, test.patient_id, test.lot.number, test.notice) == (
        RecordState.SAMPLED,
        patient_id,
        "A1",
        CURRENT_NOTICE,
    )


def test_pressed_twice_it_is_one_test(house: House, owner: Client):
    make_lot(house.owner)
    make_patient(house.owner)
    page = find(owner)
    _answer, record_id = press_hit(owner, page)

    answer, _same = press_hit(owner, page)

    assert answer["Location"] == reverse("test", args=[record_id])


def test_a_second_test_of_the_hour_is_looked_at_first(house: House, owner: Client):
    lot = make_lot(house.owner)
    make_sampled(house.owner, make_patient(house.owner), lot)

    answer, record_id = press_hit(owner, find(owner))

    assert "Un test a été fait ou commencé il y a moins d’une heure" in answer.content.decode()
    assert_nothing_registered(house, record_id)


def test_a_limit_of_age_or_sex_is_looked_at_first(house: House, owner: Client):
    make_lot(house.owner)
    make_patient(house.owner, sex="M", nir="")

    answer, record_id = press_hit(owner, find(owner), kind="cystitis-strip")

    assert answer.status_code == 200
    assert 'class="banner warning"' in answer.content.decode()
    assert_nothing_registered(house, record_id)


def test_another_lot_than_the_one_shown_is_looked_at_first(house: House, owner: Client):
    make_lot(house.owner)
    make_patient(house.owner)

    answer, record_id = press_hit(owner, find(owner), **{"lot-covid19-ag": str(new_id())})

    assert answer.status_code == 400
    assert "Un autre lot sert désormais" in answer.content.decode()
    assert_nothing_registered(house, record_id)


def test_without_the_attested_consent_nothing_is_registered(house: House, owner: Client):
    make_lot(house.owner)
    make_patient(house.owner)

    answer, record_id = press_hit(owner, find(owner), consent="")

    assert answer.status_code == 400
    assert_nothing_registered(house, record_id)


def assert_nothing_registered(house: House, record_id: UUID) -> None:
    with pytest.raises(NotFoundError):
        seen(house, record_id)


# The workstation ------------------------------------------------------------------------------------------------------


def test_the_workstation_remembers_kind_paper_and_order(house: House, owner: Client):
    make_lot(house.owner)
    make_patient(house.owner)
    make_patient(house.owner)
    press_hit(owner, find(owner))

    owner.post(reverse("keep_habits"), {"paper": "label", "symptoms_first": "yes"})

    assert re.search(r'value="covid19-ag"[^>]* selected', find(owner))
    page = owner.get(reverse("home")).content.decode()
    assert re.search(r'value="label"\s+checked', page)
    assert "symptomatiques d’abord" in page


@pytest.mark.parametrize("text", ["", "%00", "kind=x&paper=y", "paper=" + "x" * 400])
def test_habits_that_no_workstation_has_are_the_usual_ones(owner: Client, text: str):
    owner.cookies[settings.HABITS_COOKIE_NAME] = text

    assert re.search(r'value="roll"\s+checked', owner.get(reverse("home")).content.decode())


def tickets_seen(house: House, record_id: UUID) -> int:
    with tenant_scope(house.here.id):
        return len(events_about([record_id], [EventKind.TICKET_PRINTED.value]))


@pytest.mark.parametrize(("paper", "prints"), [("roll", 1), ("a4", 1), ("none", 0)])
def test_the_counter_prints_the_ticket_once_where_the_workstation_wants_it(
    house: House, owner: Client, paper: str, prints: int
):
    make_lot(house.owner)
    make_patient(house.owner, email="patient@exemple.fr")
    owner.post(reverse("keep_habits"), {"paper": paper})
    answer, record_id = press_hit(owner, find(owner))

    first, again = (owner.get(answer["Location"]).content.decode() for _ in range(2))

    assert ("data-print-now" in first, "data-print-now" in again) == (bool(prints), False)
    assert tickets_seen(house, record_id) == prints


def test_no_ticket_is_printed_for_whom_no_link_can_reach(house: House, owner: Client):
    make_lot(house.owner)
    make_patient(house.owner, email="", phone="")
    answer, record_id = press_hit(owner, find(owner))

    assert "data-print-now" not in owner.get(answer["Location"]).content.decode()
    assert tickets_seen(house, record_id) == 0
