"""Whom the recall of a lot concerns: every test made with it, whatever became of it, and who was told since."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from kit_files import RECALL, SHIPPED, kits_as_before, reviewed_on, use_catalogue
from people import House, make_lot, make_patient, make_sampled, make_signed, open_house

from temoin.catalogue.actions import read_lot
from temoin.catalogue.lots import recall_lot
from temoin.delivery import recall as delivery_recall
from temoin.delivery.recall import export_concerned, letters_to_concerned, list_concerned, page_of_concerned
from temoin.delivery.telling import TakenBack, ToldBy, note_told, take_back_told
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import shifted_by
from temoin.lib.errors import ConflictError, DeniedError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.pharmacies.seat import today
from temoin.testing.actions import abandon_test, undo_sample
from temoin.testing.signing import cancel_result
from temoin.testing.states import RecordState


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def recall(house: House, lot_id: UUID) -> None:
    recall_lot(by=house.owner, lot_id=lot_id, reference="FSCA 2026-11")


def to_tell(house: House, lot_id: UUID) -> list[UUID]:
    return [one.record_id for one in list_concerned(by=house.owner, lot_id=lot_id)[1] if one.is_to_tell]


def events(house: House, kind: EventKind) -> list[tuple[UUID, str]]:
    with tenant_scope(house.here.id):
        return list(Event.objects.filter(kind=kind.value).values_list("subject_id", "detail"))


def test_every_test_made_with_the_lot_is_on_the_list_whatever_became_of_it(house):
    lot_id, patient_id = make_lot(house.owner), make_patient(house.owner)
    signed, void = (make_signed(house.owner, patient_id, lot_id) for _ in range(2))
    cancel_result(by=house.owner, record_id=void, expected_version=1, reason="essai")
    running, spoilt, undone = (make_sampled(house.owner, patient_id, lot_id) for _ in range(3))
    abandon_test(by=house.owner, record_id=spoilt, seen="")
    undo_sample(by=house.owner, record_id=undone, seen="")
    make_signed(house.owner, patient_id, make_lot(house.owner, number="OTHER"))
    recall(house, lot_id)

    found = {one.record_id: one for one in list_concerned(by=house.owner, lot_id=lot_id)[1]}

    assert {one: found[one].state for one in found} == {
        signed: RecordState.SIGNED,
        void: RecordState.CANCELLED,
        running: RecordState.SAMPLED,
        spoilt: RecordState.ABANDONED,
    }
    assert set(to_tell(house, lot_id)) == {signed, void}
    assert found[signed].name == "PAT-TROIS Dominique"
    assert found[signed].phone == "+33612345678"
    assert [finding.outcome for finding in found[signed].report.findings] == ["negative"]


@pytest.mark.parametrize("said", [0, 1])
def test_the_list_has_the_last_version_whatever_the_record_s_row_says(house, tamper, said: int):
    lot_id = make_lot(house.owner)
    void = make_signed(house.owner, make_patient(house.owner), lot_id)
    cancel_result(by=house.owner, record_id=void, expected_version=1, reason="essai")
    recall(house, lot_id)

    tamper(f"UPDATE testing_record SET version = {said} WHERE id = '{void}'")  # noqa: S608

    [one] = list_concerned(by=house.owner, lot_id=lot_id)[1]
    assert (one.report.version, one.is_to_tell) == (2, True)


def test_who_was_told_before_the_recall_must_be_told_again(house):
    lot_id = make_lot(house.owner)
    record_id = make_signed(house.owner, make_patient(house.owner), lot_id)
    note_told(by=house.owner, record_id=record_id, expected_version=1, way=ToldBy.PHONE)
    with shifted_by(timedelta(minutes=5)):
        recall(house, lot_id)
        assert to_tell(house, lot_id) == [record_id]


def told(house: House, record_id: UUID) -> None:
    note_told(by=house.owner, record_id=record_id, expected_version=1, way=ToldBy.PHONE)


def by_hand(house: House, lot_id: UUID, folder: Path) -> None:
    del folder
    recall(house, lot_id)


def by_notice(house: House, lot_id: UUID, folder: Path) -> None:
    number = read_lot(by=house.owner, lot_id=lot_id).number
    text = reviewed_on(today(house.here.id), SHIPPED)
    use_catalogue(folder, f"{text}\n{RECALL.replace('BAD1', number)}")


@pytest.mark.parametrize("recalls", [by_hand, by_notice])
def test_whoever_recalls_a_lot_who_was_told_before_is_told_again_and_then_no_more(house, tmp_path, recalls):
    lot_id = make_lot(house.owner)
    record_id = make_signed(house.owner, make_patient(house.owner), lot_id)
    told(house, record_id)
    with shifted_by(timedelta(days=2)), kits_as_before():
        recalls(house, lot_id, tmp_path)

        assert to_tell(house, lot_id) == [record_id]
        assert len(letters_to_concerned(by=house.owner, lot_id=lot_id).found) == 1
        told(house, record_id)

        assert to_tell(house, lot_id) == []


def test_who_was_told_since_need_not_be_told_until_that_is_taken_back(house):
    lot_id = make_lot(house.owner)
    record_id = make_signed(house.owner, make_patient(house.owner), lot_id)
    recall(house, lot_id)

    note_told(by=house.colleague, record_id=record_id, expected_version=1, way=ToldBy.PAPER)
    (one,) = list_concerned(by=house.owner, lot_id=lot_id)[1]
    assert (one.is_to_tell, one.told.who) == (False, "Lucas PETIT")

    take_back_told(by=house.owner, record_id=record_id, telling_id=one.told.id, reason=TakenBack.SLIP)
    assert to_tell(house, lot_id) == [record_id]


def test_each_patient_shown_is_a_look_and_what_is_carried_away_an_event_besides(house):
    lot_id = make_lot(house.owner)
    record_id = make_signed(house.owner, make_patient(house.owner), lot_id)
    recall(house, lot_id)

    list_concerned(by=house.colleague, lot_id=lot_id)
    assert [subject for subject, _detail in events(house, EventKind.TEST_READ)] == [record_id]
    assert events(house, EventKind.LOT_PERSONS_LISTED) == []

    export_concerned(by=house.owner, lot_id=lot_id)
    assert events(house, EventKind.LOT_PERSONS_LISTED) == [(lot_id, "1")]


def test_of_a_lot_that_is_not_recalled_there_are_no_letters(house):
    lot_id = make_lot(house.owner)
    make_signed(house.owner, make_patient(house.owner), lot_id)

    with pytest.raises(ConflictError):
        letters_to_concerned(by=house.owner, lot_id=lot_id)
    assert events(house, EventKind.LOT_PERSONS_LISTED) == events(house, EventKind.TEST_READ) == []


def test_a_letter_is_a_look_at_whom_it_is_to_and_at_nobody_else(house):
    lot_id, patient_id = make_lot(house.owner), make_patient(house.owner)
    to_tell, told = (make_signed(house.owner, patient_id, lot_id) for _ in range(2))
    make_sampled(house.owner, patient_id, lot_id)
    recall(house, lot_id)
    note_told(by=house.owner, record_id=told, expected_version=1, way=ToldBy.PHONE)

    letters = letters_to_concerned(by=house.owner, lot_id=lot_id)

    assert ([one.record_id for one in letters.found], letters.to_tell) == ([to_tell], 1)
    assert [subject for subject, _detail in events(house, EventKind.TEST_READ)] == [to_tell]
    assert events(house, EventKind.LOT_PERSONS_LISTED) == [(lot_id, "1")]


def test_the_list_comes_page_by_page_whom_to_tell_first_and_only_a_page_is_looked_at(house, monkeypatch):
    monkeypatch.setattr(delivery_recall, "MOST", 2)
    lot_id, patient_id = make_lot(house.owner), make_patient(house.owner)
    signed = [make_signed(house.owner, patient_id, lot_id) for _ in range(3)]
    recall(house, lot_id)
    note_told(by=house.owner, record_id=signed[1], expected_version=1, way=ToldBy.PHONE)

    first, second, beyond = (page_of_concerned(by=house.owner, lot_id=lot_id, page=page) for page in (0, 1, 9))

    assert {one.record_id for one in first.found} == {signed[0], signed[2]}
    assert [one.record_id for one in second.found] == [one.record_id for one in beyond.found] == [signed[1]]
    assert (first.count, first.to_tell, first.has_more, second.has_more, beyond.page) == (3, 2, True, False, 1)
    assert len(events(house, EventKind.TEST_READ)) == 4


def test_a_lot_of_this_pharmacy_is_unknown_to_the_stranger(house):
    lot_id = make_lot(house.owner)
    make_signed(house.owner, make_patient(house.owner), lot_id)

    for ask in (list_concerned, page_of_concerned, export_concerned, letters_to_concerned):
        with pytest.raises(NotFoundError):
            ask(by=house.stranger, lot_id=lot_id)


def test_who_reads_no_test_lists_nobody_and_only_a_pharmacist_carries_the_list_away(house):
    lot_id = make_lot(house.owner)

    for ask in (list_concerned, page_of_concerned):
        with pytest.raises(DeniedError):
            ask(by=house.administrator, lot_id=lot_id)
    for who in (house.administrator, house.student, house.colleague):
        for carry in (export_concerned, letters_to_concerned):
            with pytest.raises(DeniedError):
                carry(by=who, lot_id=lot_id)


def test_nobody_is_to_be_told_of_a_lot_that_nobody_was_tested_with(house):
    lot_id = make_lot(house.owner, expiry=today_in(HOUSE) + timedelta(days=9))
    recall(house, lot_id)

    assert list_concerned(by=house.owner, lot_id=lot_id)[1] == []
