"""Opening and closing a pharmacy, and the numbers of the national registers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError
from hypothesis import given
from hypothesis import strategies as st
from people import NEWCOMER, House
from stdnum import luhn
from test_team import events

from temoin.journal.events import EventKind
from temoin.lib.errors import InvalidError, NotFoundError
from temoin.pharmacies.actions import close_pharmacy, open_pharmacy, reopen_pharmacy
from temoin.pharmacies.invitations import find_offer
from temoin.pharmacies.models import Pharmacy
from temoin.pharmacies.numbers import check_finess, check_rpps, is_doubtful_finess, is_doubtful_rpps
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.seat import take_seat
from temoin.pharmacies.team import invite_member, resume_member

ADDRESS = {"street": "1 rue Haute", "postcode": "35000", "city": "Rennes", "phone": ""}


@pytest.mark.django_db
def test_a_pharmacy_is_opened_once_with_its_event():
    pharmacy = open_pharmacy(finess="75 071 218 4", name="Pharmacie Haute", address=ADDRESS, is_demo=False)

    assert pharmacy.finess == "750712184"
    assert events(pharmacy.id, EventKind.PHARMACY_OPENED) == [(None, pharmacy.id, "command", "")]
    with pytest.raises(InvalidError, match="finess:known"):
        open_pharmacy(finess="750712184", name="Autre", address=ADDRESS, is_demo=False)


def test_a_closed_pharmacy_has_nobody_at_work(house: House):
    invited = invite_member(by=house.owner, newcomer=NEWCOMER)

    close_pharmacy(by=Operator(house.here.id))

    for seat in (house.owner, house.colleague, house.student):
        with pytest.raises(NotFoundError):
            take_seat(person_id=seat.person_id, pharmacy_id=house.here.id)
    with pytest.raises(NotFoundError):
        find_offer(code=invited.code)
    with pytest.raises(InvalidError, match="closed"):
        invite_member(by=Operator(house.here.id), newcomer=NEWCOMER)
    assert take_seat(person_id=house.stranger.person_id, pharmacy_id=house.elsewhere.id)


def test_a_pharmacy_closes_once_and_opens_again(house: House):
    operator = Operator(house.here.id)
    with pytest.raises(NotFoundError):
        reopen_pharmacy(by=operator)
    close_pharmacy(by=operator)
    with pytest.raises(NotFoundError):
        close_pharmacy(by=operator)

    reopen_pharmacy(by=operator)
    resume_member(by=operator, member_id=house.owner.member_id)

    assert take_seat(person_id=house.owner.person_id, pharmacy_id=house.here.id)
    assert Pharmacy.objects.get(id=house.here.id).closed_on is None


def test_a_failure_in_the_middle_closes_nothing(house: House, stick: Callable[..., object]):
    stick("INSERT", "journal_event", "true")

    with pytest.raises(DatabaseError, match="stuck"):
        close_pharmacy(by=Operator(house.here.id))

    assert Pharmacy.objects.get(id=house.here.id).closed_on is None


@pytest.mark.parametrize("number", ["750712184", "690781810", "130786049", "2A0000014", "2b 0000 020"])
def test_real_looking_pharmacy_numbers_pass(number: str):
    assert not is_doubtful_finess(check_finess(number))


@pytest.mark.parametrize(
    "number", ["", "75071218", "750712185", "7507121840", "2C0000014", "٧٥٠٧١٢١٨٤", "750712184\n1"]
)
def test_what_is_no_pharmacy_number_is_refused(number: str):
    with pytest.raises(InvalidError, match="finess:malformed"):
        check_finess(number)


def test_a_number_of_corsica_is_doubted_and_not_refused():
    assert is_doubtful_finess(check_finess("2A0000015"))


@given(st.from_regex(r"[0-9]{10}", fullmatch=True))
def test_a_register_number_is_doubted_by_its_last_digit_alone(digits: str):
    right = digits + luhn.calc_check_digit(digits)
    wrong = digits + str((int(right[-1]) + 1) % 10)

    assert not is_doubtful_rpps(check_rpps(right))
    assert is_doubtful_rpps(check_rpps(wrong))


@given(st.text(max_size=14))
def test_any_text_is_a_register_number_or_is_refused(text: str):
    compact = "".join(text.split()).replace(".", "").replace("-", "")
    if len(compact) == 11 and compact.isascii() and compact.isdecimal():
        assert check_rpps(text) == compact
    else:
        with pytest.raises(InvalidError, match="rpps:malformed"):
            check_rpps(text)


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("name", "P" * 121, "too_long"),
        ("street", "1" * 121, "too_long"),
        ("city", "V" * 51, "too_long"),
        ("postcode", "7" * 41, "too_long"),
        ("name", " ", "required"),
        ("city", "", "required"),
        ("name", "Pharmacie du March\u00c3\u00a9", "garbled"),
        ("city", "Pa\0ris", "unreadable"),
    ],
)
@pytest.mark.django_db
def test_a_pharmacy_is_named_so_that_its_documents_can_say_it(field, text, code):
    told = {"name": "Pharmacie Haute", **ADDRESS, field: text}
    name = told.pop("name")

    with pytest.raises(InvalidError, match=f"{field}:{code}"):
        open_pharmacy(finess="750712184", name=name, address=told, is_demo=False)
