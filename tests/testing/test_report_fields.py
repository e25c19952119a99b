"""The table of fields: a new field is in no copy that tells less before its row says so, and tests miss its row."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from uuid import UUID

import pytest
from strategies import covid_positive

from temoin.lib.tenant import Sensitivity
from temoin.patients.models import Patient
from temoin.patients.traits import Traits
from temoin.testing.build import doctor, patient_identity
from temoin.testing.fields import FIELDS, TRAITS, FieldTold, copy_in, names_of, sensitivity_of
from temoin.testing.models import RecordVersion
from temoin.testing.report import Address, PatientForm, PatientIdentity, PerformingLaboratory, Prescriber, Report
from temoin.transmission.rules.reduced import reduced

DOCTOR = {"doctor_family_name": "MEDECIN", "doctor_mailbox": "a@x.mssante.fr", "doctor_copy": "yes"}
OTHER = {"sex": "M", "birth_date": date(1980, 1, 1), "identity_status": "VALI", "doctor_copy": ""}
PLACE = Address(lines=("1 rue A",), postcode="10001", city="TOWN", county="Kings", state="NY", country="USA")
PRESCRIBER = Prescriber(
    family_name="PRESC", given_name="B", number="10003879623", is_rpps=True, phone="+33123456789", address=PLACE
)
LABORATORY = PerformingLaboratory(name="Lab", number="05D1234567", phone="+12125550100", address=PLACE)
LESS = [PatientForm.PSEUDONYMOUS, PatientForm.ANONYMOUS]


@dataclass(frozen=True, slots=True, kw_only=True)
class WiderPatient(PatientIdentity):
    """A patient with a field that nobody decided about."""

    shoe_size: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WiderReport(Report):
    """A Report with such a field, and such a patient."""

    patient: WiderPatient
    weather: str = "fine"


class Hand(StrEnum):
    """A closed word."""

    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedPatient(PatientIdentity):
    """A patient of whom a closed word is always known."""

    hand: Hand


def wider() -> WiderReport:
    report = covid_positive()
    known = {one.name: getattr(report.patient, one.name) for one in fields(PatientIdentity)}
    whole = {one.name: getattr(report, one.name) for one in fields(Report)}
    return WiderReport(**{**whole, "patient": WiderPatient(**known, shoe_size="43"), "weather": "Rain"})


def test_each_field_has_its_row_and_each_row_its_field():
    assert set(names_of(Report)) == set(FIELDS)
    assert all(row.since <= RecordVersion.schema for row in FIELDS.values())


def test_a_new_field_is_missing_from_the_table():
    assert set(names_of(WiderReport)) - set(FIELDS) == {"weather", "patient.shoe_size"}


@pytest.mark.parametrize("form", LESS)
def test_a_new_field_is_blank_in_each_copy_that_tells_less(form):
    copy = reduced(wider(), form, {"sars-cov-2"}, "a-number")

    assert (copy.weather, copy.patient.shoe_size) == ("", "")
    assert reduced(wider(), PatientForm.NAMED, {"sars-cov-2"}).patient.shoe_size == "43"


@pytest.mark.parametrize("form", LESS)
def test_what_stands_in_the_place_of_a_field_is_what_the_table_says(form):
    report = covid_positive(prescriber=PRESCRIBER, laboratory=LABORATORY)
    copy = reduced(report, form, {"sars-cov-2"}, "a-number")
    for name, row in FIELDS.items():
        if name.startswith(("findings.", "doctor.", "answers.", "conduct.")):
            continue
        told, known = value_of(copy, name), value_of(report, name)
        if row.told.get(form) is FieldTold.AS_IT_IS:
            assert told == known, name
        elif form not in row.told:
            assert not told or told != known or name == "patient.identity_status", name
    assert copy.doctor is None


def test_a_field_without_a_row_and_without_a_blank_stops_the_copy():
    known = {one.name: getattr(covid_positive().patient, one.name) for one in fields(PatientIdentity)}
    report = covid_positive(patient=HandedPatient(**known, hand=Hand.LEFT))

    with pytest.raises(TypeError, match="hand"):
        copy_in(PatientForm.ANONYMOUS, report, {"patient.birth_date": date.min, "patient.patient_id": "a"})


def test_what_is_sealed_is_declared_as_the_table_says():
    held = RecordVersion._meta.get_field("sealed").holds

    assert held == {name: sensitivity_of(name) for name in Report.__dataclass_fields__}
    assert held["patient"] is held["signer"] is Sensitivity.PERSONAL
    assert set(Patient._meta.get_field("sealed").holds.values()) == {Sensitivity.PERSONAL}


@pytest.mark.parametrize("trait", TRAITS)
def test_each_trait_of_the_patient_goes_where_the_table_says(trait):
    told = {**DOCTOR, "birth_family_name": "PAT", "birth_given_names": "ANNE", "sex": "F"}
    one = Traits(birth_date=date(1979, 3, 28), **told)
    other = replace(one, **{trait: OTHER.get(trait, "Zq")})

    seen, changed = values_of(one), values_of(other)

    assert {name for name in changed if changed[name] != seen.get(name)} == set(TRAITS[trait].split())


def test_each_trait_has_its_place():
    assert set(TRAITS) == set(Traits.__dataclass_fields__)
    assert {name for names in TRAITS.values() for name in names.split()} <= set(FIELDS)


def values_of(traits: Traits) -> dict[str, object]:
    person = replace(covid_positive(), patient=patient_identity(UUID(int=1), traits), doctor=doctor(traits))
    names = [name for name in FIELDS if name.startswith("patient.") or (name.startswith("doctor.") and person.doctor)]
    return {name: value_of(person, name) for name in names}


def value_of(report: object, name: str) -> object:
    """What stands there, or None where somebody whose field it is is not in the report."""
    first, _, rest = name.partition(".")
    value = getattr(report, first)
    return value_of(value, rest) if rest and value is not None else value
