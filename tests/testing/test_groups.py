"""Groups tested in series: who may do what, what each person says themselves, two people at one roster, and its end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from people import COVID, House, at_once, make_lot, make_patient, open_house

from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import now, shifted_by
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.patients.merging import SeenRecords
from temoin.patients.models import Consent
from temoin.patients.notice import CURRENT_NOTICE
from temoin.patients.queries import traits_of
from temoin.pharmacies.seat import Seat
from temoin.retention.arrivals import end_all
from temoin.testing.group_queries import GroupMember, group_of_number, list_groups, read_group, version_of_group
from temoin.testing.groups import (
    LIFE,
    MOST,
    PlaceState,
    close_group,
    join_group,
    mark_place,
    open_group,
    sample_place,
    series_kinds,
)
from temoin.testing.merging import merge_patients
from temoin.testing.models import Group, Record
from temoin.testing.numbers import draw_number, reserved_numbers
from temoin.testing.proposals import enter_result, proposed_among, proposed_tests, sign_proposal
from temoin.testing.queries import read_test
from temoin.testing.sample import Reading, Sample
from temoin.testing.states import RecordState

AsRole = Callable[[str], AbstractContextManager[None]]
NAMES = ("ARNAUD", "BLONDEL", "CLEMENT")


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    return open_house()


def make_group(by: Seat, *names: str) -> UUID:
    group_id = uuid4()
    open_group(by=by, group_id=group_id, name="École Jules-Ferry", kind=COVID, asker="Dr Vidal")
    people = [make_patient(by, birth_family_name=name, nir="") for name in names or NAMES]
    join_group(by=by, group_id=group_id, patient_ids=people)
    return group_id


def members(by: Seat, group_id: UUID) -> list[GroupMember]:
    return read_group(by=by, group_id=group_id).members


def numbers(by: Seat, group_id: UUID) -> list[str]:
    return [one.place.number for one in members(by, group_id)]


def sampled(by: Seat, group_id: UUID, number: str, lot_id: UUID, minutes_ago: int = 0) -> UUID:
    sample = Sample("nasopharyngeal-swab", now() - timedelta(minutes=minutes_ago), lot_id)
    return sample_place(
        by=by, group_id=group_id, number=number, notice_version=CURRENT_NOTICE, sample=sample, station=""
    )


def late_sampled(by: Seat, group_id: UUID, number: str, lot_id: UUID) -> UUID:
    """Sample a quarter of an hour ago, so that it can be read now."""
    with shifted_by(-timedelta(minutes=16)):
        return sampled(by, group_id, number, lot_id)


def consents(by: Seat) -> int:
    with tenant_scope(by.pharmacy_id):
        return Consent.objects.count()


def test_a_roster_draws_a_number_for_each_and_registers_no_test_and_no_consent(house):
    group_id = make_group(house.owner)

    drawn = numbers(house.owner, group_id)

    assert len(set(drawn)) == len(NAMES)
    assert consents(house.owner) == 0
    with tenant_scope(house.here.id):
        assert not Record.objects.exists()
        assert reserved_numbers() == set(drawn)


def test_a_person_who_comes_is_registered_with_their_own_consent_under_the_number_of_the_label(house):
    group_id, lot_id = make_group(house.owner), make_lot(house.owner)
    first = members(house.owner, group_id)[0]

    record_id = sampled(house.colleague, group_id, first.place.number, lot_id)

    test = read_test(by=house.owner, record_id=record_id)
    assert (test.number, test.patient_id, test.state) == (first.place.number, first.place.patient_id, "sampled")
    assert test.has_ticket
    assert consents(house.owner) == 1
    assert [one.place.state for one in members(house.owner, group_id)] == ["tested", "expected", "expected"]


def test_another_pharmacy_finds_nothing(house):
    group_id = make_group(house.owner)
    number, stranger = numbers(house.owner, group_id)[0], house.stranger

    for act in (
        lambda: read_group(by=stranger, group_id=group_id),
        lambda: version_of_group(by=stranger, group_id=group_id),
        lambda: join_group(by=stranger, group_id=group_id, patient_ids=[make_patient(stranger)]),
        lambda: mark_place(by=stranger, group_id=group_id, number=number, state=PlaceState.ABSENT),
        lambda: sampled(stranger, group_id, number, make_lot(stranger)),
        lambda: close_group(by=stranger, group_id=group_id),
    ):
        with pytest.raises(NotFoundError):
            act()
    assert list_groups(by=stranger) == []


def test_who_touches_no_patient_is_denied(house):
    group_id = make_group(house.owner)

    for act in (
        lambda: open_group(by=house.administrator, group_id=uuid4(), name="École", kind=COVID),
        lambda: read_group(by=house.administrator, group_id=group_id),
        lambda: close_group(by=house.administrator, group_id=group_id),
    ):
        with pytest.raises(DeniedError):
            act()


def test_a_student_samples_and_neither_reads_nor_signs(house):
    group_id, lot_id = make_group(house.owner), make_lot(house.owner)
    record_id = late_sampled(house.student, group_id, numbers(house.owner, group_id)[0], lot_id)

    with pytest.raises(DeniedError):
        enter_result(
            by=house.student, record_id=record_id, reading=Reading({"sars-cov-2": "negative"}, now()), expected=None
        )
    with pytest.raises(DeniedError):
        proposed_among(by=house.student, record_ids=[record_id])


def test_sampling_twice_makes_one_test(house):
    group_id, lot_id = make_group(house.owner), make_lot(house.owner)
    number = numbers(house.owner, group_id)[0]
    sampled(house.owner, group_id, number, lot_id)

    with pytest.raises(ConflictError):
        sampled(house.colleague, group_id, number, lot_id)

    assert consents(house.owner) == 1


def test_a_sample_that_cannot_be_leaves_nothing_of_the_person_registered(house):
    group_id, lot_id = make_group(house.owner), make_lot(house.owner)
    number = numbers(house.owner, group_id)[0]

    with pytest.raises(InvalidError):
        sample_place(
            by=house.owner,
            group_id=group_id,
            number=number,
            notice_version=CURRENT_NOTICE,
            sample=Sample("urine", now(), lot_id),
            station="",
        )

    assert consents(house.owner) == 0
    assert members(house.owner, group_id)[0].place.state is PlaceState.EXPECTED


def test_a_consent_to_another_text_registers_nothing(house):
    group_id, lot_id = make_group(house.owner), make_lot(house.owner)
    number = numbers(house.owner, group_id)[0]

    with pytest.raises(InvalidError):
        sample_place(
            by=house.owner,
            group_id=group_id,
            number=number,
            notice_version="",
            sample=Sample("nasopharyngeal-swab", now(), lot_id),
            station="",
        )

    assert consents(house.owner) == 0


def test_who_refused_is_not_tested_until_that_is_taken_back(house):
    group_id, lot_id = make_group(house.owner), make_lot(house.owner)
    number = numbers(house.owner, group_id)[0]
    mark_place(by=house.owner, group_id=group_id, number=number, state=PlaceState.REFUSED)

    with pytest.raises(ConflictError):
        sampled(house.owner, group_id, number, lot_id)
    mark_place(by=house.colleague, group_id=group_id, number=number, state=PlaceState.EXPECTED)

    assert sampled(house.owner, group_id, number, lot_id)


def test_the_same_mark_twice_is_said_and_a_tested_person_bears_none(house):
    group_id, lot_id = make_group(house.owner), make_lot(house.owner)
    first, second, _third = numbers(house.owner, group_id)
    mark_place(by=house.owner, group_id=group_id, number=first, state=PlaceState.ABSENT)
    sampled(house.owner, group_id, second, lot_id)

    for number in (first, second):
        with pytest.raises(ConflictError):
            mark_place(by=house.owner, group_id=group_id, number=number, state=PlaceState.ABSENT)


def test_a_person_put_on_twice_has_one_number(house):
    group_id = make_group(house.owner)
    known = [one.place.patient_id for one in members(house.owner, group_id)]

    assert join_group(by=house.owner, group_id=group_id, patient_ids=[known[0], known[0]]) == 0
    assert len(numbers(house.owner, group_id)) == len(NAMES)


def test_a_group_that_is_full_takes_nobody_more(house, monkeypatch):
    monkeypatch.setattr("temoin.testing.groups.MOST", len(NAMES))
    group_id = make_group(house.owner)

    with pytest.raises(InvalidError, match="full"):
        join_group(by=house.owner, group_id=group_id, patient_ids=[make_patient(house.owner)])
    assert MOST == 200


def test_no_other_test_gets_the_number_of_a_label_until_its_group_is_closed(house, monkeypatch):
    group_id = make_group(house.owner)
    drawn = numbers(house.owner, group_id)
    monkeypatch.setattr("temoin.testing.numbers.all_numbers", lambda: list(drawn))

    with tenant_scope(house.here.id):
        assert draw_number() == ""
    close_group(by=house.owner, group_id=group_id)
    with tenant_scope(house.here.id):
        assert draw_number() in drawn


def test_a_closed_group_takes_no_act(house):
    group_id, lot_id = make_group(house.owner), make_lot(house.owner)
    number = numbers(house.owner, group_id)[0]
    close_group(by=house.owner, group_id=group_id)

    for act in (
        lambda: close_group(by=house.owner, group_id=group_id),
        lambda: mark_place(by=house.owner, group_id=group_id, number=number, state=PlaceState.ABSENT),
        lambda: sampled(house.owner, group_id, number, lot_id),
        lambda: join_group(by=house.owner, group_id=group_id, patient_ids=[make_patient(house.owner)]),
    ):
        with pytest.raises(ConflictError):
            act()


@pytest.mark.parametrize(
    ("name", "kind", "field"), [("", COVID, "name"), ("École", "strep-a-ag", "kind"), ("École", "", "kind")]
)
def test_a_group_without_a_name_or_of_a_kind_with_a_logigram_is_refused(house, name, kind, field):
    with pytest.raises(InvalidError) as refused:
        open_group(by=house.owner, group_id=uuid4(), name=name, kind=kind)

    assert refused.value.problems[0].field == field
    assert COVID in {one.code for one in series_kinds()}


@pytest.mark.django_db(transaction=True)
def test_two_people_at_one_roster_lose_nothing():
    house = open_house()
    group_id, lot_id = make_group(house.owner), make_lot(house.owner)
    first, second, third = numbers(house.owner, group_id)

    at_once(
        lambda: sampled(house.owner, group_id, first, lot_id),
        lambda: sampled(house.colleague, group_id, second, lot_id),
        lambda: mark_place(by=house.student, group_id=group_id, number=third, state=PlaceState.ABSENT),
        lambda: sampled(house.student, group_id, first, lot_id),
    )

    assert [one.place.state for one in members(house.owner, group_id)] == ["tested", "tested", "absent"]
    assert consents(house.owner) == 2


def test_results_are_noted_without_a_signature_and_signed_each_by_itself(house):
    group_id, lot_id = make_group(house.owner), make_lot(house.owner)
    tests = [late_sampled(house.colleague, group_id, number, lot_id) for number in numbers(house.owner, group_id)]
    for record_id in tests:
        enter_result(
            by=house.owner, record_id=record_id, reading=Reading({"sars-cov-2": "negative"}, now()), expected=None
        )

    noted = proposed_among(by=house.owner, record_ids=tests)

    assert proposed_tests(by=house.owner).tests == []  # no program proposed them
    assert [read_test(by=house.owner, record_id=one).state for one in tests] == [RecordState.SAMPLED] * 3
    for one in noted[1:]:
        sign_proposal(by=house.owner, record_id=one.opened.record_id, seen_version=one.seen_version)
    left = proposed_among(by=house.owner, record_ids=tests)
    assert [one.opened.record_id for one in left] == [noted[0].opened.record_id]
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind=EventKind.RESULT_SIGNED.value).count() == 2


def test_a_result_noted_again_is_not_signed_as_it_was_seen_before(house):
    group_id, lot_id = make_group(house.owner), make_lot(house.owner)
    record_id = late_sampled(house.owner, group_id, numbers(house.owner, group_id)[0], lot_id)
    enter_result(by=house.owner, record_id=record_id, reading=Reading({"sars-cov-2": "negative"}, now()), expected=None)
    (seen,) = proposed_among(by=house.owner, record_ids=[record_id])
    enter_result(by=house.owner, record_id=record_id, reading=Reading({"sars-cov-2": "positive"}, now()), expected=None)

    with pytest.raises(ConflictError):
        sign_proposal(by=house.owner, record_id=record_id, seen_version=seen.seen_version)


def test_a_patient_merged_away_stands_on_the_roster_as_the_one_who_stays(house):
    group_id = make_group(house.owner)
    first = members(house.owner, group_id)[0].place
    stays = make_patient(house.owner, nir="", birth_given_names="AUTRE")

    gone, kept = seen(house, first.patient_id), seen(house, stays)
    merge_patients(by=house.owner, goes=gone, stays=kept, reason="registered_twice")

    assert stays in {one.place.patient_id for one in members(house.owner, group_id)}


@pytest.mark.parametrize("goes", [0, 1])
@pytest.mark.parametrize(("noted", "left"), [(None, "expected"), (PlaceState.REFUSED, "refused")])
def test_a_person_twice_on_a_roster_has_one_label_once_they_are_merged(house, goes: int, noted, left: str):
    group_id = make_group(house.owner)
    first, second, _third = (one.place for one in members(house.owner, group_id))
    if noted:
        mark_place(by=house.owner, group_id=group_id, number=first.number, state=noted)
    pair = (first.patient_id, second.patient_id)

    gone, kept = seen(house, pair[goes]), seen(house, pair[1 - goes])
    merge_patients(by=house.owner, goes=gone, stays=kept, reason="registered_twice")

    left_of = [one.place for one in members(house.owner, group_id) if one.place.patient_id == kept.patient_id]
    assert [one.state for one in left_of] == [left]
    assert len(numbers(house.owner, group_id)) == 2


def test_a_person_tested_twice_under_two_records_keeps_both_tests_once_they_are_merged(house):
    group_id, lot_id = make_group(house.owner), make_lot(house.owner)
    first, second, third = (one.place for one in members(house.owner, group_id))
    for one in (first, second):
        sampled(house.owner, group_id, one.number, lot_id)
    stays = first.patient_id

    for gone in (second.patient_id, third.patient_id):  # the third is not tested yet
        merge_patients(by=house.owner, goes=seen(house, gone), stays=seen(house, stays), reason="registered_twice")

    assert sorted(numbers(house.owner, group_id)) == sorted([first.number, second.number])


def test_the_journal_has_no_number_of_a_label_beside_what_was_noted(house):
    group_id, lot_id = make_group(house.owner), make_lot(house.owner)
    first, second, _third = numbers(house.owner, group_id)
    mark_place(by=house.owner, group_id=group_id, number=first, state=PlaceState.REFUSED)
    sampled(house.owner, group_id, second, lot_id)

    with tenant_scope(house.here.id):
        told = Event.objects.filter(kind=EventKind.GROUP_MARKED.value).values_list("detail", flat=True)
        assert set(told) == {"refused", "tested"}


def seen(house: House, patient_id: UUID) -> SeenRecords:
    with tenant_scope(house.here.id):
        return SeenRecords(patient_id=patient_id, version=traits_of(patient_id).seen_version)


def test_a_label_leads_to_its_group_and_every_change_to_another_version(house):
    group_id = make_group(house.owner)
    number, before = numbers(house.owner, group_id)[0], version_of_group(by=house.owner, group_id=group_id)
    mark_place(by=house.owner, group_id=group_id, number=number, state=PlaceState.ABSENT)

    assert group_of_number(by=house.owner, number=number) == group_id
    assert group_of_number(by=house.owner, number="59999") is None
    assert version_of_group(by=house.owner, group_id=group_id) != before


def test_a_look_at_a_roster_is_told_with_whom_it_showed(house):
    group_id = make_group(house.owner)
    read_group(by=house.owner, group_id=group_id)

    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind=EventKind.PATIENT_SEARCHED.value, detail="group").exists()


def test_after_a_month_a_group_is_deleted_and_its_tests_stay(house, as_role: AsRole):
    group_id, lot_id = make_group(house.owner), make_lot(house.owner)
    record_id = sampled(house.owner, group_id, numbers(house.owner, group_id)[0], lot_id)
    for after, left in ((LIFE - timedelta(days=1), 1), (LIFE + timedelta(hours=1), 0)):
        with as_role("temoin_keeper"), shifted_by(after):
            end_all(threading.Event())
        with tenant_scope(house.here.id):
            assert Group.objects.count() == left

    assert read_test(by=house.owner, record_id=record_id).state is RecordState.SAMPLED
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind=EventKind.GROUP_ENDED.value, subject_id=group_id).exists()
