"""From a signed Report to the copy that a destination may have: the findings and the traits that its rules name."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import date
from typing import Any

from temoin.testing.fields import copy_in
from temoin.testing.report import Address, PatientForm, Report, ReportStatus

# Ten years each, as the open data of the French screening file counted (2020-2023).
OLDEST_BAND = 90
_FRANCE = "FRA"


def reduced(report: Report, form: PatientForm, targets: AbstractSet[str], number: str = "") -> Report:
    """Return the copy: findings of these targets only, the person in this form; `number` stands for a pseudonym.

    What a copy without the name may tell is in `testing.fields`; whatever has no row there stays behind.
    """
    told = tuple(one for one in report.findings if one.target in targets)
    kept = report if len(told) == len(report.findings) else replace(report, findings=told)
    if form is PatientForm.NAMED:
        return kept
    return copy_in(
        form, kept, _pseudonymous(report, number) if form is PatientForm.PSEUDONYMOUS else _anonymous(report)
    )


def first_notice(report: Report) -> Report:
    """Return a later version as the first one that a destination hears of: there is nothing it could amend there."""
    return replace(report, status=ReportStatus.FINAL, replaces_key="", reason="")


def age_band(born: date, day: date) -> str:
    """Return the ten years of age in which a person is on a day."""
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    first = max(0, age) // 10 * 10
    return f"{OLDEST_BAND}+" if first >= OLDEST_BAND else f"{first}-{first + 9}"


def departement(address: Address) -> str:
    """Return the French département of an address by its postcode, "" abroad or when it is not known.

    Some forty communes have the postcode of a neighbouring département: good enough for counting, not for naming one.
    """
    code = address.postcode
    if address.country != _FRANCE or len(code) != 5 or not (code.isascii() and code.isdecimal()):
        return ""
    if code.startswith("20"):  # Corsica: 200 and 201 are the south, 202 and 206 the north
        return "2A" if code < "20200" else "2B"
    return code[:3] if code.startswith(("97", "98")) else code[:2]


def _pseudonymous(report: Report, number: str) -> dict[str, Any]:
    """CSP R.3113-2, 2°: sex, year of birth, postcode, and a number made by irreversible coding of the identity."""
    return {
        "patient.patient_id": number,
        "patient.birth_date": date(report.patient.birth_date.year, 1, 1),
        "patient.form": PatientForm.PSEUDONYMOUS,
    }


def _anonymous(report: Report) -> dict[str, Any]:
    home = report.patient.address
    return {
        # Formats ask for a number: this one names the result, which the copy tells anyway.
        "patient.patient_id": report.record_id,
        "patient.birth_date": date.min,
        "patient.form": PatientForm.ANONYMOUS,
        "patient.age_band": age_band(report.patient.birth_date, report.sampled_at.date()),
        "patient.address.county": departement(home),
        # Abroad a state or a region is what is nearest to a département.
        "patient.address.state": "" if home.country == _FRANCE else home.state,
    }
