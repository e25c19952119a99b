"""One person written twice is noticed before the second record, and one NIR is on one record."""

from __future__ import annotations

import pytest
from people import TRAITS, House, at_once, change_patient, make_patient, open_house

from temoin.lib.errors import DeniedError, InvalidError
from temoin.patients.actions import amend_patient, register_patient
from temoin.patients.queries import ChangedError, near_matches, patients_by_name, read_patient
from temoin.patients.second_record import Asked, LikelyKnownError
from temoin.patients.traits import check_traits

BARE = {**TRAITS, "nir": ""}
SLIPS = (
    {},
    {"birth_family_name": "pat trois"},
    {"birth_family_name": "PAT-TRIOS"},
    {"birth_family_name": "PATTROI"},
    {"birth_given_names": "DOMINIQE"},
    {"birth_family_name": "DURAND", "used_family_name": "PAT-TROIS"},
    {"birth_date": "29/03/1979"},
    {"birth_date": "28/03/1978"},
)


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def typed(**changes: str):
    return check_traits({**BARE, **changes})


@pytest.mark.parametrize("changes", [*SLIPS, {"birth_family_name": "AUTRE", "nir": TRAITS["nir"]}])
def test_a_person_written_otherwise_is_offered(house, changes):
    patient_id = make_patient(house.owner)

    assert [found for found, _traits in near_matches(by=house.colleague, traits=typed(**changes))] == [patient_id]


@pytest.mark.parametrize(
    "changes",
    [
        {"birth_given_names": "SACHA", "used_given_name": ""},
        {"birth_family_name": "MARTIN"},
        {"birth_date": "17/11/1979"},
    ],
)
def test_another_person_is_not_offered(house, changes):
    make_patient(house.owner)

    assert near_matches(by=house.owner, traits=typed(**changes)) == []


def test_near_matches_are_for_those_who_may_read_patients_here(house):
    make_patient(house.owner)

    assert near_matches(by=house.stranger, traits=typed()) == []
    with pytest.raises(DeniedError):
        near_matches(by=house.administrator, traits=typed())


def test_a_patient_is_found_by_the_used_name_and_with_a_slip(house):
    patient_id = make_patient(house.owner, used_family_name="Łukasz")
    born = check_traits(TRAITS).birth_date

    for name in ("LUKASZ", "lukas", "PAT TROIS", "PATTROS"):
        found = patients_by_name(by=house.owner, family_name=name, birth_date=born)
        assert [each for each, _traits in found] == [patient_id]


def test_one_nir_is_on_one_record(house):
    first = make_patient(house.owner)
    other = make_patient(house.owner, nir="", birth_family_name="AUTRE")

    for writing in (
        lambda: register_patient(by=house.owner, traits=check_traits(TRAITS), put_aside=[first]),
        lambda: change_patient(by=house.owner, patient_id=other, traits=check_traits(TRAITS)),
    ):
        with pytest.raises(InvalidError) as error:
            writing()
        assert [(each.field, each.code) for each in error.value.problems] == [("nir", "known")]
    register_patient(by=house.stranger, traits=check_traits(TRAITS), put_aside=())


def test_the_second_of_two_tabs_is_told_of_the_first(house):
    patient_id = make_patient(house.owner)
    seen = read_patient(by=house.owner, patient_id=patient_id).seen_version
    amend_patient(by=house.owner, patient_id=patient_id, traits=typed(email="a@exemple.fr"), expected_version=seen)

    with pytest.raises(ChangedError):
        amend_patient(by=house.owner, patient_id=patient_id, traits=typed(phone=""), expected_version=seen)

    assert read_patient(by=house.owner, patient_id=patient_id).email == "a@exemple.fr"


@pytest.mark.parametrize("changes", SLIPS)
def test_nobody_gets_a_second_record_before_a_person_put_the_first_aside(house, changes):
    first = make_patient(house.owner)
    again = typed(**changes)

    with pytest.raises(LikelyKnownError) as error:
        register_patient(by=house.colleague, traits=again, put_aside=())

    assert error.value.candidates == [first]
    register_patient(by=house.colleague, traits=again, put_aside=[first])


def test_each_likely_record_is_put_aside_by_itself(house):
    first, second = make_patient(house.owner), make_patient(house.owner)

    with pytest.raises(LikelyKnownError) as error:
        register_patient(by=house.owner, traits=typed(), put_aside=[first])

    assert error.value.candidates == sorted([first, second])


def test_a_file_has_no_person_to_ask(house):
    make_patient(house.owner)

    register_patient(by=house.owner, traits=typed(), put_aside=Asked.NOBODY)

    assert len(near_matches(by=house.owner, traits=typed())) == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_register_one_person_at_once_make_one_record():
    house = open_house()

    found = at_once(
        lambda: register_patient(by=house.owner, traits=typed(), put_aside=()),
        lambda: register_patient(by=house.colleague, traits=typed(birth_family_name="PATTROIS"), put_aside=()),
    )

    assert sorted(type(one).__name__ for one in found) == ["LikelyKnownError", "UUID"]
