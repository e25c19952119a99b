"""Whom to call: a positive result, a letter that nobody opened within a day, and nobody told otherwise."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from people import TRAITS, House, make_lot, make_patient, make_signed, open_house

from temoin.delivery import calls, unknowing
from temoin.delivery.actions import LIFE
from temoin.delivery.calls import count_unknowing, is_anybody_to_call, list_calls
from temoin.delivery.models import Letter
from temoin.delivery.telling import ToldBy, note_told, take_back_told
from temoin.delivery.unknowing import CALL_AFTER, LOOK_BACK, Because
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import now, shifted_by
from temoin.lib.commit import Commit
from temoin.lib.errors import DeniedError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.lib.unreadable import unreadable_gathered, unreadable_met
from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.queue import claim_parcels
from temoin.outbox.settling import settle_parcels
from temoin.patients.actions import amend_patient
from temoin.patients.models import Patient
from temoin.patients.traits import check_traits
from temoin.testing.models import Record
from temoin.testing.sample import Reading
from temoin.testing.signing import cancel_result, correct_result

LATE = CALL_AFTER + timedelta(minutes=1)


@pytest.fixture
def house(as_role) -> House:  # noqa: ARG001 opens the database
    return open_house()


@pytest.fixture
def signed(house):
    """Return what signs a result for a patient of its own."""
    lot = make_lot(house.owner)

    def one(outcome: str = "positive", email: str = "paul@patient.example") -> UUID:
        return make_signed(house.owner, make_patient(house.owner, email=email), lot, outcome=outcome)

    return one


@pytest.fixture
def post(house, as_role):
    """Return what puts a letter in the letter box, sealed some time ago."""

    def letter(record_id: UUID, ago: timedelta = LATE, **columns: object) -> None:
        standing = {"version": 1, "tries_left": 5, "opened_count": 0, "expires_at": now() + LIFE - ago}
        row = Letter(pharmacy_id=house.here.id, id=new_id(), record_id=record_id, **{**standing, **columns})
        row.auth_hash = row.ciphertext = b""
        row.lookup_hash = row.id.bytes
        with as_role("temoin_worker"), tenant_scope(house.here.id):
            commit = Commit()
            commit.insert(row)
            commit.flush()

    return letter


@pytest.fixture
def settle(as_role):
    """Return what answers for the mail server."""

    def answer(verdict: Verdict) -> None:
        with as_role("temoin_worker"):
            settle_parcels([(load, Answer(verdict, "told")) for load in claim_parcels("email", 10)])

    return answer


def called(house: House) -> list[UUID]:
    return [call.record_id for call in list_calls(by=house.owner).calls]


def test_a_positive_result_that_nobody_opened_is_to_be_called(house, signed, post):
    record_id = signed()
    post(record_id)

    (call,) = list_calls(by=house.owner).calls

    assert (call.record_id, call.version) == (record_id, 1)
    assert call.phone != ""
    assert count_unknowing(by=house.owner) == 1


@pytest.mark.parametrize(
    ("verdict", "ago", "columns", "because"),
    [
        (Verdict.ACCEPTED, LATE, {}, Because.UNOPENED),
        (Verdict.ACCEPTED, LATE, {"tries_left": 0}, Because.LOCKED),
        (Verdict.ACCEPTED, LIFE + timedelta(days=1), {}, Because.EXPIRED),
        (Verdict.POSTPONED, LATE, {}, Because.UNSENT),
        (Verdict.REFUSED, timedelta(0), {}, Because.RETURNED),
    ],
)
def test_each_call_says_why(house, signed, post, settle, verdict, ago, columns, because):
    record_id = signed()
    settle(verdict)
    post(record_id, ago, **columns)

    assert [(one.record_id, one.because) for one in list_calls(by=house.owner).calls] == [(record_id, because)]


def test_a_positive_whose_message_was_refused_before_its_letter_is_called_at_once(house, signed, settle):
    record_id = signed()
    signed("negative")
    settle(Verdict.REFUSED)

    found = list_calls(by=house.owner)

    assert [(one.record_id, one.because) for one in found.calls] == [(record_id, Because.RETURNED)]
    assert found.others == 1


def test_a_message_that_has_not_left_for_a_day_is_a_reason_to_call(house, signed):
    record_id = signed()
    assert called(house) == []

    with shifted_by(LATE):
        assert [one.because for one in list_calls(by=house.owner).calls] == [Because.UNSENT]
        assert called(house) == [record_id]


def correct(house: House, record_id: UUID) -> None:
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    correct_result(by=house.owner, record_id=record_id, expected_version=1, reading=reading, reason="Lecture inversée")


def cancel(house: House, record_id: UUID) -> None:
    cancel_result(by=house.owner, record_id=record_id, expected_version=1, reason="Mauvais patient")


@pytest.mark.parametrize("change", [correct, cancel])
def test_a_changed_result_that_no_message_tells_is_called_at_once(house, signed, change):
    record_id = signed("negative", email="")
    assert called(house) == []

    change(house, record_id)

    (call,) = list_calls(by=house.owner).calls
    assert (call.record_id, call.version, call.because) == (record_id, 2, Because.NO_MESSAGE)


def test_a_record_s_row_that_says_an_old_version_keeps_nobody_from_the_call(house, signed, tamper):
    record_id = signed("negative", email="")
    correct(house, record_id)

    tamper(f"UPDATE testing_record SET version = 1 WHERE id = '{record_id}'")  # noqa: S608

    (call,) = list_calls(by=house.owner).calls
    assert (call.record_id, call.version) == (record_id, 2)


def test_whose_address_was_taken_off_is_called_for_the_correction(house, signed, settle, post):
    record_id = signed("negative")
    settle(Verdict.ACCEPTED)
    post(record_id, timedelta(0), opened_count=1)
    with tenant_scope(house.here.id):
        patient = Patient.objects.get(id=Record.objects.get(id=record_id).patient_id)
        seen = patient.traits
    changed = {"traits": check_traits({**TRAITS, "email": ""}), "expected_version": seen.seen_version}
    amend_patient(by=house.owner, patient_id=patient.id, **changed)
    correct(house, record_id)

    assert [one.because for one in list_calls(by=house.owner).calls] == [Because.NO_MESSAGE]


def test_a_correction_on_its_way_calls_nobody_yet(house, signed):
    record_id = signed("negative")
    correct(house, record_id)

    assert called(house) == []


def test_who_opened_a_letter_before_the_ticket_was_renewed_is_not_called(house, signed, settle, post):
    record_id = signed()
    settle(Verdict.ACCEPTED)
    post(record_id, LATE, state="withdrawn", opened_count=1)
    post(record_id)

    assert called(house) == []


def test_who_was_told_by_mistake_is_called_again(house, signed, post):
    record_id = signed()
    post(record_id)
    note_told(by=house.owner, record_id=record_id, expected_version=1, way=ToldBy.PHONE)
    (noted,) = list_calls(by=house.owner).noted
    take_back_told(by=house.owner, record_id=record_id, telling_id=noted.telling.id, reason="slip")

    assert called(house) == [record_id]
    assert noted.name != ""


@pytest.mark.parametrize("outcome", ["negative", "indeterminate"])
def test_other_results_are_counted_only(house, signed, post, outcome):
    post(signed(outcome))

    found = list_calls(by=house.owner)

    assert (found.calls, found.others) == ([], 1)


@pytest.mark.parametrize(
    ("ago", "columns"),
    [
        (CALL_AFTER - timedelta(minutes=1), {}),
        (LATE, {"opened_count": 1}),
        (LATE, {"state": "withdrawn"}),
        (LIFE + LOOK_BACK + timedelta(minutes=1), {}),
    ],
)
def test_nobody_is_called_too_early_too_late_or_for_nothing(house, signed, post, ago, columns):
    post(signed(), ago, **columns)

    assert called(house) == []
    assert count_unknowing(by=house.owner) == 0


def test_a_locked_or_expired_letter_is_a_reason_to_call(house, signed, post):
    locked, expired = signed(), signed()
    post(locked, tries_left=0)
    post(expired, LIFE + timedelta(days=1))

    assert set(called(house)) == {locked, expired}


def test_who_was_told_is_not_called_again(house, signed, post):
    record_id = signed()
    post(record_id)

    note_told(by=house.owner, record_id=record_id, expected_version=1, way=ToldBy.PHONE)

    assert called(house) == []


def test_who_was_told_the_former_version_is_called_for_the_correction(house, signed, post):
    record_id = signed("negative")
    note_told(by=house.owner, record_id=record_id, expected_version=1, way=ToldBy.PHONE)
    correct(house, record_id)
    post(record_id, version=2)

    assert called(house) == [record_id]


def test_whoever_may_hold_a_wrong_result_is_called(house, signed, post):
    record_id = signed()
    cancel(house, record_id)
    post(record_id, version=2)

    (call,) = list_calls(by=house.owner).calls
    assert (call.record_id, call.is_cancelled) == (record_id, True)


def test_letters_that_call_nobody_hide_no_older_positive(house, signed, post, monkeypatch):
    for module in (calls, unknowing):
        monkeypatch.setattr(module, "PORTION", 2)
    oldest = signed()
    post(oldest, LATE + timedelta(days=3))
    for _ in range(3):
        post(signed("negative"))

    assert called(house) == [oldest]


def test_a_page_opens_so_many_results_and_leads_to_the_older_ones(house, signed, post, monkeypatch):
    for module in (calls, unknowing):
        monkeypatch.setattr(module, "PORTION", 2)
    monkeypatch.setattr(calls, "MOST_OPENED", 2)
    oldest = signed()
    post(oldest, LATE + timedelta(days=3))
    for _ in range(2):
        post(signed("negative"))

    first = list_calls(by=house.owner)
    second = list_calls(by=house.owner, first=first.next_first or 0)

    assert (first.calls, first.others, first.next_first) == ([], 2, 2)
    assert ([one.record_id for one in second.calls], second.next_first) == ([oldest], None)


def test_the_worker_learns_whether_anybody_is_to_be_called(house, signed, post, as_role):
    quiet, record_id = signed("negative"), signed()
    post(quiet)
    post(record_id)

    def asked() -> list[bool]:
        with as_role("temoin_worker"), tenant_scope(house.here.id):
            return [is_anybody_to_call(since) for since in (None, now() - LATE, now() + timedelta(hours=1))]

    assert asked() == [True, True, False]
    note_told(by=house.owner, record_id=record_id, expected_version=1, way=ToldBy.PHONE)
    assert asked() == [False, False, False]


def test_the_count_leaves_out_who_was_told(house, signed, post):
    record_id = signed()
    post(record_id)
    note_told(by=house.owner, record_id=record_id, expected_version=1, way=ToldBy.PHONE)

    assert count_unknowing(by=house.owner) == 0


def test_each_patient_shown_is_a_look_and_no_other(house, signed, post):
    shown = signed()
    post(shown)
    post(signed("negative"))

    list_calls(by=house.owner)

    with tenant_scope(house.here.id):
        looks = Event.objects.filter(kind=EventKind.TEST_READ.value).values_list("subject_id", flat=True)
        assert list(looks) == [shown]


def test_the_other_pharmacy_is_asked_to_call_nobody(house, signed, post):
    post(signed())

    assert list_calls(by=house.stranger).calls == []
    assert count_unknowing(by=house.stranger) == 0


def test_who_reads_no_test_sees_no_list(house):
    with pytest.raises(DeniedError):
        list_calls(by=house.administrator)
    with pytest.raises(DeniedError):
        count_unknowing(by=house.administrator)


@pytest.mark.parametrize(
    ("table", "which", "left"), [("patients_patient", "patient_id", 2), ("testing_record_version", "record_id", 1)]
)
def test_one_row_that_does_not_open_takes_no_other_off_the_list(house, signed, post, tamper, table, which, left):
    first, second = signed(), signed()
    post(first)
    post(second)
    column, wanted = ("id", "patient_id") if which == "patient_id" else (which, "id")
    broken = "sealed = set_byte(sealed, length(sealed) - 1, get_byte(sealed, length(sealed) - 1) # 1)"
    one = f"SELECT {wanted} FROM testing_record WHERE id = '{first}'"  # noqa: S608 of the test
    tamper(f"UPDATE {table} SET {broken} WHERE {column} IN ({one})")  # noqa: S608 likewise

    with unreadable_gathered():
        assert (len(called(house)), [row.table for row in unreadable_met()]) == (left, [table])
    assert second in called(house)
