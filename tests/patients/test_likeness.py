"""One person written twice is noticed before the second record, and one NIR is on one record."""

from __future__ import annotations

import pytest
from people import TRAITS, House, change_patient, make_patient, open_house

from temoin.lib.errors import DeniedError, InvalidError
from temoin.patients.actions import amend_patient, register_patient
from temoin.patients.queries import ChangedError, near_matches, patients_by_name, read_patient
from temoin.patients.traits import check_traits

BARE = {**TRAITS, "nir": ""}


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def typed(**changes: str):
    return check_traits({**BARE, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"birth_family_name": "pat trois"},
        {"birth_family_name": "PAT-TRIOS"},
        {"birth_family_name": "PATTROI"},
        {"birth_given_names": "DOMINIQE"},
        {"birth_family_name": "DURAND", "used_family_name": "PAT-TROIS"},
        {"birth_date": "29/03/1979"},
        {"birth_date": "28/03/1978"},
        {"birth_family_name": "AUTRE", "birth_given_names": "NOM", "nir": TRAITS["nir"]},
    ],
)
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
    make_patient(house.owner)
    other = make_patient(house.owner, nir="", birth_family_name="AUTRE")

    for writing in (
        lambda: register_patient(by=house.owner, traits=check_traits(TRAITS)),
        lambda: change_patient(by=house.owner, patient_id=other, traits=check_traits(TRAITS)),
    ):
        with pytest.raises(InvalidError) as error:
            writing()
        assert [(each.field, each.code) for each in error.value.problems] == [("nir", "known")]
    register_patient(by=house.stranger, traits=check_traits(TRAITS))


def test_the_second_of_two_tabs_is_told_of_the_first(house):
    patient_id = make_patient(house.owner)
    seen = read_patient(by=house.owner, patient_id=patient_id).seen_version
    amend_patient(by=house.owner, patient_id=patient_id, traits=typed(email="a@exemple.fr"), expected_version=seen)

    with pytest.raises(ChangedError):
        amend_patient(by=house.owner, patient_id=patient_id, traits=typed(phone=""), expected_version=seen)

    assert read_patient(by=house.owner, patient_id=patient_id).email == "a@exemple.fr"
