"""Who may sign a kind of test is what its data says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from people import House, make_lot, make_patient, make_sampled, open_house

from temoin.lib.clock import now
from temoin.lib.errors import DeniedError
from temoin.pharmacies.policies import check_may_sign
from temoin.pharmacies.professions import RIGHTS, SIGNS_AS, Profession, Right
from temoin.testing.sample import Reading
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
            by=house.owner, record_id=record, reading=Reading(outcomes={"sars-cov-2": "negative"}, read_at=now())
        )


def test_correcting_and_cancelling_ask_the_data_too(house, monkeypatch):
    record = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    reading = Reading(outcomes={"sars-cov-2": "negative"}, read_at=now())
    sign_result(by=house.owner, record_id=record, reading=reading)
    monkeypatch.setitem(SIGNS_AS, Profession.TITULAIRE, "nurse")
    positive = replace(reading, outcomes={"sars-cov-2": "positive"})

    with pytest.raises(DeniedError):
        correct_result(by=house.owner, record_id=record, expected_version=1, reading=positive, reason="Two lines.")
    with pytest.raises(DeniedError):
        cancel_result(by=house.owner, record_id=record, expected_version=1, reason="Another person's sample.")


def test_whoever_holds_the_right_to_sign_has_a_word_in_the_data():
    assert set(SIGNS_AS) == {profession for profession, rights in RIGHTS.items() if Right.SIGN_RESULT in rights}
