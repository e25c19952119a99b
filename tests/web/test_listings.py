"""Lists and searches are looks at each person they showed, and the journal grows by an event a look."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest
from django.db import connection
from people import TRAITS, House, make_lot, make_patient, make_signed, make_test

from temoin.delivery.looks import list_looks
from temoin.journal.models import Event, Listing
from temoin.lib.tenant import tenant_scope
from temoin.patients.queries import patients_by_name, read_patient
from temoin.testing.queries import list_tests, list_tests_of_patient

BORN = date(1979, 3, 28)


@pytest.fixture
def patient(house: House) -> UUID:
    return make_patient(house.owner)


@pytest.fixture
def signed(house: House, patient: UUID) -> UUID:
    return make_signed(house.owner, patient, make_lot(house.owner))


def seen(house: House, record_id: UUID) -> list[tuple[str, UUID | None]]:
    looks = list_looks(by=house.owner, record_id=record_id).looks
    return [(look.event.kind, look.event.actor_id) for look in looks]


def test_who_saw_names_lists_searches_and_the_file(house: House, patient: UUID, signed: UUID):
    before = len(seen(house, signed))
    list_tests(by=house.colleague)
    list_tests_of_patient(by=house.colleague, patient_id=patient)
    patients_by_name(by=house.colleague, family_name=TRAITS["birth_family_name"], birth_date=BORN)
    read_patient(by=house.colleague, patient_id=patient)

    kinds = [kind for kind, actor in seen(house, signed)[before:] if actor == house.colleague.member_id]
    assert kinds == ["test.list_read", "test.list_read", "patient.searched", "patient.read"]


def test_a_list_shown_again_is_another_look_and_no_other_row(house: House, signed: UUID):
    for _ in range(3):
        list_tests(by=house.colleague)

    with tenant_scope(house.here.id):
        assert Listing.objects.count() == 1
    assert [kind for kind, _ in seen(house, signed)].count("test.list_read") == 3


def test_a_search_without_a_hit_showed_nobody(house: House, signed: UUID):
    patients_by_name(by=house.colleague, family_name="NOBODY", birth_date=BORN)

    assert "patient.searched" not in {kind for kind, _ in seen(house, signed)}


@pytest.mark.usefixtures("signed")
def test_a_listing_that_no_event_committed_to_shows_nothing(house: House):
    list_tests(by=house.colleague)
    other = make_test(house.owner, make_patient(house.owner, nir=""))
    with tenant_scope(house.here.id), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_listing SELECT pharmacy_id, %s, subjects || %s::uuid FROM journal_listing",
            [uuid4(), other],
        )

    assert "test.list_read" not in {kind for kind, _ in seen(house, other)}


@pytest.mark.usefixtures("signed")
def test_the_stranger_sees_no_listing(house: House):
    list_tests(by=house.colleague)

    with tenant_scope(house.elsewhere.id):
        assert not Listing.objects.exists()
        assert not Event.objects.filter(kind="test.list_read").exists()
