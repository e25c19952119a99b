"""From the poster to the counter: who may hand in, who may look, what accepting a form does, and how it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from arriving import arrive, filled, token_of
from django.db import DatabaseError, ProgrammingError, connection, transaction
from people import COVID, TRAITS, House, make_patient, open_house

from temoin.arrivals.actions import AcceptedTest, KnownPerson, NewPerson, accept_arrival, refuse_arrival
from temoin.arrivals.box import BoxAnswer, HandedForm, find_poster, hand_in, key_of_month
from temoin.arrivals.hours import month_of
from temoin.arrivals.models import Arrival, ArrivalKey
from temoin.arrivals.pairs import keep_pairs
from temoin.arrivals.posters import end_posters, make_poster, standing_poster, withdraw_poster
from temoin.arrivals.queries import read_arrival, waiting_arrivals
from temoin.crypto.arrival import draw_pair
from temoin.crypto.envelope import SealBrokenError
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import now, shifted_by
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.ids import hourly_id
from temoin.lib.tenant import tenant_scope
from temoin.patients.actions import CURRENT_NOTICE
from temoin.patients.models import Patient
from temoin.patients.queries import traits_of
from temoin.patients.second_record import LikelyKnownError
from temoin.patients.traits import check_traits
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.seat import Seat
from temoin.retention.arrivals import end_all
from temoin.testing.groups import open_group
from temoin.testing.models import Group, Record
from temoin.testing.queries import read_test
from temoin.testing.tickets import read_ticket, ticket_waits

AsRole = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    return open_house()


def accept(seat: Seat, arrival_id: UUID, person: NewPerson | KnownPerson | None = None, **changes: object) -> UUID:
    """Accept a form as it was filled in."""
    record_id = hourly_id()
    form = read_arrival(by=seat, arrival_id=arrival_id).filled
    assert form is not None
    new = NewPerson(patient_id=uuid4(), traits=check_traits(form.traits), put_aside=())
    test = AcceptedTest(record_id=record_id, kind=form.kind, notice=CURRENT_NOTICE, answers=form.answers)
    accept_arrival(by=seat, arrival_id=arrival_id, person=person or new, test=replace(test, **changes))
    return record_id


def kinds_of(seat: Seat, subject: UUID) -> list[str]:
    with tenant_scope(seat.pharmacy_id):
        return list(Event.objects.filter(subject_id=subject).order_by("at").values_list("kind", flat=True))


def test_a_form_is_accepted_with_the_code_that_the_patient_has(house: House):
    content = filled(answers={"symptoms": "yes"})
    arrival_id = arrive(house.owner, content, number=417)

    assert [(one.id, one.number) for one in waiting_arrivals(by=house.colleague)] == [(arrival_id, 417)]
    record_id = accept(house.colleague, arrival_id)

    test = read_test(by=house.owner, record_id=record_id)
    assert (test.kind.code, test.answers) == (COVID, {"symptoms": "yes"})
    assert read_ticket(by=house.owner, record_id=record_id) == content["code"]
    assert kinds_of(house.owner, arrival_id) == ["arrival.handed_in", "arrival.read"]
    assert waiting_arrivals(by=house.owner) == []


def test_nobody_is_made_to_print_the_ticket_that_the_patient_has(house: House):
    record_id = accept(house.owner, arrive(house.owner))

    assert not ticket_waits(by=house.owner, record_id=record_id)


def test_accepting_twice_registers_once(house: House):
    arrival_id = arrive(house.owner)
    person = NewPerson(patient_id=uuid4(), traits=check_traits(TRAITS), put_aside=())
    test = AcceptedTest(record_id=hourly_id(), kind=COVID, notice=CURRENT_NOTICE)

    accept_arrival(by=house.owner, arrival_id=arrival_id, person=person, test=test)
    with pytest.raises(ConflictError):
        accept_arrival(by=house.owner, arrival_id=arrival_id, person=person, test=test)

    with tenant_scope(house.here.id):
        assert (Patient.objects.count(), Record.objects.count()) == (1, 1)
        assert bytes(Arrival.objects.get(id=arrival_id).ciphertext) == b""


def test_what_fails_half_way_leaves_the_form_waiting(house: House):
    arrival_id = arrive(house.owner)

    with pytest.raises(InvalidError):
        accept(house.owner, arrival_id, kind="unknown")

    assert [one.id for one in waiting_arrivals(by=house.owner)] == [arrival_id]
    with tenant_scope(house.here.id):
        assert not Patient.objects.exists()


def test_a_likely_record_is_shown_and_never_merged_in_silence(house: House):
    known = make_patient(house.owner)
    arrival_id = arrive(house.owner)

    with pytest.raises(LikelyKnownError) as told:
        accept(house.owner, arrival_id)
    record_id = accept(house.owner, arrival_id, KnownPerson(patient_id=known))

    assert told.value.candidates == [known]
    assert read_test(by=house.owner, record_id=record_id).patient_id == known


def test_the_contact_of_the_form_replaces_that_of_the_record_where_the_counter_says_so(house: House):
    known, arrival_id = make_patient(house.owner), arrive(house.owner)
    with tenant_scope(house.here.id):
        before = traits_of(known)
    person = KnownPerson(
        patient_id=known, amended=replace(before, email="autre@patient.example"), seen_version=before.seen_version
    )

    accept(house.owner, arrival_id, person)

    with tenant_scope(house.here.id):
        assert traits_of(known) == replace(before, email="autre@patient.example")


def test_a_refused_form_leaves_nothing_behind(house: House):
    arrival_id = arrive(house.owner)

    refuse_arrival(by=house.owner, arrival_id=arrival_id)

    with tenant_scope(house.here.id):
        assert bytes(Arrival.objects.get(id=arrival_id).ciphertext) == b""
    for act in (read_arrival, refuse_arrival):
        with pytest.raises(ConflictError):
            act(by=house.owner, arrival_id=arrival_id)


def test_the_stranger_sees_no_form_and_the_administrator_may_not(house: House):
    arrival_id = arrive(house.owner)

    assert waiting_arrivals(by=house.stranger) == []
    for act in (read_arrival, refuse_arrival):
        with pytest.raises(NotFoundError):
            act(by=house.stranger, arrival_id=arrival_id)
        with pytest.raises(DeniedError):
            act(by=house.administrator, arrival_id=arrival_id)
    for act in (waiting_arrivals, standing_poster, keep_pairs):
        with pytest.raises(DeniedError):
            act(by=house.administrator)


NO_FORMS = {
    "nothing": b"",
    "NUL": b"\x00",
    "a list": b"[]",
    "an empty object": b"{}",
    "deep": b"[" * 4000,
    "another version": b'{"v":2}',
    "a code that is none": {**filled(), "code": "AAAAA-AAAAAA"},
    "traits that are none": {**filled(), "traits": []},
    "a trait that is a number": {**filled(), "traits": {"email": 1}},
    "a long answer": {**filled(), "answers": {"symptoms": "y" * 300}},
    "a NUL in a text": {**filled(), "kind": "\x00"},
}


@pytest.mark.parametrize("name", NO_FORMS)
def test_a_form_that_the_page_does_not_make_is_told_and_can_only_be_refused(house: House, name: str):
    arrival_id = arrive(house.owner, NO_FORMS[name])
    person = NewPerson(patient_id=uuid4(), traits=check_traits(TRAITS), put_aside=())

    assert read_arrival(by=house.owner, arrival_id=arrival_id).filled is None
    test = AcceptedTest(record_id=hourly_id(), kind=COVID, notice=CURRENT_NOTICE)
    with pytest.raises(ConflictError):
        accept_arrival(by=house.owner, arrival_id=arrival_id, person=person, test=test)
    refuse_arrival(by=house.owner, arrival_id=arrival_id)


def test_a_form_sent_twice_waits_once_and_two_who_wait_have_two_numbers(house: House, as_role: AsRole):
    first, token = arrive(house.owner, number=417), token_of(house.owner)

    with as_role("temoin_portal"):
        poster = find_poster(token)
        assert poster is not None
        key = key_of_month(poster, month_of(now()))
        assert key is not None
        again = hand_in(poster, HandedForm(first, key.key_id, 418, b"x"))
        taken = hand_in(poster, HandedForm(uuid4(), key.key_id, 417, b"x"))
        gone = hand_in(poster, HandedForm(uuid4(), uuid4(), 419, b"x"))

    assert (again, taken, gone) == (BoxAnswer.AGAIN, BoxAnswer.NUMBER, BoxAnswer.GONE)
    assert [one.id for one in waiting_arrivals(by=house.owner)] == [first]


def test_a_pharmacy_that_is_closed_has_no_poster_any_more(house: House, as_role: AsRole):
    token = token_of(house.owner)

    with pytest.raises(DeniedError):
        end_posters(by=house.owner)
    for _ in range(2):
        end_posters(by=Operator(house.here.id))

    assert standing_poster(by=house.owner) is None
    with as_role("temoin_portal"):
        assert find_poster(token) is None


def test_a_new_poster_ends_the_former_one(house: House, as_role: AsRole):
    token = token_of(house.owner)
    former = standing_poster(by=house.owner)
    assert former is not None

    make_poster(by=house.owner, instead_of=former.id)
    with pytest.raises(ConflictError):
        make_poster(by=house.owner, instead_of=former.id)
    with pytest.raises(NotFoundError):
        withdraw_poster(by=house.stranger, poster_id=former.id)

    now_standing = token_of(house.owner)
    with as_role("temoin_portal"):
        assert find_poster(token) is None
        assert find_poster(now_standing) is not None


def test_the_patients_site_reads_no_form_and_changes_nothing(house: House, as_role: AsRole):
    arrive(house.owner)

    for statement in (
        "SELECT ciphertext FROM arrivals_arrival",
        "SELECT number FROM arrivals_arrival",
        "SELECT sealed FROM arrivals_key",
        "SELECT sealed FROM arrivals_poster",
        "UPDATE arrivals_arrival SET number = 100",
        "DELETE FROM arrivals_arrival",
        "INSERT INTO arrivals_key (id) VALUES (gen_random_uuid())",
    ):
        with as_role("temoin_portal"), tenant_scope(house.here.id), pytest.raises(ProgrammingError, match="denied"):
            run(statement)


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_patients_site_sees_the_one_poster_that_it_names(house: House, as_role: AsRole):
    token_of(house.owner)
    token_of(house.stranger)

    with as_role("temoin_portal"), tenant_scope(house.here.id), connection.cursor() as cursor:
        cursor.execute("SELECT count(id) FROM arrivals_poster")
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(DISTINCT pharmacy_id) FROM arrivals_key")
        assert cursor.fetchone() == (1,)


def test_a_form_ends_unread_after_twelve_hours(house: House, as_role: AsRole):
    arrival_id = arrive(house.owner)

    with shifted_by(timedelta(hours=11, minutes=59)):
        assert waiting_arrivals(by=house.owner)
    with shifted_by(timedelta(hours=12, minutes=1)):
        assert waiting_arrivals(by=house.owner) == []
        with pytest.raises(ConflictError):
            read_arrival(by=house.owner, arrival_id=arrival_id)
        with as_role("temoin_keeper"):
            end_all(threading.Event())

    with tenant_scope(house.here.id):
        assert not Arrival.objects.exists()
        told = Event.objects.filter(kind=EventKind.ARRIVALS_ENDED.value).values_list("detail", flat=True)
        assert list(told) == ["1"]


def test_a_pair_ends_a_day_after_its_month_with_the_forms_sealed_to_it(house: House, as_role: AsRole):
    arrive(house.owner)
    with tenant_scope(house.here.id):
        ends = ArrivalKey.objects.get(month=month_of(now())).ends_at

    with shifted_by(ends - now() + timedelta(hours=23)), as_role("temoin_keeper"):
        end_all(threading.Event())
    with tenant_scope(house.here.id):
        assert ArrivalKey.objects.filter(month=month_of(now())).exists()
    with shifted_by(ends - now() + timedelta(hours=25)), as_role("temoin_keeper"):
        end_all(threading.Event())

    with tenant_scope(house.here.id):
        assert not ArrivalKey.objects.filter(month=month_of(now())).exists()


def test_no_form_holds_up_the_end_of_its_key_and_of_other_forms(
    house: House, as_role: AsRole, tamper: Callable[[str], None]
):
    token, month = token_of(house.owner), month_of(now())
    with as_role("temoin_portal"):
        poster = find_poster(token)
        assert poster is not None
        key = key_of_month(poster, month)
        assert key is not None
    with tenant_scope(house.here.id):
        ends = ArrivalKey.objects.get(month=month).ends_at
    handed = []
    for hours in (11, 13):
        with shifted_by(ends - now() + timedelta(hours=hours)), as_role("temoin_portal"):
            handed.append(hand_in(poster, HandedForm(uuid4(), key.key_id, 100 + hours, b"x")))
    longer = "UPDATE arrivals_arrival SET expires_at = expires_at + interval '9 days' WHERE pharmacy_id = "
    tamper(f"{longer}'{house.here.id}'")
    with shifted_by(ends - now() + timedelta(hours=25)), as_role("temoin_keeper"):
        end_all(threading.Event())

    assert handed == [BoxAnswer.WAITING, BoxAnswer.GONE]
    with tenant_scope(house.here.id):
        assert not ArrivalKey.objects.filter(month=month).exists()
        assert not Arrival.objects.exists()


def test_the_pair_of_the_next_month_is_there_before_it_begins(house: House):
    token_of(house.owner)
    with tenant_scope(house.here.id):
        end = ArrivalKey.objects.get(month=month_of(now())).ends_at

    with shifted_by(end - now() - timedelta(days=9)):
        keep_pairs(by=house.colleague)
        keep_pairs(by=house.owner)

    with tenant_scope(house.here.id):
        months = list(ArrivalKey.objects.order_by("month").values_list("month", flat=True))
    assert months == [month_of(now()), month_of(end)]


def test_without_a_poster_no_pair_is_made(house: House):
    keep_pairs(by=house.owner)

    with tenant_scope(house.here.id):
        assert not ArrivalKey.objects.exists()


def test_a_key_that_somebody_put_in_the_place_of_the_pharmacy_s_is_a_broken_seal(
    house: House, tamper: Callable[[str], None]
):
    arrival_id = arrive(house.owner)
    tamper(f"UPDATE arrivals_key SET public = '\\x{draw_pair().public.hex()}' WHERE pharmacy_id = '{house.here.id}'")  # noqa: S608

    with pytest.raises(SealBrokenError):
        read_arrival(by=house.owner, arrival_id=arrival_id)


def test_a_pharmacy_whose_forms_cannot_be_ended_holds_no_other(
    house: House, as_role: AsRole, stick: Callable[[str, str, str], object]
):
    for seat in (house.owner, house.stranger):
        arrive(seat)
    open_group(by=house.owner, group_id=uuid4(), name="Équipe", kind=COVID)
    stick("DELETE", "arrivals_arrival", f"old.pharmacy_id = '{house.here.id}'")

    with as_role("temoin_keeper"), shifted_by(timedelta(days=40)), pytest.raises(DatabaseError, match="stuck"):
        end_all(threading.Event())

    left = []
    for seat in (house.owner, house.stranger):
        with tenant_scope(seat.pharmacy_id):
            left.append((Arrival.objects.count(), Group.objects.count()))
    assert left == [(1, 0), (0, 0)]  # nor does one kind of row hold the other kinds
