"""The journal as the owner of a pharmacy reads it, and the list that a patient is given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from people import House, make_lot, make_patient, make_seat, make_signed, make_test, sign_in
from sheets import lines_of

from temoin.journal import queries
from temoin.journal.act import HouseActor, record_look
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.journal.queries import PAGE, EventFilter
from temoin.lib.clock import frozen_at, now
from temoin.lib.errors import DeniedError, NotFoundError
from temoin.lib.tenant import _current, tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.oversight import journal
from temoin.oversight.journal import export_journal, names_of_members, read_journal
from temoin.oversight.looks import list_looks
from temoin.oversight.review import Oddity, review_reading
from temoin.patients.queries import read_patient
from temoin.pharmacies.professions import Profession
from temoin.testing.lists import list_tests, list_tests_of_patient
from temoin.testing.queries import read_test
from temoin.web.journal_words import EVENT_WORDS

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SUNDAY = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture
def signed(house: House) -> UUID:
    return make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))


def last_event(house: House) -> Event:
    with tenant_scope(house.here.id):
        return Event.objects.order_by("at").last()


def today() -> EventFilter:
    return EventFilter(today_in(HOUSE), HOUSE)


def look_at(seat, count: int, kind: EventKind = EventKind.TEST_READ) -> None:
    for _ in range(count):
        record_look(by=seat, kind=kind, subject_kind="record", subject_id=uuid4())


def test_every_event_has_words():
    assert set(EVENT_WORDS) == set(EventKind)


def test_the_owner_sees_who_looked_at_what(house: House, owner: Client, signed: UUID):
    read_test(by=house.colleague, record_id=signed)

    page = owner.get(reverse("journal"), {"person": house.colleague.member_id}).content.decode()

    assert "Lucas PETIT" in page
    assert "a vu un test" in page
    assert str(signed)[:8] in page
    assert "a signé un résultat" not in page.partition("<tbody>")[2]
    assert last_event(house).kind == EventKind.JOURNAL_READ


@pytest.mark.parametrize("who", ["colleague", "student", "administrator"])
def test_nobody_else_reads_the_journal(house: House, who: str):
    seat = getattr(house, who)

    for act in (lambda: read_journal(by=seat, wanted=today()), lambda: names_of_members(by=seat)):
        with pytest.raises(DeniedError):
            act()
    for act in (export_journal, review_reading):
        with pytest.raises(DeniedError):
            act(by=seat, wanted=today())
    with pytest.raises(DeniedError):
        list_looks(by=seat, record_id=uuid4())


def test_the_stranger_sees_nothing_of_it(house: House, signed: UUID):
    found = read_journal(by=house.stranger, wanted=EventFilter(today_in(HOUSE), HOUSE, subject_id=signed))

    assert found.rows == []
    with pytest.raises(NotFoundError):
        list_looks(by=house.stranger, record_id=signed)


def test_a_day_is_read_page_by_page(house: House, owner: Client):
    look_at(house.owner, PAGE + 5, EventKind.TICKET_PRINTED)
    asked = {"kind": EventKind.TICKET_PRINTED}

    answer = owner.get(reverse("journal"), asked)
    first = answer.content.decode()
    look_at(house.owner, 1, EventKind.TICKET_PRINTED)  # what comes on top pushes nothing onto the next page
    second = owner.get(reverse("journal") + answer.context["pages"].after).content.decode()

    assert (first.count("<tr>"), second.count("<tr>")) == (PAGE + 1, 5 + 1)
    assert "Événements plus anciens" in first
    assert "Événements plus récents" in second


@pytest.mark.parametrize(
    "asked",
    [
        {"day": "x"},
        {"person": "x"},
        {"kind": "x"},
        {"object": "'"},
        {"after": "_"},
        {"after": "2026-01-01_x"},
        {"until": "x"},
    ],
)
def test_a_choice_that_is_none_is_left_out(owner: Client, asked: dict[str, str]):
    assert owner.get(reverse("journal"), asked).status_code == 200


def test_people_come_first_and_the_machine_is_counted(house: House, owner: Client):
    worker = HouseActor(house.here.id, "worker")
    for _ in range(3):
        record_look(by=worker, kind=EventKind.LETTER_SEALED, subject_kind="letter", subject_id=uuid4())
    look_at(house.owner, 1)

    people, everything = (owner.get(reverse("journal"), asked).content.decode() for asked in ({}, {"who": "all"}))

    sealed = "a scellé la lettre du patient"
    assert sealed not in people.partition("<tbody>")[2].partition("</tbody>")[0]
    assert f"<li>{sealed}\u00a0: 3</li>" in people
    assert everything.count(f">{sealed}") == 3 + 1  # and once among the kinds to choose
    assert "<details" not in everything.partition("</main>")[0].partition("<tbody>")[2]


def test_a_patient_s_events_are_those_of_their_tests_letters_and_lists(house: House, signed: UUID):
    patient_id = read_test(by=house.owner, record_id=signed).patient_id
    other = make_test(house.owner, make_patient(house.owner))
    list_tests(by=house.colleague)

    rows = read_journal(by=house.owner, wanted=EventFilter(today_in(HOUSE), HOUSE, subject_id=patient_id)).rows

    assert {EventKind.PATIENT_REGISTERED, EventKind.RESULT_SIGNED, EventKind.TEST_LIST_READ} <= {
        row.kind for row in rows
    }
    assert other not in {row.subject_id for row in rows}


def test_several_days_are_read_together_and_bounded(house: House, owner: Client):
    for days in (1, 3):
        with frozen_at(now() - timedelta(days=days)):
            look_at(house.owner, 1, EventKind.TICKET_PRINTED)
    today = today_in(HOUSE)

    page = owner.get(reverse("journal"), {"day": (today - timedelta(days=3)).isoformat(), "until": today.isoformat()})
    years = owner.get(reverse("journal"), {"day": "01/01/1990", "until": today.isoformat()})

    shown = [day for day, _lines in page.context["days"]]
    assert {today - timedelta(days=3), today - timedelta(days=1), today} <= set(shown)
    assert shown == sorted(shown, reverse=True)
    assert years.context["fields"][0].value == (today - timedelta(days=91)).isoformat()


def test_the_export_is_streamed_guarded_and_recorded(house: House, owner: Client):
    record_look(by=house.owner, kind=EventKind.TEST_READ, subject_kind="record", subject_id=None, detail="=1+1")

    answer = owner.get(reverse("journal_export"))
    rows = lines_of(answer)

    assert answer.streaming
    assert "attachment" in answer["Content-Disposition"]
    assert [row["detail"] for row in rows if row["detail"].endswith("=1+1")] == ["'=1+1"]
    assert rows[-1]["kind"] == EventKind.JOURNAL_EXPORTED


def test_an_export_holds_no_transaction_between_two_portions(house: House, monkeypatch):
    monkeypatch.setattr(journal, "PORTION", 3)
    monkeypatch.setattr(queries, "PORTION", 3)
    look_at(house.owner, 8)

    outside = len(connection.atomic_blocks)
    rows, states = [], []
    for row in export_journal(by=house.owner, wanted=today()):
        rows.append(row.id)
        states.append((len(connection.atomic_blocks), _current.get()))

    with tenant_scope(house.here.id):
        assert rows == [row.id for row in queries.all_events(today())]
    assert len(set(rows)) == len(rows) > 8
    assert set(states) == {(outside, None)}


def test_a_denied_try_is_an_event_with_the_right_that_was_missing(house: House, colleague: Client, signed: UUID):
    assert colleague.get(reverse("correct", args=[signed])).status_code == 403

    event = last_event(house)
    assert (event.kind, event.outcome, event.reason) == ("access.denied", "denied", "correct_result")
    assert event.actor_id == house.colleague.member_id


def test_a_denial_that_cannot_be_written_answers_nothing(colleague: Client, signed: UUID, monkeypatch):
    colleague.raise_request_exception = False
    monkeypatch.setattr("temoin.web.access.record_denial", lambda **_: 1 / 0)

    assert colleague.get(reverse("correct", args=[signed])).status_code == 500


def remarks(house: House, moment: datetime) -> set[tuple[UUID, Oddity, int]]:
    found = review_reading(by=house.owner, wanted=EventFilter(moment.date(), HOUSE))
    return {(remark.actor_id, remark.oddity, remark.count) for remark in found}


def test_an_ordinary_day_gives_no_remark(house: House):
    with frozen_at(MONDAY):
        patient = make_patient(house.colleague)
        for _ in range(4):
            make_test(house.colleague, patient)
        look_at(house.colleague, 9)

    assert remarks(house, MONDAY) == set()


def test_who_reads_much_more_than_they_work_is_named(house: House):
    with frozen_at(MONDAY):
        look_at(house.colleague, 12)
        look_at(house.owner, 9)

    assert remarks(house, MONDAY) == {(house.colleague.member_id, Oddity.LOOKED_MORE_THAN_WORKED, 12)}


def test_pages_that_only_show_a_patient_or_a_form_are_no_work(house: House):
    patients = [make_patient(house.owner, nir="") for _ in range(10)]
    with frozen_at(MONDAY):
        for patient in patients:
            read_patient(by=house.colleague, patient_id=patient)
            list_tests_of_patient(by=house.colleague, patient_id=patient)
        look_at(house.owner, 11, EventKind.ARRIVAL_READ)

    named = {(house.colleague.member_id, 10), (house.owner.member_id, 11)}
    assert remarks(house, MONDAY) == {(who, Oddity.LOOKED_MORE_THAN_WORKED, count) for who, count in named}


@pytest.mark.parametrize("moment", [SUNDAY, MONDAY.replace(hour=4), MONDAY.replace(hour=21)])
def test_reading_outside_hours_is_named(house: House, moment: datetime):
    with frozen_at(moment):
        look_at(house.colleague, 2)

    assert remarks(house, moment) == {(house.colleague.member_id, Oddity.OUTSIDE_HOURS, 2)}


def test_many_denials_and_searches_are_named(house: House):
    with frozen_at(MONDAY):
        look_at(house.student, 40, EventKind.PATIENT_SEARCHED)
        look_at(house.colleague, 3, EventKind.ACCESS_DENIED)

    assert remarks(house, MONDAY) == {
        (house.student.member_id, Oddity.SEARCHED_MUCH, 40),
        (house.colleague.member_id, Oddity.DENIED, 3),
    }


def test_looking_at_patients_of_ones_own_name_is_counted(house: House):
    with frozen_at(MONDAY):
        own = make_patient(house.owner, birth_family_name="Durand", used_family_name="Pétit", nir="")
        other = make_patient(house.owner)
        record_look(by=house.colleague, kind=EventKind.PATIENT_READ, subject_kind="patient", subject_id=other)
        read_test(by=house.colleague, record_id=make_test(house.owner, own))
        record_look(by=house.colleague, kind=EventKind.PATIENT_READ, subject_kind="patient", subject_id=own)

    assert remarks(house, MONDAY) == {(house.colleague.member_id, Oddity.OWN_NAME, 1)}


def test_the_review_page_leads_to_the_persons_events(house: House, owner: Client):
    with frozen_at(now() - timedelta(days=1)):
        look_at(house.colleague, 12)
        day = today_in(HOUSE).isoformat()

    page = owner.get(reverse("journal_review"), {"day": day}).content.decode()

    assert "dossiers consultés sans y travailler" in page
    assert f"person={house.colleague.member_id}" in page


def test_a_patient_is_given_the_list_without_any_name(house: House, owner: Client, signed: UUID):
    read_test(by=house.colleague, record_id=signed)

    page = owner.get(reverse("looks", args=[signed])).content.decode()

    sheet = page.partition("<article")[2]
    assert "Préparateur" in sheet
    assert str(house.colleague.member_id)[:8] in sheet
    assert "PETIT" not in sheet
    assert "sera scellé dans un instant" in sheet
    assert last_event(house).kind == EventKind.LOOKS_LISTED


def test_proofs_are_given_once_the_journal_is_sealed_only(owner: Client, signed: UUID):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM journal_checkpoint")
        assert cursor.fetchone() == (0,)

    assert owner.get(reverse("looks_file", args=[signed])).json() == {"checkpoint": "", "looks": []}


def test_an_auditor_comes_to_the_journal_and_is_led_to_no_test(house: House, signed: UUID):
    auditor = sign_in(Client(), make_seat(house.here, Profession.AUDITOR))

    assert auditor.get("/").headers["Location"] == reverse("journal")
    page = auditor.get(reverse("journal")).content.decode()

    assert str(signed)[:8] in page
    assert reverse("test", args=[signed]) not in page
