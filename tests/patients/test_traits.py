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
