"""Lists of tests: what is under way is always shown, the rest page by page, and a patient's record leads to theirs."""

from __future__ import annotations

from uuid import UUID

import pytest
from people import House, make_lot, make_patient, make_sampled, make_signed, make_test, open_house

from temoin.lib.errors import DeniedError, NotFoundError
from temoin.testing import lists
from temoin.testing.actions import abandon_test
from temoin.testing.lists import PageOfTests, list_tests, list_tests_of_patient


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    return open_house()


@pytest.fixture
def patient(house: House) -> UUID:
    return make_patient(house.owner)


@pytest.fixture
def pages_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "PAGE", 2)


def abandoned(house: House, patient: UUID) -> UUID:
    record_id = make_test(house.owner, patient)
    abandon_test(by=house.owner, record_id=record_id, seen="")
    return record_id


def ids(found: PageOfTests) -> tuple[set[UUID], set[UUID]]:
    return {row.id for row in found.under_way}, {row.id for row in found.done}


@pytest.mark.usefixtures("pages_of_two")
def test_what_is_under_way_is_on_every_page_whatever_came_after(house: House, patient: UUID):
    waiting = {make_test(house.owner, patient), make_sampled(house.owner, patient, make_lot(house.owner))}
    waiting |= {make_test(house.owner, patient) for _each in range(3)}
    for _each in range(3):
        abandoned(house, patient)

    for page in range(3):
        assert ids(list_tests(by=house.owner, page=page))[0] == waiting
        assert ids(list_tests_of_patient(by=house.owner, patient_id=patient, page=page))[0] == waiting


@pytest.mark.usefixtures("pages_of_two")
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_pages_together_hold_every_test_that_is_done_once(house: House, patient: UUID, count: int):
    done = sorted(abandoned(house, patient) for _each in range(count))

    for read in (lambda page: list_tests(by=house.owner, page=page), lambda page: of_patient(house, patient, page)):
        seen, page, goes_on = [], 0, True
        while goes_on:
            found = read(page)
            seen += [row.id for row in found.done]
            goes_on, page = found.has_more, page + 1
        assert sorted(seen) == done


def of_patient(house: House, patient: UUID, page: int) -> PageOfTests:
    return list_tests_of_patient(by=house.owner, patient_id=patient, page=page)


def test_a_patients_list_has_nobody_elses(house: House, patient: UUID):
    theirs = make_signed(house.owner, patient, make_lot(house.owner))
    make_test(house.owner, make_patient(house.owner, birth_family_name="AUTRE", nir=""))

    assert ids(list_tests_of_patient(by=house.owner, patient_id=patient)) == (set(), {theirs})


def test_the_stranger_finds_no_patient_and_the_administrator_no_list(house: House, patient: UUID):
    with pytest.raises(NotFoundError):
        list_tests_of_patient(by=house.stranger, patient_id=patient)
    with pytest.raises(DeniedError):
        list_tests_of_patient(by=house.administrator, patient_id=patient)
