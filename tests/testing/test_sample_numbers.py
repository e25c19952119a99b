"""The sample number: short, checked, one test's at a time, and nobody's outside its pharmacy."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from people import House, at_once, make_lot, make_patient, make_sampled, make_signed, make_test, open_house, sign_in

from temoin.crypto.letter import normalise_code
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import shifted_by
from temoin.lib.errors import DeniedError, NotFoundError
from temoin.lib.sample_number import all_numbers, is_sound, written_number
from temoin.lib.tenant import tenant_scope
from temoin.testing import numbers
from temoin.testing.actions import abandon_test
from temoin.testing.lists import list_tests
from temoin.testing.models import Record, Ticket
from temoin.testing.numbers import find_by_number, find_by_ticket
from temoin.testing.queries import read_test
from temoin.testing.tickets import read_ticket


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def number_of(house: House, record_id) -> str:
    return read_test(by=house.owner, record_id=record_id).number


@pytest.mark.parametrize("place", range(5))
def test_one_wrong_digit_never_makes_another_number(place: int):
    for number in all_numbers():
        for digit in set("0123456789") - {number[place]}:
            assert not is_sound(number[:place] + digit + number[place + 1 :])


def test_two_digits_that_changed_places_never_make_another_number():
    for number in all_numbers():
        for place, (first, second) in enumerate(pairwise(number)):
            swapped = number[:place] + second + first + number[place + 2 :]
            assert swapped == number or not is_sound(swapped)


@pytest.mark.parametrize("text", ["", "5000", "500060", "40006", "５0006", "50006\n", "TT50006", "T 50006"])
def test_what_is_not_five_digits_from_five_or_six_on_is_no_number(text: str):
    assert written_number(text) == ""


def test_a_number_is_drawn_at_registration_and_stands_in_row_test_and_event(house: House):
    record_id = make_test(house.owner, make_patient(house.owner))

    number = number_of(house, record_id)
    (row,) = list_tests(by=house.colleague).under_way
    assert is_sound(number)
    assert row.number == number
    with tenant_scope(house.here.id):
        event = Event.objects.get(kind=EventKind.TEST_REGISTERED, subject_id=record_id)
        assert event.detail == number
        clear = str({**vars(Record.objects.get(id=record_id)), "sealed": b""})
    assert number not in clear


def test_owner_and_colleague_find_the_test_and_the_stranger_nothing(house: House):
    record_id = make_test(house.owner, make_patient(house.owner))
    number = number_of(house, record_id)

    assert find_by_number(by=house.owner, number=number).id == record_id
    assert find_by_number(by=house.colleague, number=number).is_under_way
    with pytest.raises(NotFoundError):
        find_by_number(by=house.stranger, number=number)
    with pytest.raises(DeniedError), transaction.atomic():
        find_by_number(by=house.administrator, number=number)


def test_the_look_for_a_number_is_an_event(house: House):
    record_id = make_test(house.owner, make_patient(house.owner))

    find_by_number(by=house.colleague, number=number_of(house, record_id))

    with tenant_scope(house.here.id):
        looks = Event.objects.filter(kind=EventKind.TEST_READ, subject_id=record_id, actor_id=house.colleague.member_id)
        assert [look.detail for look in looks] == ["number"]


def test_no_two_open_tests_of_a_pharmacy_bear_one_number(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(numbers, "all_numbers", lambda: all_numbers()[:3])
    patient_id = make_patient(house.owner)

    drawn = [number_of(house, make_test(house.owner, patient_id)) for _each in range(4)]

    assert sorted(drawn) == ["", *all_numbers()[:3]]  # the fourth goes without: nobody waits for a number


def test_a_number_rests_after_its_test_and_comes_back_days_later(house: House, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(numbers, "all_numbers", lambda: all_numbers()[:2])
    patient_id = make_patient(house.owner)
    first = make_test(house.owner, patient_id)
    abandon_test(by=house.owner, record_id=first, seen="")

    second = make_test(house.owner, patient_id)
    with shifted_by(numbers.RESTS * 2):
        abandon_test(by=house.owner, record_id=second, seen="")
        third = make_test(house.owner, patient_id)

    assert number_of(house, second) != number_of(house, first)
    assert number_of(house, third) in all_numbers()[:2]


def test_once_signed_a_number_leads_to_its_result_until_an_open_test_bears_it(
    house: House, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(numbers, "all_numbers", lambda: all_numbers()[:1])
    patient_id = make_patient(house.owner)
    signed = make_signed(house.owner, patient_id, make_lot(house.owner))
    found = find_by_number(by=house.owner, number=all_numbers()[0])
    assert (found.id, found.is_under_way) == (signed, False)

    waits = make_test(house.owner, patient_id)

    assert find_by_number(by=house.owner, number=all_numbers()[0]).id == waits


def test_a_moved_index_leads_to_no_other_record(house: House):
    first, second = (make_test(house.owner, make_patient(house.owner)) for _each in range(2))
    number = number_of(house, first)
    with tenant_scope(house.here.id):
        index = Record.objects.get(id=first).number_index
    intrude(house, "UPDATE testing_record SET number_index = NULL WHERE id = %s", [first])
    intrude(house, "UPDATE testing_record SET number_index = %s WHERE id = %s", [bytes(index), second])

    with pytest.raises(NotFoundError):
        find_by_number(by=house.owner, number=number)


def intrude(house: House, sql: str, values: list[object]) -> None:
    with tenant_scope(house.here.id), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_a_ticket_leads_to_its_test_while_its_code_is_there(house: House):
    record_id = make_test(house.owner, make_patient(house.owner))
    code = normalise_code(read_ticket(by=house.owner, record_id=record_id))

    assert find_by_ticket(by=house.colleague, code=code).id == record_id
    with pytest.raises(NotFoundError):
        find_by_ticket(by=house.stranger, code=code)
    with tenant_scope(house.here.id):
        assert Ticket.objects.get(record_id=record_id).code_index
    abandon_test(by=house.owner, record_id=record_id, seen="")
    with pytest.raises(NotFoundError):
        find_by_ticket(by=house.owner, code=code)


# In the pages -------------------------------------------------------------------------------------------------------


def opened(client: Client, text: str):
    return client.post(reverse("find_patient") + "?read", {"scan": text})


@pytest.mark.parametrize("write", ["{}", "T{}", "t{}"])
def test_a_number_typed_or_scanned_opens_the_row(house: House, write: str):
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    owner = sign_in(Client(), house.owner)

    answer = opened(owner, write.format(number_of(house, record_id)))

    assert answer["Location"] == f"{reverse('home')}?row={record_id}"
    page = owner.get(answer["Location"]).content.decode()
    row = page[page.index('class="is-opened"') :].split("</tr>")[0]
    assert number_of(house, record_id) in row
    assert Counter(page.split())["autofocus>"] + page.count("autofocus ") == row.count("autofocus")


def test_a_ticket_opens_the_row_and_a_signed_tests_number_its_page(house: House):
    patient_id = make_patient(house.owner)
    waits = make_test(house.owner, patient_id)
    signed = make_signed(house.owner, patient_id, make_lot(house.owner))
    owner = sign_in(Client(), house.owner)
    code = read_ticket(by=house.owner, record_id=waits)

    assert opened(owner, f"https://resultats.example/#code={code}")["Location"].endswith(str(waits))
    assert opened(owner, number_of(house, signed))["Location"] == reverse("test", args=[signed])


def test_an_unknown_number_and_another_pharmacys_are_refused_alike(house: House):
    record_id = make_test(house.owner, make_patient(house.owner))
    theirs = number_of(house, record_id)
    stranger = sign_in(Client(), house.stranger)
    nobodys = next(number for number in all_numbers() if number != theirs)

    answers = [opened(stranger, number) for number in (theirs, nobodys)]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert all("Aucun test de cette officine" in answer.content.decode() for answer in answers)


def test_the_label_bears_the_number_and_names_nobody(house: House):
    record_id = make_test(house.owner, make_patient(house.owner))
    colleague, stranger = sign_in(Client(), house.colleague), sign_in(Client(), house.stranger)

    page = colleague.get(reverse("label", args=[record_id])).content.decode()

    assert number_of(house, record_id) in page
    assert "PAT-TROIS" not in page
    assert "COVID" not in page
    assert stranger.get(reverse("label", args=[record_id])).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_who_register_at_once_draw_two_numbers(monkeypatch: pytest.MonkeyPatch):
    house = open_house()
    monkeypatch.setattr(numbers, "all_numbers", lambda: all_numbers()[:2])
    patients = [make_patient(house.owner) for _each in range(2)]

    made = at_once(*[lambda patient=patient: make_test(house.owner, patient) for patient in patients])

    assert sorted(number_of(house, record_id) for record_id in made) == list(all_numbers()[:2])
