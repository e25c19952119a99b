"""What became of a result's letters, and telling the patient by other means."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from people import House, make_lot, make_patient, make_sampled, make_signed, open_house

from temoin.delivery.letters import LetterFate, read_knowledge
from temoin.delivery.models import Letter
from temoin.delivery.telling import TakenBack, ToldBy, note_told, take_back_told
from temoin.journal.act import HouseActor, record_look
from temoin.journal.events import EventKind
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.models import Parcel
from temoin.outbox.queue import claim_parcels
from temoin.outbox.returns import note_later
from temoin.outbox.settling import settle_parcels


@pytest.fixture
def house(as_role) -> House:  # noqa: ARG001 opens the database
    return open_house()


@pytest.fixture
def signed(house) -> UUID:
    """A result of a patient without an e-mail address."""
    return make_signed(house.owner, make_patient(house.owner, email=""), make_lot(house.owner))


@pytest.fixture
def mailed(house) -> UUID:
    """A result whose patient has an e-mail address: its message waits."""
    return make_signed(house.owner, make_patient(house.owner, email="paul@example.fr"), make_lot(house.owner))


@pytest.fixture
def settle(as_role):
    """Return what answers for the mail server."""

    def answer(verdict: Verdict) -> None:
        with as_role("temoin_worker"):
            settle_parcels([(load, Answer(verdict, "told")) for load in claim_parcels("email", 10)])

    return answer


@pytest.fixture
def put(house, as_role):
    """Return what puts a letter of a result in the letter box."""

    def letter(record_id: UUID, **columns: object) -> UUID:
        standing = {"state": "open", "tries_left": 5, "opened_count": 0, "expires_at": now() + timedelta(days=1)}
        of_record = {"pharmacy_id": house.here.id, "id": new_id(), "record_id": record_id, "version": 1}
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
    put(signed, **columns)

    assert [letter.fate for letter in read_knowledge(by=house.owner, record_id=signed).letters] == [fate]


def test_the_first_opening_is_told(house, signed, put, as_role):
    letter_id = put(signed, opened_count=2)
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
    assert (event.version, event.way, event.taken_back_at) == ("1", "phone", None)
    assert event.who != ""


def test_a_version_that_was_not_seen_is_not_told(house, signed):
    with pytest.raises(ConflictError):
        note_told(by=house.owner, record_id=signed, expected_version=2, way=ToldBy.PAPER)

    assert read_knowledge(by=house.owner, record_id=signed).told == []


def test_there_is_nothing_to_tell_before_the_signature(house):
    sampled = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))

    with pytest.raises(ConflictError):
        note_told(by=house.owner, record_id=sampled, expected_version=0, way=ToldBy.PHONE)


@pytest.fixture
def noted(house, signed) -> UUID:
    """A note that the patient was told."""
    note_told(by=house.owner, record_id=signed, expected_version=1, way=ToldBy.PHONE)
    return read_knowledge(by=house.owner, record_id=signed).told[0].id


def test_a_note_is_taken_back_once_with_its_reason(house, signed, noted):
    take_back_told(by=house.owner, record_id=signed, telling_id=noted, reason="slip")

    (telling,) = read_knowledge(by=house.owner, record_id=signed).told
    assert telling.taken_back == TakenBack.SLIP
    assert telling.taken_back_at is not None
    with pytest.raises(ConflictError):
        take_back_told(by=house.owner, record_id=signed, telling_id=noted, reason="slip")


def test_one_of_two_notes_taken_back_leaves_the_other(house, signed, noted):
    note_told(by=house.owner, record_id=signed, expected_version=1, way=ToldBy.PAPER)
    take_back_told(by=house.owner, record_id=signed, telling_id=noted, reason="not_reached")

    told = read_knowledge(by=house.owner, record_id=signed).told
    assert [one.taken_back for one in told] == ["not_reached", ""]


@pytest.mark.parametrize("reason", ["", "because", "SLIP"])
def test_no_note_is_taken_back_without_a_reason_of_the_list(house, signed, noted, reason):
    with pytest.raises(InvalidError):
        take_back_told(by=house.owner, record_id=signed, telling_id=noted, reason=reason)

    assert read_knowledge(by=house.owner, record_id=signed).told[0].taken_back_at is None


def test_a_note_of_another_record_or_pharmacy_is_unknown(house, signed, noted):
    other = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner, number="B2"))
    for by, record_id in ((house.owner, other), (house.stranger, signed)):
        with pytest.raises(NotFoundError):
            take_back_told(by=by, record_id=record_id, telling_id=noted, reason="slip")


def test_who_may_not_tell_takes_nothing_back(house, signed, noted):
    with pytest.raises(DeniedError):
        take_back_told(by=house.student, record_id=signed, telling_id=noted, reason="slip")


MESSAGES = [
    ([], {}, LetterFate.UNSENT),
    ([Verdict.POSTPONED], {}, LetterFate.UNSENT),
    ([Verdict.REFUSED], {}, LetterFate.RETURNED),
    ([Verdict.ACCEPTED], {}, LetterFate.UNOPENED),
    ([Verdict.REFUSED], {"opened_count": 1}, LetterFate.OPENED),
    ([Verdict.REFUSED], {"tries_left": 0}, LetterFate.LOCKED),
    ([Verdict.REFUSED], {"state": "withdrawn"}, LetterFate.REPLACED),
]


@pytest.mark.parametrize(("verdicts", "columns", "fate"), MESSAGES)
def test_a_letter_whose_message_did_not_arrive_says_so(house, mailed, put, settle, verdicts, columns, fate):
    put(mailed, **columns)
    for verdict in verdicts:
        settle(verdict)

    assert [letter.fate for letter in read_knowledge(by=house.owner, record_id=mailed).letters] == [fate]


def test_a_message_that_comes_back_is_told_of_its_letter(house, mailed, put, settle, as_role):
    put(mailed)
    settle(Verdict.ACCEPTED)
    with tenant_scope(house.here.id):
        key = Parcel.objects.get(chain_id=mailed, destination="email").key
    with as_role("temoin_worker"):
        note_later("email", key, Answer(Verdict.REFUSED, "mail_returned"))

    (letter,) = read_knowledge(by=house.owner, record_id=mailed).letters
    assert letter.fate is LetterFate.RETURNED


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
