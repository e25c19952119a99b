"""Traits as people type them: what is taken, what is refused, and that a refusal never repeats the value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import TRAITS

from temoin.lib.errors import InvalidError
from temoin.patients.traits import Traits, check_nir, check_traits, masked_nir


@pytest.mark.parametrize(
    "nir",
    [
        "279035121518989",
        "2 79 03 51 215 189 89",
        "253072B07300470",
        "253072a07300443",
        "295109912611193",
        "255081416802538",
    ],
)
def test_a_right_nir_is_taken(nir):
    assert len(check_nir(nir)) == 15


@pytest.mark.parametrize("nir", ["295109912611199", "253072C07300443", "27903512151898", "", "٢79035121518989"])
def test_a_wrong_nir_is_refused(nir):
    with pytest.raises(ValueError, match="not a NIR"):
        check_nir(nir)


@given(st.text(max_size=40))
def test_any_text_is_a_nir_or_refused(text):
    try:
        nir = check_nir(text)
    except ValueError:
        return
    assert len(nir) == 15


def test_a_list_shows_a_masked_nir():
    assert masked_nir("279035121518989") == "2 79 03 51 *** *** **"


def test_traits_travel_through_their_seal():
    traits = check_traits(TRAITS)

    assert Traits.from_dict({**traits.to_dict(), "birth_date": traits.birth_date.isoformat()}) == traits
    assert (traits.phone, traits.first_birth_given_name) == ("+33612345678", "DOMINIQUE")


@pytest.mark.parametrize("field", ["phone", "email", "nir", "postcode"])
def test_what_is_not_known_may_stay_empty(field):
    assert getattr(check_traits({**TRAITS, field: ""}), field) == ""


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("birth_family_name", "", "required"),
        ("birth_given_names", "12", "required"),
        ("birth_family_name", "x" * 200, "too_long"),
        ("sex", "X", "required"),
        ("birth_date", "31/02/1979", "malformed"),
        ("birth_date", "28/03/2079", "impossible"),
        ("birth_date", "٢٨/03/1979", "malformed"),
        ("birth_place", "5121", "malformed"),
        ("nir", "279035121518988", "wrong_key"),
        ("phone", "12", "malformed"),
        ("phone", "le fixe", "malformed"),
        ("email", "nom@", "malformed"),
        ("postcode", "7500", "malformed"),
        ("identity_status", "QUAL", "unknown"),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not_repeated(field, value, code):
    with pytest.raises(InvalidError) as error:
        check_traits({**TRAITS, field: value})

    assert (field, code) in [(problem.field, problem.code) for problem in error.value.problems]
    assert not value or value not in str(error.value)


DOCTOR = {
    "doctor_family_name": "MEDIONI",
    "doctor_given_name": "Stéphane",
    "doctor_rpps": "10 003 879 623",
    "doctor_mailbox": "Stephane.Medioni@medecin.mssante.fr",
    "doctor_copy": "yes",
}


def test_the_treating_doctor_is_read_uniformly():
    traits = check_traits({**TRAITS, **DOCTOR})

    assert (traits.doctor_rpps, traits.doctor_mailbox) == ("10003879623", "stephane.medioni@medecin.mssante.fr")
    assert traits.doctor_copy == "yes"


def test_without_a_doctor_nothing_is_to_be_sent():
    assert check_traits({**TRAITS, "doctor_copy": "yes"}).doctor_copy == ""


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("doctor_family_name", "", "required"),
        ("doctor_mailbox", "", "required"),
        ("doctor_mailbox", "a@gmail.example", "malformed"),
        ("doctor_mailbox", "a@notmssante.fr", "malformed"),
        ("doctor_mailbox", "a@mssante.fr.example", "malformed"),
        ("doctor_mailbox", "279035121518989@patient.mssante.fr", "malformed"),
        ("doctor_mailbox", "a b@medecin.mssante.fr", "malformed"),
        ("doctor_rpps", "123", "malformed"),
    ],
)
def test_a_doctor_who_could_not_be_reached_is_refused(field, value, code):
    with pytest.raises(InvalidError) as error:
        check_traits({**TRAITS, **DOCTOR, field: value})

    assert [(each.field, each.code) for each in error.value.problems] == [(field, code)]
