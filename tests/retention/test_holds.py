"""A legal hold stops the deletion of a patient's data, or of all of the pharmacy's, until an owner lifts it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from people import House, make_lot, make_patient, make_signed, open_house
from retention_rounds import arrive, decided, reap, rows_left

from temoin.journal.models import Event
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.patients.merging import MergeReason, SeenRecords
from temoin.patients.queries import traits_of
from temoin.pharmacies.seat import Seat
from temoin.retention.holds import lift_hold, list_holds, place_hold
from temoin.retention.models import Hold
from temoin.testing.merging import merge_patients

WHY = "Réquisition du 28 novembre"


@pytest.fixture
def house(db, settings, tmp_path: Path) -> House:  # noqa: ARG001
    settings.TEMOIN = decided(tmp_path / "destroyed-keys.jsonl")
    return open_house()


@pytest.fixture
def patient(house: House):
    patient_id = make_patient(house.owner)
    make_signed(house.owner, patient_id, make_lot(house.owner))
    arrive()
    return patient_id


def test_what_is_held_stays_and_goes_once_the_hold_is_lifted(house, patient):
    hold_id = place_hold(by=house.owner, patient_id=patient, reason=WHY)
    kept = reap()
    lift_hold(by=house.owner, hold_id=hold_id, reason="Classée")
    gone = reap()

    assert (kept.records, kept.patients, kept.exchanges) == (0, 0, 0)
    assert (gone.records, gone.patients, rows_left(house)) == (1, 1, {})
    with tenant_scope(house.here.id):
        assert not Hold.objects.exists()  # it went with its patient


def test_a_hold_of_the_pharmacy_keeps_everything_there_and_nothing_elsewhere(house, patient):  # noqa: ARG001
    make_signed(house.stranger, make_patient(house.stranger), make_lot(house.stranger))
    arrive()
    place_hold(by=house.owner, patient_id=None, reason=WHY)

    done = reap()

    assert (done.records, rows_left(house)["testing_record"]) == (1, 1)


@pytest.mark.parametrize("held", [0, 1])
def test_a_hold_follows_a_patient_into_the_record_they_were_merged_into(house, patient, held):
    other = make_patient(house.owner)
    place_hold(by=house.owner, patient_id=(patient, other)[held], reason=WHY)
    with tenant_scope(house.here.id):
        seen = {one: SeenRecords(patient_id=one, version=traits_of(one).seen_version) for one in (patient, other)}
    merge_patients(by=house.owner, goes=seen[patient], stays=seen[other], reason=MergeReason.REGISTERED_TWICE)

    assert (reap().records, rows_left(house)["testing_record"]) == (0, 1)


def test_a_lifting_that_nobody_sealed_lifts_nothing_and_is_told(house, patient, tamper):
    hold_id = place_hold(by=house.owner, patient_id=patient, reason=WHY)
    tamper("UPDATE retention_hold SET lifted_at = now()")

    assert (reap().records, rows_left(house)["testing_record"]) == (0, 1)
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind="seal.broken", subject_id=hold_id).count() == 1


def test_a_lifting_of_which_no_event_tells_lifts_nothing(house, patient, tamper):
    hold_id = place_hold(by=house.owner, patient_id=patient, reason=WHY)
    lift_hold(by=house.owner, hold_id=hold_id, reason="Classée")
    tamper("DELETE FROM journal_event WHERE kind = 'hold.lifted'")

    assert (reap().records, rows_left(house)["testing_record"]) == (0, 1)


@pytest.mark.parametrize("who", ["colleague", "student", "administrator"])
def test_only_an_owner_places_lifts_and_sees_holds(house, patient, who):
    by: Seat = getattr(house, who)
    hold_id = place_hold(by=house.owner, patient_id=patient, reason=WHY)

    for work in (
        lambda: place_hold(by=by, patient_id=None, reason=WHY),
        lambda: lift_hold(by=by, hold_id=hold_id, reason=WHY),
        lambda: list_holds(by=by),
    ):
        with pytest.raises(DeniedError):
            work()


def test_a_hold_says_who_placed_and_lifted_it_and_when_to_look_again(house, patient):
    day = today_in(HOUSE) + timedelta(days=30)
    hold_id = place_hold(by=house.owner, patient_id=patient, reason=WHY, review_on=day)
    [held] = list_holds(by=house.owner)
    lift_hold(by=house.owner, hold_id=hold_id, reason="Classée")
    [lifted] = list_holds(by=house.owner)

    assert (held.review_on, held.placed_by, held.lifted_by) == (day, lifted.lifted_by, "")
    assert held.placed_by
    assert [held.is_to_look_at(day - timedelta(days=1)), held.is_to_look_at(day)] == [False, True]
    assert not lifted.is_to_look_at(day)


def test_a_day_to_look_again_is_still_to_come(house, patient):
    with pytest.raises(InvalidError):
        place_hold(by=house.owner, patient_id=patient, reason=WHY, review_on=today_in(HOUSE))


def test_a_stranger_finds_neither_patient_nor_hold(house, patient):
    hold_id = place_hold(by=house.owner, patient_id=patient, reason=WHY)

    with pytest.raises(NotFoundError):
        place_hold(by=house.stranger, patient_id=patient, reason=WHY)
    with pytest.raises(NotFoundError):
        lift_hold(by=house.stranger, hold_id=hold_id, reason=WHY)
    with pytest.raises(NotFoundError):
        lift_hold(by=house.owner, hold_id=uuid4(), reason=WHY)
    assert list_holds(by=house.stranger) == []


def test_a_hold_is_placed_and_lifted_once_with_a_reason(house, patient):
    hold_id = place_hold(by=house.owner, patient_id=patient, reason=WHY)

    with pytest.raises(ConflictError):
        place_hold(by=house.owner, patient_id=patient, reason=WHY)
    with pytest.raises(InvalidError):
        lift_hold(by=house.owner, hold_id=hold_id, reason=" ")
    lift_hold(by=house.owner, hold_id=hold_id, reason="Classée")
    with pytest.raises(ConflictError):
        lift_hold(by=house.owner, hold_id=hold_id, reason="Encore")

    [held] = list_holds(by=house.owner)
    assert (held.reason, held.lifted, held.lifted_at is not None) == (WHY, "Classée", True)
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind__startswith="hold.").count() == 2
