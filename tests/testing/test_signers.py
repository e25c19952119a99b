"""Who may sign a kind of test is what its data says."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from people import House, make_lot, make_patient, make_sampled, open_house

from temoin.catalogue.kinds import load_kinds
from temoin.lib.clock import now
from temoin.lib.errors import DeniedError
from temoin.pharmacies.policies import check_may_sign, may_sign
from temoin.pharmacies.professions import RIGHTS, SIGNS_AS, Profession, Right
from temoin.pharmacies.seat import Seat
from temoin.testing.from_file import FileResult, sign_from_file
from temoin.testing.sample import Reading, Sample
from temoin.testing.signing import cancel_result, correct_result, sign_result


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


@pytest.mark.parametrize("profession", Profession)
@pytest.mark.parametrize("signers", [("pharmacist",), ("biologist",), ("pharmacist", "biologist")])
def test_only_whom_the_data_names_may_sign(house, profession, signers):
    by = replace(house.owner, profession=profession)

    if SIGNS_AS.get(profession) in signers:
        check_may_sign(by=by, signers=signers)
    else:
        with pytest.raises(DeniedError):
            check_may_sign(by=by, signers=signers)


def test_the_act_itself_asks_the_data(house, monkeypatch):
    record = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    monkeypatch.setitem(SIGNS_AS, Profession.TITULAIRE, "nurse")

    with pytest.raises(DeniedError):
        sign_result(
            by=house.owner,
            record_id=record,
            reading=Reading(outcomes={"sars-cov-2": "negative"}, read_at=now()),
            seen="",
        )


def test_correcting_and_cancelling_ask_the_data_too(house, monkeypatch):
    record = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    reading = Reading(outcomes={"sars-cov-2": "negative"}, read_at=now())
    sign_result(by=house.owner, record_id=record, reading=reading, seen="")
    monkeypatch.setitem(SIGNS_AS, Profession.TITULAIRE, "nurse")
    positive = replace(reading, outcomes={"sars-cov-2": "positive"})

    with pytest.raises(DeniedError):
        correct_result(by=house.owner, record_id=record, expected_version=1, reading=positive, reason="Two lines.")
    with pytest.raises(DeniedError):
        cancel_result(by=house.owner, record_id=record, expected_version=1, reason="Another person's sample.")


def test_whoever_holds_the_right_to_sign_has_a_word_in_the_data():
    assert set(SIGNS_AS) == {profession for profession, rights in RIGHTS.items() if Right.SIGN_RESULT in rights}


def may_sign_by_data(code: str, profession: str) -> bool:
    """What the two tables say together, spelt apart from the product's own rule."""
    return Right.SIGN_RESULT in RIGHTS[profession] and SIGNS_AS.get(profession, "") in load_kinds()[code].signers


@pytest.mark.parametrize("profession", Profession)
@pytest.mark.parametrize("code", load_kinds())
def test_each_kind_is_signed_by_whom_its_data_names_and_by_nobody_else(code, profession):
    by = a_seat(profession)

    assert may_sign(by=by, signers=load_kinds()[code].signers) is may_sign_by_data(code, profession)


@pytest.mark.parametrize("profession", Profession)
@pytest.mark.parametrize("code", load_kinds())
def test_a_file_is_signed_by_whom_the_data_names_and_by_nobody_else(code, profession):
    if may_sign_by_data(code, profession):
        return  # what follows the rights is tried where files are imported
    result = FileResult(
        patient_id=UUID(int=1),
        kind=load_kinds()[code],
        sample=Sample("", now()),
        reading=Reading(outcomes={}, read_at=now()),
        source_key="1",
    )

    with pytest.raises(DeniedError):
        sign_from_file(None, by=a_seat(profession), pharmacy=None, traits=None, result=result)


def a_seat(profession: Profession) -> Seat:
    names = {"family_name": "A", "given_name": "B", "rpps": ""}
    ids = {"person_id": UUID(int=1), "pharmacy_id": UUID(int=2), "member_id": UUID(int=3)}
    return Seat(**ids, **names, profession=profession)
