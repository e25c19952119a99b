"""Traits as people type them: what is taken, what is refused, and that a refusal never repeats the value."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import TRAITS

from temoin.lib.errors import InvalidError
from temoin.lib.text import is_clean
from temoin.patients.merging import with_contact
from temoin.patients.traits import NO_COUNTRY, Traits, check_traits, masked_nir
from temoin.scanning.nir import check_nir


@pytest.mark.parametrize(
    "nir",
    [
        "279035121518989",
        "2 79 03 51 215 189 89",
        "2-79-03-51-215-189-89",
        "2.79.03.51.215.189/89",
        "2 53 07 2b 073 004 70",
        "253072B07300470",
        "253072a07300443",
        "295109912611193",
        "255081416802538",
    ],
)
def test_a_right_nir_is_taken(nir):
    assert len(check_nir(nir)) == 15


MOBILE, LANDLINE = "06 39 98 00 01", "01 99 00 12 34"


@pytest.mark.parametrize(
    ("way", "contact", "wrong"),
    [
        ("", {}, []),
        ("paper", {}, []),
        ("email", {"email": "a@example.org"}, []),
        ("email", {"phone": MOBILE}, [("email", "required")]),
        ("sms", {"phone": MOBILE}, []),
        ("sms", {"email": "a@example.org"}, [("phone", "no_mobile")]),
        ("sms", {"phone": LANDLINE}, [("phone", "no_mobile")]),
        ("sms", {"phone": "12"}, [("phone", "malformed")]),
        ("post", {}, [("way", "unknown")]),
    ],
)
def test_a_way_is_taken_where_it_leads_somewhere(way, contact, wrong):
    try:
        found = [] if check_traits({**TRAITS, "email": "", "phone": "", "way": way, **contact}).way == way else ["lost"]
    except InvalidError as error:
        found = [(problem.field, problem.code) for problem in error.problems]

    assert found == wrong


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
        ("birth_date", "28/03/79", "short_year"),
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


@pytest.mark.parametrize(
    ("country", "postcode"),
    [("CHE", "1201"), ("GBR", "sw1a 1aa"), ("USA", "10001-1234"), ("GUF", "97300"), ("FRA", "97300"), ("HKG", "")],
)
def test_an_address_abroad_is_taken_as_it_is_written_there(country, postcode):
    traits = check_traits({**TRAITS, "country": country, "postcode": postcode, "phone": ""})

    assert (traits.country, traits.postcode) == (country, postcode.upper())


@pytest.mark.parametrize(
    ("country", "field"),
    [("FRA", "postcode"), ("GUF", "postcode"), ("Guyane", "postcode"), ("ZZZ", "country"), ("Congo", "country")],
)
def test_a_wrong_country_or_postcode_is_refused(country, field):
    with pytest.raises(InvalidError) as error:
        check_traits({**TRAITS, "country": country, "postcode": "1201"})

    assert field in [each.field for each in error.value.problems]


def test_who_lives_nowhere_known_has_no_country():
    assert check_traits({**TRAITS, "country": NO_COUNTRY, "postcode": ""}).country == ""


def test_a_country_that_is_written_out_is_read_as_in_files():
    written = {
        name: check_traits({**TRAITS, "country": name}).country for name in ("La Réunion", "fr", "Corse", "TAAF")
    }

    assert list(written.values()) == ["REU", "FRA", "FRA", "ATF"]


def test_a_local_number_is_read_where_the_pharmacy_is():
    assert check_traits({**TRAITS, "phone": "27 12 34"}, region="NC").phone == "+687271234"
    with pytest.raises(InvalidError) as error:
        check_traits({**TRAITS, "phone": "06 12 34 56 78", "country": "CHE", "postcode": "1201"})
    assert [each.code for each in error.value.problems] == ["ambiguous"]


def test_a_person_with_one_name_is_registered_when_the_form_says_so():
    only = {**TRAITS, "birth_given_names": "", "used_family_name": "", "used_given_name": ""}

    traits = check_traits({**only, "single_name": "yes"})

    assert (traits.birth_given_names, traits.name) == ("", traits.birth_family_name)
    with pytest.raises(InvalidError):
        check_traits(only)


HOSTILE = "MAR\u200bTIN\u202e"
TEXTS = [
    name
    for name, value in Traits.__dataclass_fields__.items()
    if value.type == "str" and name not in {"sex", "identity_status", "country", "nir", "phone", "way_text"}
]


@pytest.mark.parametrize("field", TEXTS)
def test_no_field_of_a_patient_keeps_what_cannot_be_seen(field):
    raw = {**TRAITS, **DOCTOR, "used_given_name": "MARIE"}
    hostile = {**raw, field: raw.get(field, "").replace("", "\u200b\u2066") if raw.get(field) else HOSTILE}
    try:
        kept = getattr(check_traits(hostile), field)
    except InvalidError:
        kept = ""
    assert is_clean(kept)
    with pytest.raises(InvalidError):
        check_traits({**raw, field: f"{raw.get(field, '')}\ufffd"})


def test_contact_that_is_told_leaves_what_it_does_not_tell_and_no_way_that_leads_nowhere():
    known = check_traits({**TRAITS, "phone": "06 12 34 56 78", "way": "sms", "email": ""})
    told = check_traits({**TRAITS, "phone": "01 44 27 44 27", "email": "a@patient.example", "way": "email"})

    taken = with_contact(known, told)

    assert (taken.phone, taken.email, taken.way) == (told.phone, "a@patient.example", "email")
    with pytest.raises(InvalidError):
        with_contact(known, replace(told, way=""))


@pytest.mark.parametrize("said", ["no", "non", "false", "0", "Yes"])
@pytest.mark.parametrize("field", ["doctor_copy", "single_name"])
def test_a_box_says_yes_or_nothing(field, said):
    doctor = {"doctor_family_name": "MEDIONI", "doctor_mailbox": "s.medioni@medecin.mssante.fr"}

    with pytest.raises(InvalidError) as refused:
        check_traits({**TRAITS, **doctor, field: said})

    assert [(problem.field, problem.code) for problem in refused.value.problems] == [(field, "unknown")]
