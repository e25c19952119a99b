"""Reading patients in bulk: stopped until a fresh factor is shown, and told to somebody else."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from appointing import Booking
from arriving import arrive
from django.test import Client
from django.urls import reverse
from people import House, at_once, make_lot, make_patient, make_seat, make_signed, sign_in

from temoin.arrivals.actions import AcceptedTest, NewPerson, accept_arrival
from temoin.arrivals.appointed import move_appointment
from temoin.arrivals.queries import read_arrival
from temoin.delivery.letters import read_knowledge
from temoin.delivery.telling import ToldBy, note_told
from temoin.journal.act import record_look, record_looks
from temoin.journal.events import LISTINGS, LOOKS, EventKind
from temoin.journal.listings import NAME, record_listing
from temoin.journal.models import Alert, Event
from temoin.lib.clock import frozen_at, now
from temoin.lib.ids import hourly_id
from temoin.lib.tenant import tenant_scope
from temoin.oversight.reading import HOUR, PatientsSeen, patients_seen, reads_much
from temoin.oversight.reading_settings import ReadingPace
from temoin.patients.actions import CURRENT_NOTICE
from temoin.patients.traits import check_traits
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.seat import Seat
from temoin.web.access import Access
from temoin.web.routes import ROUTES

LIMIT = ReadingPace().opened_per_hour


@pytest.fixture
def patient(house: House) -> UUID:
    return make_patient(house.owner)


def see(seat: Seat, count: int, *, kind: EventKind = EventKind.PATIENT_READ) -> None:
    """Let the journal say that somebody opened so many patients two minutes ago."""
    with frozen_at(now() - timedelta(minutes=2)):
        record_looks(by=seat, kind=kind, subject_kind="patient", subject_ids=[uuid4() for _ in range(count)])


def list_many(seat: Seat, count: int) -> None:
    shown = [uuid4() for _ in range(count)]
    record_listing(by=seat, kind=EventKind.TEST_LIST_READ, subject_kind="record", shown=shown, detail=str(count))


def search_in_vain(seat: Seat, count: int, *, detail: str = NAME) -> None:
    for _ in range(count):
        kind = EventKind.PATIENT_SEARCHED
        record_listing(by=seat, kind=kind, subject_kind="patient", shown=[], detail=detail)


def at_work(seat: Seat, *, minutes_ago: int = 10) -> Client:
    """Sign in with a factor that is not fresh any more."""
    with frozen_at(now() - timedelta(minutes=minutes_ago)):
        client = sign_in(Client(), seat)
    session = client.session
    records = session["account_authentication_methods"]
    session["account_authentication_methods"] = [{**one, "at": one["at"] - minutes_ago * 60} for one in records]
    session.save()
    return client


def told(house: House) -> list[tuple[str, UUID | None]]:
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind=EventKind.READING_MUCH.value).count() == Alert.objects.count()
        return list(Alert.objects.order_by("at").values_list("subject_kind", "subject_id"))


@pytest.mark.parametrize("who", ["owner", "colleague", "student"])
@pytest.mark.parametrize(("seen", "is_stopped"), [(LIMIT - 1, False), (LIMIT, True), (LIMIT + 1, True)])
def test_a_person_is_stopped_at_the_limit_and_told_of(
    house: House, patient: UUID, who: str, seen: int, is_stopped: bool
):
    student = make_seat(house.here, Profession.STUDENT, family_name="NOVICE", given_name="Zoé", rpps="")
    seat = {"owner": house.owner, "colleague": house.colleague, "student": student}[who]
    see(seat, seen)

    answer = at_work(seat).get(reverse("patient", args=[patient]))

    assert answer.status_code == (302 if is_stopped else 200)
    assert told(house) == ([("member", seat.member_id)] if is_stopped else [])
    if is_stopped:
        assert answer["Location"].startswith(reverse("confirm"))


def test_a_fresh_factor_opens_the_next_record_and_is_told_all_the_same(house: House, patient: UUID):
    see(house.colleague, LIMIT)

    assert sign_in(Client(), house.colleague).get(reverse("patient", args=[patient])).status_code == 200
    assert told(house) == [("member", house.colleague.member_id)]


def test_it_is_told_once_an_hour_and_again_in_the_next(house: House):
    see(house.colleague, LIMIT)
    assert [reads_much(by=house.colleague) for _ in range(3)] == [True] * 3
    with frozen_at(now() + HOUR + timedelta(minutes=1)):
        assert not reads_much(by=house.colleague)
        see(house.colleague, LIMIT)
        assert reads_much(by=house.colleague)

    assert len(told(house)) == 2


@pytest.mark.django_db(transaction=True)
def test_two_processes_tell_it_once(house: House):
    see(house.colleague, LIMIT)

    found = at_once(*[lambda: reads_much(by=house.colleague)] * 4)

    assert found == [True] * 4
    assert len(told(house)) == 1


def test_the_same_patient_again_and_a_colleagues_are_no_more_patients(house: House, patient: UUID):
    record = make_signed(house.owner, patient, make_lot(house.owner))
    see(house.owner, 7)
    before = patients_seen(by=house.colleague)
    for kind, subject in ((EventKind.PATIENT_READ, patient), (EventKind.TEST_READ, record)) * 3:
        record_look(by=house.colleague, kind=kind, subject_kind="x", subject_id=subject)

    assert before == PatientsSeen(0, 0, 0, 0)
    assert patients_seen(by=house.colleague) == PatientsSeen(1, 1, 6, 0)


def test_lists_and_searches_count_whom_they_showed_and_not_how_often(house: House):
    for _ in range(3):
        list_many(house.colleague, 150)
    see(house.colleague, 10)

    assert patients_seen(by=house.colleague) == PatientsSeen(10, 460, 0, 0)
    assert not reads_much(by=house.colleague)
    list_many(house.colleague, 40)
    assert reads_much(by=house.colleague)


def test_who_asks_for_hundreds_that_are_nobody_here_is_stopped_and_told_of(house: House):
    browser, most = at_work(house.colleague), ReadingPace().vain_searches_per_hour
    search_in_vain(house.colleague, most - 1)
    search_in_vain(house.colleague, 5, detail="near")  # part of an act: what is registered is there to be seen
    asked = {"birth_family_name": "PERSONNE", "birth_date": "28/03/1979"}

    last = browser.post(reverse("find_patient"), asked)
    answer = browser.post(reverse("find_patient"), asked)

    assert (last.status_code, answer.status_code) == (200, 302)
    assert answer["Location"].startswith(reverse("confirm"))
    assert patients_seen(by=house.colleague) == PatientsSeen(0, 0, 0, most)
    assert told(house) == [("member", house.colleague.member_id)]


def test_a_form_that_a_patient_filled_in_is_a_patient_until_it_is_accepted(house: House):
    see(house.colleague, LIMIT - 1, kind=EventKind.ARRIVAL_READ)
    arrival_id = arrive(house.owner)

    form = read_arrival(by=house.colleague, arrival_id=arrival_id).filled
    assert form is not None
    assert patients_seen(by=house.colleague).opened == LIMIT
    assert at_work(house.colleague).get(reverse("arrival", args=[arrival_id])).status_code == 302
    assert told(house) == [("member", house.colleague.member_id)]
    person = NewPerson(patient_id=uuid4(), traits=check_traits(form.traits), put_aside=())
    test = AcceptedTest(record_id=hourly_id(), kind=form.kind, notice=CURRENT_NOTICE, answers=form.answers)
    accept_arrival(by=house.colleague, arrival_id=arrival_id, person=person, test=test)
    assert patients_seen(by=house.colleague).opened == LIMIT - 1


def test_a_file_of_many_is_told_of_though_no_other_page_is_asked_for(house: House, patient: UUID):
    make_signed(house.owner, patient, make_lot(house.owner))
    see(house.owner, LIMIT - 1)

    answer = sign_in(Client(), house.owner).get(reverse("results_file"))
    sent = b"".join(answer.streaming_content)

    assert (answer.status_code, sent.count(b"\n")) == (200, 2)
    assert told(house) == []
    list_many(house.owner, ReadingPace().shown_per_hour - LIMIT)
    b"".join(sign_in(Client(), house.owner).get(reverse("results_file")).streaming_content)
    assert told(house) == [("member", house.owner.member_id)]


def test_a_busy_counter_is_never_troubled(house: House, patient: UUID):
    browser = at_work(house.colleague)
    shown = [uuid4() for _ in range(100)]
    for number in range(40):
        see(house.colleague, 1)
        shown = [uuid4(), *shown[:-1]] if number % 2 else shown
        record_listing(
            by=house.colleague, kind=EventKind.TEST_LIST_READ, subject_kind="record", shown=shown, detail="100"
        )

    assert browser.get(reverse("home")).status_code == 200
    assert browser.get(reverse("patient", args=[patient])).status_code == 200
    assert told(house) == []


def test_a_student_who_opens_138_pages_in_a_row_is_stopped_and_told_of(house: House):
    student = make_seat(house.here, Profession.STUDENT, family_name="NOVICE", given_name="Zoé", rpps="")
    lot, browser = make_lot(house.owner), at_work(student)
    records = [make_signed(house.owner, make_patient(house.owner, nir=""), lot) for _ in range(23)]
    start = now()

    answers = []
    for number, record_id in enumerate(records * 6):
        with frozen_at(start + timedelta(seconds=number / 7)):
            answers.append(browser.get(reverse("test", args=[record_id])).status_code)

    assert answers == [200] * 40 + [302] * 98
    assert told(house) == [("member", student.member_id)]


def test_the_other_pharmacy_is_neither_counted_nor_told(house: House):
    see(house.stranger, LIMIT)

    assert reads_much(by=house.stranger)
    assert not reads_much(by=house.owner)
    assert told(house) == []


def test_every_page_that_records_a_look_keeps_the_pace(house: House, patient: UUID):
    record_id = make_signed(house.owner, patient, make_lot(house.owner))
    note_told(by=house.owner, record_id=record_id, expected_version=1, way=ToldBy.PHONE)
    places: dict[str, object] = {"patient_id": patient, "record_id": record_id, "way": ToldBy.PHONE.value}
    places["telling_id"] = read_knowledge(by=house.owner, record_id=record_id).told[0].id
    places["other_id"] = make_patient(house.owner)
    booking = Booking(house.owner)
    _taken, moved = booking.take(booking.hour(60), number=1000, traits={"phone": "06 12 34 56 78", "email": ""})
    move_appointment(by=house.owner, arrival_id=moved, starts_at=booking.hour(70), expected_hour=None)
    places["arrival_id"] = moved  # a form to open, and somebody to call
    browser = sign_in(Client(), house.owner)
    seen: set[str] = set()
    for route in ROUTES:
        if not route.needs_seat or "GET" not in route.methods or "parcel_id" in route.path or "member" in route.path:
            continue
        before = set(_looks(house))
        wanted = {name: value for name, value in places.items() if f":{name}>" in route.path}
        if "<" in route.path and not wanted:
            continue
        browser.get(reverse(route.name, kwargs=wanted))

        looked = set(_looks(house)) - before
        seen |= {route.name} if looked else set()
        assert not looked or route.shows_patients, route.name
        assert not route.shows_patients or route.access is not Access.PUBLIC
    assert {"patient", "test", "arrival", "appointment_contact", "results"} <= seen


def _looks(house: House) -> list[UUID]:
    with tenant_scope(house.here.id):
        return list(Event.objects.filter(kind__in=[*LOOKS, *LISTINGS]).values_list("id", flat=True))
