"""The live list: told of without a word, fetched again only where it changed, and no session lives by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from people import House, change_patient, make_lot, make_patient, make_sampled, make_signed, make_test, sign_in

from temoin.catalogue.lots import close_lot
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import shifted_by
from temoin.lib.stirring import tell_stirs_to
from temoin.lib.tenant import tenant_scope
from temoin.patients.queries import traits_of
from temoin.testing.actions import abandon_test, undo_sample
from temoin.testing.waiting import WaitMark, mark_waiting


def look(client: Client, mark: str = ""):
    return client.get(reverse("fresh_lists"), headers={"If-None-Match": mark} if mark else {})


def looks(house: House) -> int:
    with tenant_scope(house.here.id):
        return Event.objects.filter(kind=EventKind.TEST_LIST_READ).count()


def acts(house: House):
    """Return what somebody else may do meanwhile, each to be called once."""
    patient_id, lot_id = make_patient(house.owner), make_lot(house.owner)
    waits = make_test(house.owner, patient_id)
    runs = make_sampled(house.owner, patient_id, lot_id)

    def amend() -> None:
        with tenant_scope(house.here.id):
            traits = replace(traits_of(patient_id), used_given_name="Autre")
        change_patient(by=house.owner, patient_id=patient_id, traits=traits)

    return {
        "registered": lambda: make_test(house.colleague, patient_id),
        "abandoned": lambda: abandon_test(by=house.colleague, record_id=waits, seen=""),
        "undone": lambda: undo_sample(by=house.colleague, record_id=runs, seen=""),
        "signed": lambda: make_signed(house.owner, patient_id, lot_id),
        "amended": amend,
        "called": lambda: mark_waiting(by=house.colleague, record_id=waits, mark=WaitMark.CALLED, seen=""),
        "lot received": lambda: make_lot(house.colleague, number="NEW"),
        "lot closed": lambda: close_lot(by=house.colleague, lot_id=lot_id),
    }


ACTS = ["registered", "abandoned", "undone", "signed", "amended", "called", "lot received", "lot closed"]


def test_a_list_that_did_not_change_is_neither_sent_nor_looked_at(house: House, owner: Client):
    make_test(house.owner, make_patient(house.owner))
    mark = look(owner)["ETag"]
    before = looks(house)

    answer = look(owner, mark)

    assert (answer.status_code, answer.content) == (304, b"")
    assert looks(house) == before


@pytest.mark.parametrize("act", ACTS)
def test_whatever_a_colleague_does_changes_the_list_and_the_look_is_an_event(house: House, owner: Client, act: str):
    do = acts(house)[act]
    mark = look(owner)["ETag"]
    before = looks(house)

    do()
    answer = look(owner, mark)

    assert answer.status_code == 200
    assert answer["ETag"] != mark
    assert looks(house) == before + 1


@pytest.mark.parametrize("act", ACTS)
def test_whatever_changes_the_list_rings(house: House, django_capture_on_commit_callbacks, act: str):
    do = acts(house)[act]
    told: list[object] = []
    tell_stirs_to(told.append)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            do()
    finally:
        tell_stirs_to()

    assert set(told) == {house.here.id}


def test_another_pharmacys_acts_change_nothing_here(house: House, stranger: Client):
    mark = look(stranger)["ETag"]

    make_test(house.owner, make_patient(house.owner))

    assert look(stranger, mark).status_code == 304


def test_the_page_bears_the_mark_of_the_list_it_shows(house: House, owner: Client):
    make_test(house.owner, make_patient(house.owner))
    page = owner.get(reverse("home")).content.decode()

    mark = page.split('data-mark="')[1].split('"')[0]

    assert look(owner, f'"{mark}"').status_code == 304


def test_a_stream_names_nobody_and_is_the_pharmacys_own(
    house: House, owner: Client, colleague: Client, stranger: Client
):
    topics = []
    for client in (owner, colleague, stranger):
        answer = client.get(reverse("changes"), **{"temoin.streams": True})
        assert answer.content == b"retry: 2000\n\n"
        assert answer["Content-Type"] == "text/event-stream"
        topics.append(answer.wsgi_request.META["temoin.topic"])

    ours, colleagues, theirs = topics
    assert ours == colleagues != theirs
    assert str(house.here.id).replace("-", "") not in ours


def test_without_room_for_a_stream_the_page_is_told_to_ask_by_the_clock(owner: Client):
    assert owner.get(reverse("changes")).status_code == 204


def test_who_reads_no_tests_follows_none(house: House):
    administrator = sign_in(Client(), house.administrator)

    assert [administrator.get(reverse(name)).status_code for name in ("changes", "fresh_lists")] == [403, 403]


@pytest.mark.parametrize("name", ["changes", "fresh_lists"])
def test_a_page_that_only_follows_keeps_no_session_alive(owner: Client, settings, name: str):
    owner.get(reverse("home"))
    step = timedelta(seconds=settings.SESSION_COOKIE_AGE * 0.6)

    with shifted_by(step):
        assert owner.get(reverse(name)).status_code < 300
    with shifted_by(step * 2):
        assert owner.get(reverse(name)).status_code == 302
