"""Two records of one person become one: nothing of either is lost, and nobody is led to the one that went."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import DatabaseError
from people import TRAITS, House, make_lot, make_patient, make_sampled, make_signed, make_test, open_house

from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.oversight.looks import list_looks
from temoin.patients.actions import CURRENT_NOTICE, amend_patient, register_patient
from temoin.patients.merging import MergeReason, SeenRecords
from temoin.patients.models import Consent
from temoin.patients.queries import (
    ChangedError,
    MergedError,
    near_matches,
    patients_by_name,
    patients_by_nir,
    read_patient,
    traits_of,
)
from temoin.patients.traits import check_traits
from temoin.patients.ways import WAY_TEXT
from temoin.pharmacies.seat import Seat
from temoin.testing.actions import register_test
from temoin.testing.lists import list_tests_of_patient
from temoin.testing.merging import merge_patients
from temoin.testing.queries import read_test

WHY = MergeReason.WRITTEN_OTHERWISE


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


@pytest.fixture
def goes(house: House) -> UUID:
    return make_patient(house.owner, birth_family_name="PAT-TROI", email="", city="")


@pytest.fixture
def stays(house: House) -> UUID:
    return make_patient(house.owner, nir="", phone="")


def merge(by: Seat, goes: UUID, stays: UUID, reason: str = WHY) -> None:
    merge_patients(by=by, goes=seen(by, goes), stays=seen(by, stays), reason=reason)


def seen(by: Seat, patient_id: UUID) -> SeenRecords:
    with tenant_scope(by.pharmacy_id):
        return SeenRecords(patient_id=patient_id, version=traits_of(patient_id).seen_version)


def test_the_tests_of_both_are_found_under_the_one_that_stays(house, goes, stays):
    lot = make_lot(house.owner)
    signed, under_way = make_signed(house.owner, goes, lot), make_sampled(house.owner, goes, lot)
    own = make_test(house.owner, stays)

    merge(house.owner, goes, stays)

    tests = list_tests_of_patient(by=house.colleague, patient_id=stays)
    assert {row.id for row in [*tests.under_way, *tests.done]} == {signed, under_way, own}
    assert read_test(by=house.owner, record_id=signed).reports[0].patient.birth_family_name == "PAT-TROI"
    with tenant_scope(house.here.id):
        assert Consent.objects.filter(patient_id=stays).count() == 3


def test_what_only_one_record_knew_is_kept(house, goes, stays):
    merge(house.owner, goes, stays)

    traits = read_patient(by=house.owner, patient_id=stays)
    told = check_traits(TRAITS)
    assert (traits.birth_family_name, traits.email) == ("PAT-TROIS", told.email)
    assert (traits.nir, traits.phone) == (told.nir, told.phone)


def test_a_way_that_the_merge_takes_is_told_with_its_text(house, stays):
    goes = make_patient(house.owner, nir="", email="", phone="06 39 98 00 01", way="sms")

    merge(house.owner, goes, stays)

    with tenant_scope(house.here.id):
        assert traits_of(stays).way == "sms"
        [told] = Event.objects.filter(kind="patient.way_agreed", subject_id=stays).values_list("detail", flat=True)
    assert told == f"sms/{WAY_TEXT}"


def test_the_record_that_went_is_not_offered_and_leads_to_the_other(house, goes, stays):
    merge(house.owner, goes, stays)

    told = check_traits(TRAITS)
    for found in (
        patients_by_nir(by=house.owner, nir=told.nir),
        patients_by_name(by=house.owner, family_name="PAT-TROI", birth_date=told.birth_date),
        near_matches(by=house.owner, traits=told),
    ):
        assert [patient_id for patient_id, _traits in found] == [stays]
    for going_on in (
        lambda: read_patient(by=house.owner, patient_id=goes),
        lambda: amend_patient(by=house.owner, patient_id=goes, traits=told, expected_version=told.seen_version),
        lambda: register_test(by=house.owner, patient_id=goes, kind="covid19-ag", notice_version=CURRENT_NOTICE),
    ):
        with pytest.raises(MergedError) as error:
            going_on()
        assert error.value.stays == stays


def test_merged_twice_in_a_row_every_record_leads_to_the_last(house, goes, stays):
    last = make_patient(house.owner, nir="", birth_given_names="DOMINIK")
    merge(house.owner, goes, stays)

    merge(house.owner, stays, last)

    with pytest.raises(MergedError) as error:
        read_patient(by=house.owner, patient_id=goes)
    assert error.value.stays == last


def test_looks_at_the_record_that_went_are_looks_at_this_person(house, goes, stays):
    record_id = make_signed(house.owner, stays, make_lot(house.owner))
    read_patient(by=house.student, patient_id=goes)

    merge(house.owner, goes, stays)

    looks = list_looks(by=house.owner, record_id=record_id).looks
    assert house.student.actor_id in [look.event.actor_id for look in looks]


def test_the_merge_is_one_event_with_its_reason(house, goes, stays):
    merge(house.owner, goes, stays)

    with tenant_scope(house.here.id):
        event = Event.objects.get(kind=EventKind.PATIENT_MERGED.value)
    assert (event.subject_id, event.detail) == (goes, f"{WHY}/{stays}")


@pytest.mark.parametrize("who", ["colleague", "student", "administrator"])
def test_who_signs_nothing_merges_nothing(house, goes, stays, who):
    with pytest.raises(DeniedError):
        merge(getattr(house, who), goes, stays)


def test_another_pharmacys_records_are_unknown(house, goes, stays):
    theirs = make_patient(house.stranger)
    here, there = (seen(house.owner, goes), seen(house.owner, stays)), seen(house.stranger, theirs)

    for one, other in (here, (here[0], there), (there, here[0])):
        with pytest.raises(NotFoundError):
            merge_patients(by=house.stranger, goes=one, stays=other, reason=WHY)


def test_a_second_merge_is_told_of_the_first(house, goes, stays):
    both = {"goes": seen(house.owner, goes), "stays": seen(house.owner, stays)}
    merge_patients(by=house.owner, **both, reason=WHY)

    with pytest.raises(ConflictError):
        merge_patients(by=house.owner, **both, reason=WHY)
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind=EventKind.PATIENT_MERGED.value).count() == 1


@pytest.mark.parametrize("which", ["goes", "stays"])
def test_a_record_changed_meanwhile_is_looked_at_again(house, goes, stays, which):
    both = {"goes": seen(house.owner, goes), "stays": seen(house.owner, stays)}
    both[which] = SeenRecords(patient_id=both[which].patient_id, version="other")

    with pytest.raises(ChangedError):
        merge_patients(by=house.owner, **both, reason=WHY)


def test_two_nirs_are_two_persons(house, goes):
    other = make_patient(house.owner, nir="2 95 10 99 126 111 93", birth_date="01/10/1995")

    with pytest.raises(InvalidError) as error:
        merge(house.owner, goes, other)
    assert [each.code for each in error.value.problems] == ["nirs_differ"]


@pytest.mark.parametrize("reason", ["", "because"])
def test_without_a_reason_of_the_list_nothing_is_merged(house, goes, stays, reason):
    with pytest.raises(InvalidError):
        merge(house.owner, goes, stays, reason)


def test_a_record_is_not_merged_into_itself(house, goes):
    with pytest.raises(InvalidError):
        merge(house.owner, goes, goes)


def test_a_failure_in_the_middle_leaves_both_as_they_were(house, goes, stays, stick):
    record_id = make_test(house.owner, goes)
    stick("UPDATE", "testing_record", f"old.id = '{record_id}'")
    with pytest.raises(DatabaseError, match="stuck"):
        merge(house.owner, goes, stays)

    assert read_patient(by=house.owner, patient_id=stays).phone == ""
    assert read_test(by=house.owner, record_id=record_id).patient_id == goes


def test_the_nir_of_a_merged_record_is_free_for_the_one_that_stays(house, goes, stays):
    merge(house.owner, goes, stays)

    traits = read_patient(by=house.owner, patient_id=stays)
    amend_patient(by=house.owner, patient_id=stays, traits=traits, expected_version=traits.seen_version)
    with pytest.raises(InvalidError):
        register_patient(by=house.owner, traits=check_traits(TRAITS), put_aside=[stays])
