"""The fields of a Report, and of the patient in it: how sensitive each is, since when it is there, who may have it.

A named copy tells everything. A copy that tells less of the person begins blank: a field is in it only if its row says
so. A new field of the Report is one line there and one row here; tests then name every format that has to decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from datetime import date
from enum import Enum, StrEnum
from typing import Any, Final, cast, get_args, get_type_hints

from temoin.lib.tenant import Sensitivity
from temoin.testing.report import PatientForm, Report

_PSEUDONYM, _ANONYMOUS = PatientForm.PSEUDONYMOUS, PatientForm.ANONYMOUS
_PUBLIC, _PERSONAL, _HEALTH = Sensitivity.PUBLIC, Sensitivity.PERSONAL, Sensitivity.HEALTH


class FieldTold(StrEnum):
    """How a field stands in a copy that tells less."""

    AS_IT_IS = "as it is"
    IN_ITS_PLACE = "something less telling in its place"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportField:
    """A row of the table; `told` has the forms, other than the named one, in which the field is not blank."""

    name: str  # a path, such as `patient.address.city`
    sensitivity: Sensitivity
    since: int  # the schema of a signed version that had it first
    told: Mapping[PatientForm, FieldTold]


_ALL = {_PSEUDONYM: FieldTold.AS_IT_IS, _ANONYMOUS: FieldTold.AS_IT_IS}
_INSTEAD = {_PSEUDONYM: FieldTold.IN_ITS_PLACE, _ANONYMOUS: FieldTold.IN_ITS_PLACE}
_PRESCRIBER = {_PSEUDONYM: FieldTold.AS_IT_IS}
_NOWHERE: Mapping[PatientForm, FieldTold] = {}


def _rows(
    sensitivity: Sensitivity, told: Mapping[PatientForm, FieldTold], names: str, *, under: str = "", since: int = 1
) -> list[ReportField]:
    return [
        ReportField(name=f"{under}{name}", sensitivity=sensitivity, since=since, told=told) for name in names.split()
    ]


FIELDS: Final[Mapping[str, ReportField]] = {
    row.name: row
    for row in (
        *_rows(_PUBLIC, _ALL, "record_id version key replaces_key status source is_demo consent_notice"),
        *_rows(_HEALTH, _ALL, "kind kind_display chapter_loinc chapter_display specimen_snomed specimen_display"),
        *_rows(_HEALTH, _ALL, "sampled_at read_at signed_at"),
        *_rows(_HEALTH, _NOWHERE, "started_at typed_times"),
        # Free text, in which a name may stand.
        *_rows(_HEALTH, _NOWHERE, "reason comment"),
        *_rows(_PERSONAL, _INSTEAD, "patient_id birth_date form", under="patient."),
        *_rows(_PERSONAL, _ALL, "sex", under="patient."),
        *_rows(_PERSONAL, {_ANONYMOUS: FieldTold.IN_ITS_PLACE}, "age_band", under="patient."),
        *_rows(
            _PERSONAL,
            _NOWHERE,
            "birth_family_name birth_given_names first_birth_given_name used_family_name used_given_name"
            " birth_place nir identity_status phone email",
            under="patient.",
        ),
        *_rows(_PERSONAL, _NOWHERE, "lines city", under="patient.address."),
        *_rows(_PERSONAL, {_PSEUDONYM: FieldTold.AS_IT_IS}, "postcode", under="patient.address."),
        *_rows(_PERSONAL, {_ANONYMOUS: FieldTold.IN_ITS_PLACE}, "county state", under="patient.address."),
        *_rows(_PERSONAL, _ALL, "country", under="patient.address."),
        *_rows(_PERSONAL, _ALL, "member_id family_name given_name rpps profession profession_display", under="signer."),
        *_rows(_PUBLIC, _ALL, "pharmacy_id name finess phone", under="organisation."),
        *_rows(_PUBLIC, _ALL, "lines postcode city county state country", under="organisation.address."),
        *_rows(_HEALTH, _ALL, "manufacturer reference name udi lot expiry", under="device."),
        *_rows(
            _HEALTH,
            _ALL,
            "target display loinc loinc_display icd10 outcome snomed snomed_display",
            under="findings.",
        ),
        *_rows(_HEALTH, _ALL, "value unit comparator", under="findings.quantity.", since=5),
        # Clinical data and risk factors go with a number in the place of the name (CSP R.3113-2, 4° and 5°); what was
        # delivered does not: it is for the patient, the doctor and the patient's own file.
        *_rows(
            _HEALTH,
            {_PSEUDONYM: FieldTold.AS_IT_IS},
            "question display loinc loinc_display value value_display value_system value_code",
            under="answers.",
            since=3,
        ),
        *_rows(_HEALTH, _NOWHERE, "outcome display reason source medicine dose", under="conduct.", since=3),
        *_rows(_PERSONAL, _NOWHERE, "family_name given_name rpps mailbox", under="doctor."),
        # A notification tells who ordered the test (CSP R.3113-2, 1°); an anonymous copy does not.
        *_rows(_PERSONAL, _PRESCRIBER, "family_name given_name number is_rpps phone", under="prescriber.", since=2),
        *_rows(
            _PERSONAL,
            _PRESCRIBER,
            "lines postcode city county state country",
            under="prescriber.address.",
            since=2,
        ),
        *_rows(_PERSONAL, _NOWHERE, "order_number", since=4),
        # It may bear the name of its biologist.
        *_rows(_PERSONAL, _ALL, "name number phone", under="laboratory.", since=2),
        *_rows(_PERSONAL, _ALL, "lines postcode city county state country", under="laboratory.address.", since=2),
    )
}


# Where each trait of a patient's record stands in a Report; "" stays in the pharmacy.
TRAITS: Final[Mapping[str, str]] = {
    **{name: f"patient.{name}" for name in ("birth_family_name", "sex", "birth_date", "birth_place", "nir")},
    **{name: f"patient.{name}" for name in ("used_family_name", "used_given_name", "identity_status")},
    **{name: f"patient.{name}" for name in ("phone", "email")},
    "birth_given_names": "patient.birth_given_names patient.first_birth_given_name",
    "street": "patient.address.lines",
    **{name: f"patient.address.{name}" for name in ("postcode", "city", "county", "state", "country")},
    **{f"doctor_{name}": f"doctor.{name}" for name in ("family_name", "given_name", "rpps", "mailbox")},
    "way": "",  # the patient's own wish, and of no use to whom results are reported
    "way_text": "",
    "language": "",  # of the letter, and of nobody else's copy
    "doctor_copy": "",  # without the patient's leave there is no doctor in a Report
}


def sensitivity_of(name: str) -> Sensitivity:
    """Return how sensitive a field of the Report is, with all that is in it."""
    found = [row.sensitivity for row in FIELDS.values() if row.name == name or row.name.startswith(f"{name}.")]
    return max(found, key=list(Sensitivity).index)


def names_of(kind: type, path: str = "") -> Iterator[str]:
    """Yield the name of every field of a Report, or of what stands in one."""
    for name, hint in get_type_hints(kind).items():
        nested = next((one for one in (hint, *get_args(hint)) if is_dataclass(one)), None)
        if nested is None:
            yield f"{path}{name}"
        else:
            yield from names_of(cast("type", nested), f"{path}{name}.")


def copy_in(form: PatientForm, report: Report, instead: Mapping[str, Any]) -> Report:
    """Return a Report with what may be told in a form; `instead` has what stands in the place of some fields."""
    copy: Report = _Copier(form, instead).copied(report, "")
    return copy


@dataclass(frozen=True, slots=True)
class _Copier:
    form: PatientForm
    instead: Mapping[str, Any]

    def copied(self, value: Any, path: str) -> Any:
        """Return a value, or each of several, with what may be told of its fields."""
        if value is None:
            return None
        if isinstance(value, tuple):
            return tuple(self.copied(one, path) for one in value)
        return replace(value, **{one.name: self._field(value, one, f"{path}{one.name}") for one in fields(value)})

    def _field(self, whole: Any, one: Field[Any], path: str) -> Any:
        value = getattr(whole, one.name)
        if path in self.instead:
            return self.instead[path]
        row = FIELDS.get(path)
        if row is not None:
            return value if self.form in row.told else _blank(one, value)
        beneath = any(self.form in row.told for row in FIELDS.values() if row.name.startswith(f"{path}."))
        return self.copied(value, f"{path}.") if beneath else _blank(one, value)


def _blank(one: Field[Any], value: Any) -> Any:
    """Return what stands for nothing; a closed word without a default has none, and its row must say what is told."""
    if isinstance(value, str | tuple) and not isinstance(value, Enum):
        return type(value)()
    if one.default is not MISSING:
        return one.default
    if isinstance(value, date):
        return date.min
    raise TypeError(f"nothing stands for no {one.name}")
