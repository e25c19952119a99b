"""Lists and searches are looks at each person they showed, and the journal grows by an event a look."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from people import TRAITS, House, make_lot, make_patient, make_signed, make_test

from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.journal.listing_evidence import compare_listings
from temoin.journal.listings import digest_of
from temoin.journal.models import Alert, Event, Listing
from temoin.lib.tenant import tenant_scope
from temoin.oversight.looks import list_looks
from temoin.patients.queries import patients_by_name, read_patient
from temoin.testing.lists import list_tests, list_tests_of_patient

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


def look_at(house: House, subjects: list[UUID], kept: list[UUID] | None) -> None:
    """A look at a list whose row is gone, or is what somebody made of it."""
    kind = EventKind.TEST_LIST_READ
    with tenant_scope(house.here.id):
        with act(by=house.colleague, kind=kind, subject_kind="record", subject_id=None) as commit:
            commit.digest = digest_of(subjects)
        if kept is not None:
            with connection.cursor() as cursor:
                row = [house.here.id, commit.digest[:32], kept]
                cursor.execute("INSERT INTO journal_listing VALUES (%s, %s::uuid, %s::uuid[])", row)


@pytest.mark.parametrize(
    ("kept", "lost", "found"), [(2, 0, []), (None, 1, ["gone"]), (1, 0, ["altered"]), (0, 0, ["altered"])]
)
def test_a_listing_taken_away_is_told_on_the_page_and_one_altered_by_verification(
    house: House, signed: UUID, owner: Client, as_role, kept: int | None, lost: int, found: list[str]
):
    subjects = [uuid4(), uuid4()]
    look_at(house, subjects, None if kept is None else subjects[:kept])

    page = owner.get(reverse("looks", args=[signed])).content.decode()

    assert ("on ne sait plus qui elle a montré" in page) == bool(lost)
    assert list_looks(by=house.owner, record_id=signed).lost == lost
    with as_role("temoin_sealer"):
        assert [finding.note.split()[-5] for finding in compare_listings()] == found
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind="listing.lost").count() == Alert.objects.count() == lost


@pytest.mark.usefixtures("signed")
def test_the_stranger_sees_no_listing(house: House):
    list_tests(by=house.colleague)

    with tenant_scope(house.elsewhere.id):
        assert not Listing.objects.exists()
        assert not Event.objects.filter(kind="test.list_read").exists()
