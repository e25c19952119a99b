"""What became of a result's letters, and telling the patient by other means."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from people import House, make_lot, make_patient, make_sampled, make_signed, open_house

from temoin.delivery.letters import LetterFate, ToldBy, note_told, read_knowledge
from temoin.delivery.models import Letter
from temoin.journal.act import HouseActor, record_look
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError, DeniedError, NotFoundError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope


@pytest.fixture
def house(as_role) -> House:  # noqa: ARG001 opens the database
    return open_house()


@pytest.fixture
def signed(house) -> UUID:
    return make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))


@pytest.fixture
def put(house, signed, as_role):
    """Return what puts a letter of the signed result in the letter box."""

    def letter(**columns: object) -> UUID:
        standing = {"state": "open", "tries_left": 5, "opened_count": 0, "expires_at": now() + timedelta(days=1)}
        of_record = {"pharmacy_id": house.here.id, "id": new_id(), "record_id": signed, "version": 1}
        row = Letter(**of_record, **{**standing, **columns}, auth_hash=b"", ciphertext=b"")
        row.lookup_hash = row.id.bytes
        with as_role("temoin_worker"), tenant_scope(house.here.id):
            commit = Commit()
            commit.insert(row)
            commit.flush()
        return row.id

    return letter


@pytest.mark.parametrize(
    ("columns", "fate"),
    [
        ({}, LetterFate.UNOPENED),
        ({"opened_count": 2}, LetterFate.OPENED),
        ({"opened_count": 1, "expires_at": now() - timedelta(days=1)}, LetterFate.OPENED),
        ({"tries_left": 0}, LetterFate.LOCKED),
        ({"expires_at": now() - timedelta(days=1)}, LetterFate.EXPIRED),
        ({"state": "withdrawn", "opened_count": 1}, LetterFate.REPLACED),
    ],
)
def test_a_letter_tells_where_it_stands(house, signed, put, columns, fate):
    put(**columns)

    assert [letter.fate for letter in read_knowledge(by=house.owner, record_id=signed).letters] == [fate]


def test_the_first_opening_is_told(house, signed, put, as_role):
    letter_id = put(opened_count=2)
    with as_role("temoin_portal"):
        for _ in range(2):
            by = HouseActor(house.here.id, "portal")
            record_look(by=by, kind=EventKind.LETTER_OPENED, subject_kind="letter", subject_id=letter_id)

    (letter,) = read_knowledge(by=house.owner, record_id=signed).letters

    assert letter.opened_at is not None
    assert letter.opened_at <= now()


def test_telling_is_an_event_with_version_and_way(house, signed):
    note_told(by=house.owner, record_id=signed, expected_version=1, way=ToldBy.PHONE)

    (event,) = read_knowledge(by=house.owner, record_id=signed).told
    assert (event.detail, event.actor_id) == ("1 phone", house.owner.actor_id)


def test_a_version_that_was_not_seen_is_not_told(house, signed):
    with pytest.raises(ConflictError):
        note_told(by=house.owner, record_id=signed, expected_version=2, way=ToldBy.PAPER)

    assert read_knowledge(by=house.owner, record_id=signed).told == []


def test_there_is_nothing_to_tell_before_the_signature(house):
    sampled = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))

    with pytest.raises(ConflictError):
        note_told(by=house.owner, record_id=sampled, expected_version=0, way=ToldBy.PHONE)


def test_a_stranger_neither_tells_nor_learns(house, signed):
    for act in (
        lambda: note_told(by=house.stranger, record_id=signed, expected_version=1, way=ToldBy.PHONE),
        lambda: read_knowledge(by=house.stranger, record_id=signed),
    ):
        with pytest.raises(NotFoundError):
            act()


def test_who_may_not_hand_a_result_out_does_not_tell_it(house, signed):
    with pytest.raises(DeniedError):
        note_told(by=house.student, record_id=signed, expected_version=1, way=ToldBy.PHONE)
