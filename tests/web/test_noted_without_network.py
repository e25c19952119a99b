"""What a counter noted without network, as the server takes it: at its time, once, and never at one that cannot be."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from people import COVID, TRAITS, House, make_lot, make_patient

from temoin.lib.clock import now
from temoin.lib.ids import hourly_id, new_id
from temoin.patients.notice import CURRENT_NOTICE
from temoin.testing.lists import list_tests
from temoin.testing.queries import read_test
from temoin.testing.states import RecordState
from temoin.web.times import local_minute

pytestmark = pytest.mark.django_db


def noted(at: datetime) -> dict[str, str]:
    ids = {"patient_id": str(new_id()), "record_id": str(hourly_id())}
    return {**TRAITS, **ids, "kind": COVID, "consent": CURRENT_NOTICE, "noted_at": at.isoformat()}


def test_a_walk_in_of_two_hours_ago_is_registered_then_once_and_sampled_then(house: House, owner: Client):
    lot, at = make_lot(house.owner), now() - timedelta(hours=2)
    form = noted(at)
    record_id = UUID(form["record_id"])
    for _twice in range(2):
        answer = owner.post(reverse("new_patient"), form, headers={"X-In-Place": "yes"})
        assert (answer.status_code, answer["X-Leads-To"]) == (204, reverse("test", args=[record_id]))
    sampled = at + timedelta(minutes=1)
    sample = {"lot": str(lot), "specimen": "nasopharyngeal-swab", "at": "counter", "seen": ""}
    moment = {"sampled_at": local_minute(sampled), "sampled_at-instant": sampled.isoformat()}

    answer = owner.post(reverse("sample", args=[record_id]), {**sample, **moment}, headers={"X-In-Place": "yes"})

    assert answer.status_code == 204
    test = read_test(by=house.owner, record_id=record_id)
    assert (test.state, test.registered_at, test.sampled_at) == (RecordState.SAMPLED, at, sampled)
    assert [row.id for row in list_tests(by=house.owner).under_way] == [record_id]


@pytest.mark.parametrize("when", [-17, 1, "yesterday", "2026-11-30T09:30", "9999-12-31T23:59:59.999Z"])
def test_a_time_that_cannot_be_is_refused_and_the_form_comes_back_without_it(
    house: House, owner: Client, when: int | str
):
    form = noted(now() + timedelta(hours=when)) if isinstance(when, int) else {**noted(now()), "noted_at": when}

    answer = owner.post(reverse("new_patient"), form, headers={"Accept-Language": "en"})

    assert answer.status_code == 400
    page = answer.content.decode()
    assert "at a time that cannot be" in page
    assert 'name="noted_at"' not in page
    assert form["record_id"] in page
    assert list_tests(by=house.owner).under_way == []


def test_whoever_is_known_gets_the_test_that_was_noted(house: House, owner: Client):
    known, at = make_patient(house.owner), now() - timedelta(minutes=50)
    form = noted(at) | {"nir": ""}
    asked = owner.post(reverse("new_patient"), form, headers={"X-In-Place": "yes"})
    assert asked.status_code == 200
    link = reverse("new_test", args=[known])
    query = asked.content.decode().split(f'href="{link}?')[1].split('"')[0].replace("&amp;", "&")

    page = owner.get(f"{link}?{query}").content.decode()

    assert f'name="record_id" value="{form["record_id"]}"' in page
    assert f'name="noted_at" value="{at.isoformat()}"' in page
    owner.post(link, {name: form[name] for name in ("record_id", "noted_at", "kind", "consent")})
    test = read_test(by=house.owner, record_id=UUID(form["record_id"]))
    assert (test.patient_id, test.registered_at) == (known, at)


def test_a_counter_hands_each_person_a_key_of_their_own(
    house: House, owner: Client, colleague: Client, stranger: Client
):
    del house

    pages = [client.get(reverse("home")).content.decode() for client in (owner, owner, colleague, stranger)]

    keys = [page.split('data-keys="')[1].split('"')[0] for page in pages]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
